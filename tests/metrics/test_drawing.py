"""Control charts as pictures: nothing overlaps, nothing is told by colour alone, and any figures can be drawn."""

import datetime as dt
import itertools
import re
from dataclasses import replace
from xml.etree import ElementTree

import pytest

from metrics.drawing.control import control_chart
from metrics.drawing.scale import apart, axis, figure
from metrics.drawing.spark import spark
from metrics.spc.chart import Chart, Kind, Phase, Point, Rule

SVG = "{http://www.w3.org/2000/svg}"


def chart(
    values, *, lower=None, upper=None, center=None, direction=-1, target=None, signals=None, **fields
) -> Chart:
    """Months from December 2024 on; `signals`: place -> side."""
    signals = signals or {}
    points = tuple(
        Point(
            dt.date(2024 + (11 + place) // 12, (11 + place) % 12 + 1, 1), f"P{place}", value, value, 1,
            center, lower, upper, rules=(Rule.LIMIT,) if place in signals else (), side=signals.get(place, 0),
        )
        for place, value in enumerate(values)
    )  # fmt: skip
    return Chart(
        Kind.XMR,
        points,
        (Phase(0, 0, len(points) - 1, center),),
        direction=direction,
        target=target,
        **fields,
    )


def picture(of: Chart, **options):
    return ElementTree.fromstring(
        str(control_chart(of, title="Complaint rate", key="k", **options)).replace(
            "<svg ", f'<svg xmlns="{SVG[1:-1]}" ', 1
        )
    )


def elements(root, tag, look=None):
    return [e for e in root.iter(f"{SVG}{tag}") if look is None or look in (e.get("class") or "").split()]


def points_of(element) -> list[tuple[float, float]]:
    return [tuple(map(float, pair.split(","))) for pair in element.get("points").split()]


@pytest.mark.parametrize("narrow", [False, True])
@pytest.mark.parametrize(
    "values",
    [
        [5.0], [7.0] * 12, [0.0] * 8, [0.0, 0.0, 3.0], [0.00042, 0.00051, 0.00047], [1.2e9, 3.4e9, 2.2e9],
        [None, 3.0, None], [None, None], [float(n % 7) for n in range(60)], [1e-9] * 3, [99.9, 100.0, 100.0],
    ],
)  # fmt: skip
def test_any_figures_can_be_drawn_and_stay_inside(values, narrow):
    known = [value for value in values if value is not None]
    middle = sum(known) / len(known) if known else None
    of = chart(
        values, center=middle, lower=middle and middle * 0.5, upper=middle and middle * 1.6, target=1e7
    )
    root = picture(of, narrow=narrow, unit="%", marks=[(dt.date(2024, 12, 20), "Note")])
    _x, _y, width, height = map(float, root.get("viewBox").split())
    assert width == (360 if narrow else 680)
    shown = min(len(values), 24 if narrow else 72)
    assert len(elements(root, "circle", "p-c")) == sum(value is not None for value in values[-shown:])
    for circle in elements(root, "circle"):
        assert 0 <= float(circle.get("cx")) <= width
        assert 0 <= float(circle.get("cy")) <= height
    assert "nan" not in ElementTree.tostring(root, encoding="unicode").replace("dominant", "")


def test_it_has_a_name_a_description_and_a_word_for_every_point():
    of = chart([30, 31, 55], center=31, lower=25, upper=40, target=34, signals={2: 1})
    root = picture(of, unit="%", marks=[(dt.date(2025, 1, 15), "Summer timetable")])
    assert root.get("aria-labelledby") == "k-t k-d"
    assert root.find(f"{SVG}title").text == "Complaint rate"
    text = root.find(f"{SVG}desc").text
    assert "Latest P2: 55.0 %, Concern (above the upper limit)." in text
    assert "Centre 31.0, limits 25.0 to 40.0. Target 34.0 %." in text
    assert "2025-01-15 Summer timetable" in text
    said = [title.text for title in root.iter(f"{SVG}title")][1:]
    assert said == ["P0: 30.0 %", "P1: 31.0 %", "P2: 55.0 %, Concern (above the upper limit)"]
    beside = [text.text for text in elements(root, "text", "lbl")]
    assert beside == ["Upper 40.0", "Target 34", "Mean 31.0", "Lower 25.0"]


def test_what_stands_out_differs_in_shape_as_well_as_in_colour():
    values, signals = [20, 30, 40], {0: -1, 2: 1}
    better_low = picture(chart(values, center=30, lower=25, upper=35, signals=signals))
    assert len(points_of(elements(better_low, "polygon", "p-good")[0])) == 4  # a diamond
    tip, *base = points_of(elements(better_low, "polygon", "p-bad")[0])
    assert all(tip[1] < corner[1] for corner in base)  # a triangle upwards
    better_high = picture(chart(values, center=30, lower=25, upper=35, signals=signals, direction=1))
    tip, *base = points_of(elements(better_high, "polygon", "p-bad")[0])
    assert all(tip[1] > corner[1] for corner in base)
    neither = picture(chart(values, center=30, lower=25, upper=35, signals=signals, direction=0))
    assert len(elements(neither, "rect", "p-off")) == 2
    assert not elements(neither, "polygon", "p-good")


def test_a_missing_period_breaks_the_line_and_can_be_seen():
    root = picture(chart([1, 2, None, 4, 5], center=3, lower=1, upper=5))
    assert [len(points_of(line)) for line in elements(root, "polyline", "val")] == [2, 2]
    assert len(elements(root, "rect", "gone")) == 1
    assert "P2: no figure" in [title.text for title in root.iter(f"{SVG}title")]


def test_a_period_that_is_not_over_is_hollow_and_joined_by_a_dashed_line():
    of = chart([1, 2, 3, 9], center=3, lower=1, upper=5)
    of = replace(of, points=(*of.points[:3], replace(of.points[3], is_open=True)))
    root = picture(of)
    assert len(elements(root, "circle", "p-open")) == 1
    assert len(elements(root, "polyline", "val-open")) == 1
    assert [text.text for text in elements(root, "text", "now")] == ["3.0"]  # the latest that is over


def test_limits_step_with_the_size_of_the_period_and_begin_anew_in_a_phase():
    of = chart([5, 6, 5, 2, 3], center=5)
    limits = [(3, 8, 0), (2, 9, 0), (3, 8, 0), (1, 4, 1), (1, 4, 1)]
    of = replace(
        of,
        points=tuple(
            replace(point, lower=low, upper=high, phase=phase, center=5 if not phase else 2.5)
            for point, (low, high, phase) in zip(of.points, limits, strict=True)
        ),
    )
    root = picture(of)
    assert len(elements(root, "polygon", "band")) == 2
    assert len(elements(root, "polyline", "mean")) == 2
    upper = points_of(elements(root, "polyline", "lim")[0])
    assert len(upper) == 6  # three levels: their two ends and two steps
    for (x1, y1), (x2, y2) in itertools.pairwise(upper):
        assert x1 == x2 or y1 == y2  # steps, no slopes
    first, second = (points_of(line) for line in elements(root, "polyline", "mean"))
    assert first[-1][0] == second[0][0]
    assert first[-1][1] < second[0][1]


@pytest.mark.parametrize("narrow", [False, True])
def test_notes_and_labels_do_not_cover_each_other(narrow):
    marks = [
        (dt.date(2025, month, day), f"Change number {month}.{day}")
        for month in range(1, 7)
        for day in (1, 15)
    ]
    of = chart([30.0, 31, 30.5] * 8, center=30.5, lower=30.4, upper=30.6, target=30.5)
    root = picture(of, marks=marks[:3], narrow=narrow)
    rects = elements(root, "rect", "evt-b")
    boxes = [[float(r.get(side)) for side in ("x", "y", "width", "height")] for r in rects]
    assert boxes
    for a, b in itertools.combinations(boxes, 2):
        assert a[0] + a[2] <= b[0] or b[0] + b[2] <= a[0] or a[1] + a[3] <= b[1] or b[1] + b[3] <= a[1]
    labels = sorted((float(t.get("y")), t.get("x")) for t in elements(root, "text", "lbl"))
    for (y1, x1), (y2, x2) in itertools.pairwise(labels):
        assert y2 - y1 >= 12 or x1 != x2
    many = picture(of, marks=marks, narrow=narrow)
    words = [text.text for text in elements(many, "text", "evt-t")]
    assert all(word.isdigit() for word in words)
    assert "Change number 6.15" in many.find(f"{SVG}desc").text


def test_levels_that_lie_close_are_told_apart_and_missing_periods_at_the_end_hide_no_limits():
    of = chart([1.231, 1.232, 1.229, None], center=1.231, lower=1.222, upper=1.24)
    gone = replace(of.points[3], lower=None, upper=None)
    root = picture(replace(of, points=(*of.points[:3], gone)))
    assert [text.text for text in elements(root, "text", "lbl")] == [
        "Upper 1.240",
        "Mean 1.231",
        "Lower 1.222",
    ]


def test_a_far_target_does_not_flatten_the_chart():
    root = picture(chart([60.0, 61, 62], center=61, lower=59, upper=63, target=95, direction=1), unit="%")
    assert "Target 95 ↑" in [text.text for text in elements(root, "text", "lbl")]
    assert not elements(root, "line", "goal")


def test_names_of_periods_do_not_touch():
    root = picture(chart([float(n) for n in range(60)], center=30))
    names = [t for t in elements(root, "text") if re.fullmatch(r"P\d+", t.text)]
    places = [float(t.get("x")) for t in names]
    assert names[-1].text == "P59"
    assert all(b - a >= 30 for a, b in itertools.pairwise(places))


def test_axes_are_round_and_do_not_leave_what_is_possible():
    assert axis([0.3, 7.9]).ticks == [0, 2, 4, 6, 8]
    assert axis([2.0, 99.5], most=100).high == 100
    assert axis([3.0, 3.0]).low < 3.0 < axis([3.0, 3.0]).high
    assert axis([0.0, 0.0]).low == 0
    assert axis([]).high > axis([]).low


@pytest.mark.parametrize(
    ("value", "places", "text"),
    [
        (13.5016, 2, "13.50"),
        (1234567.0, 0, "1,234,567"),
        (0.0004, 1, "0.00040"),
        (0.0, 1, "0.0"),
        (None, 1, "–"),
    ],
)
def test_figures_are_written_for_people(value, places, text):
    assert figure(value, places) == text


def test_labels_move_apart_and_stay_inside():
    assert apart([50, 51, 52], 15, 0, 100) == [50, 65, 80]
    assert apart([98, 99], 15, 0, 100) == [85, 100]


def test_a_small_chart_survives_anything():
    for values in ([], [None], [1.0], [2.0] * 5, [None, 1.0, 5.0, None, 3.0]):
        drawn = str(spark(chart(values, center=2, lower=1, upper=3, target=2), label="First <response>"))
        assert 'aria-label="First &lt;response&gt;"' in drawn
        assert "nan" not in drawn
        assert "style=" not in drawn
