"""Answering: the one door by which answers come in, by invitation, at a place, from paper, interviews and files."""

import datetime as dt
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property

from django.db import IntegrityError, transaction
from django.utils import timezone
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from history.recording import record
from incidents.errors import Invalid, NotAllowed, Refused, Stale
from people.models import Person, Role, Unit

from ..models import Collector, Invitation, Item, Response, SurveyVersion
from .index import RANGES, indexer
from .raising import raise_if_bad

#: Who makes surveys and types in what customers wrote or said.
KEEPERS = (Role.QUALITY, Role.HANDLER)
#: What members of staff type in; everything else comes from customers themselves, or from files.
TYPED_IN = frozenset({Response.Channel.PAPER, Response.Channel.INTERVIEW})
LONGEST_COMMENT = 5000

#: By position or by the question's code: Likert 1-5 or 1-10, NPS 0-10, the value of a choice; None where it didn't apply.
Scores = Sequence[int | None] | Mapping[str, int | None]


class Over(Refused):
    """The invitation has expired, the survey or the collector has ended: nothing can be answered any more."""

    def __init__(self):
        super().__init__(_("This survey is closed."))


class AnsweredAlready(Refused):
    """From this device somebody has answered here today."""

    def __init__(self):
        super().__init__(_("You have answered this survey today. Thank you!"))


@dataclass
class Questionnaire:
    """The questions of a version, for checking and building many answers."""

    version: SurveyVersion

    @cached_property
    def items(self) -> list[Item]:
        return list(self.version.items.order_by("position"))

    @cached_property
    def index(self):
        return indexer(self.items)

    def check(self, scores: Scores, comment: str = "", *, complete: bool = True) -> list[int | None]:
        """The scores by position. Raises Invalid with the codes of the questions.

        `complete=False` lets questions that must be answered be empty, as they may be in a file.
        """
        wrong: dict[str, str | Promise] = {}
        given: list[int | None] = [None] * (max((item.position for item in self.items), default=-1) + 1)
        for item in self.items:
            score = self._score(scores, item)
            if item.kind == Item.Kind.TEXT:
                if complete and item.required and not comment.strip():
                    wrong[item.code] = _("This question must be answered.")
                continue
            if score is None:
                if complete and item.required:
                    wrong[item.code] = _("This question must be answered.")
            elif not _fits(item, score):
                wrong[item.code] = _("This is not one of the answers.")
            given[item.position] = score
        if len(comment) > LONGEST_COMMENT:
            wrong["comment"] = _("At most %(limit)s characters.") % {"limit": LONGEST_COMMENT}
        if complete and not wrong and not comment.strip() and all(score is None for score in given):
            wrong["scores"] = _("Answer at least one question.")
        if wrong:
            raise Invalid(wrong)
        return given

    def _score(self, scores: Scores, item: Item) -> int | None:
        if isinstance(scores, Mapping):
            return scores.get(item.code)
        return scores[item.position] if item.position < len(scores) else None

    def build(self, *, scores: Scores, comment: str = "", unit: Unit, channel: str, **fields) -> Response:
        """An answer that isn't saved yet, checked as one from a file when that is its channel. Raises Invalid."""
        if not unit.path.startswith(self.version.survey.unit.path):
            raise Invalid({"unit": _("The survey is not asked there.")})
        given = self.check(scores, comment, complete=channel != Response.Channel.IMPORT)
        return Response(
            version=self.version, unit=unit, channel=channel, scores=given, index=self.index(given),
            comment=comment.strip(), **fields,
        )  # fmt: skip


def _fits(item: Item, score: int) -> bool:
    if isinstance(score, bool) or not isinstance(score, int):
        return False
    if item.kind == Item.Kind.CHOICE:
        return score in {choice["value"] for choice in item.choices}
    low, high = RANGES[item.kind]
    return low <= score <= high


def answer(
    version: SurveyVersion,
    *,
    scores: Scores,
    comment: str = "",
    unit: Unit,
    channel: str,
    invitation: Invitation | None = None,
    collector: Collector | None = None,
    device: str = "",
    seen: str | None = None,
    entered_by: Person | None = None,
    language: str = "",
    group: str = "",
    answered_at: dt.datetime | None = None,
    external_source: str = "",
    external_id: str = "",
) -> Response:
    """Keep an answer. One by invitation given again before it expires takes the place of the first.

    `seen` is the `stamp` of the answer that the form was made from ("" for none): two windows at once don't overwrite
    each other. `entered_by` types in what a customer wrote or said. Raises Invalid (codes of questions), Over,
    AnsweredAlready, Stale, NotAllowed.
    """
    _refuse_staff_who_rate(unit, channel, entered_by)
    now = timezone.now()
    if answered_at is not None and answered_at > now:
        raise Invalid({"answered_at": _("This lies in the future.")})
    response = Questionnaire(version).build(
        scores=scores, comment=comment, unit=unit, channel=channel, invitation=invitation, collector=collector,
        device=device, answered_at=answered_at or now, entered_by=entered_by, language=language, group=group[:60],
        external_source=external_source, external_id=external_id,
    )  # fmt: skip
    try:
        with transaction.atomic():
            if invitation is not None:
                response = _by_invitation(response, invitation, seen, now)
            else:
                _refuse_when_ended(version, collector, channel)
                response.save(force_insert=True)
            if entered_by is not None:
                _tell_history(response, "survey.enter", by=entered_by, after={"channel": channel})
            raise_if_bad(response)
    except IntegrityError as error:
        if device and "one_answer_per_device" in str(error):
            raise AnsweredAlready() from error
        raise
    return response


def answer_many(responses: Iterable[Response], *, batch: int = 1000) -> int:
    """Keep answers from a file that `Questionnaire.build` made; those imported before are left out. Gives the number.

    Bad ones among them raise no complaint: what they tell about is long past.
    """
    responses = list(responses)
    before = Response.objects.filter(version_id__in={response.version_id for response in responses}).count()
    Response.objects.bulk_create(responses, batch_size=batch, ignore_conflicts=True)
    after = Response.objects.filter(version_id__in={response.version_id for response in responses}).count()
    return after - before


@transaction.atomic
def correct(
    response: Response, *, by: Person, seen: str, scores: Scores, comment: str, reason: str
) -> Response:
    """Put right what was mistyped from paper or an interview; what stood there before is in the history.

    Raises NotAllowed, Stale, Invalid.
    """
    row = (
        Response.objects.select_for_update(of=("self",))
        .select_related("version__survey", "unit")
        .get(pk=response.pk)
    )
    if row.channel not in TYPED_IN or not any(by.has_role(role, row.unit) for role in KEEPERS):
        raise NotAllowed(_("What customers answered themselves stays as it is."))
    if stamp(row) != seen:
        raise Stale(_("Somebody corrected this answer since you opened it. Look at it again."))
    if not reason.strip():
        raise Invalid({"reason": _("Say why it is corrected.")})
    questions = Questionnaire(row.version)
    given = questions.check(scores, comment)
    was = {"scores": row.scores, "index": row.index}
    hidden = {"changed": ["comment"]} if comment.strip() != row.comment else {}
    row.scores, row.index, row.comment = given, questions.index(given), comment.strip()
    row.changed_at = timezone.now()
    row.save(update_fields=["scores", "index", "comment", "changed_at"])
    _tell_history(
        row, "survey.correct", by=by, reason=reason.strip(), before=was,
        after={"scores": row.scores, "index": row.index, **hidden},
    )  # fmt: skip
    return row


def stamp(response: Response | None) -> str:
    """When the answer was last changed: what a form was made from. Empty when there is none yet."""
    return (response.changed_at or response.answered_at).isoformat() if response else ""


def _refuse_staff_who_rate(unit: Unit, channel: str, entered_by: Person | None) -> None:
    """Members of staff write down what customers say, where they may; they never answer in a customer's stead."""
    if channel in TYPED_IN:
        if entered_by is None or not any(entered_by.has_role(role, unit) for role in KEEPERS):
            raise NotAllowed(_("You can type in answers about your own units only."))
    elif entered_by is not None and channel != Response.Channel.IMPORT:
        raise NotAllowed(_("Only customers answer a survey."))


def _refuse_when_ended(version: SurveyVersion, collector: Collector | None, channel: str) -> None:
    if channel == Response.Channel.IMPORT:
        return
    survey = version.survey
    if survey.ended_at is not None or (collector is not None and collector.ended_at is not None):
        raise Over()
    if version.published_at is None:
        raise Invalid({"version": _("It has not been published yet.")})


def _by_invitation(given: Response, invitation: Invitation, seen: str | None, now: dt.datetime) -> Response:
    """Save the answer of an invited customer, or change theirs, behind a lock on the invitation."""
    invitation = (
        Invitation.objects.select_for_update(of=("self",))
        .select_related("complaint__unit", "incident", "survey", "contact")
        .get(pk=invitation.pk)
    )
    if invitation.expires_at <= now or invitation.survey.ended_at is not None:
        raise Over()
    if invitation.version_id != given.version_id:
        raise Invalid({"version": _("The invitation asks other questions.")})
    before = Response.objects.filter(invitation=invitation).first()
    given.invitation = invitation
    if before is None:
        given.save(force_insert=True)
        if invitation.complaint_id:
            record(
                invitation.complaint.case, "complaint.rated", label=invitation.complaint.number, by=None,
                unit=invitation.complaint.unit,
            )  # fmt: skip
        return given
    if (before.scores, before.comment) == (given.scores, given.comment):
        return before  # sent twice
    if seen is not None and seen != stamp(before):
        raise Stale(
            _(
                "You have answered in another window meanwhile. Below is what you chose here: send it if it counts."
            )
        )
    before.scores, before.index, before.comment = given.scores, given.index, given.comment
    before.language, before.changed_at = given.language, now
    before.save(update_fields=["scores", "index", "comment", "language", "changed_at"])
    return before


def _tell_history(response: Response, act: str, *, by: Person, **told) -> None:
    survey = response.version.survey
    after = {"response": response.pk, "version": response.version.number, **told.pop("after", {})}
    record(f"survey:{survey.pk}", act, label=survey.name, by=by, unit=response.unit, after=after, **told)
