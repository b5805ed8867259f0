"""Surveys are made by quality managers and handlers: drafted, published, replaced by another version, put up, ended."""

import pytest
from django.urls import reverse

from complaints.models import Collector, Item, Survey, SurveyVersion
from complaints.surveys import collecting, making
from complaints.surveys.answering import Over, answer
from complaints.surveys.starts import STARTS
from history.models import Event
from incidents.errors import Invalid, NotAllowed, NotYet, Stale
from tests.complaints.asking_customers import survey

pytestmark = pytest.mark.django_db
THREE = {"zh-hans": "问", "zh-hant": "問", "en": "Ask"}


def made(cast, units, **fields) -> Survey:
    fields = {
        "unit": units.rail,
        "name": "Closed complaints",
        "purpose": "after_case",
        "start": "five",
        **fields,
    }
    return making.create(by=cast.quality, **fields)


@pytest.mark.parametrize("start", ["five", "servqual", "short"])
def test_each_start_can_be_published_as_it_is_in_three_languages(cast, units, start):
    version = making.draft(made(cast, units, start=start), by=cast.handler)
    assert making.what_is_missing(version) == []
    assert {frozenset(item.texts) for item in version.items.all()} == {
        frozenset(("zh-hans", "zh-hant", "en"))
    }
    assert making.publish(version, by=cast.quality).published_at
    assert [e.act for e in Event.objects.of(f"survey:{version.survey_id}").order_by("seq")] == [
        "survey.make", "survey.publish",
    ]  # fmt: skip


def test_the_five_dimensions_are_asked_once_each_and_the_total_stays_out_of_the_index():
    asked = {
        question.dimension: question.weight for question in STARTS["five"].questions if question.dimension
    }
    assert asked == {
        "attitude": 1, "efficiency": 1, "content": 1, "environment": 1, "response": 1, "overall": 0,
    }  # fmt: skip


def test_a_language_that_lacks_a_text_is_told_and_nothing_is_published(cast, units):
    version = making.draft(made(cast, units, start="empty"), by=cast.quality)
    with pytest.raises(NotYet):
        making.publish(version, by=cast.quality)
    item = making.put_item(
        version, None, by=cast.quality, kind="likert5", texts={"zh-hans": "怎么样？", "en": "How?"}
    )
    with pytest.raises(NotYet) as refused:
        making.publish(version, by=cast.quality)
    assert [str(m) for m in refused.value.missing] == ["Traditional Chinese: question 1"]
    making.set_words(version, by=cast.quality, languages=["zh-hans", "en"], intro={}, thanks={})
    assert making.publish(version, by=cast.quality).languages == ["zh-hans", "en"]
    with pytest.raises(Stale):
        making.put_item(version, item, by=cast.quality, weight=5)


def test_another_version_takes_over_and_the_old_one_keeps_its_answers(cast, units):
    first = survey(units, cast.quality)
    given = answer(first, scores={"a": 5}, unit=units.crew, channel="place")
    second = making.draft(first.survey, by=cast.handler)
    assert second.number == 2 and second.items.count() == 3
    making.remove_item(second.items.get(code="a"), by=cast.handler)
    making.publish(second, by=cast.handler)
    given.refresh_from_db()
    first.refresh_from_db()
    assert given.version == first and first.retired_at and first.items.count() == 3
    assert making.published(first.survey) == second
    assert [(i.code, i.position) for i in second.items.order_by("position")] == [("b", 0), ("c", 1)]


def test_questions_change_places(cast, units):
    version = making.draft(survey(units, cast.quality).survey, by=cast.quality)
    making.shift_item(version.items.get(code="c"), by=cast.quality, up=True)
    making.shift_item(version.items.get(code="a"), by=cast.quality, up=True)
    assert "".join(version.items.order_by("position").values_list("code", flat=True)) == "acb"


@pytest.mark.parametrize(
    ("fields", "wrong"),
    [
        ({"texts": {}}, "text"),
        ({"kind": "choice", "choices": [{"code": "1", "texts": THREE, "value": 1}]}, "choices"),
        ({"kind": "choice", "choices": [{"code": c, "texts": THREE, "value": 1} for c in "ab"]}, "choices"),
        ({"kind": "choice", "choices": [{"code": str(v), "texts": THREE, "value": v} for v in (0, 101)]}, "choices"),
        ({"weight": -1}, "weight"),
    ],
)  # fmt: skip
def test_a_question_that_cannot_be_asked(cast, units, fields, wrong):
    version = making.draft(survey(units, cast.quality).survey, by=cast.quality)
    with pytest.raises(Invalid) as refused:
        making.put_item(version, None, by=cast.quality, **{"kind": "likert5", "texts": THREE, **fields})
    assert list(refused.value.fields) == [wrong] and version.items.count() == 3


def test_only_those_of_the_unit_make_it(cast, units):
    version = survey(units, cast.quality)
    for who in (cast.reporter, cast.executive, cast.admin, cast.west_manager, cast.hotel_quality):
        for attempt in (
            lambda who=who: making.create(by=who, unit=units.rail, name="Mine", purpose="paper"),
            lambda who=who: making.amend(version.survey, by=who, name="Mine"),
            lambda who=who: making.draft(version.survey, by=who),
            lambda who=who: making.end(version.survey, by=who),
            lambda who=who: collecting.set_up(version.survey, by=who, unit=units.crew),
        ):
            with pytest.raises(NotAllowed):
                attempt()
    assert (Survey.objects.count(), SurveyVersion.objects.count(), Collector.objects.count()) == (1, 1, 0)
    assert (
        making.create(by=cast.west_manager, unit=units.west, name="West", purpose="at_unit").unit
        == units.west
    )


def test_a_survey_that_has_ended_is_asked_nowhere(cast, units):
    version = survey(units, cast.quality)
    place = collecting.set_up(version.survey, by=cast.quality, unit=units.crew, place="Coach 8")
    making.end(version.survey, by=cast.handler, reason="Replaced")
    version.refresh_from_db()
    with pytest.raises(Over):
        answer(version, scores={"a": 1}, unit=units.crew, channel="place", collector=place)
    for attempt in (making.draft, making.end):
        with pytest.raises(Stale):
            attempt(version.survey, by=cast.quality)
    assert Event.objects.get(act="survey.end").reason == "Replaced"


def test_from_a_start_to_a_poster_on_the_pages(client, cast, units):
    """Zhao makes a survey, changes a question, adds a choice, publishes it and prints the poster."""
    client.force_login(cast.handler)
    form = {
        "name": "Station", "unit": units.east.pk, "purpose": "at_unit", "start": "short", "valid_days": 7,
        "rest_days": 10, "bad_below": 40,
    }  # fmt: skip
    assert client.post(reverse("survey-new"), {**form, "name": ""}).status_code == 422
    response = client.post(reverse("survey-new"), form)
    asked = Survey.objects.get()
    assert response["Location"] == reverse("survey-questions", args=[asked.pk])
    choice = {
        "kind": "choice", "dimension": "", "weight": "0", "text_zh-hans": "目的", "text_zh-hant": "目的",
        "text_en": "Purpose", "value_0": "1", "choice_0_zh-hans": "出差", "choice_0_zh-hant": "出差",
        "choice_0_en": "Business", "value_1": "2", "choice_1_zh-hans": "私人", "choice_1_zh-hant": "私人", "choice_1_en": "",
    }  # fmt: skip
    add = reverse("survey-question-add", args=[asked.pk])
    assert client.post(add, {**choice, "value_1": ""}).status_code == 422
    assert client.post(add, choice).status_code == 302
    page = client.get(reverse("survey-questions", args=[asked.pk]))
    assert "English: question 6" in page.content.decode()
    item = Item.objects.get(kind="choice")
    change = reverse("survey-question", args=[item.pk])
    assert 'value="出差"' in client.get(change).content.decode()
    client.post(change, choice | {"choice_1_en": "Private"})
    client.post(reverse("survey-question-move", args=[item.pk]), {"to": "up"})
    client.post(reverse("survey-publish", args=[asked.pk]))
    assert making.published(asked).items.get(code="question").position == 4
    preview = client.get(reverse("survey-preview", args=[asked.pk]) + "?language=zh-hans").content.decode()
    assert "工作人员的态度如何？" in preview and 'lang="zh-Hans"' in preview
    client.post(reverse("survey-place-add", args=[asked.pk]), {"unit": units.station.pk, "place": "Gate 4"})
    place = Collector.objects.get()
    poster = client.get(reverse("survey-place-poster", args=[place.pk])).content.decode()
    assert "Gate 4" in poster and f"/q/{place.code}/" in poster and 'lang="zh-Hant"' in poster
    assert "Gate 4" in client.get(reverse("survey-page", args=[asked.pk])).content.decode()
    client.post(reverse("survey-place-end", args=[place.pk]))
    assert Collector.objects.get().ended_at
    saved = client.post(reverse("survey-settings", args=[asked.pk]), {**form, "bad_below": ""})
    assert saved.status_code == 302 and Survey.objects.get().bad_below is None


def test_pages_cost_the_same_however_many_there_are(client, cast, units, django_assert_max_num_queries):
    client.force_login(cast.quality)
    version = survey(units, cast.quality)
    addresses = [reverse("survey-list"), reverse("survey-page", args=[version.survey_id])]
    collecting.set_up(version.survey, by=cast.quality, unit=units.crew)
    answer(version, scores={"a": 5}, unit=units.crew, channel="place")
    first = [_queries(client, address, django_assert_max_num_queries) for address in addresses]
    for number in range(5):
        other = survey(units, cast.quality, code=f"after-{number}")
        collecting.set_up(version.survey, by=cast.quality, unit=units.crew, place=str(number))
        answer(other, scores={"a": 5}, unit=units.crew, channel="place")
        answer(version, scores={"a": 5}, unit=units.crew, channel="place")
    assert [_queries(client, address, django_assert_max_num_queries) for address in addresses] == first


def _queries(client, address, limit) -> int:
    with limit(22) as counted:
        assert client.get(address).status_code == 200
    return len(counted)
