"""The only way a complaint changes: `hold` locks and checks, `change` saves an edit with its Event, `move` takes a step.

Built as `incidents.lifecycle` is. The customer's own acts (by their secret link) come without a person: `by=None`.
"""

import datetime as dt
from collections.abc import Iterable
from typing import Any

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from history.recording import plain, record
from incidents.errors import Invalid, NotAllowed, NotYet, Stale
from people.models import Person
from reminders import deadlines
from reminders.deadlines import close_all, close_deadline, hand_to, open_deadline
from reminders.models import Deadline
from reminders.notices import notify
from reminders.policies import ground_of

from . import gates, limits, permissions
from .access import admit
from .links import extend_link
from .masking import impersonal
from .models import Complaint
from .searching import SEARCHED, vector_of
from .states import UNANSWERED

#: Fields that may hold personal data: history says that they were changed, never to what.
PERSONAL = {"text", "wish", "title", "finding", "place"}


def hold(complaint: Complaint, act: str, *, by: Person | None, version: int | None) -> Complaint:
    """Lock the complaint for an act: the row as it is now, if this person may do this to it.

    `by` is None for the customer and the system, who come by another check. Raises NotAllowed or Stale. Must run inside
    the act's transaction.
    """
    row = (
        Complaint.objects.select_for_update(of=("self",))
        .select_related("unit", "category", "handler", "first_handler", "contact")
        .get(pk=complaint.pk)
    )
    if by is not None:
        refuse_unless_allowed(row, act, by=by)
    if version is not None and row.version != version:
        raise Stale()
    return row


def refuse_unless_allowed(complaint: Complaint, act: str, *, by: Person) -> None:
    """Raise NotAllowed with the reason when the person may not do this."""
    standing = permissions.Standing(by, complaint)
    if not by.is_active or not standing.sees() or not standing.entitles_to(act):
        raise NotAllowed(_("Your role doesn't allow this here."))
    if in_the_way := standing.in_the_way_of(act):
        raise NotAllowed(
            _("As %(relation)s you can't do this yourself: somebody else has to.")
            % {"relation": permissions.RELATION_NAMES[in_the_way]}
        )


def refuse_if_erased(row: Complaint, *, field: str) -> None:
    """Raise Invalid where the personal data was erased: what is added to such a case nobody would ever erase again."""
    if row.anonymised_at is not None:
        raise Invalid({field: _("The personal data of this complaint is erased: nothing is added to it.")})


def change(
    complaint: Complaint,
    act: str,
    *,
    by: Person | None,
    changes: dict[str, Any] | None = None,
    before: dict | None = None,
    after: dict | None = None,
    reason: str = "",
) -> Complaint:
    """Save an edit of a held complaint: new version, one Event. What may be personal is only named in it."""
    was = {name: plain(getattr(complaint, name)) for name in changes or {}}
    for name, value in (changes or {}).items():
        setattr(complaint, name, value)
    if SEARCHED & (changes or {}).keys():
        complaint.search = vector_of(complaint)
    complaint.version += 1
    complaint.save()
    became = {name: plain(getattr(complaint, name)) for name in changes or {}}
    changed = [name for name in became if became[name] != was[name]]
    told = [name for name in changed if name not in PERSONAL]
    hidden = sorted(PERSONAL & set(changed))
    record(
        complaint.case,
        f"complaint.{act}",
        label=complaint.number,
        by=by,
        unit=complaint.unit,
        reason=impersonal(complaint, reason),
        before={**{name: was[name] for name in told}, **(before or {})},
        after={
            **{name: became[name] for name in told},
            **({"changed": hidden} if hidden else {}),
            **(after or {}),
        },
    )
    return complaint


@transaction.atomic
def move(
    complaint: Complaint,
    step: str,
    *,
    by: Person | None,
    version: int | None,
    note: str = "",
    changes: dict[str, Any] | None = None,
    after: dict | None = None,
    announce: bool = True,
) -> Complaint:
    """Take a step of the machine. `changes` are field values that the step's gate may already ask for.

    Raises NotAllowed, Stale (seen version, or not in a state from which the step starts) or NotYet (what is missing).
    """
    row = hold(complaint, step, by=by, version=version)
    return take(row, step, by=by, note=note, changes=changes, after=after, announce=announce)


def take(
    row: Complaint,
    step: str,
    *,
    by: Person | None,
    note: str = "",
    changes: dict[str, Any] | None = None,
    after: dict | None = None,
    announce: bool = True,
) -> Complaint:
    """The step itself, of a row that is held already."""
    source, round_, kind = row.state, row.round, limits.KINDS.get(row.state)
    refuse_unless_starts(row, step)
    for name, value in (changes or {}).items():
        setattr(row, name, value)
    if SEARCHED & (changes or {}).keys():
        row.search = vector_of(row)
    if lacking := gates.missing(row, step):
        raise NotYet(lacking)
    getattr(row, step)()
    now = timezone.now()
    if row.paused_since is not None:
        run_on(row, by=by, at=now, kind=kind)
    row.state_since = now
    row.closed_at = None if row.is_open else (changes or {}).get("closed_at") or now
    if step in TELLING and row.acknowledged_at is None:
        row.acknowledged_at = now
    if not row.is_open:
        extend_link(row, now=now)
    hand_on(row, left=(kind, round_), at=now)
    admit(row, by, row.owner, row.handler)
    told = {name: value for name, value in (changes or {}).items() if name not in PERSONAL}
    change(
        row,
        step,
        by=by,
        reason=note,
        before={"state": source, "round": round_},
        after={"state": row.state, "round": row.round, **plain(told), **(after or {})},
    )
    if announce:
        tell_whose_turn(row, but=by)
    return row


def refuse_unless_starts(row: Complaint, step: str) -> None:
    """Raise Stale when the step doesn't start from where the complaint is."""
    if row.state not in {t.source for t in getattr(Complaint, step)._django_fsm.transitions.values()}:
        raise Stale()


#: Steps by which the customer learns that it has arrived, if they didn't know before.
TELLING = ("acknowledge", "send_reply", "pass_on")


def hand_on(row: Complaint, *, left: tuple[str | None, int], at: dt.datetime) -> None:
    """Close what was due, name who is waited for now and until when (sets the fields; the caller saves).

    The time for the reply runs from receipt, or from the reopening: classifying takes none of it away.
    """
    if not row.is_open:
        row.owner = row.offered_to = row.offered_unit = row.due_at = None
        close_all(row.case, at=at)
        return
    kind, round_ = left
    row.owner = limits.who_is_waited_for(row)
    next_kind = limits.KINDS[row.state]
    if (kind, round_) == (next_kind, row.round):  # the same is still due, by the same moment
        hand_to(row.case, next_kind, cycle=row.round, owner=row.owner)
        return
    if kind is not None:
        close_deadline(row.case, kind, cycle=round_, at=at)
    _open_main(row, at=at)


def _open_main(row: Complaint, *, at: dt.datetime) -> None:
    """What is due in this state, reckoned by the policies of today; a pause that was has its time given back."""
    kind = limits.KINDS[row.state]
    from_receipt = row.round == 1 and kind in ("receipt", "reply") and row.state in UNANSWERED
    row.due_at, reckoning = limits.due(row, kind, row.received_at if from_receipt else at)
    if kind == "reply" and row.version > 1:
        row.due_at = limits.later_by_pauses(row, row.due_at, reckoning, since=at if row.round > 1 else None)
    open_deadline(
        row.case, kind, cycle=row.round, label=row.number, owner=row.owner, unit=row.unit, due_at=row.due_at,
        opened_at=at, reckoning=reckoning,
    )  # fmt: skip


def reckon_anew(row: Complaint) -> None:
    """Something that limits depend on was corrected: the main deadline by what holds now (sets; the caller saves)."""
    paused = row.paused_since and Deadline.objects.filter(
        subject=row.case, kind=limits.KINDS[row.state], closed_at=None
    ).exclude(paused_at=None).first()  # fmt: skip
    _open_main(row, at=row.state_since)
    if paused:
        deadlines.pause(
            row.case, [paused.kind], reason=paused.pause_reason, note=paused.pause_note,
            work=ground_of(row.unit).work, at=row.paused_since,
        )  # fmt: skip
        row.due_at = None


def refresh_owner(row: Complaint) -> None:
    """The turn passes on within a state: name who is waited for now, on the row and its deadline (the caller saves)."""
    row.owner = limits.who_is_waited_for(row)
    admit(row, row.owner, row.handler)
    hand_to(row.case, limits.KINDS[row.state], cycle=row.round, owner=row.owner)


def run_on(
    row: Complaint, *, by: Person | None, at: dt.datetime, kind: str | None = None, note: str = ""
) -> None:
    """End a pause of a held row: its clock goes on with what was left (sets the fields; the caller saves)."""
    moments = deadlines.resume(row.case, work=ground_of(row.unit).work, at=at)
    since, row.paused_since = row.paused_since, None
    row.due_at = moments.get(kind or limits.KINDS[row.state])
    record(
        row.case, "complaint.resume", label=row.number, by=by, unit=row.unit, reason=impersonal(row, note),
        after={"paused_since": since, "resumed_at": at, "due": row.due_at},
    )  # fmt: skip


def tell_whose_turn(complaint: Complaint, *, but: Person | None = None) -> None:
    """Tell the owner that it is their turn, unless they just did the act themselves."""
    if complaint.owner_id is None or complaint.owner == but:
        return
    notify(
        [complaint.owner],
        "complaint-turn",
        occasion=f"{complaint.case}:turn:{complaint.state}:{complaint.round}:{complaint.version}",
        subject=complaint.case,
        url=complaint.get_absolute_url(),
        params={"label": complaint.number, "what": limits.KINDS[complaint.state]},
    )


def tell(complaint: Complaint, people: Iterable[Person | None], text: str, **params) -> None:
    """Write a notice about this complaint: its reference and words of the system, never what a customer said."""
    notify(
        people,
        text,
        occasion=f"{complaint.case}:{text}:{complaint.version}:{params.get('about', '')}".rstrip(":"),
        subject=complaint.case,
        url=complaint.get_absolute_url(),
        params={"label": complaint.number, **params},
    )
