"""Search finds what was typed: Chinese as a substring, words by their beginning, numbers, contacts by their phone."""

import pytest
from django.db import connection
from hypothesis import HealthCheck, assume, example, given, settings
from hypothesis import strategies as st

from incidents.filters import IncidentFilter
from incidents.models import Incident
from incidents.search import fold, literal, matching, query, vector_of
from tests import walks
from tests.incidents.asking import asked

pytestmark = pytest.mark.django_db

#: Traditional and Simplified, words whose conversion depends on their neighbours, a character beyond the first plane.
HAN = st.text("空調空调車车廂厢乾干坤著着後后里裏裡發发鐘钟面麵𠀀〇々", min_size=1, max_size=60)
FREELY = settings(
    max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)


def finds(text: str, typed: str) -> bool:
    with connection.cursor() as cursor:
        cursor.execute("SELECT %s::tsvector @@ %s::tsquery", [literal(text), query(typed)])
        return cursor.fetchone()[0]


@FREELY
@given(text=HAN, data=st.data())
def test_every_part_of_a_chinese_text_finds_it(text, data):
    start = data.draw(st.integers(0, len(text) - 1))
    end = data.draw(st.integers(start + 1, len(text)))
    assert finds(text, text[start:end])
    assert finds(f"G1027{text}abc", text[start:end])


@FREELY
@given(text=HAN, typed=HAN)
@example(text="空调故障", typed="调空")
@example(text="空空调", typed="空调调")
def test_what_is_not_in_a_chinese_text_does_not_find_it(text, typed):
    assume(fold(typed) not in fold(text))
    assert not finds(text, typed)


@FREELY
@given(before=HAN, after=HAN)
def test_folding_a_part_gives_a_part_of_the_folded(before, after):
    assert fold(before + after) == fold(before) + fold(after)


@pytest.mark.parametrize(
    ("text", "typed"),
    [
        ("列車空調故障", "空调"),
        ("列车空调故障", "空調"),
        ("Air Conditioning failed", "CONDIT"),
        ("Ａｉｒ　１０２７", "air 1027"),
        ("G1027次列车", "g１０２７次"),
        ("3号车厢空调", "3号车厢"),
        ("第3号车厢", "第3号"),
        ("空调，故障", "空调 故障"),
        ("エアコンが故障", "アコン"),
        ("에어컨고장", "어컨"),
        ("Straße", "STRASSE"),
    ],
)
def test_it_is_found(text, typed):
    assert finds(text, typed)


@pytest.mark.parametrize(
    ("text", "typed"),
    [
        ("空调，故障", "空调故障"),
        ("13号车厢", "3号车厢"),
        ("Air conditioning", "ditioning"),
        ("air conditioning", "air brake"),
        ("空调", "调空"),
    ],
)
def test_it_is_not_found(text, typed):
    assert not finds(text, typed)


def test_a_phrase_does_not_reach_from_one_field_into_the_next():
    with connection.cursor() as cursor:
        cursor.execute("SELECT %s::tsvector @@ %s::tsquery", [literal("第3", "号车厢"), query("3号车厢")])
        assert cursor.fetchone() == (False,)


@FREELY
@given(typed=st.text(st.sampled_from("' \\ : & | ! < > ( ) * \" % _ - a 空 1 \t".split(" ")), max_size=30))
@example(typed="'")
@example(typed="\\")
@example(typed="a' | 'b':* & !(c <-> d)")
@example(typed="空'; DROP TABLE incidents_incident; --")
def test_signs_mean_nothing(typed):
    condition = matching(typed)
    if condition is None:
        assert not any(character.isalnum() for character in typed)
    else:
        assert list(Incident.objects.filter(condition)) == []


@FREELY
@given(
    typed=st.text(max_size=40),
    text=st.text(st.characters(exclude_characters="\x00", exclude_categories=["Cs"]), max_size=80),
)
def test_nothing_that_can_be_typed_breaks_it(typed, text):
    if matching(typed) is not None:
        assert finds(text, typed) in (True, False)


# On real incidents ---------------------------------------------------------------------------------------------------
@pytest.fixture
def incident(cast, units):
    row = walks.report(
        cast, units, description="列車空調故障，車內升至 33.8 °C。", place="3號車廂", external_id="KF-7788"
    )
    Incident.objects.filter(pk=row.pk).update(number="SQ-2026-012917")
    row.refresh_from_db()
    row.search = vector_of(row)
    row.save(update_fields=["search"])
    return row


@pytest.mark.parametrize(
    "typed",
    ["SQ-2026-012917", "sq-2026-012917", "ＳＱ－２０２６－０１２９１７", "SQ-2026-12917",
     "012917", "12917", "2917", "917", "KF-7788",
     "空调", "升至", "3号车厢", "33.8"],
)  # fmt: skip
def test_a_case_is_found_by(incident, cast, typed):
    assert asked(cast.site_manager, q=typed) == [incident]


@pytest.mark.parametrize(
    "typed", ["SQ-2026-012918", "918", "2026", "291", "17", "空车", "SQ-2025-012917", "7789"]
)
def test_a_case_is_not_found_by(incident, cast, typed):
    assert asked(cast.site_manager, q=typed) == []


def test_a_small_number_is_found_by_itself(cast, units):
    first = walks.report(cast, units, description="One.")
    walks.report(cast, units, description="Two.")
    assert asked(cast.site_manager, q="1") == [first]
    assert asked(cast.site_manager, q="000001") == [first]


def test_a_corrected_title_is_found_and_the_old_one_no_longer(cast, units):
    case = walks.substantiate(walks.report(cast, units, title="Lift stuck"), cast, title="Escalator stuck")
    assert asked(cast.quality, q="escalator") == [case] and asked(cast.quality, q="lift") == []


# The ending of a phone number ----------------------------------------------------------------------------------------
@pytest.fixture
def told_by_phone(cast, units):
    return walks.report(
        cast, units, reporter_kind="other", contact={"name": "张伟", "phone": "186 0000 1402"}, channel="phone"
    )  # fmt: skip


@pytest.mark.parametrize("who", ["handler", "quality"])
@pytest.mark.parametrize("typed", ["1402", " 1402 ", "１４０２"])
def test_who_may_know_contacts_finds_a_case_by_the_phone_ending(told_by_phone, cast, who, typed):
    assert asked(getattr(cast, who), q=typed) == [told_by_phone]


@pytest.mark.parametrize("who", ["site_manager", "supervisor", "executive", "reporter"])
def test_nobody_else_does_although_they_see_the_case(told_by_phone, cast, who):
    person = getattr(cast, who)
    assert asked(person) == [told_by_phone]
    assert asked(person, q="1402") == []


def test_a_role_elsewhere_does_not_open_the_phone_book_here(told_by_phone, cast, units):
    """Wu is quality manager in the west, and takes part in this case of the east: sees it, but not by its phone."""
    told_by_phone.readers.append(f"p{cast.west_manager.pk}")
    told_by_phone.save(update_fields=["readers"])
    assert asked(cast.west_manager) == [told_by_phone]
    assert asked(cast.west_manager, q="1402") == []


@pytest.mark.parametrize("typed", ["140", "01402", "186", "18600001402", "张伟"])
def test_contacts_are_found_by_nothing_else(told_by_phone, cast, typed):
    assert asked(cast.handler, q=typed) == []


def test_another_companys_contacts_are_not_found(told_by_phone, cast):
    assert asked(cast.hotel_quality, q="1402") == []


def test_signs_alone_find_nothing(incident, cast):
    filters = IncidentFilter(asked.query(q="!!! ---"), person=cast.site_manager)
    assert list(filters.found) == [] and filters.problems == []
