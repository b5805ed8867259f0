"""Incidents like this one: found in whatever script they are written, never beyond what the asker may see."""

import datetime as dt

import pytest
from django.db import connection
from django.urls import reverse
from django.utils import timezone

from incidents import identify
from incidents.models import Incident, IncidentType
from incidents.similar import SAME, SELDOM_ROWS, Told, Word, _seldom, similar_to, words_of
from tests import walks

pytestmark = pytest.mark.django_db

HOT = "3号车厢空调故障，车内温度升到三十四度，多名旅客投诉。"
HOT_TOLD_OTHERWISE = "列車3號車廂空調壞了，車內溫度過高，有旅客投訴。"
OTHERS = (
    "候车厅盲道被行李车挡住，视障旅客绕行。",
    "售票窗口排队超过二十分钟，没有人员引导。",
    "餐车热水器漏水，地面湿滑。",
    "The lift at platform 4 was out of order for two hours.",
)


def tell(cast, units, text: str, **details) -> Incident:
    values = {"by": cast.reporter, "unit": units.crew, "place": ""} | details
    return walks.report(cast, units, description=text, **values)


@pytest.fixture
def told(cast, units):
    """A report about the heat, and four about something else."""
    for text in OTHERS:
        tell(cast, units, text, type=IncidentType.objects.get(code="other"))
    return tell(cast, units, HOT)


def found(told, person, **details) -> list[Incident]:
    return [row.incident for row in similar_to(told, person, **details)]


# Words ---------------------------------------------------------------------------------------------------------------
@pytest.mark.parametrize(
    "text",
    [HOT, HOT_TOLD_OTHERWISE, "３號車廂的空調壞了", "车厢空调故障 G1027", "空调故障"],
)  # fmt: skip
def test_the_same_is_found_in_both_scripts(told, cast, text):
    assert found(text, cast.quality) == [told]


def test_the_same_is_found_in_english_whatever_its_case(told, cast, units):
    english = tell(cast, units, "The air conditioning of car 3 failed, passengers complained about the heat.")
    assert found("AIR CONDITIONING failed in car 5", cast.quality) == [english]


@pytest.mark.parametrize(
    "text", ["", "  ", "的了", "the and of", "8 7 6", "!!! ---", "\x00", "鲲鹏展翅", "zzz"]
)
def test_what_says_nothing_finds_nothing(told, cast, text):
    assert found(text, cast.quality) == []


@pytest.mark.parametrize(
    "text", ["'", "\\", "a' | 'b':* & !(c <-> d)", "空调'; DROP TABLE x; --", "空调\x00故障", "👩‍🔧 空调"]
)
def test_signs_mean_nothing(told, cast, text):
    similar_to(text, cast.quality)
    assert Incident.objects.count() == 5


def test_the_words_are_shown_as_they_were_written(told, cast):
    """Pairs that follow each other are joined; what stands in every sentence is left off at the ends."""
    [row] = similar_to("那個空調故障的車廂", cast.quality)
    assert row.words == ("空調故障", "車廂")


def test_words_know_where_they_stand():
    words = words_of("Ａｉｒ空調, the air")
    assert {lexeme: word.places for lexeme, word in words.items()} == {
        "air": [(0, 3), (11, 14)],
        "空调": [(3, 5)],
    }


# Points --------------------------------------------------------------------------------------------------------------
def test_the_same_kind_place_and_unit_come_first_and_say_so(told, cast, units):
    elsewhere = tell(
        cast, units, HOT, by=cast.owner, unit=units.workshop, type=IncidentType.objects.get(code="other")
    )
    here = tell(cast, units, HOT, place="Car 3")
    asked = tell(cast, units, HOT_TOLD_OTHERWISE, place=" car 3")
    rows = similar_to(asked, cast.quality)
    assert [row.incident for row in rows] == [here, told, elsewhere]
    assert [row.score for row in rows] == sorted((row.score for row in rows), reverse=True)
    assert rows[0].score <= 100
    best, second, last = rows
    assert (best.same_type, best.same_place, best.same_unit) == (True, True, True)
    assert (second.same_type, second.same_place, second.same_unit) == (True, False, True)
    assert (last.same_type, last.same_place, last.same_unit) == (False, False, False)


def test_kind_place_and_unit_alone_make_nothing_similar(told, cast, units):
    asked = Told("饮水机没有水了，一位老人很着急。", told.type, units.crew, "Car 3")
    assert similar_to(asked, cast.quality) == []


def test_a_seldom_word_says_more_than_a_frequent_one(cast, units):
    """The planner's statistics tell which is which."""
    for number in range(40):
        tell(cast, units, f"旅客投诉车厢太吵，第{number}次列车。")
    fan = tell(cast, units, "冷凝风机轴承异响。")
    assert (
        len(found("旅客投诉车厢里冷凝风机轴承异响", cast.quality)) == 8
    )  # nothing is known of the words yet
    with connection.cursor() as cursor:
        cursor.execute("ANALYZE incidents_incident")
    [row] = similar_to("旅客投诉车厢里冷凝风机轴承异响", cast.quality)
    assert row.incident == fan and row.words == ("冷凝风机轴承异响",)


def test_the_seldom_words_bring_up_no_more_rows_than_can_be_looked_at():
    """10 words in each hundredth of 100,000 rows would bring up 10,000."""
    words = {f"w{number}": Word(share=0.01 * (number + 1), weight=1.0) for number in range(10)}
    assert _seldom(words, reach=100_000) == ["w0"] and SELDOM_ROWS == 1000
    assert _seldom(words, reach=1_000) == list(words)
    assert _seldom({"frequent": Word(share=0.5, weight=1.0)}, reach=100_000) == []


@pytest.mark.parametrize("analysed", [False, True])
def test_it_asks_the_same_few_questions_whatever_there_is(cast, units, analysed, django_assert_num_queries):
    """Statistics, candidates, the rows to show."""
    counts = []
    for more in (3, 30):
        for number in range(more):
            tell(cast, units, f"{HOT}{number}")
        if analysed:
            with connection.cursor() as cursor:
                cursor.execute("ANALYZE incidents_incident")
        cast.quality.current_posts  # noqa: B018 - asked once per request anyway
        with django_assert_num_queries(3):
            counts.append(len(similar_to(HOT, cast.quality, limit=50)))
    assert counts == [3, 33]


# What is left out ----------------------------------------------------------------------------------------------------
def test_itself_dismissed_and_merged_ones_are_left_out(told, cast, units):
    merged, dismissed = tell(cast, units, HOT), tell(cast, units, HOT)
    identify.merge(merged, told, by=cast.site_manager, version=merged.version)
    identify.dismiss(dismissed, by=cast.site_manager, version=dismissed.version, reason="A drill.")
    assert found(told, cast.quality) == []
    assert found(HOT, cast.quality) == [told]


def test_what_was_reported_before_is_left_out_when_asked_for_lately(told, cast):
    Incident.objects.filter(pk=told.pk).update(reported_at=timezone.now() - dt.timedelta(days=31))
    assert found(HOT, cast.quality) == [told]
    assert found(HOT, cast.quality, since=timezone.now() - dt.timedelta(days=30)) == []


@pytest.fixture
def foreign(told, cast, units):
    """The same words in another company, in another division, and by a colleague."""
    return {
        "hotel": tell(cast, units, HOT, by=cast.hotel_quality, unit=units.hotels),
        "west": tell(cast, units, HOT, by=cast.west_manager, unit=units.west_station),
        "colleague": tell(cast, units, HOT, by=cast.colleague),
    }


def test_nobody_is_shown_what_they_may_not_see(told, foreign, cast):
    def seen(person):
        return set(found(HOT, person, limit=50))

    assert seen(cast.hotel_quality) == {foreign["hotel"]}  # it is there, and like it
    assert seen(cast.west_manager) == {foreign["west"]}
    assert seen(cast.quality) == {told, foreign["west"], foreign["colleague"]}
    assert seen(cast.reporter) == {told}
    assert seen(cast.colleague) == {foreign["colleague"]}
    assert seen(cast.admin) == seen(cast.executive) - {told, *foreign.values()} == set()


# While reporting -----------------------------------------------------------------------------------------------------
def ask(client, person, text, **data):
    client.force_login(person)
    return client.post(reverse("report-similar"), {"description": text, **data})


def test_a_likely_duplicate_is_shown_while_one_writes(client, told, cast, units):
    page = ask(
        client, cast.site_manager, HOT_TOLD_OTHERWISE, type="facility", unit=units.crew.pk
    ).content.decode()
    assert "Is it this one?" in page and told.number in page and told.get_absolute_url() in page
    assert "<form" not in page and "name=" not in page  # nothing in it belongs to the draft


def test_at_most_three_are_shown(client, told, cast, units):
    for _number in range(5):
        tell(cast, units, HOT)
    page = ask(client, cast.site_manager, HOT, unit=units.crew.pk).content.decode()
    assert page.count("<li>") == 3


def test_a_reporter_is_shown_own_reports_only(client, told, foreign, cast):
    page = ask(client, cast.colleague, HOT).content.decode()
    assert foreign["colleague"].number in page
    assert not any(row.number in page for row in (told, foreign["west"], foreign["hotel"]))
    assert (
        ask(client, cast.handler, HOT).content.decode().count("<li>") == 3
    )  # who sees them all is shown them
    nothing = ask(client, cast.admin, HOT).content.decode()
    assert (
        nothing.strip() == ask(client, cast.admin, "Nothing like it anywhere").content.decode().strip() == ""
    )


@pytest.mark.parametrize("text", ["", "空调", "zzz zzz zzz"])
def test_too_little_or_something_new_shows_nothing(client, told, cast, text):
    assert ask(client, cast.site_manager, text).content.decode().strip() == ""


@pytest.mark.parametrize(
    "data",
    [{"unit": "x"}, {"unit": "99999999999999999999"}, {"type": "nonsense", "subtype": "'"}, {"place": "\\"}],
)  # fmt: skip
def test_odd_values_do_no_harm(client, told, cast, data):
    assert told.number in ask(client, cast.site_manager, HOT, **data).content.decode()


def test_without_javascript_a_button_shows_the_same_and_keeps_all_that_is_written(client, told, cast, units):
    client.force_login(cast.site_manager)
    form = {
        "key": "6a9c1f0e-3f0b-4d5e-9a55-000000000001", "description": HOT_TOLD_OTHERWISE, "unit": units.crew.pk,
        "place": "Car 7", "type": "facility", "occurred_at": "2026-01-01T10:00", "similar": "1",
    }  # fmt: skip
    page = client.post(reverse("report"), form)
    assert page.status_code == 200 and Incident.objects.count() == 5
    content = page.content.decode()
    assert "Is it this one?" in content and told.number in content
    assert HOT_TOLD_OTHERWISE in content and "Car 7" in content and form["key"] in content
    none = client.post(reverse("report"), form | {"description": "Something altogether new"}).content.decode()
    assert "No similar report of the last 30 days" in none


def test_the_form_asks_by_itself_and_sends_only_what_is_needed(client, cast):
    client.force_login(cast.reporter)
    page = client.get(reverse("report")).content.decode()
    assert 'hx-params="csrfmiddlewaretoken,description,type,subtype,unit,place"' in page
    assert '<noscript><button class="btn btn-block" name="similar"' in page


def test_looking_while_reporting_costs_a_few_questions(
    client, told, cast, units, django_assert_max_num_queries
):
    client.force_login(cast.site_manager)
    for number in range(25):
        tell(cast, units, f"{HOT}{number}")
    data = {"description": HOT, "type": "facility", "subtype": "facility-climate", "unit": units.crew.pk}
    with django_assert_max_num_queries(8):  # session, person, posts, type, unit, and three to find them
        client.post(reverse("report-similar"), data)


def test_what_may_be_the_same_has_to_be_rather_like_it(told, cast, units):
    """A word or two in common is similar, not the same."""
    rows = similar_to(
        "空调出风口有异味，旅客要求更换座位，另有一人头晕，请派人检查一下。", cast.quality, least=1
    )
    assert all(row.score < SAME for row in rows) and rows
