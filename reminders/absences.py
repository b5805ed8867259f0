"""Absence: while somebody is away their deputy is told what they are told. Their work stays theirs."""

import datetime as dt

from django.db import transaction
from django.db.models import CharField, Exists, OuterRef, Q, Value
from django.db.models.functions import Cast, Concat
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from history.discretion import hidden_from
from history.recording import record
from people.models import Person

from .models import Absence, Notice
from .notices import TEXTS, notices_to, write

#: How far back notices are looked for that a deputy has to get, too: longer than anything stands still.
LOOKED_BACK = dt.timedelta(days=7)
BATCH = 500
#: What a deputy need not hear: what others have done, and what is about the absent person only.
NOT_FORWARDED = ("job-done", "job-failed", "imported", "complaints-imported", "stand-in")


class Refused(ValueError):
    """An absence that can't be: `fields` says what is wrong where."""

    def __init__(self, fields: dict):
        super().__init__(fields)
        self.fields = fields


@transaction.atomic
def announce_absence(
    person: Person, *, by: Person, deputy: Person | None, begins_on: dt.date, ends_on: dt.date
) -> Absence:
    """Say that somebody is away, and who is told in their place. Raises Refused, field by field."""
    Person.objects.select_for_update().get(pk=person.pk)
    wrong = {}
    if deputy is None or not deputy.is_active or deputy.pk == person.pk:
        wrong["deputy"] = _("Choose somebody else who works here.")
    elif not set(deputy.company_ids) & set(person.company_ids):
        wrong["deputy"] = _("The deputy must belong to the same company.")
    if ends_on < begins_on:
        wrong["ends_on"] = _("This lies before the first day.")
    elif ends_on < timezone.localdate():
        wrong["ends_on"] = _("This day has passed. Choose a later one.")
    elif Absence.objects.filter(person=person, begins_on__lte=ends_on, ends_on__gte=begins_on).exists():
        wrong["begins_on"] = _("There is an absence on some of these days already.")
    if wrong:
        raise Refused(wrong)
    absence = Absence.objects.create(
        person=person, deputy=deputy, begins_on=begins_on, ends_on=ends_on, set_by=by
    )
    record(
        person.case, "person.absence", label=person.display_name, by=by, unit=person.home_unit,
        after={"deputy": deputy.display_name, "begins_on": begins_on, "ends_on": ends_on},
    )  # fmt: skip
    return absence


@transaction.atomic
def end_absence(absence: Absence, *, by: Person) -> None:
    """Back earlier, or not away after all: from now on the person is told alone again."""
    person = absence.person
    record(
        person.case, "person.absence_ended", label=person.display_name, by=by, unit=person.home_unit,
        before={"begins_on": absence.begins_on, "ends_on": absence.ends_on},
    )  # fmt: skip
    absence.delete()


def away_today(today: dt.date | None = None):
    """The absences in force."""
    today = today or timezone.localdate()
    return Absence.objects.filter(begins_on__lte=today, ends_on__gte=today)


def tell_deputies(now: dt.datetime | None = None) -> int:
    """Tell deputies of what absent people were told since their absence began; gives how many notices.

    Part of every sweep. What a deputy may not see is not told: the notice names the case by its number only.
    """
    now, told = now or timezone.now(), 0
    while batch := _untold(now):
        write([copy for notice in batch for copy in _for_the_deputy(notice)])
        told += len(batch)
    return told


def _for_the_deputy(notice: Notice) -> list[Notice]:
    absence = notice.absence_of_reader
    return notices_to(
        [absence.deputy], "stand-in", occasion=f"for:{notice.pk}", subject=notice.subject, url=notice.url,
        params={
            "owner": absence.person.display_name,
            "label": notice.params.get("label", ""),
            "what": notice.params.get("what", ""),
            "until": str(absence.ends_on),
        },
    )  # fmt: skip


def _untold(now: dt.datetime) -> list[Notice]:
    today = timezone.localdate(now)
    absences = {
        absence.person_id: absence
        for absence in away_today(today).select_related("person", "deputy")
        if absence.deputy.is_active
    }
    if not absences:
        return []
    since = Q()
    for absence in absences.values():
        first = timezone.make_aware(dt.datetime.combine(absence.begins_on, dt.time()))
        theirs = Q(recipient=absence.person_id, created_at__gte=max(first, now - LOOKED_BACK))
        since |= theirs & ~Q(subject__in=hidden_from(absence.deputy))
    told = Notice.objects.filter(occasion=Concat(Value("for:"), Cast(OuterRef("pk"), CharField())))
    rows = Notice.objects.filter(since, text__in=TEXTS).exclude(text__in=NOT_FORWARDED).filter(~Exists(told))
    found = list(rows.order_by("pk")[:BATCH])
    for notice in found:
        notice.absence_of_reader = absences[notice.recipient_id]
    return found
