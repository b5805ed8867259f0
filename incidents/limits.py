"""How long each stage may take: as a unit's policies say, else by the defaults here; and who is waited for."""

import contextlib
import contextvars
import datetime as dt
from collections.abc import Iterator

from history.models import Event
from people.models import Person, Unit
from reminders.models import DeadlinePolicy
from reminders.policies import Due, Ground, Limit, ground_of
from reminders.policies import asking_once as asking_policies_once

from . import cosignatures, planning
from .stages import Severity, Stage

#: Working days per stage: minor, moderate, serious, major.
WORKING_DAYS: dict[str, tuple[int, int, int, int]] = {
    Stage.IDENTIFY: (1, 1, 1, 1),
    Stage.CONFIRM: (3, 2, 1, 1),
    Stage.ANALYSE: (7, 5, 5, 3),
    Stage.PLAN: (5, 5, 3, 2),
    Stage.TRACK: (20, 20, 15, 10),  # until the plan's own dates are known
    Stage.VERIFY: (10, 10, 10, 10),
    Stage.IMPROVE: (10, 10, 5, 5),
}
#: Calendar days from report to close.
LOOP_DAYS: tuple[int, int, int, int] = (45, 60, 75, 90)


#: The name of the whole loop among the kinds of deadlines.
LOOP_KIND = "loop"


def default_limit(kind: str, severity: int | None) -> Limit:
    """What holds for a stage or the whole loop where no unit has said otherwise."""
    place = (severity or Severity.MODERATE) - 1
    if kind == LOOP_KIND:
        return Limit(LOOP_DAYS[place], DeadlinePolicy.Measure.DAYS)
    return Limit(WORKING_DAYS[kind][place])


def due(incident, kind: str, since: dt.datetime, ground: Ground | None = None) -> Due:
    """When a stage of this incident (or its whole loop) that begins at `since` is due, and why then."""
    ground = ground or ground_of(incident.unit)
    return ground.due(
        kind, since, default_limit(kind, incident.severity), types=lambda: type_codes(incident),
        severity=incident.severity,
    )  # fmt: skip


def type_codes(incident) -> list[str]:
    """The codes of its type and of the one above that, the narrowest first."""
    kind = incident.type
    return [kind.code, *([kind.parent.code] if kind.parent else [])]


def who_is_waited_for(incident, *, by: Person | None = None) -> Person | None:
    """The one named owner of the stage the incident is in; `by` just brought it here."""
    if incident.short_path and incident.stage == Stage.CONFIRM:
        return _reviewer(incident, by)
    find = _FINDERS.get(incident.stage)
    return find(incident) if find else None


#: Answers of `nearest` while they may be reused; None: every case asks anew.
_known: contextvars.ContextVar[dict | None] = contextvars.ContextVar("known", default=None)


@contextlib.contextmanager
def asking_once() -> Iterator[None]:
    """Within a batch of an import, who holds a role in a unit and what limits it has is asked once for all."""
    token = _known.set({})
    try:
        with asking_policies_once():
            yield
    finally:
        _known.reset(token)


def nearest(role: str, unit: Unit, *, but: set[int] = frozenset()) -> Person | None:
    """The nearest active holder of the role in the unit or above it."""
    known, question = _known.get(), (role, unit.pk, frozenset(but))
    if known is not None and question in known:
        return known[question]
    person = Person.objects.holding(role, unit).exclude(pk__in=but).first()
    if known is not None:
        known[question] = person
    return person


def quality_manager(incident, *, but: set[int] = frozenset()) -> Person | None:
    """The nearest quality manager who isn't barred by an own part in the case."""
    return nearest("quality", incident.unit, but=but | {incident.responsible_person_id or 0})


def _judge_of_report(incident):
    return nearest("site_manager", incident.unit) or quality_manager(incident)


def _group_member(incident):
    """Whoever of the responsibility group has not agreed yet, the supervisor first."""
    agreed = set(incident.agreements.filter(attempt=incident.attempt).values_list("role", flat=True))
    supervisor = None if "supervisor" in agreed else nearest("supervisor", incident.unit)
    return supervisor or quality_manager(incident)


def _reviewer(incident, by: Person | None):
    """A quality manager who didn't judge the report reviews what was put right on the spot."""
    judged = Event.objects.of(incident.case).filter(act="incident.substantiate")
    return quality_manager(incident, but={by.pk if by else 0, *judged.values_list("actor", flat=True)})


def _planner(incident):
    """The responsible person, or who took the plan in hand; once submitted, whoever has to
    co-sign it, then a quality manager who neither wrote nor co-signed it and would carry out none of its measures.
    """
    plan = incident.plans.filter(cycle=incident.cycle).select_related("author").last()
    if plan is None:
        return incident.responsible_person or quality_manager(incident)
    if plan.status == "submitted":
        if signer := cosignatures.next_signer(incident, plan):
            return signer
        barred = {*planning.writers(plan), *planning.owners(plan), *planning.signers(plan).values()}
        return quality_manager(incident, but=barred)
    return plan.author if plan.author.is_active else quality_manager(incident)


def _tracker(incident):
    """The responsible person; once every measure is finished, a quality manager who has to check the execution."""
    measures = incident.measures.filter(plan__cycle=incident.cycle, plan__status="approved")
    if measures.exists() and not measures.exclude(status__in=["done", "withdrawn"]).exists():
        return _verifier(incident)
    return incident.responsible_person or quality_manager(incident)


def _verifier(incident):
    return quality_manager(incident, but=planning.executors(incident))


_FINDERS = {
    Stage.IDENTIFY: _judge_of_report,
    Stage.CONFIRM: _group_member,
    Stage.ANALYSE: lambda incident: incident.responsible_person or quality_manager(incident),
    Stage.PLAN: _planner,
    Stage.TRACK: _tracker,
    Stage.VERIFY: _verifier,
    Stage.IMPROVE: quality_manager,
}
