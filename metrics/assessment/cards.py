"""What happens to a scorecard: comment and issue, read and agree or object, decide the objection, sign.

Four eyes: who issued it neither decides the objection nor signs; nobody assesses or signs their own.
"""

import datetime as dt

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from history.models import Signature
from history.signing import sign as put_name_to
from incidents.errors import Invalid, NotAllowed, NotYet
from metrics.models import Scorecard, ScoreLine
from people.models import Person
from reminders.deadlines import close_all, close_deadline, open_deadline
from reminders.policies import ground_of

from . import rules
from .ground import hold, record_about, save, tell
from .making import sum_up

#: Working days for deciding an objection and for signing.
DECIDE_WITHIN, SIGN_WITHIN = 5, 5
READ, DECIDE, SIGN = "card-read", "card-objection", "card-sign"
#: What the scorecard's line keeps of who said what.
State = Scorecard.State


@transaction.atomic
def comment(card: Scorecard, *, by: Person, version: int, comment: str) -> Scorecard:
    """What the figures don't say: what was special in the period, what went well."""
    row = _draft(card, by, version)
    row.comment = comment.strip()
    save(row)
    record_about(row, "scorecard.comment", by=by)
    return row


@transaction.atomic
def leave_out(card: Scorecard, *, by: Person, version: int, line: ScoreLine, reason: str) -> Scorecard:
    """A line that isn't fair here: not the unit's doing, a wrong figure. Its weight is spread over the others."""
    row = _draft(card, by, version)
    found = row.lines.filter(pk=line.pk, left="").first()
    if found is None:
        raise Invalid({"line": _("Choose a line of this scorecard.")})
    if not reason.strip():
        raise Invalid({"reason": _("Say why.")})
    found.left, found.reason = ScoreLine.Left.DECIDED, reason.strip()[:300]
    found.save(update_fields=["left", "reason"])
    sum_up(row)
    save(row)
    record_about(row, "scorecard.leave_out", by=by, after={"kpi": found.kpi})
    return row


@transaction.atomic
def issue(card: Scorecard, *, by: Person, version: int) -> Scorecard:
    """Show it to the assessed, who may object until a day."""
    row = _draft(card, by, version)
    missing = []
    if row.points is None:
        missing.append(_("At least one line has points."))
    if not row.comment:
        missing.append(_("A comment says what the figures don't."))
    if missing:
        raise NotYet(missing)
    if row.objection:  # an earlier round
        row.earlier = [*row.earlier, _told_objection(row)]
        row.objection, row.objected_at, row.objected_by = "", None, None
        row.answer, row.upheld, row.decided_at, row.decided_by = "", None, None, None
    now = timezone.now()
    row.state, row.issued_by, row.issued_at = State.ISSUED, by, now
    row.object_until = _in_days(row, row.scheme.objection_days, now)
    row.agreed_at = row.agreed_by = None
    save(row)
    record_about(row, "scorecard.issue", by=by)
    assessed = rules.who_is_assessed(row)
    if assessed:
        _open(row, READ, assessed[0], row.object_until)
    _open(row, SIGN, rules.second_of(row), _in_days(row, row.scheme.objection_days + SIGN_WITHIN, now))
    tell(row, assessed, "scorecard-issued", by=by, due=row.object_until.astimezone(dt.UTC).isoformat())
    return row


@transaction.atomic
def agree(card: Scorecard, *, by: Person, version: int) -> Scorecard:
    """The assessed have read it and don't object."""
    row = hold(card, State.ISSUED, version=version)
    _refuse_others(by, row)
    row.agreed_at, row.agreed_by = timezone.now(), by
    save(row)
    close_deadline(row.case, READ, cycle=row.round)
    record_about(row, "scorecard.agree", by=by)
    return row


@transaction.atomic
def object_to(card: Scorecard, *, by: Person, version: int, reason: str) -> Scorecard:
    """The assessed object, once in a round, while there is time. Somebody else than who issued it decides."""
    row = hold(card, State.ISSUED, version=version)
    _refuse_others(by, row)
    if row.upheld is not None:
        raise NotAllowed(_("Your objection was decided. It can be raised once."))
    if row.agreed_at:
        raise NotAllowed(_("You have agreed to this scorecard."))
    if timezone.now() > row.object_until:
        raise NotAllowed(_("The time to object is over."))
    if not reason.strip():
        raise Invalid({"reason": _("Say what isn't right, and what shows it.")})
    row.state, row.objection = State.OBJECTED, reason.strip()
    row.objected_at, row.objected_by = timezone.now(), by
    save(row)
    close_deadline(row.case, READ, cycle=row.round)
    close_deadline(row.case, SIGN, cycle=row.round)
    second = rules.second_of(row)
    _open(row, DECIDE, second, _in_days(row, DECIDE_WITHIN, row.objected_at))
    record_about(row, "scorecard.object", by=by)
    tell(row, [row.issued_by, second], "scorecard-objection", by=by)
    return row


@transaction.atomic
def decide_objection(card: Scorecard, *, by: Person, version: int, upheld: bool, answer: str) -> Scorecard:
    """Right: it is a draft again, to be put right and issued anew. Not right: it stands, with an answer in words."""
    row = hold(card, State.OBJECTED, version=version)
    if not rules.may_second(by, row):
        raise NotAllowed(
            _(
                "An objection is decided by a quality manager or executive who neither issued the card nor is assessed."
            )
        )
    if not answer.strip():
        raise Invalid({"answer": _("Give the reasons: the assessed read them.")})
    row.upheld, row.answer, row.decided_by, row.decided_at = upheld, answer.strip(), by, timezone.now()
    close_all(row.case)
    row.state = State.DRAFT if upheld else State.ISSUED
    if not upheld:
        _open(row, SIGN, rules.second_of(row), _in_days(row, SIGN_WITHIN, row.decided_at))
    row.round += upheld
    save(row)
    record_about(row, "scorecard.decide", by=by, after={"upheld": upheld})
    told = {person.pk: person for person in (row.objected_by, row.issued_by, *rules.who_is_assessed(row))}
    tell(row, told.values(), "scorecard-decided", by=by)
    return row


@transaction.atomic
def sign(card: Scorecard, *, by: Person, version: int, method: str = Signature.Method.SESSION) -> Scorecard:
    """The second pair of eyes confirms it. From now on nothing on it changes."""
    row = hold(card, State.ISSUED, version=version)
    if not rules.may_second(by, row):
        raise NotAllowed(
            _("It is signed by a quality manager or executive who neither issued the card nor is assessed.")
        )
    if missing := what_is_missing(row):
        raise NotYet(missing)
    signature = put_name_to(
        row.case, Signature.Meaning.SCORECARD, of=row.case, content=signed_content(row), by=by, method=method
    )
    row.state, row.signed_by, row.signed_at = State.FINAL, by, timezone.now()
    save(row)
    close_all(row.case)
    record_about(row, "scorecard.sign", by=by, after={"signature": signature.pk, "digest": signature.digest})
    tell(row, [row.issued_by, *rules.who_is_assessed(row)], "scorecard-signed", by=by)
    return row


def what_is_missing(card: Scorecard) -> list:
    """Before it can be signed."""
    if card.agreed_at or card.upheld is False or not rules.who_is_assessed(card):
        return []
    if timezone.now() <= card.object_until:
        return [_("The assessed have agreed, or their time to object is over.")]
    return []


def may_object(person: Person, card: Scorecard) -> bool:
    """Is there still time and right to object? For the page; the act checks it again."""
    return (
        card.state == State.ISSUED
        and rules.may_answer(person, card)
        and card.agreed_at is None
        and card.upheld is None
        and timezone.now() <= card.object_until
    )


def signed_content(card: Scorecard) -> dict:
    """Everything that the signature is under. Units and people by what stays theirs when they are given another name."""
    return {
        "scheme": card.scheme.name, "version": card.basis.number, "period": card.period.key,
        "assessed": card.person.username if card.person else card.unit.code, "unit": card.unit.code,
        "points": card.points, "lower": card.lower,
        "upper": card.upper, "bonus": card.bonus, "comment": card.comment, "issued_by": card.issued_by.username,
        "objection": card.objection, "answer": card.answer, "upheld": card.upheld, "earlier": card.earlier,
        "lines": [
            {
                "kpi": line.kpi, "weight": line.weight, "bonus": line.is_bonus, "full": line.full, "none": line.none,
                "numerator": line.numerator, "denominator": line.denominator, "value": line.value,
                "lower": line.lower, "upper": line.upper, "points": line.points, "left": line.left,
                "reason": line.reason, "evidence": line.evidence,
            }
            for line in card.lines.all()
        ],
    }  # fmt: skip


# The ground under them ------------------------------------------------------------------------------------------------
def _draft(card: Scorecard, by: Person, version: int) -> Scorecard:
    row = hold(card, State.DRAFT, version=version)
    if not rules.may_assess(by, row):
        raise NotAllowed(_("A scorecard is made by a quality manager who isn't assessed by it."))
    return row


def _refuse_others(by: Person, row: Scorecard) -> None:
    if not rules.may_answer(by, row):
        raise NotAllowed(_("Only who is assessed agrees or objects."))


def _in_days(row: Scorecard, days: int, since: dt.datetime) -> dt.datetime:
    return ground_of(row.unit).work.add_days(since, days)


def _open(row: Scorecard, kind: str, owner: Person | None, due_at: dt.datetime) -> None:
    open_deadline(
        row.case, kind, cycle=row.round, label=row.label[:120], owner=owner, unit=row.unit, due_at=due_at
    )


def _told_objection(row: Scorecard) -> dict:
    return {
        "round": row.round - 1, "by": row.objected_by.display_name, "at": row.objected_at.isoformat(),
        "text": row.objection, "answer": row.answer, "decided_by": row.decided_by.display_name,
    }  # fmt: skip
