"""What is counted of a person: only what they do themselves, never what others say about them.

Measures and deadlines that they own; and, as a bonus that never takes anything away, reports of theirs that were confirmed
and suggestions that were adopted. Complaints about a person, and how many incidents happened around them, are not here on
purpose: who is blamed for what is reported stops reporting (000 §5). A case that named people only may know of is left out.
"""

import datetime as dt
from collections.abc import Iterable
from dataclasses import dataclass, field

from django.db.models import Q
from django.utils import timezone
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from capa.effect import wilson_interval
from capa.models import Measure
from history.discretion import named_people
from metrics.models import Recognition
from metrics.periods import Period, zone
from people.models import Person
from reminders.models import Deadline

MOST_EVIDENCE = 200  # lines kept with a card
#: Deadlines of cases; of a measure its own indicator speaks, and of one's own scorecard none.
CASES = ("incident:", "complaint:", "meeting:", "suggestion:")
NOT_COUNTED = ("measure", "loop")  # the whole loop isn't one person's


@dataclass(frozen=True)
class Personal:
    """An indicator of a person. `is_bonus`: a count that gives points on top."""

    code: str
    name: str | Promise
    meaning: str | Promise
    is_bonus: bool = False
    measured_in: str | Promise = "%"
    places: int = 1
    direction: int = 1

    def __str__(self):
        return str(self.name)


PERSONAL: dict[str, Personal] = {
    one.code: one
    for one in (
        Personal(
            "own-measures-on-time", _("Own measures done on time"),
            _("Measures done by the day first agreed, of those that were due in the period."),
        ),
        Personal(
            "own-deadlines-met", _("Own deadlines met"),
            _("Steps of cases done by their deadline, of those that were due in the period. Paused ones don't count."),
        ),
        Personal(
            "own-reports", _("Reports that were confirmed"), _("As a bonus: it adds points and never takes any away."),
            is_bonus=True, measured_in=_("reports"), places=0,
        ),
        Personal(
            "own-suggestions", _("Suggestions that were adopted"),
            _("As a bonus: it adds points and never takes any away."), is_bonus=True, measured_in=_("suggestions"),
            places=0,
        ),
    )
}  # fmt: skip


@dataclass
class Counted:
    """What a person's indicator is made of; each piece of evidence: {"label", "due", "done", "met"}."""

    numerator: int = 0
    denominator: int = 0
    evidence: list[dict] = field(default_factory=list)

    @property
    def value(self) -> float | None:
        return 100 * self.numerator / self.denominator if self.denominator else None

    @property
    def bounds(self) -> tuple[float | None, float | None]:
        if not self.denominator:
            return None, None
        low, high = wilson_interval(self.numerator, self.denominator)
        return 100 * low, 100 * high

    def add(self, label: str, due, done, met: bool) -> None:
        self.denominator += 1
        self.numerator += met
        if len(self.evidence) < MOST_EVIDENCE:
            self.evidence.append(
                {
                    "label": label,
                    "due": due.isoformat(),
                    "done": done.isoformat() if done else None,
                    "met": met,
                }
            )


def count(people: Iterable[Person], period: Period) -> dict[tuple[str, int], Counted]:
    """(code, pk of the person) -> what was counted in the period; a few statements whatever the number of people."""
    people = list(people)
    found = {(code, person.pk): Counted() for code in PERSONAL for person in people}
    _count_measures(found, people, period)
    _count_deadlines(found, people, period)
    begins, ends = _moments(period)
    rows = Recognition.objects.filter(person__in=people, given_at__gte=begins, given_at__lt=ends)
    rows = rows.values_list("person", "kind")
    codes = {Recognition.Kind.REPORT: "own-reports", Recognition.Kind.SUGGESTION: "own-suggestions"}
    for person, kind in rows:
        found[codes[kind], person].numerator += 1
    return found


def _moments(period: Period) -> tuple[dt.datetime, dt.datetime]:
    """When the period begins, and when the next one does, in the zone in which all figures are cut."""
    begins, ends = (
        dt.datetime.combine(day, dt.time.min, zone()) for day in (period.first, period.shifted(1).first)
    )
    return begins, ends


def _count_measures(found: dict, people: list[Person], period: Period) -> None:
    rows = (
        Measure.objects.filter(
            owner__in=people, original_due_on__gte=period.first, original_due_on__lte=period.last, number__isnull=False
        )
        .exclude(status=Measure.Status.WITHDRAWN)
        .select_related("unit")
        .order_by("original_due_on", "pk")
    )  # fmt: skip
    for row in rows:
        done = timezone.localdate(row.done_at, zone()) if row.done_at else None
        met = done is not None and done <= row.original_due_on
        found["own-measures-on-time", row.owner_id].add(row.number, row.original_due_on, done, met)


def _count_deadlines(found: dict, people: list[Person], period: Period) -> None:
    """By the moment that is due now: time for which a case was paused doesn't count. What runs still isn't judged."""
    begins, ends = _moments(period)
    now = timezone.now()
    rows = list(
        Deadline.objects.filter(
            Q(closed_at__isnull=False) | Q(due_at__lt=now), owner__in=people, paused_at=None, due_at__gte=begins,
            due_at__lt=ends,
        ).order_by("due_at", "pk")
    )  # fmt: skip
    rows = [
        row for row in rows if row.subject.startswith(CASES) and row.kind.partition(":")[0] not in NOT_COUNTED
    ]
    close = named_people({row.subject for row in rows})
    for row in rows:
        if row.subject in close:
            continue
        met = row.closed_at is not None and row.closed_at <= row.due_at
        done = timezone.localdate(row.closed_at, zone()) if row.closed_at else None
        found["own-deadlines-met", row.owner_id].add(
            row.label, timezone.localdate(row.due_at, zone()), done, met
        )


def anything_of(found: dict[tuple[str, int], Counted], person: Person) -> bool:
    """Was anything due of this person?"""
    return any(found[code, person.pk].denominator for code, one in PERSONAL.items() if not one.is_bonus)
