"""Recognition (000 §5): for reports that were confirmed and suggestions that were adopted.

It is given by itself, so that nobody is forgotten. Who reported without a name gets none: it would say who it was.
Nothing is counted per person where others see it: thanks are not a race.
"""

import datetime as dt

from django.db import transaction
from django.db.models import Q, QuerySet
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from history.models import Event
from history.recording import record
from incidents.errors import Invalid, NotAllowed, Stale
from incidents.models import Incident
from metrics.models import Recognition, Suggestion
from people.models import Person, Role, Unit
from reminders.notices import notify

#: How far back the worker looks for confirmed reports: longer than it is ever down.
LOOK_BACK = dt.timedelta(days=3)
THANKERS = (Role.SITE_MANAGER, Role.QUALITY, Role.EXECUTIVE)


def for_suggestion(row: Suggestion) -> Recognition | None:
    """Thanks for an adopted suggestion, in the transaction that adopts it; none for an anonymous one."""
    if row.author is None or row.author.home_unit is None:
        return None
    return _give(row.author, Recognition.Kind.SUGGESTION, suggestion=row)


def for_confirmed_reports() -> int:
    """What the worker does: thanks for the reports that were confirmed lately. How often this runs doesn't matter."""
    acts = Event.objects.filter(act="incident.substantiate", at__gte=timezone.now() - LOOK_BACK)
    keys = {int(case.partition(":")[2]) for case in acts.values_list("case", flat=True)}
    rows = Incident.objects.filter(
        pk__in=keys, recognition=None, reporter__isnull=False, reporter__home_unit__isnull=False
    ).exclude(stage__in=["identify", "dismissed", "merged"])
    given = 0
    for row in rows.select_related("reporter__home_unit").order_by("pk"):
        with transaction.atomic():
            # a second worker waits here, and then finds it given
            locked = Incident.objects.select_for_update(of=("self",)).get(pk=row.pk)
            if not Recognition.objects.filter(incident=locked).exists():
                _give(row.reporter, Recognition.Kind.REPORT, incident=locked)
                given += 1
    return given


def may_thank(person: Person, recognition: Recognition) -> bool:
    """Managers of the person's unit, but nobody thanks themselves."""
    posted = any(person.has_role(role, recognition.unit) for role in THANKERS)
    return person.is_active and posted and recognition.person_id != person.pk


def to_thank(person: Person) -> QuerySet[Recognition]:
    """For managers: what their people did well and nobody has found words for yet. Of a report or suggestion about units
    that the manager doesn't oversee they don't learn that it was made, nor by whom.
    """
    led = Unit.objects.within(*person.posted_units(*THANKERS))
    known = Q(incident__in=Incident.objects.visible_to(person).order_by().values("pk"))
    known |= Q(suggestion__in=Suggestion.objects.visible_to(person).order_by().values("pk"))
    rows = Recognition.objects.filter(known, unit__in=led, thanked_at=None).exclude(person=person)
    return rows.select_related("person", "unit", "incident", "suggestion")


@transaction.atomic
def thank(recognition: Recognition, *, by: Person, words: str) -> Recognition:
    """A manager's own words, once; the person reads them."""
    row = _locked(recognition)
    if not may_thank(by, row):
        raise NotAllowed(_("Thanks come from the person's own managers."))
    if row.thanked_at:
        raise Stale(_("Somebody has thanked for this already."))
    if not words.strip():
        raise Invalid({"words": _("Write a few words of your own.")})
    row.words, row.thanked_by, row.thanked_at = words.strip()[:300], by, timezone.now()
    row.save()
    record(row.case, "recognition.thank", label=str(row.person), by=by, unit=row.unit)
    notify(
        [row.person], "thanked", occasion=f"{row.case}:thanked", subject=row.case, url=reverse("thanks"),
        params={"by": by.display_name, "words": row.words},
    )  # fmt: skip
    return row


@transaction.atomic
def show_on_wall(recognition: Recognition, *, by: Person, shown: bool) -> Recognition:
    """Only the person decides whether the others in the unit see it; it can be taken back."""
    row = _locked(recognition)
    if row.person_id != by.pk:
        raise NotAllowed(_("Only the person who was thanked decides that."))
    if row.on_wall != shown:
        row.on_wall = shown
        row.save(update_fields=["on_wall"])
        record(
            row.case,
            "recognition.wall",
            label=str(row.person),
            by=by,
            unit=row.unit,
            after={"on_wall": shown},
        )
    return row


def wall(person: Person) -> QuerySet[Recognition]:
    """What people of one's own company agreed to show, from one's own unit and all below and above it."""
    if person.home_unit is None:
        return Recognition.objects.none()
    near = Unit.objects.within(person.home_unit) | Unit.objects.filter(pk__in=person.home_unit.lineage)
    rows = Recognition.objects.filter(on_wall=True, unit__in=near)
    return rows.select_related("person", "unit", "thanked_by")


# The ground under them ------------------------------------------------------------------------------------------------
def _give(person: Person, kind: str, **what) -> Recognition:
    row = Recognition.objects.create(person=person, unit=person.home_unit, kind=kind, **what)
    record(row.case, "recognition.give", label=str(person), by=None, unit=row.unit)
    return row


def _locked(recognition: Recognition) -> Recognition:
    rows = Recognition.objects.select_for_update(of=("self",))
    return rows.select_related("person", "unit").get(pk=recognition.pk)
