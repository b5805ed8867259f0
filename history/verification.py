"""Finding any forgery of the history: chains, heads and seals are computed again and compared."""

import datetime as dt
import hashlib
import json
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from django.db import connection, transaction
from django.utils import timezone
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from .models import Seal
from .sealing import SealCopy, digest_of, end_of, first_day, start_of, streamed

#: A day that has been over for so long and has no seal is a finding.
SEALED_WITHIN = dt.timedelta(hours=3)

#: The columns that say what the payload says.
_TOLD = (
    "case", "label", "act", "at", "actor", "actor_name", "unit", "source", "request_id", "reason", "before", "after",
)  # fmt: skip


@dataclass(frozen=True)
class Finding:
    """Something that can't be if nobody touched the history: in which case ("": a seal), at which event, what."""

    case: str
    seq: int
    message: str | Promise

    def __str__(self):
        if not self.case:
            return str(self.message)
        place = f"{self.case} #{self.seq}" if self.seq else self.case
        return f"{place}: {self.message}"


def verify(
    *,
    case: str = "",
    since: dt.date | None = None,
    copies: Iterable[SealCopy] = (),
    now: dt.datetime | None = None,
) -> Iterator[Finding]:
    """Everything in the history that contradicts itself; nothing when it stands as it was written.

    With `case` only its chain, head and sealed ends; with `since` only the chains that have grown since that day, from
    their beginning, and the seals from that day on. `copies` are seals kept elsewhere. Streams a consistent snapshot in
    constant memory while others go on writing.
    """
    now = now or timezone.now()
    if connection.in_atomic_block:  # the caller's transaction decides what is seen
        yield from _findings(case, since, copies, now)
        return
    with transaction.atomic():
        with connection.cursor() as cursor:
            cursor.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ READ ONLY")
        yield from _findings(case, since, copies, now)


def _findings(case, since, copies, now) -> Iterator[Finding]:
    yield from _in_chains(case, since)
    yield from _in_heads(case)
    yield from _in_sealed_ends(case, since)
    yield from _in_dates(case, since)
    yield from _in_signatures(case, since)
    if not case:
        yield from _in_seals(since, now)
        yield from _in_copies(copies)


# Chains --------------------------------------------------------------------------------------------------------------
@dataclass(frozen=True, slots=True)
class _Link:
    """An event as it stands in the table, with the head of its chain."""

    case: str
    seq: int
    label: str
    act: str
    at: dt.datetime
    actor: int | None
    actor_name: str
    unit: int | None
    source: str
    request_id: str
    reason: str
    before: str
    after: str
    payload: str
    previous_hash: str
    hash: str
    head_seq: int | None
    head_hash: str | None

    def finding(self, message) -> Finding:
        return Finding(self.case, self.seq, message)

    def told(self) -> dict:
        """What the columns say, as the payload would."""
        columns = {name: getattr(self, name) for name in _TOLD}
        return columns | {"before": json.loads(self.before), "after": json.loads(self.after)}


def _in_chains(case: str, since: dt.date | None) -> Iterator[Finding]:
    conditions, parameters = ["true"], []
    if case:
        conditions.append('e."case" = %s')
        parameters.append(case)
    if since:
        conditions.append('e."case" IN (SELECT "case" FROM history_event WHERE at >= %s)')
        parameters.append(start_of(since))
    rows = streamed(
        'SELECT e."case", e.seq, e.label, e.act, e.at, e.actor_id, e.actor_name, e.unit_id, e.source, e.request_id,'
        " e.reason, e.before, e.after, e.payload, e.previous_hash, e.hash, h.seq, h.hash"
        ' FROM history_event e LEFT JOIN history_chainhead h ON h."case" = e."case"'
        f' WHERE {" AND ".join(conditions)} ORDER BY e."case", e.seq',
        parameters,
    )
    last = None
    for row in rows:
        link = _Link(*row)
        if last is not None and last.case != link.case:
            yield from _against_head(last)
            last = None
        yield from _against_previous(link, last)
        yield from _against_payload(link)
        last = link
    if last is not None:
        yield from _against_head(last)


def _against_previous(link: _Link, last: _Link | None) -> Iterator[Finding]:
    expected = last.seq + 1 if last else 1
    if link.seq != expected:
        yield link.finding(_("the events before it are missing, from #%(seq)s on") % {"seq": expected})
    elif link.previous_hash != (last.hash if last else ""):
        yield link.finding(_("doesn't follow from the event before it: that one was changed or exchanged"))
    computed = hashlib.sha256((link.previous_hash + link.payload).encode()).hexdigest()
    if link.hash != computed:
        yield link.finding(_("its content or its hash was changed: the hash doesn't fit the content"))


def _against_payload(link: _Link) -> Iterator[Finding]:
    try:
        payload = json.loads(link.payload)
        payload["at"] = dt.datetime.fromisoformat(payload["at"])
    except (ValueError, TypeError, KeyError):
        yield link.finding(_("its content can't be read"))
        return
    told = link.told()
    if differing := [name for name in _TOLD if name not in payload or told[name] != payload[name]]:
        yield link.finding(
            _("columns say something else than the content that was hashed: %(columns)s")
            % {"columns": ", ".join(differing)}
        )
    if unknown := sorted(payload.keys() - set(_TOLD)):
        yield link.finding(
            _("its content holds what no column shows: %(columns)s") % {"columns": ", ".join(unknown)}
        )


def _against_head(last: _Link) -> Iterator[Finding]:
    if last.head_seq is None:
        yield Finding(last.case, 0, _("the head of the chain is gone"))
    elif last.head_seq > last.seq:
        yield last.finding(
            _("events are missing at the end: the head says #%(seq)s") % {"seq": last.head_seq}
        )
    elif (last.head_seq, last.head_hash) != (last.seq, last.hash):
        yield last.finding(_("is not what the head of the chain says it is"))


def _in_heads(case: str) -> Iterator[Finding]:
    """Heads whose chain is gone altogether."""
    rows = streamed(
        'SELECT h."case", h.seq FROM history_chainhead h'
        ' WHERE NOT EXISTS (SELECT FROM history_event e WHERE e."case" = h."case")'
        " AND (%s = '' OR h.\"case\" = %s)",
        [case, case],
    )
    for name, seq in rows:
        yield Finding(name, 0, _("all %(count)s events of the chain are gone") % {"count": seq})


# Seals ---------------------------------------------------------------------------------------------------------------
def _in_sealed_ends(case: str, since: dt.date | None) -> Iterator[Finding]:
    """Chains that no longer pass through where they ended on a sealed day: cut off, or written anew."""
    rows = streamed(
        'SELECT s.day, s."case", s.seq, e.hash IS NULL FROM history_sealedend s'
        ' LEFT JOIN history_event e ON e."case" = s."case" AND e.seq = s.seq'
        " WHERE e.hash IS DISTINCT FROM s.hash AND (%s = '' OR s.\"case\" = %s) AND s.day >= %s"
        ' ORDER BY s.day, s."case"',
        [case, case, since or dt.date.min],
    )
    for day, name, seq, gone in rows:
        message = (
            _("was there when %(day)s was sealed and is gone")
            if gone
            else _("is not the event that was there when %(day)s was sealed")
        )
        yield Finding(name, seq, message % {"day": day})


def _in_dates(case: str, since: dt.date | None) -> Iterator[Finding]:
    """Events with a date on a sealed day that were not there when that day was sealed."""
    last = Seal.objects.order_by("-day").first()
    if last is None:
        return
    rows = streamed(
        "SELECT e.\"case\", e.seq, (e.at AT TIME ZONE 'UTC')::date FROM history_event e"
        " WHERE e.at < %s AND e.at >= %s AND (%s = '' OR e.\"case\" = %s) AND NOT EXISTS"
        ' (SELECT FROM history_sealedend s WHERE s."case" = e."case"'
        "  AND s.day = (e.at AT TIME ZONE 'UTC')::date AND s.seq >= e.seq)"
        ' ORDER BY e."case", e.seq',
        [end_of(last.day), start_of(since or dt.date.min), case, case],
    )
    for name, seq, day in rows:
        yield Finding(
            name, seq, _("was added with the date %(day)s after that day was sealed") % {"day": day}
        )


# Signatures ----------------------------------------------------------------------------------------------------------
def _in_signatures(case: str, since: dt.date | None) -> Iterator[Finding]:
    """Each signature against its own digest, and against the event of the act that made it."""
    conditions, parameters = ["e.after ->> 'signature' ~ '^[0-9]+$'"], []
    if case:
        conditions.append('e."case" = %s')
        parameters.append(case)
    if since:
        conditions.append("e.at >= %s")
        parameters.append(start_of(since))
    rows = streamed(
        'SELECT e."case", e.seq, s.id IS NULL,'
        " encode(sha256(convert_to(s.content, 'UTF8')), 'hex') = s.digest,"
        " s.digest = coalesce(e.after ->> 'digest', s.digest)"
        ' AND s."case" = e."case" AND s.signer_id IS NOT DISTINCT FROM e.actor_id'
        " FROM history_event e LEFT JOIN history_signature s ON s.id ="
        " CASE WHEN e.after ->> 'signature' ~ '^[0-9]{1,18}$' THEN (e.after ->> 'signature')::bigint END"
        f' WHERE {" AND ".join(conditions)} ORDER BY e."case", e.seq',
        parameters,
    )
    for about, seq, is_gone, is_whole, is_theirs in rows:
        if is_gone:
            yield Finding(about, seq, _("the signature that was given here is gone"))
        elif not is_whole:
            yield Finding(about, seq, _("the words under the signature that was given here were changed"))
        elif not is_theirs:
            yield Finding(about, seq, _("the signature that was given here was exchanged"))


def _in_seals(since: dt.date | None, now: dt.datetime) -> Iterator[Finding]:
    """The chain of the seals, and each against the ends of that day."""
    before = Seal.objects.filter(day__lt=since).order_by("-day").first() if since else None
    for seal in Seal.objects.filter(day__gte=since or dt.date.min).order_by("day"):
        previous = before.digest if before else ""
        if before is not None and seal.day != before.day + dt.timedelta(days=1):
            yield _about_seal(
                _("The seals between %(before)s and %(day)s are gone."), seal, before=before.day
            )
        if seal.previous_digest != previous:
            yield _about_seal(_("The seal of %(day)s doesn't follow from the one before it."), seal)
        if (seal.chains, seal.digest) != digest_of(seal.day, seal.previous_digest):
            yield _about_seal(_("The seal of %(day)s was changed, or the chain ends that it seals."), seal)
        before = seal
    unsealed = before.day + dt.timedelta(days=1) if before else first_day()
    if unsealed is not None and end_of(unsealed) + SEALED_WITHIN < now and (not since or unsealed >= since):
        yield Finding(
            "",
            0,
            _(
                "%(day)s is over and has no seal: sealing has not run (manage.py seal_history), or seals were removed."
            )
            % {"day": unsealed},
        )


def _about_seal(message: str, seal: Seal, **values) -> Finding:
    return Finding("", 0, message % {"day": seal.day, **values})


def _in_copies(copies: Iterable[SealCopy]) -> Iterator[Finding]:
    """Seals kept elsewhere: the one contradiction left by a forger who rewrote everything inside alike."""
    for copy in copies:
        seal = Seal.objects.filter(day=copy.day).first()
        if seal is None:
            yield Finding("", 0, _("The seal of %(day)s, kept elsewhere, is gone here.") % {"day": copy.day})
        elif (seal.digest, seal.previous_digest, seal.chains) != (
            copy.digest,
            copy.previous_digest,
            copy.chains,
        ):
            yield _about_seal(_("The seal of %(day)s is another than the one kept elsewhere."), seal)
