"""Typing in what customers wrote on paper or said in an interview: fast, with who typed it, put right for a reason."""

import datetime as dt
import uuid

from django.db import transaction
from django.utils import timezone

from history.submissions import AlreadyDone, settle
from people.models import Person, Unit

from ..models import Response, SurveyVersion
from .answering import Scores, answer


def enter(
    version: SurveyVersion,
    *,
    by: Person,
    unit: Unit,
    day: dt.date,
    channel: str,
    scores: Scores,
    comment: str = "",
    key: uuid.UUID,
) -> Response:
    """Keep one questionnaire of a batch; the same form sent twice is kept once.

    `day` is when the customer answered; today's are kept with the time. Raises Invalid, NotAllowed, Over, KeyReused.
    """
    now = timezone.localtime()
    answered_at = now if day == now.date() else timezone.make_aware(dt.datetime.combine(day, dt.time(12)))
    try:
        with transaction.atomic():
            response = answer(
                version, scores=scores, comment=comment, unit=unit, channel=channel, entered_by=by,
                answered_at=answered_at,
            )  # fmt: skip
            body = {
                "version": version.pk, "unit": unit.pk, "day": day.isoformat(), "channel": channel,
                "scores": response.scores, "comment": comment,
            }  # fmt: skip
            settle(key, "survey-answer", by=by, body=body, result=str(response.pk))
    except AlreadyDone as done:
        return Response.objects.get(pk=done.result)
    return response


def latest(version: SurveyVersion, person: Person, limit: int = 10) -> list[Response]:
    """What this person typed in last, newest first."""
    typed = Response.objects.filter(version=version, entered_by=person).select_related("unit")
    return list(typed.order_by("-pk")[:limit])
