"""My work: what waits for a person, grouped by when it is due.

The source is the person's open deadlines: every stage of a case and every measure has one, with one named owner. The
cost depends on what one person has to do, never on the archive.
"""

import datetime as dt
from collections.abc import Iterable
from dataclasses import dataclass, field

from django.db.models import Count, F, Q, QuerySet
from django.db.models import prefetch_related_objects as prefetch
from django.utils import timezone
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from people.models import Person, Role
from reminders.models import Deadline

from . import permissions
from .access import person_token
from .listing import SHOWN_WITH, UNSHOWN, Place, beyond, cursor_of, open_work
from .models import Incident
from .otherwork import OtherWork, shown
from .stages import LOOP, Stage

IN_GROUP = 10  # rows of a group before "Show all"
IN_LIST = 50  # rows of a page that shows one group
INCIDENT = "incident:"  # how the subject of an incident's deadline begins
#: Deadlines below a case: how their kind begins, and the case's related name for what they are about.
PARTS = {
    "measure": "measures",
    "check": "measures",
    "improvement": "improvements",
    "acknowledge": "improvements",
}
CHECK = "check:"  # a finished measure that has to be looked at
REQUEST = "request:"  # an extension or a withdrawal that waits for a decision

#: What the button of a row says: what is to be done there.
BUTTONS: dict[str, Promise] = {
    Stage.IDENTIFY: pgettext_lazy("button", "Judge"),
    Stage.CONFIRM: pgettext_lazy("button", "Confirm"),
    Stage.ANALYSE: pgettext_lazy("button", "Analyse"),
    Stage.PLAN: pgettext_lazy("button", "Plan"),
    Stage.TRACK: pgettext_lazy("button", "Check"),
    Stage.VERIFY: pgettext_lazy("button", "Verify"),
    Stage.IMPROVE: pgettext_lazy("button", "File case"),
}
APPROVE = pgettext_lazy("button", "Approve")
COSIGN = pgettext_lazy("button", "Co-sign")
UPDATE = pgettext_lazy("button", "Update")
DECIDE = pgettext_lazy("button", "Decide")
OPEN = pgettext_lazy("button", "Open")


@dataclass(frozen=True)
class Group:
    """Work that is due within a span of time, `from_` included, `until` not."""

    key: str
    title: str | Promise
    from_: dt.datetime | None
    until: dt.datetime | None
    is_paused: bool = False  # whose clock stands, whenever it would be due

    @property
    def condition(self) -> Q:
        condition = Q(paused_at__isnull=not self.is_paused)
        if self.from_:
            condition &= Q(due_at__gte=self.from_)
        if self.until:
            condition &= Q(due_at__lt=self.until)
        return condition


def groups(now: dt.datetime) -> list[Group]:
    """Overdue, the rest of today, the rest of this week (it ends on Sunday), and later, in the person's time zone;
    and what is paused.
    """
    today = timezone.localtime(now).replace(hour=0, minute=0, second=0, microsecond=0)
    tomorrow = _days_later(today, 1)
    next_week = _days_later(today, 7 - today.weekday())
    return [
        Group("overdue", _("Overdue"), None, now),
        Group("today", _("Due today"), now, tomorrow),
        Group("week", _("This week"), tomorrow, next_week),
        Group("later", _("Later"), next_week, None),
        Group("paused", pgettext_lazy("group", "Paused"), None, None, is_paused=True),
    ]


def _days_later(midnight: dt.datetime, days: int) -> dt.datetime:
    """Midnight of another day: a day isn't always 24 hours long."""
    return timezone.make_aware(dt.datetime.combine(midnight.date() + dt.timedelta(days=days), dt.time()))


@dataclass
class Item:
    """A row of My work: an incident, or a measure or improvement of one; what is to be done there, and until when.

    Of what isn't an incident's at all, `other` says what there is to say.
    """

    incident: Incident | None
    deadline: Deadline | None = None
    part: object = None
    awaits_approval: bool = False
    may_hand_over: bool = False
    by_cosigner: bool = False  # whoever can't approve it is asked to sign it beside the approver
    other: OtherWork | None = None

    @property
    def measure(self):
        is_one = self.deadline and PARTS.get(self.deadline.kind.partition(":")[0]) == "measures"
        return self.part if is_one else None

    @property
    def title(self) -> str:
        if self.other:
            return self.other.title
        return self.part.text if self.part else self.incident.title

    @property
    def url(self) -> str:
        if self.other:
            return self.other.url
        if self.measure and self.measure.number:
            return self.measure.get_absolute_url()
        return self.incident.get_absolute_url()

    @property
    def button(self) -> str | Promise:
        if self.deadline is None or self.deadline.closed_at:
            return OPEN
        if self.deadline.kind.startswith(CHECK):
            return BUTTONS[Stage.TRACK]
        if self.other and self.other.button:
            return self.other.button
        if self.part or self.other:
            return UPDATE
        if self.deadline.kind.startswith(REQUEST):
            return DECIDE
        if self.awaits_approval:
            return COSIGN if self.by_cosigner else APPROVE
        return BUTTONS.get(self.deadline.kind, OPEN)


@dataclass
class Work:
    """One group of the page with its first rows."""

    group: Group
    count: int
    items: list[Item] = field(default_factory=list)
    older: str = ""  # cursor of what comes behind them

    @property
    def is_whole(self) -> bool:
        return self.count <= len(self.items)


def counts(work: QuerySet[Deadline], spans: list[Group]) -> dict[str, int]:
    """How many of these deadlines fall into each group."""
    return work.order_by().aggregate(**{span.key: Count("pk", filter=span.condition) for span in spans})


def involvement(person: Person) -> dict[str, int]:
    """How many open cases wait for others, were started by the person, or are merely copied to them."""
    mine = Q(owner=person)
    own_report = Q(reporter=person)
    return involved(person).aggregate(
        waiting=Count("pk", filter=~mine | Q(owner=None)),
        started=Count("pk", filter=own_report),
        copied=Count("pk", filter=(~mine | Q(owner=None)) & (~own_report | Q(reporter=None))),
    )


def involved(person: Person) -> QuerySet[Incident]:
    """Open cases in which the person has had a part."""
    return Incident.objects.visible_to(person).filter(
        readers__contains=[person_token(person)], stage__in=LOOP
    )


def waiting_for_others(person: Person) -> QuerySet[Incident]:
    return involved(person).filter(~Q(owner=person) | Q(owner=None))


def started_by(person: Person) -> QuerySet[Incident]:
    return Incident.objects.visible_to(person).filter(reporter=person)


def copied_to(person: Person) -> QuerySet[Incident]:
    """Open cases that the person had a part in, without having reported them or being waited for."""
    return waiting_for_others(person).filter(~Q(reporter=person) | Q(reporter=None))


def awaiting_approval(person: Person) -> set[int]:
    """The incidents whose submitted plan waits for this person's yes or no."""
    subjects = open_work(person).filter(kind=Stage.PLAN).values_list("subject", flat=True)
    planning = [_incident_id(subject) for subject in subjects]
    return set(
        Incident.objects.visible_to(person)
        .filter(pk__in=planning, plans__status="submitted", plans__cycle=F("cycle"))
        .values_list("pk", flat=True)
    )


def grouped(person: Person, work: QuerySet[Deadline], spans: list[Group], approvals: set[int]) -> list[Work]:
    """Every group with its first few rows, those that hold nothing left out."""
    number = counts(work, spans)
    filled = [span for span in spans if number[span.key]]
    if not filled:
        return []
    firsts = [work.filter(span.condition).order_by("due_at", "pk")[:IN_GROUP] for span in filled]
    rows = list(firsts[0].union(*firsts[1:], all=True)) if len(firsts) > 1 else list(firsts[0])
    rows.sort(key=lambda row: (row.due_at, row.pk))
    found = items(person, rows, approvals)
    return [
        Work(span, number[span.key], [item for item in found if _falls_into(span, item.deadline)])
        for span in filled
    ]


def one_group(
    person: Person, work: QuerySet[Deadline], span: Group, place: Place, approvals: set[int]
) -> Work:
    """One group at length, a page of it."""
    work = work.filter(span.condition)
    later = work.filter(beyond(("due_at", "id"), place.values, falling=False)) if place.values else work
    rows = list(later.order_by("due_at", "pk")[: IN_LIST + 1])
    shown = rows[:IN_LIST]
    older = cursor_of(shown[-1], ("due_at", "id")) if len(rows) > IN_LIST else ""
    return Work(span, work.count(), items(person, shown, approvals), older)


def done(person: Person, work: QuerySet[Deadline], place: Place) -> tuple[list[Item], str]:
    """What the person has dealt with, the latest first; and the cursor of what comes behind."""
    if place.values:
        work = work.filter(beyond(("closed_at", "id"), place.values, falling=True))
    rows = list(work.order_by("-closed_at", "-pk")[: IN_LIST + 1])
    shown = rows[:IN_LIST]
    older = cursor_of(shown[-1], ("closed_at", "id")) if len(rows) > IN_LIST else ""
    return items(person, shown, set()), older


def done_work(person: Person) -> QuerySet[Deadline]:
    """The deadlines that ended while the person was their owner."""
    return Deadline.objects.filter(owner=person, closed_at__isnull=False).exclude(kind="loop")


def items(person: Person, rows: Iterable[Deadline], approvals: set[int]) -> list[Item]:
    """The rows with their incidents and measures, or what else they are of. What the person may not see is left out."""
    everything = list(rows)
    rows = [row for row in everything if row.subject.startswith(INCIDENT)]
    others = shown(person, [row for row in everything if row not in rows])
    visible = (
        Incident.objects.visible_to(person).select_related(*SHOWN_WITH, "responsible_unit").defer(*UNSHOWN)
    )
    incidents = visible.in_bulk({_incident_id(row.subject) for row in rows})
    parts = _parts(incidents, rows)
    found = []
    for row in everything:
        if row.pk in others:
            found.append(Item(None, row, other=others[row.pk]))
            continue
        incident = incidents.get(_incident_id(row.subject))
        part = parts.get(row.kind)
        if incident is None or (part is None and _part_name(row)):
            continue
        awaits = row.kind == Stage.PLAN and incident.pk in approvals
        movable = row.closed_at is None and permissions.allowed(person, "hand_over", incident)
        beside = awaits and not person.has_role(Role.QUALITY, incident.unit)
        found.append(Item(incident, row, part, awaits, movable, by_cosigner=beside))
    return found


def _part_name(row: Deadline) -> str | None:
    """The case's related name for what the deadline is about; None for a stage or a request."""
    return PARTS.get(row.kind.partition(":")[0])


def _parts(incidents: dict[int, Incident], rows: list[Deadline]) -> dict[str, object]:
    """The measures and improvements among the rows by the kind of their deadline. They belong to an app above: asked
    by related name, in one query for each sort of them.
    """
    found: dict[str, object] = {}
    for singular, plural in PARTS.items():
        of_these = {_incident_id(row.subject) for row in rows if _part_name(row) == plural}
        having = [incident for pk, incident in incidents.items() if pk in of_these]
        prefetch(having, plural)
        found |= {
            f"{singular}:{part.pk}": part for incident in having for part in getattr(incident, plural).all()
        }
    return found


def _falls_into(span: Group, row: Deadline) -> bool:
    moment = row.due_at
    is_within = (span.from_ is None or span.from_ <= moment) and (span.until is None or moment < span.until)
    return is_within and span.is_paused == (row.paused_at is not None)


def _incident_id(subject: str) -> int:
    return int(subject.removeprefix(INCIDENT)) if subject.startswith(INCIDENT) else 0
