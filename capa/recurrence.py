"""Did it come back? New incidents are held against the watches over closed cases; people say what it is.

An incident is flagged when it occurred while a case of the same type in the same unit was watched, or at the same exact
place of a unit beside, above or below that one. The flag is only a suspicion: a quality manager confirms it, and may
reopen the earlier case at once, or rejects it with a reason. Who answers for one of the two cases does neither.
"""

import datetime as dt
import time
from dataclasses import dataclass

from django.db import connection, transaction
from django.db.models import Exists, OuterRef, Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from history.recording import record
from incidents import limits, permissions
from incidents.errors import Invalid, NotAllowed
from incidents.lifecycle import change, hold, tell
from incidents.models import ImportedRow, Incident
from incidents.stages import Stage
from people.models import Person
from reminders.models import Heartbeat

from . import improve
from .models import Cause, Recurrence

#: The name of the finder's sign of life.
HEARTBEAT = "recurrences"
#: How far back before the last look new incidents are looked at again: what was corrected or imported since, and what
#: was held by somebody's act at that moment.
LOOKBACK = dt.timedelta(days=7)
#: Pairs that are fetched at once, and earlier cases, the latest closed first, that one new incident is held against.
BATCH, MOST_EARLIER = 200, 3
#: Flags that the page of one case shows.
MOST_SHOWN = 20

#: Pairs (later, earlier) that nobody has flagged yet. What was closed elsewhere before it was imported isn't new.
_PAIRS = """
WITH fresh AS (
    SELECT i.id, i.type_id, i.unit_id, u.parent_id, i.occurred_at, lower(btrim(i.place)) AS place
    FROM incidents_incident i JOIN people_unit u ON u.id = i.unit_id
    WHERE i.reported_at >= %(since)s AND i.stage NOT IN ('dismissed', 'merged') AND i.id >= %(later)s
      AND NOT (i.stage = 'closed' AND EXISTS (SELECT FROM incidents_importedrow r WHERE r.incident_id = i.id))
)
SELECT fresh.id, watched.incident_id
FROM fresh CROSS JOIN LATERAL (
    SELECT w.incident_id, max(w.begins_at) AS begins_at
    FROM (
        SELECT incident_id, begins_at FROM capa_recurrencewatch
        WHERE unit_id = fresh.unit_id AND type_id = fresh.type_id
          AND begins_at <= fresh.occurred_at AND ends_at >= fresh.occurred_at
        UNION ALL
        SELECT near.incident_id, near.begins_at FROM capa_recurrencewatch near JOIN people_unit u ON u.id = near.unit_id
        WHERE fresh.place <> '' AND near.place <> '' AND near.place = fresh.place AND near.type_id = fresh.type_id
          AND near.begins_at <= fresh.occurred_at AND near.ends_at >= fresh.occurred_at
          AND (u.parent_id = fresh.parent_id OR u.id = fresh.parent_id OR u.parent_id = fresh.unit_id)
    ) w
    JOIN incidents_incident earlier ON earlier.id = w.incident_id
    WHERE earlier.stage = 'closed' AND earlier.id <> fresh.id
    GROUP BY w.incident_id ORDER BY begins_at DESC, w.incident_id DESC LIMIT %(most)s
) watched
WHERE (fresh.id, watched.incident_id) > (%(later)s, %(earlier)s)
  AND NOT EXISTS (
    SELECT FROM capa_recurrence known WHERE known.later_id = fresh.id AND known.earlier_id = watched.incident_id)
ORDER BY 1, 2 LIMIT %(batch)s
"""


def find(now: dt.datetime | None = None) -> int:
    """Flag what may have come back among the incidents of late; gives the number of flags. May run many at once."""
    now, began, flagged = now or timezone.now(), time.monotonic(), 0
    last = Heartbeat.objects.filter(name=HEARTBEAT).values_list("at", flat=True).first()
    since, place = min(last or now, now) - LOOKBACK, (0, 0)
    while pairs := _next_pairs(since, place):
        flagged += sum(_flag(later, earlier, now) for later, earlier in pairs)
        place = pairs[-1]
    took = dt.timedelta(seconds=time.monotonic() - began)
    Heartbeat.objects.update_or_create(name=HEARTBEAT, defaults={"at": now, "took": took, "notices": flagged})
    return flagged


def _next_pairs(since: dt.datetime, place: tuple[int, int]) -> list[tuple[int, int]]:
    later, earlier = place
    values = {"since": since, "later": later, "earlier": earlier, "most": MOST_EARLIER, "batch": BATCH}
    with connection.cursor() as cursor:
        cursor.execute(_PAIRS, values)
        return cursor.fetchall()


@transaction.atomic
def _flag(later: int, earlier: int, now: dt.datetime) -> bool:
    """Flag one pair on both cases, unless somebody else did; what an act holds at this moment is left for next time."""
    rows = Incident.objects.select_for_update(skip_locked=True, no_key=True, of=("self",))
    pair = {row.pk: row for row in rows.select_related("unit").filter(pk__in=(later, earlier)).order_by("pk")}
    if len(pair) < 2 or pair[earlier].stage != Stage.CLOSED:
        return False
    if Recurrence.objects.filter(earlier=earlier, later=later).exists():
        return False
    Recurrence.objects.create(earlier=pair[earlier], later=pair[later], found_at=now)
    _record(pair[earlier], "may_recur", by=None, came_back_as=pair[later].number)
    _record(pair[later], "may_be_recurrence", by=None, recurs_from=pair[earlier].number)
    if not ImportedRow.objects.filter(incident=later).exists():  # an import tells once, not once per case
        _tell_quality_manager(pair[later], pair[earlier])
    return True


def _tell_quality_manager(later: Incident, earlier: Incident) -> None:
    """The manager of the earlier case hears of it, with numbers only; led to a case that they may see."""
    manager = limits.quality_manager(earlier)
    if manager is None:
        return
    sees = Incident.objects.visible_to(manager).filter(pk=later.pk).exists()
    text, shown = ("may-recur", later) if sees else ("may-recur-unseen", earlier)
    about = {"about": str(later.pk), "other": later.number if sees else ""}
    tell(earlier, [manager], text, url=shown.get_absolute_url(), **about)


def _record(row: Incident, act: str, *, by: Person | None, reason: str = "", **after: str) -> None:
    record(row.case, f"incident.{act}", label=row.number, by=by, unit=row.unit, reason=reason, after=after)


# Saying what it is ---------------------------------------------------------------------------------------------------
@transaction.atomic
def confirm(
    incident: Incident,
    *,
    by: Person,
    version: int | None,
    recurrence: Recurrence,
    reason: str = "",
    reopen: bool = False,
) -> Incident:
    """It did come back. With `reopen` the earlier case is opened again too, which ends its watch."""
    row, found = _hold(incident, "confirm_recurrence", recurrence, by=by, version=version)
    if reopen:
        if found.earlier.stage != Stage.CLOSED:
            raise Invalid({"reopen": _("The earlier case is open already.")})
        if not reason.strip():
            raise Invalid({"reason": _("Say why the earlier case has to be looked at again.")})
    row = _decide(row, found, Recurrence.Status.CONFIRMED, by=by, reason=reason)
    if reopen:
        improve.reopen(found.earlier, by=by, version=None, reason=reason)
    return row


@transaction.atomic
def reject(
    incident: Incident, *, by: Person, version: int | None, recurrence: Recurrence, reason: str
) -> Incident:
    """It is something else, and this is how one knows."""
    row, found = _hold(incident, "reject_recurrence", recurrence, by=by, version=version)
    if not reason.strip():
        raise Invalid({"reason": _("Say why it is something else.")})
    return _decide(row, found, Recurrence.Status.REJECTED, by=by, reason=reason)


def _hold(
    incident: Incident, act: str, recurrence: Recurrence, *, by: Person, version: int | None
) -> tuple[Incident, Recurrence]:
    """Both cases locked in one order, and the suspicion that nobody has decided yet."""
    pair = Incident.objects.select_for_update(of=("self",)).select_related("unit", "responsible_unit")
    locked = pair.order_by("pk").in_bulk([incident.pk, recurrence.earlier_id])
    row = hold(incident, act, by=by, version=version)
    found = row.recurs_from.filter(pk=recurrence.pk, status=Recurrence.Status.SUSPECTED).first()
    if found is None or not Incident.objects.visible_to(by).filter(pk=found.earlier_id).exists():
        raise Invalid({"recurrence": _("This is decided already.")})
    found.later, found.earlier = row, locked[found.earlier_id]
    if in_the_way := permissions.Standing(by, found.earlier).in_the_way_of("judge"):
        raise NotAllowed(
            _("As %(relation)s of the earlier case you can't say whether it came back: somebody else has to.")
            % {"relation": permissions.RELATION_NAMES[in_the_way]}
        )
    return row, found


def _decide(row: Incident, found: Recurrence, status: str, *, by: Person, reason: str) -> Incident:
    reason = reason.strip()
    found.status, found.reason, found.decided_by, found.decided_at = status, reason, by, timezone.now()
    found.save()
    earlier, its_number, numbers = (
        found.earlier,
        {"came_back_as": row.number},
        {"recurs_from": found.earlier.number},
    )
    if status == Recurrence.Status.CONFIRMED:
        _record(earlier, "recurrence_confirmed", by=by, reason=reason, **its_number)
        return change(row, "confirm_recurrence", by=by, reason=reason, after=numbers)
    _record(earlier, "recurrence_rejected", by=by, reason=reason, **its_number)
    return change(row, "reject_recurrence", by=by, reason=reason, after=numbers)


# Reading -------------------------------------------------------------------------------------------------------------
def confirmed_recurrences(incident: Incident) -> int:
    """How often what this case was about came back, as people confirmed."""
    return incident.recurrences.filter(status=Recurrence.Status.CONFIRMED).count()


def has_flags() -> Exists:
    """Is a case flagged at all? To be asked with the incident itself, as `has_flags`."""
    return Exists(Recurrence.objects.filter(Q(earlier=OuterRef("pk")) | Q(later=OuterRef("pk"))))


def of_case(incident: Incident) -> list[Recurrence]:
    """The flags of a case on either side, with `same_cause`: have both a confirmed root cause of the same category?

    Asked once per incident object. A suspicion about what was dismissed or merged since is nothing any more.
    """
    if not getattr(incident, "has_flags", True):
        return []
    if not hasattr(incident, "_recurrences"):
        roots = Cause.objects.filter(is_root=True)
        of_earlier = roots.filter(incident=OuterRef(OuterRef("earlier")))
        same = roots.filter(incident=OuterRef("later"), category__in=of_earlier.values("category"))
        rows = Recurrence.objects.filter(Q(earlier=incident) | Q(later=incident)).exclude(
            status=Recurrence.Status.SUSPECTED, later__stage__in=[Stage.DISMISSED, Stage.MERGED]
        )
        rows = rows.select_related("decided_by").annotate(same_cause=Exists(same))
        incident._recurrences = list(rows[:MOST_SHOWN])
    return incident._recurrences


@dataclass(frozen=True)
class Flag:
    """A recurrence as it is told on the page of one of its two cases."""

    row: Recurrence
    is_later: bool  # this is the page of the later case
    other: Incident | None  # None where the reader doesn't see the other case

    @property
    def is_open(self) -> bool:
        return self.row.status == Recurrence.Status.SUSPECTED


def flags(incident: Incident, person: Person) -> list[Flag]:
    """What the page of a case tells about coming back. Two queries; one where there is nothing to tell."""
    rows = of_case(incident)
    if not rows:
        return []
    ends = {row.pk: row.earlier_id if row.later_id == incident.pk else row.later_id for row in rows}
    seen = Incident.objects.visible_to(person).only("number", "title", "stage").in_bulk(ends.values())
    return [Flag(row, row.later_id == incident.pk, seen.get(ends[row.pk])) for row in rows]


def waits_for_decision(incident: Incident) -> bool:
    """Is it suspected, on the page of the later case, that an earlier one came back?"""
    return any(
        row.later_id == incident.pk and row.status == Recurrence.Status.SUSPECTED for row in of_case(incident)
    )
