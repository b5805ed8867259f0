"""Answers for the stories about results: a survey with its questions, and rows as if customers had given them."""

import datetime as dt
import zoneinfo

from django.utils import timezone

from complaints.models import Item, Response, Survey, SurveyVersion
from complaints.surveys.index import indexer

SHANGHAI = zoneinfo.ZoneInfo("Asia/Shanghai")
#: code, kind, dimension, weight
ASKED = (
    ("attitude", "likert5", "attitude", 1),
    ("speed", "likert5", "efficiency", 1),
    ("whole", "likert5", "overall", 0),
    ("recommend", "nps", "", 0),
    ("words", "text", "", 0),
)


def survey_of(unit, by, *, asked=ASKED, name="Passengers 2026", code="passengers") -> SurveyVersion:
    survey = Survey.objects.create(unit=unit, code=code, name=name, purpose="at_unit", set_by=by)
    return version_of(survey, asked=asked)


def version_of(survey: Survey, *, number=1, asked=ASKED) -> SurveyVersion:
    SurveyVersion.objects.filter(survey=survey, retired_at=None).update(retired_at=timezone.now())
    version = SurveyVersion.objects.create(survey=survey, number=number, published_at=timezone.now())
    Item.objects.bulk_create(
        Item(
            version=version, position=position, code=code, kind=kind, dimension=dimension, weight=weight,
            texts={"en": code.title(), "zh-hans": code.title()},
        )
        for position, (code, kind, dimension, weight) in enumerate(asked)
    )  # fmt: skip
    return version


def answer(version, unit, *rows, day="2026-05-10", **told) -> list[Response]:
    """One answer per row of scores, noon of that day in Shanghai."""
    index = indexer(version.items.all())
    at = dt.datetime.fromisoformat(day).replace(hour=12, tzinfo=SHANGHAI)
    return Response.objects.bulk_create(
        Response(
            version=version, unit=unit, answered_at=at, scores=list(scores), index=index(scores),
            **{"channel": "place"} | told,
        )
        for scores in rows
    )  # fmt: skip
