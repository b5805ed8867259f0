"""A respondent's index: numbers with a known answer (QUALITY A), and what is left out of it."""

from decimal import Decimal
from statistics import mean

import pytest

from complaints.models import Item
from complaints.surveys.index import index_of

ACSI = ("0.3885", "0.3190", "0.2925")


def items(*kinds: str, weights=None) -> list[Item]:
    return [
        Item(
            position=place,
            code=str(place),
            kind=kind,
            weight=Decimal(weights[place]) if weights else Decimal(1),
        )
        for place, kind in enumerate(kinds)
    ]


@pytest.mark.parametrize(
    ("scores", "expected"),
    [((9, 8, 7), "78.8444"), (tuple(map(Decimal, ("8.2", "7.9", "7.5"))), "76.6617")],
)
def test_the_american_index_of_verints_example(scores, expected):
    assert index_of(items(*["likert10"] * 3, weights=ACSI), scores) == Decimal(expected)


def test_likert_is_the_mean_of_item_means_and_what_does_not_apply_is_left_out():
    asked = items(*["likert5"] * 4)
    respondents = [(5, 4, 0, 3), (1, None, 2, 3), (4, 4, 4, 4)]
    own = [index_of(asked, scores) for scores in respondents]
    assert own == [Decimal("75.0000"), Decimal("25.0000"), Decimal("75.0000")]
    assert mean(own).quantize(Decimal("0.0001")) == Decimal("58.3333")


def test_choices_count_by_their_value_and_scales_mix():
    assert index_of(items("choice", "likert5", "likert10"), (75, 3, 10)) == Decimal("75.0000")
    assert index_of(items("choice", "choice"), (0, 100)) == Decimal("50.0000")


@pytest.mark.parametrize(
    ("kinds", "weights", "scores"),
    [
        (("nps", "text"), ("1", "1"), (10, None)),
        (("likert5",), ("0",), (5,)),
        (("likert5", "likert10"), ("1", "1"), (0, None)),
        (("likert5",), ("1",), ()),
    ],
)
def test_there_is_no_index_of_what_does_not_count(kinds, weights, scores):
    assert index_of(items(*kinds, weights=weights), scores) is None


def test_the_weights_of_the_rest_are_made_whole():
    assert index_of(items("likert5", "likert5", "nps", weights=("3", "1", "9")), (5, None, 0)) == Decimal(
        "100.0000"
    )
