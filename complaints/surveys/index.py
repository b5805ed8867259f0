"""The index of one respondent, 0-100: the weighted mean of their answers, each rescaled to its scale's length.

Likert 1-5 counts as (x - 1) / 4 and 1-10 as (x - 1) / 9, as in the American Customer Satisfaction Index; a choice by
its value, which is given in hundredths already (very satisfied 100, ... very dissatisfied 0). Recommending (NPS) has its
own figure and isn't mixed in; nor is free text, nor what weighs nothing. What wasn't answered or didn't apply is left
out, and the weights of the rest are made whole again. The index of many is the mean of their own ones (ISO 10004, B.4).
"""

from collections.abc import Callable, Iterable, Sequence
from decimal import ROUND_HALF_UP, Decimal

from complaints.models import Item

Score = int | Decimal | None

#: Lowest and highest value of each scale. Of a choice with a weight, its values.
RANGES: dict[str, tuple[int, int]] = {
    Item.Kind.LIKERT5: (1, 5),
    Item.Kind.LIKERT10: (1, 10),
    Item.Kind.NPS: (0, 10),
    Item.Kind.CHOICE: (0, 100),
}
#: What counts in an index.
COUNTED = frozenset({Item.Kind.LIKERT5, Item.Kind.LIKERT10, Item.Kind.CHOICE})
#: As it is stored.
PLACES = Decimal("0.0001")
HUNDRED = Decimal(100)


def rescaled(kind: str, score: Score) -> Decimal | None:
    """An answer as a part of its scale, 0-1; None when it doesn't count: not answered, or the 0 of a file that stands
    for "not applicable" on a scale that begins with 1."""
    if score is None or kind not in COUNTED:
        return None
    low, high = RANGES[kind]
    if low <= score <= high:
        return (Decimal(score) - low) / (high - low)
    return None


def index_of(items: Iterable[Item], scores: Sequence[Score]) -> Decimal | None:
    """The respondent's own index, 0-100 with four decimals; None when nothing that counts was answered.

    `scores` has a place for every item by its position.
    """
    return indexer(items)(scores)


def indexer(items: Iterable[Item]) -> Callable[[Sequence[Score]], Decimal | None]:
    """`index_of` for many respondents of the same questions."""
    counted = [
        (item.position, item.kind, Decimal(item.weight))
        for item in items
        if item.kind in COUNTED and item.weight > 0
    ]

    def index(scores: Sequence[Score]) -> Decimal | None:
        total = weights = Decimal(0)
        for position, kind, weight in counted:
            part = rescaled(kind, scores[position]) if position < len(scores) else None
            if part is not None:
                total += weight * part
                weights += weight
        if not weights:
            return None
        return (total / weights * HUNDRED).quantize(PLACES, ROUND_HALF_UP)

    return index
