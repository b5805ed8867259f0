"""The survey that the answers of a file belong to: one that is here, or a new one with the file's columns as questions."""

from django.db import transaction
from django.utils import timezone
from django.utils.text import slugify
from django.utils.translation import gettext_lazy as _

from complaints.models import Item, Survey, SurveyVersion
from complaints.surveys.making import may_keep
from history.recording import record
from incidents.importing.mapping import MappingError
from people.models import Person, Unit

from .mapping import AnswerMapping, Question, code_of, is_chinese


def version_for(mapping: AnswerMapping, by: Person) -> SurveyVersion | None:
    """The version whose questions the answers are given to; None where the survey has yet to be made.

    The survey that an earlier import of this source made is used again, when it asks the same.
    """
    options = mapping.options
    if options.survey:
        survey = Survey.objects.filter(pk=options.survey).select_related("unit").first()
        if survey is None or not may_keep(by, survey):
            raise MappingError(_("You can't import into this survey."))
        version = _newest(survey)
        if version is None:
            raise MappingError(_("This survey has no published questions yet."))
        _refuse_strangers(mapping, version)
        return version
    survey = Survey.objects.filter(unit__code=options.unit, code=survey_code(mapping)).first()
    version = _newest(survey) if survey else None
    if version is None:
        return None
    asked = [(item.kind, item.dimension, item.weight) for item in version.items.all()]
    if asked != [(item.kind, item.dimension, item.weight) for item in items_of(mapping)]:
        raise MappingError(
            _(
                "This source was imported before with other questions: give it another name, or choose its survey."
            )
        )
    return version


def _newest(survey: Survey) -> SurveyVersion | None:
    return survey.versions.exclude(published_at=None).select_related("survey__unit").last()


def _refuse_strangers(mapping: AnswerMapping, version: SurveyVersion) -> None:
    known = {item.code: item for item in version.items.all()}
    for question in mapping.questions:
        item = known.get(question.code)
        if item is None:
            raise MappingError(
                _("Say which question of the survey the column “%(heading)s” is."), heading=question.heading
            )
        question.kind = item.kind


def survey_code(mapping: AnswerMapping) -> str:
    return slugify(mapping.options.source)[:40] or "import"


def items_of(mapping: AnswerMapping) -> list[Item]:
    """The questions of a new survey, unsaved."""
    taken: set[str] = set()
    return [_item(question, place, taken) for place, question in enumerate(mapping.questions)]


def _item(question: Question, place: int, taken: set[str]) -> Item:
    language = "zh-hans" if is_chinese(question.heading) else "en"
    choices = [
        {"code": f"a{number}", "texts": {language: text}, "value": value}
        for number, (text, value) in enumerate(question.values.items(), start=1)
    ]
    return Item(
        position=place, code=code_of(question.heading, taken), kind=question.kind, dimension=question.dimension,
        weight=question.exact_weight, texts={language: question.heading}, choices=choices,
    )  # fmt: skip


@transaction.atomic
def make(mapping: AnswerMapping, *, by: Person) -> SurveyVersion:
    """The new survey with these questions, published, so that they stay as they are. Nobody is asked by it."""
    unit = Unit.objects.get(code=mapping.options.unit)
    survey = Survey(
        unit=unit, code=survey_code(mapping), name=mapping.options.name.strip()[:120],
        purpose=Survey.Purpose.PAPER, set_by=by,
    )  # fmt: skip
    if not may_keep(by, survey):
        raise MappingError(_("You can make surveys for your own units only."))
    survey.save(force_insert=True)
    items = items_of(mapping)
    languages = sorted({language for item in items for language in item.texts})
    version = SurveyVersion.objects.create(
        survey=survey, number=1, published_at=timezone.now(), languages=languages
    )
    for item in items:
        item.version = version
    Item.objects.bulk_create(items)
    record(
        f"survey:{survey.pk}", "survey.make", label=survey.name, by=by, unit=unit,
        after={"name": survey.name, "source": mapping.options.source, "questions": len(items)},
    )  # fmt: skip
    return version
