"""What charts say: variation, since when, assurance, steps; and the sentences, in three languages."""

import datetime as dt

import pytest
from django.utils import translation
from hypothesis import given, settings
from hypothesis import strategies as st

from metrics.spc.chart import Data, Kind, Rule
from metrics.spc.charting import draw_up, draw_up_rare
from metrics.spc.judging import Assurance, Variation, judge
from metrics.spc.telling import briefly, paragraph, sentences
from tests.metrics.spc_data import month, months

STEADY = [10.0, 12, 11, 9, 10, 12, 9, 11, 10, 11, 9, 12, 10, 11, 9, 10, 12, 10]
LOW = [5.0, 6, 4, 5, 6, 5, 4, 6]


def chart_of(values, *, direction=-1, target=None, **options):
    return draw_up(months(values), data=Data.VALUE, direction=direction, target=target, **options)


def test_usual_variation_needs_no_explanation():
    judged = judge(chart_of(STEADY))
    assert (judged.variation, judged.side, judged.rules, judged.periods) == (Variation.USUAL, 0, (), 0)
    assert not judged.is_signal and judged.since is None and judged.assurance == Assurance.NONE
    assert sentences(chart_of(STEADY)) == [
        "It varies as usual between 5.8 and 15.1: no single figure needs an explanation."
    ]
    assert briefly(chart_of(STEADY)) == ""


@pytest.mark.parametrize(
    ("direction", "after", "variation", "side"),
    [
        (-1, 30.0, Variation.CONCERN, 1), (1, 30.0, Variation.IMPROVING, 1), (0, 30.0, Variation.CHANGED, 1),
        (-1, 0.0, Variation.IMPROVING, -1), (1, 0.0, Variation.CONCERN, -1), (0, 0.0, Variation.CHANGED, -1),
    ],
)  # fmt: skip
def test_which_side_is_better(direction, after, variation, side):
    judged = judge(chart_of([*STEADY, after], direction=direction, baseline=18))
    assert (judged.variation, judged.side, judged.rules) == (variation, side, (Rule.LIMIT,))
    assert (judged.since, judged.periods) == (month(18), 1)


def test_a_single_leap():
    chart = chart_of([*STEADY, 30.0], baseline=18)
    assert sentences(chart) == ["30.0 in July 2023 is above the upper limit of 15.1: not chance."]
    assert briefly(chart) == "unusually high in July 2023"
    assert sentences(chart, show=lambda value: f"{value:.0f} min") == [
        "30 min in July 2023 is above the upper limit of 15 min: not chance."
    ]
    assert paragraph(["One.", "Two."]) == "One. Two." and paragraph([]) == ""


def test_a_climb_to_the_limit():
    """As in the mock-up: up seven months in a row, and above the limit in the last one."""
    chart = chart_of([*STEADY, 11.0, 12, 13, 14, 15, 16, 17], baseline=18, target=11)
    assert judge(chart).streak == 7
    assert sentences(chart) == [
        "Up for 7 months in a row and above the upper limit in January 2024: not chance.",
        "As it runs now, chance decides each time whether the target of 11.0 is met.",
    ]
    assert briefly(chart) == "rising for 7 months"


def test_a_long_run():
    chart = chart_of([*STEADY, *[8.0, 9] * 5], baseline=18)
    judged = judge(chart)
    assert (judged.variation, judged.side, judged.periods) == (Variation.IMPROVING, -1, 11)
    assert (judged.since, Rule.SHIFT in judged.rules) == (month(17), True)
    assert sentences(chart) == ["Below the centre of 10.4 for 11 months in a row: not chance."]
    assert briefly(chart) == "low for 11 months"
    center = chart.points[0].center
    on_it = judge(chart_of([*STEADY, *[8.0, 9] * 5, center], baseline=18))
    assert (on_it.periods, on_it.side) == (11, -1), "a point on the centre doesn't end a run"
    beyond = chart_of([*STEADY, *[8.0, 9] * 5, 2.0], baseline=18)
    assert sentences(beyond)[0].startswith(
        "Below the centre of 10.4 for 12 months, and below the lower limit"
    )
    leap = judge(chart_of([*STEADY, 30.0, center], baseline=18))
    assert leap.variation == Variation.USUAL, "a leap that is over is no longer said of the last point"
    over = judge(chart_of([*STEADY, *[8.0, 9] * 5, 12.0], baseline=18))
    assert over.variation == Variation.USUAL


def test_slow_swings():
    wave = ([9.0] * 5 + [12.0] * 5) * 3
    chart = chart_of(wave, kind=Kind.RUN)
    judged = judge(chart)
    assert (judged.rules, judged.side, judged.since) == ((Rule.CROSSINGS,), 1, month(25))
    assert sentences(chart)[0].endswith("slow swings. Above it since February 2024.")


def test_a_step_with_new_limits():
    chart = chart_of([*STEADY, *LOW], rebase=[month(18)], target=8)
    judged = judge(chart)
    assert (judged.variation, judged.side, judged.rules) == (Variation.IMPROVING, -1, ())
    assert (judged.since, judged.periods, judged.step.is_real) == (month(18), 8, True)
    assert sentences(chart) == [
        "From July 2023 the level fell from 10.4 to 5.1 (limits recalculated) and has been steady for 8 months.",
        "As it runs now, chance decides each time whether the target of 8.0 is met.",
    ]
    assert briefly(chart) == "down since July 2023"
    worse = judge(chart_of([*LOW, *LOW[::-1], *STEADY], rebase=[month(16)]))
    assert worse.variation == Variation.USUAL, "after a year it is how things are"
    same = chart_of([*STEADY, *STEADY[:8]], rebase=[month(18)])
    assert judge(same).variation == Variation.USUAL and not judge(same).step.is_real
    assert sentences(same)[0].startswith("The limits were recalculated from July 2023")


@pytest.mark.parametrize(
    ("direction", "target", "assurance"),
    [
        (-1, 16, Assurance.MEETS), (-1, 12, Assurance.HIT_OR_MISS), (-1, 5, Assurance.MISSES),
        (1, 5, Assurance.MEETS), (1, 12, Assurance.HIT_OR_MISS), (1, 16, Assurance.MISSES),
        (0, 12, Assurance.NONE), (-1, None, Assurance.NONE),
    ],
)  # fmt: skip
def test_will_it_meet_its_target(direction, target, assurance):
    assert judge(chart_of(STEADY, direction=direction, target=target)).assurance == assurance


def test_too_few_figures_say_little():
    few = chart_of(STEADY[:8], target=5)
    assert (judge(few).variation, judge(few).assurance) == (Variation.NONE, Assurance.NONE)
    assert sentences(few) == ["Too few figures yet to tell a change from chance."]
    nothing = draw_up([], data=Data.RATE, target=4, direction=1)
    assert judge(nothing).variation == Variation.NONE and sentences(nothing)
    assert judge(chart_of(STEADY, kind=Kind.RUN)).variation == Variation.USUAL
    fresh = chart_of([*STEADY, 30.0, 31.0], target=12, rebase=[month(18)])
    assert judge(fresh).assurance == Assurance.NONE, "two points say nothing about the future"


def test_what_is_not_over_or_has_a_known_cause_is_passed_over():
    assert judge(draw_up(months([*STEADY, 90.0], opened=1), data=Data.VALUE)).variation == Variation.USUAL
    known = draw_up(months([*STEADY, 90.0]), data=Data.VALUE, left_out=[month(18)])
    assert known.points[-1].is_signal and judge(known).variation == Variation.USUAL


def test_rare_events():
    days = [dt.date(2022, 1, 1)]
    for gap in [20, 45, 9, 33, 70, 2, 12, 50, 28, 61, 5, 38, 22, 90, 14, 700]:
        days.append(days[-1] + dt.timedelta(days=gap))
    chart = draw_up_rare(days, direction=-1, baseline=15)
    assert judge(chart).variation == Variation.IMPROVING
    assert sentences(chart)[0].startswith(f"700.0 in {days[-1]} is above the upper limit")


@settings(max_examples=50)
@given(st.lists(st.integers(0, 30), max_size=30), st.sampled_from([-1, 0, 1]), st.integers(0, 30))
def test_a_mirrored_chart_is_judged_mirrored(values, direction, target):
    one = judge(chart_of([float(v) for v in values], direction=direction, target=target, bounds=(-99, 99)))
    other = judge(
        chart_of([-float(v) for v in values], direction=-direction, target=-target, bounds=(-99, 99))
    )
    assert (one.variation, one.assurance) == (other.variation, other.assurance)
    assert (one.side, one.periods, one.streak) == (-other.side, other.periods, -other.streak)


@pytest.mark.parametrize("language", ["en", "zh-hans", "zh-hant"])
def test_sentences_are_whole_in_every_language(language):
    charts = [
        chart_of(STEADY, target=12), chart_of([*STEADY, 30.0], baseline=18), chart_of(STEADY[:5]),
        chart_of([*STEADY, *LOW], rebase=[month(18)], target=4), chart_of([*STEADY, *[8.0, 9] * 5], baseline=18),
    ]  # fmt: skip
    with translation.override(language):
        for chart in charts:
            for text in sentences(chart):
                assert text and "%" not in text and text[-1] in ".。"
