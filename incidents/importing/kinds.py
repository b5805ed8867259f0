"""What can be imported, as the pages and the jobs know it: a register that the apps above add theirs to.

The counting sentences are functions, because each kind counts something else: incidents, complaints, answers.
"""

from collections.abc import Callable
from dataclasses import dataclass

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _
from django.utils.translation import ngettext

from incidents.models import Job
from people.models import Person

from .catalogues import may_import


@dataclass(frozen=True)
class ImportKind:
    """A dry run and its import. The pages are names of addresses; `columns` and `start` take the job's key."""

    check: str
    do: str
    title: str | Promise
    overview: str
    columns: str
    start: str
    imported: Callable[[int], str]  # "12 incidents are imported."
    faulty: Callable[[int], str]
    button: Callable[[int], str]
    onwards: str = ""  # name of the address where what was imported is found
    onwards_label: str | Promise = ""
    in_one_batch: bool = False  # may the whole file be one transaction?
    may: Callable[[Person], bool] = may_import  # who may import it for any unit


_KINDS: dict[str, ImportKind] = {}


def offer_import(kind: ImportKind) -> None:
    _KINDS[str(kind.check)] = _KINDS[str(kind.do)] = kind


def kinds_for(person: Person) -> list[ImportKind]:
    """What this person may import: each kind once, in the order in which they were offered."""
    return [kind for kind in {kind.check: kind for kind in _KINDS.values()}.values() if kind.may(person)]


def kind_of(job: Job) -> ImportKind | None:
    """The kind of an import; None for other work."""
    return _KINDS.get(job.kind)


offer_import(
    ImportKind(
        check=Job.Kind.CHECK_INCIDENTS,
        do=Job.Kind.IMPORT_INCIDENTS,
        title=_("Import incidents"),
        overview="imports",
        columns="import-columns",
        start="import-start",
        imported=lambda n: (
            ngettext("%(n)s incident is imported.", "%(n)s incidents are imported.", n) % {"n": n}
        ),
        faulty=lambda n: (
            ngettext(
                "%(n)s case has errors. Nothing has been written yet.",
                "%(n)s cases have errors. Nothing has been written yet.",
                n,
            )
            % {"n": n}
        ),
        button=lambda n: ngettext("Import %(n)s incident", "Import %(n)s incidents", n) % {"n": n},
        onwards="incident-list",
        onwards_label=_("To the incidents"),
        in_one_batch=True,
    )
)
