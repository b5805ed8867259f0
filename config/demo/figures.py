"""What is counted before and after the measures of a case, so that the figures say what the story does."""

import datetime as dt

from capa.effect import propose, rate_ratio


class Window:
    """Days in which something was counted, the last one included."""

    def __init__(self, first: dt.date, last: dt.date):
        self.first, self.last = first, last
        self.days = (last - first).days + 1


def plausible(verdict: str, before: int, before_days: int, after_days: int) -> int:
    """How many events afterwards say the verdict, by the product's own rule: as many as can be said without doubt."""
    expected = before * after_days / before_days
    if verdict == "effective":
        fitting = [
            n for n in range(int(expected) + 1) if _says(n, after_days, before, before_days) == verdict
        ]
        return fitting[-1] if fitting else 0
    if verdict == "inconclusive":
        return max(0, round(expected * 0.7))
    n = round(expected)
    while _says(n, after_days, before, before_days) != verdict:
        n += 1
    return n


def _says(after: int, after_days: int, before: int, before_days: int) -> str:
    return propose(rate_ratio(after, after_days, before, before_days))
