"""The Pareto of causes: what is counted, in which order, and how it is drawn."""

import csv
import io
import xml.etree.ElementTree as ElementTree

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from capa import pareto, ranking, verify
from capa.forms.library import ParetoFilter
from capa.models import Cause
from incidents import identify
from incidents.models import Incident, IncidentType
from tests import walks
from tests.incidents.asking import asked as listed

pytestmark = pytest.mark.django_db


def of(person, **filters):
    form = ParetoFilter(listed.query(**filters), person=person)
    assert form.problems == [], form.problems
    return pareto.of(form)


def bars(found) -> list[tuple[str, int]]:
    return [(bar.label, bar.count) for bar in found.bars]


def caused(cast, units, *causes, unit=None, by=None, cycle=1, **details) -> Incident:
    """An incident with confirmed root causes, (text, category) each."""
    case = walks.report(cast, units, unit=unit or units.crew, by=by or cast.reporter, **details)
    for text, category in causes:
        Cause.objects.create(
            incident=case, cycle=cycle, text=text, category=category, status="confirmed", is_root=True,
            added_by=cast.owner,
        )  # fmt: skip
    return case


# Counting ------------------------------------------------------------------------------------------------------------
def test_a_worked_example(cast, units):
    """40, 30, 20 and 10 of a hundred: 40, 70, 90 and 100 per cent; the first three reach 80."""
    for category, count in (("method", 4), ("machine", 3), ("people", 2), ("Weather", 1)):
        caused(cast, units, *[(f"Cause {number}", category) for number in range(count)])
    found = of(cast.quality)
    assert bars(found) == [("Method", 4), ("Machine", 3), ("People", 2), ("Weather", 1)]
    assert [bar.share for bar in found.bars] == pytest.approx([40, 30, 20, 10])
    assert [bar.cumulative for bar in found.bars] == pytest.approx([40, 70, 90, 100])
    assert found.vital == 3 and found.total == 10


def test_reaching_eighty_exactly_is_enough(cast, units):
    for category, count in (("method", 4), ("machine", 1)):
        caused(cast, units, *[(f"Cause {number}", category) for number in range(count)])
    assert of(cast.quality).vital == 1


def test_only_confirmed_root_causes_of_the_last_round_count(cast, units):
    case = walks.tracked(cast, units)
    case = verify.judge(case, by=cast.quality, version=case.version, **walks.verdict("not_effective", 48, 50))
    found = of(cast.quality)
    assert found.bars == [] and (found.chosen, found.analysed, found.pending, found.without) == (1, 0, 1, 0)
    Cause.objects.create(
        incident=case, cycle=2, text="Supposed", category="people", status="hypothesis", added_by=cast.owner
    )
    assert of(cast.quality).bars == []
    walks.analysed(cast, units, case)
    assert bars(of(cast.quality)) == [("Machine", 1)]


def test_what_is_not_analysed_is_told_and_not_drawn(cast, units):
    caused(cast, units, ("A", "machine"))
    walks.report(cast, units)
    dismissed = walks.report(cast, units)
    identify.dismiss(dismissed, by=cast.site_manager, version=dismissed.version, reason="Nothing found")
    found = of(cast.quality)
    assert (found.chosen, found.analysed, found.pending, found.without) == (3, 1, 1, 1)
    assert bars(found) == [("Machine", 1)]


def test_texts_that_differ_in_script_or_signs_are_one(cast, units):
    caused(cast, units, ("风机轴承磨损", "machine"), ("Worn bearing", "machine"))
    caused(cast, units, ("風機軸承磨損！", "machine"), ("worn  BEARING!", "machine"))
    caused(
        cast, units, ("风机轴承磨损", "machine"), ("Worn bearing", "machine"), ("Worn bearings", "machine")
    )
    assert bars(of(cast.quality, by="text")) == [
        ("Worn bearing", 3), ("风机轴承磨损", 3), ("Worn bearings", 1),
    ]  # fmt: skip


def test_types_and_units_count_incidents(cast, units):
    delay = IncidentType.objects.get(code="delay")
    caused(cast, units, ("A", "machine"), ("B", "people"), type=delay)
    other = caused(cast, units, ("A", "machine"))
    Incident.objects.filter(pk=other.pk).update(responsible_unit=units.workshop)
    found = of(cast.quality, by="type")
    assert {bar.key: bar.count for bar in found.bars} == {"delay": 1, "facility-climate": 1}
    found = of(cast.quality, by="unit")
    assert {bar.key: bar.count for bar in found.bars} == {"ER-D-W2": 1, "": 1}
    assert found.total == 2 and not found.counts_causes


def test_the_filters_of_the_list_choose_the_incidents(cast, units):
    caused(cast, units, ("A", "machine"))
    caused(cast, units, ("B", "people"), unit=units.west_station, description="The lift failed.")
    assert bars(of(cast.quality, unit="ER-W")) == [("People", 1)]
    assert bars(of(cast.quality, q="lift")) == [("People", 1)]
    assert bars(of(cast.quality, q="unicorn")) == []


def test_only_what_one_may_see_is_counted(cast, units):
    caused(cast, units, ("A", "machine"))
    caused(cast, units, ("B", "people"), unit=units.west_station, by=cast.colleague)
    caused(cast, units, ("C", "method"), unit=units.hotels, by=cast.hotel_quality)
    assert Cause.objects.count() == 3
    sees = {"quality": {"Machine", "People"}, "site_manager": {"Machine"}, "west_manager": {"People"},
            "hotel_quality": {"Method"}, "admin": set()}  # fmt: skip
    for name, labels in sees.items():
        found = of(getattr(cast, name))
        assert {bar.label for bar in found.bars} == labels and found.chosen == len(labels), name


def test_only_the_newest_are_read(cast, units, monkeypatch):
    monkeypatch.setattr(pareto, "MOST_INCIDENTS", 1)
    for category in ("machine", "people", "method"):
        caused(cast, units, ("A", category))
    found = of(cast.quality)
    assert found.is_cut and {bar.label for bar in found.bars} <= {"People", "Method"}


# Drawing -------------------------------------------------------------------------------------------------------------
SVG = "{http://www.w3.org/2000/svg}"


def made(*counts: int) -> pareto.Pareto:
    counted = [(f"k{n}", f"Cause {n} <&>", count) for n, count in enumerate(counts)]
    return pareto.Pareto("text", ranking.in_order(counted), len(counts), len(counts), 0, 0, False)


def drawn(found, how=ranking.draw):
    return ElementTree.fromstring(
        str(how(found)).replace("<svg ", '<svg xmlns="http://www.w3.org/2000/svg" ')
    )


def test_bars_fall_and_the_line_rises_to_the_top():
    picture = drawn(made(5, 40, 10, 25, 20))
    bars = [rect for rect in picture.iter(f"{SVG}rect")]
    heights = [float(rect.get("height")) for rect in bars]
    assert heights == sorted(heights, reverse=True) and heights[0] == pytest.approx(
        4 / 10 * (344 - 30), abs=0.1
    )
    assert [rect.get("class") for rect in bars] == ["bar-vital"] * 3 + ["bar"] * 2
    (line,) = picture.iter(f"{SVG}polyline")
    points = [tuple(map(float, point.split(","))) for point in line.get("points").split()]
    assert [y for _x, y in points] == sorted((y for _x, y in points), reverse=True)
    assert points[-1][1] == pytest.approx(30) and points[0][1] == pytest.approx(
        float(bars[0].get("y")), abs=0.1
    )
    (eighty,) = [row for row in picture.iter(f"{SVG}line") if row.get("class") == "vital"]
    assert float(eighty.get("y1")) == pytest.approx(344 - 0.8 * 314)


@pytest.mark.parametrize("how", [ranking.draw, ranking.draw_narrow])
def test_many_small_causes_are_one_last_bar(how):
    found = made(*range(30, 5, -1))
    picture = drawn(found, how)
    looks = [rect.get("class") for rect in picture.iter(f"{SVG}rect")]
    assert len(looks) == 10 and looks[-1] == "bar-rest" and len(found.bars) == 25
    assert "16 others" in "".join(picture.itertext())


@pytest.mark.parametrize("how", [ranking.draw, ranking.draw_narrow])
@pytest.mark.parametrize("counts", [(1,), (1, 1), tuple([10**6] * 12), (99_999, 1)])
def test_every_picture_keeps_within_its_frame_and_says_what_it_shows(how, counts):
    picture = drawn(made(*counts), how)
    _x, _y, width, height = map(float, picture.get("viewBox").split())
    for rect in picture.iter(f"{SVG}rect"):
        assert float(rect.get("x")) >= 0 and float(rect.get("x")) + float(rect.get("width")) <= width + 0.1
        assert float(rect.get("y")) + float(rect.get("height")) <= height + 0.1
    assert picture.get("role") == "img" and "so far" in picture.find(f"{SVG}desc").text
    assert "<&>" in "".join(picture.itertext()) and "style" not in picture.attrib


# The page ------------------------------------------------------------------------------------------------------------
def test_the_page_and_its_file_say_the_same(cast, units, client):
    caused(cast, units, ("=cmd()", "machine"), ("B", "people"), ("C", "people"))
    walks.report(cast, units)
    client.force_login(cast.quality)
    page = client.get("/causes/pareto/?unit=ER-E").content.decode()
    assert "1 of 2 incidents have a confirmed root cause. 1 is not analysed yet." in page
    assert "2 of 2 make up 80 % of the root causes." in page and 'href="/incidents/?unit=ER-E"' in page
    assert "style=" not in page and "<script>" not in page
    response = client.get("/causes/pareto.csv?by=text&unit=ER-E")
    text = b"".join(response.streaming_content).decode("utf-8-sig")
    rows = list(csv.reader(io.StringIO(text)))
    assert rows[0] == ["Root cause", "Root causes", "Share in %", "Cumulative share in %"]
    assert ["'=cmd()", "1"] in [row[:2] for row in rows] and rows[-1][3] == "100.0"
    assert client.get("/causes/pareto/?by=luck").status_code == 400
    assert client.get("/causes/pareto.csv?by=luck").status_code == 302


def test_it_is_linked_from_the_list_with_its_filters(cast, units, client):
    walks.report(cast, units)
    client.force_login(cast.quality)
    page = client.get("/incidents/?unit=ER-E&q=air").content.decode()
    assert 'href="/causes/pareto/?q=air&amp;unit=ER-E"' in page
    assert "No confirmed root cause yet" in client.get("/causes/pareto/?q=air&unit=ER-E").content.decode()


@pytest.mark.parametrize("by", pareto.WAYS)
def test_the_page_takes_few_statements_and_no_more_with_more_incidents(cast, units, client, by):
    client.force_login(cast.quality)
    numbers = []
    for size in (5, 15):
        for number in range(size):
            caused(cast, units, (f"Cause {number}", "machine"), ("B", "people"))
        with CaptureQueriesContext(connection) as statements:
            assert client.get(f"/causes/pareto/?by={by}").status_code == 200
        numbers.append(len(statements))
    assert numbers[0] <= 13 and numbers[1] <= numbers[0], numbers
