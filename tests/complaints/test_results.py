"""The page of results: a sentence first, every figure with its interval, of one's own units only, and as files."""

import io

import openpyxl
import pytest
from django.urls import reverse
from django.utils import translation

from complaints.surveys import drawing, telling
from complaints.surveys.estimates import Bounded, Change, Mean
from complaints.surveys.figures import Line
from tests.complaints.answers import answer, survey_of

pytestmark = pytest.mark.django_db


@pytest.fixture
def version(cast, units):
    """Two quarters at the station, better in the second; the crew; the West, which is worse."""
    version = survey_of(units.rail, cast.quality)
    answer(
        version,
        units.station,
        *[(3 + k % 2, 3, 3, 5 + k % 3, None) for k in range(24)],
        day="2026-02-10",
        group="A",
    )
    answer(
        version,
        units.station,
        *[(4 + k % 2, 5, 5, 9 + k % 2, None) for k in range(24)],
        day="2026-05-10",
        group="B",
    )
    answer(version, units.crew, *[(3 + k % 3, 4, 4, 8, None) for k in range(12)], day="2026-05-11", group="B")
    answer(
        version,
        units.west_station,
        *[(1 + k % 2, 2, 1, 3, None) for k in range(12)],
        day="2026-05-12",
        group="B",
    )
    return version


def page(client, person, of, **query):
    client.force_login(person)
    return client.get(reverse("survey-results", args=[of.survey_id]), query)


def test_the_sentence_comes_first_and_says_whether_something_has_changed(client, cast, version):
    shown = page(client, cast.quality, version)
    assert shown.status_code == 200 and shown.context["sentence"].startswith("Customer satisfaction index 6")
    assert "n = 72" in shown.context["sentence"]
    assert (
        shown.context["change"].startswith("2026 Q2 is unchanged against 2026 Q1")
        or "above" in shown.context["change"]
    )
    station = page(client, cast.quality, version, unit="ER-E-HZ")
    assert "above 2026 Q1" in station.context["change"] and "more than chance" in station.context["change"]
    text = station.content.decode()
    assert (
        text.index(station.context["sentence"]) < text.index('<svg class="spc')
        and "Net promoter score" in text
    )
    assert 'role="img"' in text and "<desc" in text and "<style" not in text and "style=" not in text


def test_each_sees_the_figures_of_their_own_units_only(client, cast, version):
    whole = page(client, cast.executive, version).context
    assert {line.label for line in whole["units"]} == {"East Division", "West Division"}
    east = page(client, cast.supervisor, version)
    assert east.context["results"].n == 60 and "West Division" not in east.content.decode()
    assert "Xi&#x27;an" not in east.content.decode()
    refused = page(client, cast.supervisor, version, unit="ER-W")
    assert refused.status_code == 400 and "results" not in refused.context  # not a unit of theirs
    for person, status in ((cast.reporter, 404), (cast.admin, 404), (cast.hotel_quality, 404)):
        assert page(client, person, version).status_code == status
        for name in ("survey-results-csv", "survey-results-xlsx", "survey-comments"):
            assert client.get(reverse(name, args=[version.survey_id])).status_code == 404
    client.force_login(cast.supervisor)
    table = b"".join(client.get(reverse("survey-results-csv", args=[version.survey_id]))).decode()
    assert "High-speed Crew 3" in table and "West" not in table


def test_filters_are_in_the_address(client, cast, version):
    found = page(client, cast.quality, version, answered_from="2026-04-01", group="B", by="month").context
    assert found["results"].n == 48 and [line.label for line in found["results"].periods] == ["2026-05"]
    assert [chip["key"] for chip in found["filters"].chips] == ["group", "answered_from"]
    assert found["results"].response_rate is None  # nobody was invited "in group B"
    wrong = page(client, cast.quality, version, answered_from="2026-04-31", version="9")
    assert wrong.status_code == 400 and len(wrong.context["problems"]) == 2


def test_too_few_are_hidden_everywhere(client, cast, units):
    version = survey_of(units.rail, cast.quality)
    answer(version, units.station, *[(5, 5, 5, 10, None)] * 4)
    shown = page(client, cast.quality, version)
    assert "Fewer than 5 answers" in shown.context["sentence"] and b'<svg class="spc' not in shown.content
    table = b"".join(client.get(reverse("survey-results-csv", args=[version.survey_id]))).decode()
    assert table.count("\n") == 1
    assert client.get(reverse("survey-results-svg", args=[version.survey_id, "trend"])).status_code == 404


def test_every_figure_can_be_taken_away(client, cast, version):
    client.force_login(cast.quality)
    rows = b"".join(client.get(reverse("survey-results-csv", args=[version.survey_id]))).decode().splitlines()
    assert rows[0].lstrip("\ufeff") == "Table,Row,Figure,Value,From (95 %),To (95 %),n"
    assert any(row.startswith("Unit,West Division,Customer satisfaction index,18.75,") for row in rows)
    book = client.get(reverse("survey-results-xlsx", args=[version.survey_id]))
    sheet = openpyxl.load_workbook(io.BytesIO(b"".join(book))).active
    assert sheet.max_row == len(rows) and book["Cache-Control"] == "private, no-store"
    drawn = client.get(reverse("survey-results-svg", args=[version.survey_id, "units"]))
    assert (
        drawn["Content-Type"] == "image/svg+xml"
        and b"West Division" in drawn.content
        and b"<style>" in drawn.content
    )
    picture = client.get(reverse("survey-results-png", args=[version.survey_id, "drivers"]))
    assert picture.content.startswith(b"\x89PNG")
    assert client.get(reverse("survey-results-svg", args=[version.survey_id, "nothing"])).status_code == 404


def test_the_page_costs_the_same_whatever_the_number_of_answers(
    client, cast, units, version, django_assert_max_num_queries
):
    page(client, cast.quality, version)
    with django_assert_max_num_queries(20):
        page(client, cast.quality, version)
    answer(version, units.station, *[(5, 4, 5, 9, None)] * 300)
    with django_assert_max_num_queries(20):
        page(client, cast.quality, version)


def test_words_for_more_less_and_as_usual():
    def lines(direction):
        change = Change(3.1 * (direction or 1), *{1: (1, 5.2), -1: (-5.2, -1), 0: (-1, 7.2)}[direction])
        return [Line("a", "2026 Q1", Mean(9, 70, 5)), Line("b", "2026 Q2", Mean(9, 73, 5), change=change)]

    assert telling.change_sentence(lines(1)) == (
        "2026 Q2 lies 3.1 points above 2026 Q1 (1.0 to 5.2): more than chance."
    )
    assert "below" in telling.change_sentence(lines(-1)) and "unchanged" in telling.change_sentence(lines(0))
    assert telling.change_sentence(lines(1)[:1]) == ""
    assert telling.spoken(Bounded(412, 76.2, 73.9, 78.4)) == "76.2 (73.9 to 78.4), n = 412"
    assert telling.spoken(Bounded(1, 76.2, None, None)) == "76.2, n = 1"


def test_drawings_of_odd_figures():
    marks = [
        drawing.Mark("Only one answer", Bounded(1, 100, None, None)),
        drawing.Mark("全部", Bounded(9, 0, 0, 0)),
    ]
    for narrow in (False, True):
        drawn = drawing.forest(marks, key="k", title="T <x>", narrow=narrow)
        assert "T &lt;x&gt;" in drawn and "NaN" not in drawn and "全部" in drawn
    with translation.override("zh-hans"):
        line = Line("a", "2026 Q1", Mean(9, 50, 0))
        assert "2026 Q1" in drawing.trend([line], key="t", title="x")
