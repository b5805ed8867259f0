"""Funnel plots, small multiples, bars, rankings, signs and the process map."""

import itertools
import math
from xml.etree import ElementTree

import pytest
from scipy import stats

from metrics.drawing import bars, flow, icons, pareto
from metrics.drawing.funnel import Spot, funnel_plot, word_for
from metrics.drawing.multiples import multiples, shared_axis
from metrics.spc.funnels import INNER, OUTER, Funnel, funnel_of

from .test_drawing import SVG, chart, elements


def parsed(drawn):
    return ElementTree.fromstring(str(drawn).replace("<svg ", f'<svg xmlns="{SVG[1:-1]}" ', 1))


# Funnel --------------------------------------------------------------------------------------------------------------
@pytest.mark.parametrize("level", [INNER, OUTER])
@pytest.mark.parametrize("size", [12, 150, 4000])
def test_limits_of_a_funnel_hold_what_chance_makes(level, size):
    """As many or more than lie above the limit are as rare as it says, and one less isn't."""
    share, rate = Funnel(0.06, True), Funnel(0.002, False)
    for funnel, law in ((share, stats.binom(size, 0.06)), (rate, stats.poisson(0.002 * size))):
        lower, upper = funnel.limits(size, level)
        above, below = math.floor(upper * size + 1e-9) + 1, math.ceil(lower * size - 1e-9) - 1
        assert law.sf(above - 1) <= (1 - level) / 2 < law.sf(above - 2)
        assert law.cdf(below) < (1 - level) / 2 <= law.cdf(below + 1)
        assert 0 <= lower <= funnel.center <= upper
    assert share.limits(size, OUTER)[1] >= share.limits(size, INNER)[1]


def test_units_of_a_few_cases_have_wide_limits():
    """The curves of a plot begin at less than one case."""
    few = funnel_of([1, 1, 2], [2, 3, 4], is_share=True)
    for size in (0.07, 0.4, 1, 2.5):
        lower, upper = few.limits(size)
        assert 0 <= lower <= few.center <= upper <= 1
    spots = [Spot(name, size, 50, 0) for name, size in (("A", 2), ("B", 3), ("C", 4))]
    assert parsed(funnel_plot(few, spots, title="Units", key="f", scale=100, unit="%")) is not None


def test_large_units_come_near_the_normal_limits():
    lower, upper = Funnel(0.3, True).limits(100_000, 0.95)
    assert upper - 0.3 == pytest.approx(1.959964 * (0.3 * 0.7 / 100_000) ** 0.5, rel=0.01)
    assert 0.3 - lower == pytest.approx(upper - 0.3, rel=0.02)


def test_a_unit_beyond_chance_is_outside_and_a_small_one_is_not():
    sizes, shares = [1000, 1000, 1000, 20], [0.05, 0.05, 0.10, 0.15]
    funnel = funnel_of([s * p for s, p in zip(sizes, shares, strict=True)], sizes, is_share=True)
    assert [funnel.outside(p, s) for s, p in zip(sizes, shares, strict=True)] == [0, 0, 1, 0]


def test_many_units_that_differ_more_than_chance_widen_the_limits():
    sizes = [1_000_000] * 12
    rates = [1e-5 * (10 + (place % 4)) * (2 if place == 11 else 1) for place in range(12)]
    counts = [s * r for s, r in zip(sizes, rates, strict=True)]
    funnel = funnel_of(counts, sizes, is_share=False)
    assert funnel.factor > 1
    plain = Funnel(funnel.center, False)
    assert funnel.limits(1_000_000)[1] > plain.limits(1_000_000)[1]
    assert funnel_of(counts[:5], sizes[:5], is_share=False).factor == 1


@pytest.mark.parametrize(
    ("numerators", "sizes"), [([], []), ([1], [10]), ([0, 0], [10, 10]), ([1, 2], [10, 0])]
)
def test_there_is_no_funnel_without_something_to_compare(numerators, sizes):
    assert funnel_of(numerators, sizes, is_share=True) is None


@pytest.mark.parametrize("narrow", [False, True])
def test_a_funnel_plot_names_who_is_outside(narrow):
    sizes, values = [900, 3000, 1500, 40], [0.05, 0.05, 0.12, 0.2]
    funnel = funnel_of([a * b for a, b in zip(sizes, values, strict=True)], sizes, is_share=True)
    spots = [
        Spot(name, size, value * 100, funnel.outside(value, size))
        for name, size, value in zip(["Hefei", "Wuxi", "Suzhou", "Crew 5"], sizes, values, strict=True)
    ]
    root = parsed(
        funnel_plot(funnel, spots, title="Units", key="f", scale=100, direction=-1, unit="%", narrow=narrow)
    )
    outside = [spot.label for spot in spots if spot.side]
    assert "Suzhou" in outside
    assert "Crew 5" not in outside
    assert {t.text for t in elements(root, "text", "now-name") if "lbl" in t.get("class")} == set(outside)
    assert "Suzhou" in root.find(f"{SVG}desc").text
    assert len(elements(root, "polygon", "p-bad")) == sum(spot.side > 0 for spot in spots)
    assert word_for(spots[2], -1) == "Worse than the whole"


def test_a_complement_turns_the_funnel_over():
    funnel = Funnel(0.05, True)
    spots = [Spot("A", 500, 95.0), Spot("B", 900, 96.0)]
    root = parsed(
        funnel_plot(funnel, spots, title="t", key="f", scale=100, is_complement=True, direction=1, unit="%")
    )
    assert "2 units around 95.0 %." in root.find(f"{SVG}desc").text


# Small multiples -----------------------------------------------------------------------------------------------------
def test_small_multiples_share_their_scale():
    low, high = chart([1.0, 2, 3], center=2), chart([41.0, 42, None], center=41.5)
    drawn = multiples([("Crew 1", "/1", low), ("Crew 2", "/2", high)], key="m")
    ticks = [
        [t.text for t in elements(parsed(one.picture), "text") if t.get("text-anchor") == "end"]
        for one in drawn
    ]
    assert ticks[0][:-1] == ticks[1][:-1]
    assert [one.latest for one in drawn] == ["3.0", "42.0"]
    assert shared_axis([low, high]).low <= 1 < 42 <= shared_axis([low, high]).high
    empty = multiples([("Crew 3", "", chart([None, None]))], key="e")
    assert empty[0].latest == "no figure"


# Bars, ranking, signs ------------------------------------------------------------------------------------------------
def test_bars_are_on_one_scale_and_the_part_lies_within():
    rows = bars.rows([bars.Row("Identify", 5), bars.Row("Track", 20, part=5), bars.Row("Improve", 0)])
    widths = [[float(r.get("width")) for r in elements(parsed(row.bar), "rect")] for row in rows]
    assert widths == [[300, 75], [300, 300, 75], [300]]
    assert 'aria-hidden="true"' in rows[0].bar


def test_parts_are_ranked_and_empty_ones_left_out():
    found = pareto.parts_of(
        [("wait", "Waiting", 41.0), ("cold", "Climate", 0), ("late", "Late word", 58)],
        what="Kind",
        unit_of_count="Complaints",
    )
    assert [(bar.label, bar.count) for bar in found.bars] == [("Late word", 58), ("Waiting", 41)]
    assert "Waiting" in pareto.draw(found)
    assert pareto.parts_of([("a", "A", 0)], what="Kind", unit_of_count="Complaints") is None


def test_every_sign_has_a_word_and_a_shape_of_its_own():
    signs = [icons.variation(kind, side) for kind, side in icons.VARIATION]
    signs += [icons.assurance(kind) for kind in icons.ASSURANCE]
    words = ["".join(parsed(f"<svg >{sign}</svg>").itertext()).strip() for sign in signs]
    assert all(words)
    shapes = {}
    for (kind, _side), sign in zip(icons.VARIATION, signs, strict=False):
        colourless = sign.split("</svg>")[0]
        for look in ("good", "bad", "off"):
            colourless = colourless.replace(f"-{look}", "")
        shapes.setdefault(colourless, set()).add(kind)
    assert all(len(kinds) == 1 for kinds in shapes.values())
    assert icons.variation("good", 0) != icons.variation("good", 1)


# The process map -----------------------------------------------------------------------------------------------------
PLACES = [flow.Place(key, key.title(), waiting, late, "2 days") for key, waiting, late in (
    ("identify", 5, 0), ("cause", 12, 3), ("plan", 8, 1), ("verify", 9, 0),
)]  # fmt: skip
WAYS = [
    flow.Way("identify", "cause", 400, "6 h"), flow.Way("cause", "plan", 100, "4 days"), flow.Way("plan", "verify", 90),
    flow.Way("identify", "verify", 12), flow.Way("verify", "cause", 9, "31 days"), flow.Way("plan", "cause", 4),
    flow.Way("plan", "plan", 3), flow.Way("cause", "gone", 3),
]  # fmt: skip


@pytest.mark.parametrize("narrow", [False, True])
def test_the_map_shows_what_waits_and_every_way_that_was_taken(narrow):
    root = parsed(flow.process_map(PLACES, WAYS, title="The loop", key="map", narrow=narrow))
    _x, _y, width, height = map(float, root.get("viewBox").split())
    boxes = elements(root, "rect", "stage")
    assert len(boxes) == 4
    for box in boxes:
        assert float(box.get("x")) >= 0
        assert float(box.get("x")) + float(box.get("width")) <= width
        assert float(box.get("y")) + float(box.get("height")) <= height
    ways, back = elements(root, "path", "way"), elements(root, "path", "back")
    assert (len(ways), len(back)) == (4, 2)
    thick = [float(way.get("stroke-width")) for way in ways]
    assert thick[0] == max(thick) == 9
    text = root.find(f"{SVG}desc").text
    assert "Cause: 12 waiting, 3 late" in text
    assert "Verify → Cause: 9 (half of them within 31 days)" in text
    assert "gone" not in text


def test_arcs_back_that_run_over_each_other_have_lanes_of_their_own():
    root = parsed(flow.process_map(PLACES, WAYS, title="The loop", key="map"))
    depths = [
        max(float(part) for part in way.get("d").replace("V", " V").split("V")[1].split("Q")[:1])
        for way in elements(root, "path", "back")
    ]
    for a, b in itertools.combinations(depths, 2):
        assert a != b
