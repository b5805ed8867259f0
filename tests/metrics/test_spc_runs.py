"""Runs analysis after Anhoj, with the numbers that he and his package give."""

import random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from metrics.spc import runs
from tests.metrics.spc_data import rows


@pytest.mark.parametrize(("n", "longest", "crossings"), [(12, 7, 3), (20, 7, 6), (24, 8, 8)])
def test_what_is_usual(n, longest, crossings):
    assert (runs.longest_usual(n), runs.crossings_usual(n)) == (longest, crossings)


@pytest.mark.parametrize(
    ("name", "upto"),
    [
        ("6.3_1", 99), ("6.3_2", 99), ("6.4_1", 99), ("6.4_2", 99), ("6.5_3", 99), ("6.5_4", 99),
        ("7.1_5", 30), ("7.3_3", 99), ("7.5_1", 99),
    ],
)  # fmt: skip
def test_published_tables(name, upto):
    """Over the points that weren't left out, in nine charts of qicharts2; two phases in one of them."""
    table = rows(f"spc/expected_ex_{name}.csv")
    for phase in (table[:upto], table[upto:]):
        if not phase:
            continue
        values = [float(row["y"]) if row["y"] and row["include"] == "True" else None for row in phase]
        found = runs.analysed(runs.stretches(values, float(phase[0]["cl"])))
        expected = [
            int(float(phase[0][key]))
            for key in ("n.useful", "longest.run", "longest.run.max", "n.crossings", "n.crossings.min")
        ]
        mine = [found.useful, found.longest, found.longest_usual, found.crossings, found.crossings_usual]
        assert mine == expected
        assert found.is_signal == (phase[0]["runs.signal"] == "True")


def test_points_on_the_centre_count_for_neither_side():
    found = runs.stretches([1, 3, 2, 3, None, 3, 1, 2, 1], 2)
    assert [(run.side, run.places) for run in found] == [(-1, (0,)), (1, (1, 3, 5)), (-1, (6, 8))]
    analysis = runs.analysed(found)
    assert (analysis.useful, analysis.longest, analysis.crossings) == (6, 3, 2)
    nothing = runs.analysed(runs.stretches([2, 2, None], 2))
    assert (nothing.useful, nothing.is_signal) == (0, False)
    assert runs.analysed([]) == runs.analysed(runs.stretches([1, 2], None))


@given(st.lists(st.one_of(st.none(), st.integers(-3, 3)), max_size=40))
def test_every_useful_point_is_in_one_run(values):
    found = runs.stretches(values, 0)
    assert [place for run in found for place in run.places] == [n for n, value in enumerate(values) if value]
    assert all(a.side != b.side for a, b in zip(found, found[1:], strict=False))
    mirrored = runs.stretches([value if value is None else -value for value in values], 0)
    assert runs.analysed(mirrored) == runs.analysed(found)


def test_an_unchanging_process_is_rarely_called_shifted():
    """Of 2,000 stable series of 24 points fewer than 10 % signal by either rule (Anhoj: about 8 %)."""
    chance = random.Random(6)
    signals = sum(
        runs.analysed(runs.stretches([chance.gauss(0, 1) for _ in range(24)], 0)).is_signal
        for _ in range(2000)
    )
    assert 0.04 < signals / 2000 < 0.10
