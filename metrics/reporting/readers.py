"""Who gets the signed report of a unit, by a notice that goes out as mail at once; and that nobody gets it twice.

The notice leads to the report, where the paper lies: figures don't go through mailboxes. A reader has to see the figures
of the unit anyway; who doesn't any more gets nothing more.
"""

from collections.abc import Iterable

from django.db import transaction
from django.db.models import QuerySet
from django.utils import timezone
from django.utils.translation import gettext as _

from history.recording import record
from incidents.errors import Invalid, NotAllowed
from people.models import Person, Post, Role, Unit
from reminders.notices import notify

from .. import access
from ..models import MonthlyReport, ReportReader
from .contents import label_of, put_on_record


def readers_of(unit: Unit) -> QuerySet[ReportReader]:
    """In the order of their names."""
    rows = ReportReader.objects.filter(unit=unit).select_related("person", "set_by")
    return rows.order_by("person__display_name", "pk")


@transaction.atomic
def add_reader(unit: Unit, person: Person, *, by: Person) -> ReportReader:
    """Raises NotAllowed, and Invalid for somebody who doesn't see the figures of the unit."""
    _require_keeper(by, unit)
    if not access.sees(person, unit):
        raise Invalid(
            {
                "person": _("%(name)s doesn't see the figures of this unit, so neither its report.")
                % {"name": person}
            }
        )
    reader, is_new = ReportReader.objects.get_or_create(unit=unit, person=person, defaults={"set_by": by})
    if is_new:
        _record(reader, "unit.add_report_reader", by)
    return reader


@transaction.atomic
def remove_reader(reader: ReportReader, *, by: Person) -> None:
    """Raises NotAllowed."""
    _require_keeper(by, reader.unit)
    if ReportReader.objects.filter(pk=reader.pk).delete()[0]:
        _record(reader, "unit.remove_report_reader", by)


def _require_keeper(by: Person, unit: Unit) -> None:
    if not access.keeps(by, unit):
        raise NotAllowed(_("The quality managers of the unit say who reads its report."))


def _record(reader: ReportReader, act: str, by: Person) -> None:
    unit = reader.unit
    record(unit.case, act, label=unit.name, by=by, unit=unit, after={"reader": reader.person})


# Telling them --------------------------------------------------------------------------------------------------------
@transaction.atomic
def send(report: MonthlyReport) -> int:
    """Tell every reader once, whoever calls this how often. Returns how many are told now."""
    sent = MonthlyReport.objects.filter(pk=report.pk, status=MonthlyReport.Status.SIGNED, sent_at=None)
    if not sent.update(sent_at=timezone.now()):
        return 0
    people = _to_be_told(report)
    _tell(people, report, "report-corrected" if report.revision > 1 else "report-signed")
    put_on_record(report, "report.send", None, after={"readers": len(people)})
    return len(people)


def _to_be_told(report: MonthlyReport) -> list[Person]:
    """Who still sees the figures and hasn't got the report of the month in their own language already."""
    others = set(
        MonthlyReport.objects.filter(
            unit=report.unit, month=report.month, revision=report.revision, sent_at__isnull=False
        )
        .exclude(language=report.language)
        .values_list("language", flat=True)
    )
    return [
        reader.person
        for reader in readers_of(report.unit)
        if reader.person.language not in others and access.sees(reader.person, report.unit)
    ]


def tell_of_draft(report: MonthlyReport) -> None:
    """The quality managers next to the unit: those of the unit itself, else of the nearest one above."""
    posts = Post.objects.filter(
        Post.in_force(timezone.localdate()), role=Role.QUALITY, unit__in=report.unit.lineage
    )
    by_unit: dict[int, list[Person]] = {}
    for post in posts.select_related("person"):
        by_unit.setdefault(post.unit_id, []).append(post.person)
    nearest = next((by_unit[pk] for pk in reversed(report.unit.lineage) if pk in by_unit), [])
    _tell(nearest, report, "report-drafted")


def _tell(people: Iterable[Person], report: MonthlyReport, text: str) -> None:
    notify(
        people,
        text,
        occasion=f"{report.case}:{text}",
        subject=report.case,
        url=report.get_absolute_url(),
        params={"label": label_of(report)},
    )
