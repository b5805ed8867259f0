"""The imports of this app, as the pages and jobs know them."""

from django.utils.translation import gettext_lazy as _
from django.utils.translation import ngettext

from incidents.importing.kinds import ImportKind, offer_import
from incidents.models import Job

COMPLAINTS = ImportKind(
    check=Job.Kind.CHECK_COMPLAINTS,
    do=Job.Kind.IMPORT_COMPLAINTS,
    title=_("Import complaints"),
    overview="complaint-imports",
    columns="complaint-import-columns",
    start="complaint-import-start",
    imported=lambda n: (
        ngettext("%(n)s complaint is imported.", "%(n)s complaints are imported.", n) % {"n": n}
    ),
    faulty=lambda n: (
        ngettext(
            "%(n)s row has errors. Nothing has been written yet.",
            "%(n)s rows have errors. Nothing has been written yet.",
            n,
        )
        % {"n": n}
    ),
    button=lambda n: ngettext("Import %(n)s complaint", "Import %(n)s complaints", n) % {"n": n},
    onwards="complaint-list",
    onwards_label=_("To the complaints"),
)
ANSWERS = ImportKind(
    check=Job.Kind.CHECK_ANSWERS,
    do=Job.Kind.IMPORT_ANSWERS,
    title=_("Import survey answers"),
    overview="answer-imports",
    columns="answer-import-columns",
    start="answer-import-start",
    imported=lambda n: ngettext("%(n)s answer is imported.", "%(n)s answers are imported.", n) % {"n": n},
    faulty=lambda n: ngettext(
        "%(n)s row has errors. Nothing has been written yet.", "%(n)s rows have errors. Nothing has been written yet.", n
    )
    % {"n": n},
    button=lambda n: ngettext("Import %(n)s answer", "Import %(n)s answers", n) % {"n": n},
    onwards="survey-list",
    onwards_label=_("To the surveys"),
)  # fmt: skip
offer_import(COMPLAINTS)
offer_import(ANSWERS)
