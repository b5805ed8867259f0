"""The loop itself: the only way an incident changes.

`hold` locks the row and checks version and permission; `change` saves an edit with its Event; `move` takes a step of
the state machine. django-fsm by itself checks neither permission nor version on a direct call: here it is done once.
"""

import datetime as dt
from collections.abc import Iterable
from typing import Any

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from history.recording import plain, record
from people.models import Person
from reminders import deadlines
from reminders.deadlines import close_all, close_deadline, hand_to, open_deadline
from reminders.notices import notify
from reminders.policies import ground_of

from . import gates, limits, permissions
from .access import admit
from .errors import NotAllowed, NotYet, Stale
from .models import Incident
from .search import SEARCHED, vector_of


def hold(incident: Incident, act: str, *, by: Person, version: int | None) -> Incident:
    """Lock the incident for an act: the row as it is now, if this person may do this to it.

    `version` is the one the person's page was made from; None only where no page was (imports, the worker).
    Raises NotAllowed or Stale. Must run inside the act's transaction.
    """
    row = (
        Incident.objects.select_for_update(of=("self",))
        .select_related("unit", "responsible_unit")
        .get(pk=incident.pk)
    )
    refuse_unless_allowed(row, act, by=by)
    if version is not None and row.version != version:
        raise Stale()
    return row


def hold_in(stage: str, incident: Incident, act: str, *, by: Person, version: int | None) -> Incident:
    """`hold`, for an act that belongs to one stage: Stale when the case is no longer there."""
    row = hold(incident, act, by=by, version=version)
    if row.stage != stage:
        raise Stale()
    return row


def refuse_unless_allowed(incident: Incident, act: str, *, by: Person) -> None:
    """Raise NotAllowed with the reason when the person may not do this."""
    standing = permissions.Standing(by, incident)
    if not by.is_active or not standing.entitles_to(act):
        raise NotAllowed(_("Your role doesn't allow this here."))
    if in_the_way := standing.in_the_way_of(act):
        raise NotAllowed(
            _("As %(relation)s you can't do this yourself: somebody else has to.")
            % {"relation": permissions.RELATION_NAMES[in_the_way]}
        )


def change(
    incident: Incident,
    act: str,
    *,
    by: Person | None,
    changes: dict[str, Any] | None = None,
    before: dict | None = None,
    after: dict | None = None,
    reason: str = "",
) -> Incident:
    """Save an edit of a held incident: new version, one Event. `changes` sets fields; `after` tells of related rows."""
    was = {name: plain(getattr(incident, name)) for name in changes or {}}
    for name, value in (changes or {}).items():
        setattr(incident, name, value)
    if SEARCHED & (changes or {}).keys():
        incident.search = vector_of(incident)
    incident.version += 1
    incident.save()
    became = {name: plain(getattr(incident, name)) for name in changes or {}}
    changed = [name for name in became if became[name] != was[name]]
    record(
        incident.case,
        f"incident.{act}",
        label=incident.number,
        by=by,
        unit=incident.unit,
        reason=reason,
        before={**{name: was[name] for name in changed}, **(before or {})},
        after={**{name: became[name] for name in changed}, **(after or {})},
    )
    return incident


@transaction.atomic
def move(
    incident: Incident,
    step: str,
    *,
    by: Person,
    version: int | None,
    note: str = "",
    changes: dict[str, Any] | None = None,
    after: dict | None = None,
    due_at: dt.datetime | None = None,
    announce: bool = True,
) -> Incident:
    """Take a step of the loop. `changes` are field values that the step's gate may already ask for.

    `due_at` is given where the next stage is due by its own dates (an approved plan); `announce` is off for steps that
    are taken through at once (the short path), so that nobody is told of a turn that has passed already.

    Raises NotAllowed, Stale (seen version, or no longer in the stage the step starts from) or NotYet (what is missing).
    """
    row = hold(incident, step, by=by, version=version)
    return _take(row, step, by=by, note=note, changes=changes, after=after, due_at=due_at, announce=announce)


def proceed(
    row: Incident,
    step: str,
    *,
    after: dict | None = None,
    due_at: dt.datetime | None = None,
    announce: bool = True,
) -> Incident:
    """Take a step that follows by itself, as the system, once an act on the held row has met its gate."""
    return _take(row, step, by=None, after=after, due_at=due_at, announce=announce)


def _take(
    row: Incident,
    step: str,
    *,
    by: Person | None,
    note: str = "",
    changes: dict[str, Any] | None = None,
    after: dict | None = None,
    due_at: dt.datetime | None = None,
    announce: bool = True,
) -> Incident:
    source, cycle = row.stage, row.cycle
    if not _starts_here(row, step):
        raise Stale()
    for name, value in (changes or {}).items():
        setattr(row, name, value)
    if SEARCHED & (changes or {}).keys():
        row.search = vector_of(row)
    if lacking := gates.missing(row, step):
        raise NotYet(lacking)
    getattr(row, step)()
    now = timezone.now()
    if row.paused_since is not None:
        run_on(row, at=now)
    row.stage_since = now
    row.closed_at = None if row.is_open else (changes or {}).get("closed_at", now)
    if row.is_open:  # else all its deadlines are closed at once
        close_deadline(row.case, source, cycle=cycle, at=now)
    _hand_on(row, by=by, at=now, due_at=due_at)
    if step in BEGINNINGS:
        _open_loop(row, at=now)
    admit(row, by, row.owner, row.responsible_person)
    change(
        row,
        step,
        by=by,
        reason=note,
        before={"stage": source, "cycle": cycle},
        after={"stage": row.stage, "cycle": row.cycle, **plain(changes or {}), **(after or {})},
    )
    if announce:
        tell_whose_turn(row, but=by)
    return row


#: Steps with which a case sets out on the loop: from here the time for the whole of it runs.
BEGINNINGS = ("substantiate", "reopen")


def _open_loop(incident: Incident, *, at: dt.datetime) -> None:
    """The whole loop has a limit of its own; a quality manager sees to it."""
    due_at, reckoning = limits.due(incident, limits.LOOP_KIND, at)
    open_deadline(
        incident.case, limits.LOOP_KIND, cycle=1, label=incident.number,
        owner=limits.quality_manager(incident), unit=incident.unit, due_at=due_at, opened_at=at, reckoning=reckoning,
    )  # fmt: skip


def run_on(row: Incident, *, at: dt.datetime) -> None:
    """End a pause of a held row: its clocks go on with what was left (sets the fields; the caller saves)."""
    moments = deadlines.resume(row.case, work=ground_of(row.unit).work, at=at)
    row.paused_since, row.due_at = None, moments.get(row.stage)


def _starts_here(incident: Incident, step: str) -> bool:
    return incident.stage in {
        transition.source for transition in getattr(Incident, step)._django_fsm.transitions.values()
    }


def _hand_on(incident: Incident, *, by: Person | None, at: dt.datetime, due_at: dt.datetime | None) -> None:
    """Name who is waited for now and until when; when the case has ended, nobody and nothing."""
    if not incident.is_open:
        incident.owner = incident.due_at = None
        close_all(incident.case, at=at)
        return
    incident.owner = limits.who_is_waited_for(incident, by=by)
    reckoning: dict = {}
    if due_at is None:
        due_at, reckoning = limits.due(incident, incident.stage, at)
    incident.due_at = due_at
    open_deadline(
        incident.case, incident.stage, cycle=incident.cycle, label=incident.number, owner=incident.owner,
        unit=incident.unit, due_at=due_at, opened_at=at, reckoning=reckoning,
    )  # fmt: skip


def refresh_owner(incident: Incident) -> None:
    """Within a stage the turn can pass on (second agreement, submitted plan): name the new owner, row and deadline."""
    incident.owner = limits.who_is_waited_for(incident)
    admit(incident, incident.owner)
    hand_to(incident.case, incident.stage, cycle=incident.cycle, owner=incident.owner)


def tell_whose_turn(incident: Incident, *, but: Person | None = None) -> None:
    """Tell the new owner that it is their turn, unless they just did the act themselves."""
    if incident.owner_id is None or incident.owner == but:
        return
    notify(
        [incident.owner],
        "turn",
        occasion=f"{incident.case}:turn:{incident.stage}:{incident.cycle}:{incident.version}",
        subject=incident.case,
        url=incident.get_absolute_url(),
        params={"label": incident.number, "what": f"turn.{incident.stage}", "title": incident.title},
    )


def tell(incident: Incident, people: Iterable[Person | None], text: str, *, url: str = "", **params) -> None:
    """Write a notice about this incident, or about a part of it (`about`: its number; `url`: its page)."""
    notify(
        people,
        text,
        occasion=f"{incident.case}:{text}:{incident.version}:{params.get('about', '')}".rstrip(":"),
        subject=incident.case,
        url=url or incident.get_absolute_url(),
        params={"label": incident.number, "title": incident.title, **params},
    )
