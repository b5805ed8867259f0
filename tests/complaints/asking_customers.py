"""Surveys to tell stories with."""

from django.utils import timezone

from complaints.models import Item, Survey, SurveyVersion


def survey(units, by, *, unit=None, kinds=("likert5",) * 3, weights=None, **fields) -> SurveyVersion:
    """A published survey of the railway: questions a, b, c... of these kinds, each weighing 1."""
    questionnaire = Survey.objects.create(
        unit=unit or units.rail, code=fields.pop("code", "after"), name="After a complaint", set_by=by,
        purpose=fields.pop("purpose", Survey.Purpose.AFTER_CASE), **fields,
    )  # fmt: skip
    version = SurveyVersion.objects.create(
        survey=questionnaire, number=1, languages=["en", "zh-hans"], published_at=timezone.now()
    )
    for position, kind in enumerate(kinds):
        Item.objects.create(
            version=version, position=position, code="abcdefghij"[position], kind=kind,
            weight=weights[position] if weights else 1,
            texts={"en": f"Question {position + 1}", "zh-hans": f"问题 {position + 1}"},
            choices=[{"code": str(v), "texts": {"en": f"{v} points"}, "value": v} for v in (100, 50, 0)]
            if kind == Item.Kind.CHOICE
            else [],
        )  # fmt: skip
    return version
