"""The suggestion box: everybody may put something in; whoever did always hears what became of it."""

import datetime as dt
import uuid

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from capa.meetings import refuse_strangers
from capa.plan import business_end
from history.recording import record
from history.submissions import AlreadyDone, settle
from incidents.errors import Invalid, NotAllowed, Stale
from incidents.identify import follow_digest, follow_token
from incidents.numbering import next_number
from metrics.models import Suggestion
from people.models import Person, Role, Unit
from reminders.deadlines import close_all, close_deadline, hand_to, open_deadline, postpone
from reminders.notices import notify
from reminders.policies import ground_of

from . import thanks

#: Working days in which a suggestion is answered.
ANSWER_WITHIN = 10
SHORTEST = 10
ANSWER, DO = "suggestion-answer", "suggestion-do"
#: Who answers suggestions about their unit.
ANSWERERS = (Role.QUALITY, Role.SITE_MANAGER)
State = Suggestion.State
WAITING = (State.NEW, State.CONSIDERED)


# Who may --------------------------------------------------------------------------------------------------------------
def may_answer(person: Person, suggestion: Suggestion) -> bool:
    """Quality and site managers of the unit; nobody adopts what they suggested themselves."""
    posted = any(person.has_role(role, suggestion.unit) for role in ANSWERERS)
    return person.is_active and posted and suggestion.author_id != person.pk


def may_withdraw(person: Person, suggestion: Suggestion) -> bool:
    return person.is_active and suggestion.author_id == person.pk and suggestion.state in WAITING


# Acts -----------------------------------------------------------------------------------------------------------------
def suggest(
    *,
    by: Person,
    unit: Unit,
    text: str,
    place: str = "",
    benefit: str = "",
    is_anonymous: bool = False,
    key: uuid.UUID | None = None,
) -> Suggestion:
    """Put a suggestion in the box. The same key gives the same suggestion.

    An anonymous one keeps nothing that leads back to `by`; who has the key has the secret link (`follow_token`).
    """
    if not by.is_active or unit.company_id not in by.company_ids:
        raise NotAllowed(_("You can suggest something to your own company only."))
    if len(text.strip()) < SHORTEST:
        raise Invalid({"text": _("Describe it in a few words more.")})
    author = None if is_anonymous else by
    now = timezone.now()
    row = Suggestion(
        unit=unit, text=text.strip()[:2000], place=place.strip()[:200], benefit=benefit.strip()[:300], author=author,
        made_at=now, answer_due_at=ground_of(unit).work.add_days(now, ANSWER_WITHIN),
        follow_digest=follow_digest(follow_token(key)) if is_anonymous and key else "",
    )  # fmt: skip
    body = {"unit": unit.pk, "text": text, "place": place, "benefit": benefit, "anonymous": is_anonymous}
    try:
        with transaction.atomic():
            _put_in(row, key, body)
    except AlreadyDone as done:
        return Suggestion.objects.get(number=done.result)
    return row


@transaction.atomic
def consider(suggestion: Suggestion, *, by: Person, version: int) -> Suggestion:
    """Somebody looks into it; the author hears that."""
    row = _hold(suggestion, State.NEW, by=by, version=version)
    row.state = State.CONSIDERED
    hand_to(row.case, ANSWER, cycle=1, owner=by)
    _save(row)
    _record(row, "suggestion.consider", by)
    _tell_author(row, "suggestion-considered", by)
    return row


@transaction.atomic
def adopt(
    suggestion: Suggestion,
    *,
    by: Person,
    version: int,
    owner: Person | None,
    due_on: dt.date | None,
    answer: str,
) -> Suggestion:
    """It will be done: by whom and until when. The author is thanked, which an anonymous one can't be."""
    row = _hold(suggestion, *WAITING, by=by, version=version)
    if not answer.strip():
        raise Invalid({"answer": _("Tell the author what will be done.")})
    if due_on is None or due_on < timezone.localdate():
        raise Invalid({"due_on": _("Choose a day to come.")})
    refuse_strangers(row.unit, {"owner": owner})
    row.state, row.owner, row.due_on = State.ADOPTED, owner, due_on
    _answered(row, by, answer)
    open_deadline(
        row.case,
        DO,
        cycle=1,
        label=row.number,
        owner=owner,
        unit=row.unit,
        due_at=business_end(due_on, row.unit),
    )
    _record(row, "suggestion.adopt", by, after={"answerable": owner, "due_on": due_on})
    thanks.for_suggestion(row)
    _tell_author(row, "suggestion-adopted", by)
    if owner not in (by, row.author):
        _notify(row, [owner], "suggestion-yours", due=str(due_on))
    return row


@transaction.atomic
def decline(suggestion: Suggestion, *, by: Person, version: int, answer: str) -> Suggestion:
    """It won't be done, with a reason that the author reads."""
    row = _hold(suggestion, *WAITING, by=by, version=version)
    if not answer.strip():
        raise Invalid({"answer": _("Say why: the author reads it.")})
    row.state = State.DECLINED
    _answered(row, by, answer)
    _record(row, "suggestion.decline", by)
    _tell_author(row, "suggestion-declined", by)
    return row


@transaction.atomic
def withdraw(suggestion: Suggestion, *, by: Person, version: int) -> Suggestion:
    """The author takes it back, as long as it isn't answered."""
    row = _locked(suggestion)
    if row.author_id != by.pk or not by.is_active:
        raise NotAllowed(_("Only its author takes a suggestion back."))
    _refuse_stale(row, WAITING, version)
    row.state = State.WITHDRAWN
    close_all(row.case)
    _save(row)
    _record(row, "suggestion.withdraw", by)
    return row


@transaction.atomic
def hand_over(
    suggestion: Suggestion,
    *,
    by: Person,
    version: int,
    owner: Person | None,
    due_on: dt.date | None,
    reason: str,
) -> Suggestion:
    """Somebody else carries it out, or until another day."""
    row = _hold(suggestion, State.ADOPTED, by=by, version=version)
    if not reason.strip():
        raise Invalid({"reason": _("Say why.")})
    if due_on is None or due_on < timezone.localdate():
        raise Invalid({"due_on": _("Choose a day to come.")})
    refuse_strangers(row.unit, {"owner": owner})
    before = {"answerable": row.owner, "due_on": row.due_on}
    is_new, row.owner, row.due_on = owner != row.owner, owner, due_on
    hand_to(row.case, DO, cycle=1, owner=owner)
    postpone(row.case, DO, cycle=1, due_at=business_end(due_on, row.unit))
    _save(row)
    record(
        row.case, "suggestion.hand_over", label=row.number, by=by, unit=row.unit, reason=reason.strip(), before=before,
        after={"answerable": owner, "due_on": due_on},
    )  # fmt: skip
    if is_new and owner != by:
        _notify(row, [owner], "suggestion-yours", due=str(due_on))
    return row


@transaction.atomic
def finish(suggestion: Suggestion, *, by: Person, version: int, proof: str) -> Suggestion:
    """Its owner says that it is carried out, and what shows it."""
    row = _locked(suggestion)
    if row.owner_id != by.pk or not by.is_active:
        raise NotAllowed(_("Only its owner says that it is carried out."))
    _refuse_stale(row, (State.ADOPTED,), version)
    if not proof.strip():
        raise Invalid({"proof": _("Say what shows that it is done.")})
    row.state, row.proof, row.done_at = State.DONE, proof.strip()[:300], timezone.now()
    close_deadline(row.case, DO, cycle=1)
    _save(row)
    _record(row, "suggestion.finish", by, after={"proof": row.proof})
    _tell_author(row, "suggestion-done", by)
    return row


# The ground under them ------------------------------------------------------------------------------------------------
def _put_in(row: Suggestion, key: uuid.UUID | None, body: dict) -> None:
    row.number = next_number("SG", timezone.localtime(row.made_at).year)
    if key is not None:
        settle(key, "suggestion", by=row.author, body=body, result=row.number)
    row.save(force_insert=True)
    record(
        row.case,
        "suggestion.make",
        label=row.number,
        by=row.author,
        unit=row.unit,
        after={"unit": row.unit.code},
    )
    owner = _answerer(row)
    open_deadline(
        row.case, ANSWER, cycle=1, label=row.number, owner=owner, unit=row.unit, due_at=row.answer_due_at
    )
    _notify(row, [owner], "suggestion-new", due=row.answer_due_at.astimezone(dt.UTC).isoformat())


def _answerer(row: Suggestion) -> Person | None:
    """The nearest quality manager who didn't suggest it."""
    people = Person.objects.holding(Role.QUALITY, row.unit)
    return next((person for person in people if person.pk != row.author_id), None)


def _locked(suggestion: Suggestion) -> Suggestion:
    rows = Suggestion.objects.select_for_update(of=("self",)).select_related("unit", "author", "owner")
    return rows.get(pk=suggestion.pk)


def _hold(suggestion: Suggestion, *states: str, by: Person, version: int) -> Suggestion:
    row = _locked(suggestion)
    if not may_answer(by, row):
        raise NotAllowed(_("Suggestions are answered by the unit's managers, and nobody answers their own."))
    _refuse_stale(row, states, version)
    return row


def _refuse_stale(row: Suggestion, states, version: int) -> None:
    if row.version != version or row.state not in states:
        raise Stale(_("Somebody changed this suggestion since you opened it. Look at it again, then decide."))


def _answered(row: Suggestion, by: Person, answer: str) -> None:
    row.answer, row.answered_by, row.answered_at = answer.strip()[:1000], by, timezone.now()
    close_deadline(row.case, ANSWER, cycle=1)
    _save(row)


def _save(row: Suggestion) -> None:
    row.version += 1
    row.save()


def _record(row: Suggestion, act: str, by: Person, after: dict | None = None) -> None:
    record(row.case, act, label=row.number, by=by, unit=row.unit, after=after)


def _tell_author(row: Suggestion, text: str, by: Person) -> None:
    if row.author != by:
        _notify(row, [row.author], text)


def _notify(row: Suggestion, people, text: str, **params) -> None:
    notify(
        people, text, occasion=f"{row.case}:{text}:{row.version}", subject=row.case, url=row.get_absolute_url(),
        params={"label": row.number, "title": row.title, **params},
    )  # fmt: skip
