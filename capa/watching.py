"""How long one must watch to be able to know: asked before the measures are carried out, answered by the baseline.

The answer is for the question that a design fixes beforehand: did it get better, at 5 % risk on that one side, with a
good chance (80 %) to see a change that is worth having. Nothing is stored here.
"""

import math
from dataclasses import dataclass
from functools import cached_property

from scipy import special

from .effect import ALPHA, HIGHER, LOWER, PROPORTION, RATE, chance_of_so_few

POWER = 0.8
#: Days for which the answer says what can be known after them.
MILESTONES = (30, 60, 90, 180, 365)
#: The longest observation, in days: two years. What takes longer counts as impossible.
LONGEST = 730

_Z_ALPHA = float(special.ndtri(1 - ALPHA))
_Z = _Z_ALPHA + float(special.ndtri(POWER))


def events_needed(ratio: float, exposures: float = 1.0) -> int:
    """The events that a baseline must hold to show, with 80 % power, that the rate became `ratio` times as high.

    `exposures` is the exposure afterwards divided by that before. With equal exposures 37 for half as many, 116 for
    30 % fewer, 278 for 20 % fewer.

    The square root of a Poisson count varies by 1/4 whatever its mean (Huffman 1984, Applied Statistics 33; Gu, Ng,
    Tang and Schucany 2008, Biometrical Journal 50), so n = (z_alpha + z_power)^2 (1 + d) / (4 d (1 - sqrt(ratio))^2),
    one-sided at 5 %. The exact conditional test, which judges later, has a little less power there: 77 to 79 %.
    """
    return math.ceil(_Z**2 * (1 + exposures) / (4 * exposures * (1 - math.sqrt(ratio)) ** 2))


@dataclass(frozen=True)
class Question:
    """What is asked: a baseline, how much exposure a day brings, and the smallest change worth having.

    `events` of `exposure` are counted events and days (or passengers ...), or a part and its whole; `change` is in per
    cent of the rate, or in percentage points.
    """

    events: int
    exposure: float
    per_day: float
    change: float
    data: str = RATE
    direction: str = LOWER

    @property
    def sign(self) -> int:
        return -1 if self.direction == LOWER else 1

    @property
    def rate(self) -> float:
        return self.events / self.exposure

    @property
    def expected_rate(self) -> float:
        """The rate, or the proportion, that the smallest change worth having would lead to."""
        return self.rate_after(self.change)

    def rate_after(self, change: float) -> float:
        if self.data == RATE:
            return self.rate * (1 + self.sign * change / 100)
        return self.rate + self.sign * change / 100

    @property
    def can_change_so_much(self) -> bool:
        """A rate can't fall below nothing, a proportion not leave 0 to 100 %."""
        return self.expected_rate >= 0 and (self.data == RATE or self.expected_rate <= 1)

    def expected(self, days: float) -> float:
        """Events in so many days if nothing changes."""
        return self.rate * self.per_day * days

    def power(self, days: float, change: float | None = None) -> float:
        """The chance that so many days will show a change of this size, the smallest worth having unless told.

        By the formula of `events_needed` turned round; for proportions by the normal approximation with the two
        variances kept apart (Fleiss, Levin and Paik 2003, ch. 4). Nothing where even the best outcome proves nothing.
        """
        change = self.change if change is None else change
        new = self.rate_after(change)
        if days <= 0 or self.rate <= 0 or new < 0 or not self.is_provable(days):
            return 0.0
        if self.data == PROPORTION:
            if new > 1:
                return 0.0
            spread = self._variance(self.rate) / self.exposure + self._variance(new) / (self.per_day * days)
            distance = change / 100 / math.sqrt(spread) if spread else math.inf
        else:
            ratio, exposures = new / self.rate, self.per_day * days / self.exposure
            distance = 2 * abs(1 - math.sqrt(ratio)) * math.sqrt(self.events * exposures / (1 + exposures))
        return float(special.ndtr(distance - _Z_ALPHA))

    @staticmethod
    def _variance(share: float) -> float:
        return share * (1 - share)

    def is_provable(self, days: float) -> bool:
        """Could the best outcome prove an effect: none at all where less is better?"""
        if self.data == RATE and self.direction == LOWER:
            return chance_of_so_few(0, self.per_day * days, self.events, self.exposure) <= ALPHA
        return 0 < self.events and (
            self.data == RATE or self.events < self.exposure or self.direction == LOWER
        )

    @cached_property
    def days_needed(self) -> int | None:
        """The fewest days with 80 % power; None where no observation of up to two years is enough."""
        return _first_day(lambda days: self.power(days) >= POWER)

    @cached_property
    def days_without_any(self) -> int | None:
        """The fewest days after which not a single event would prove the effect."""
        if self.data != RATE or self.direction != LOWER:
            return None
        return _first_day(self.is_provable)

    @cached_property
    def can_ever_be_known(self) -> bool:
        """Would watching for ever be enough? Else the baseline itself holds too little."""
        return self.power(1e9) >= POWER

    @cached_property
    def baseline_needed(self) -> int | None:
        """For rates: the events the baseline would need, watched as long as it is long."""
        if self.data != RATE:
            return None
        ratio = 1 + self.sign * self.change / 100
        return events_needed(ratio) if ratio >= 0 and ratio != 1 else None

    def most_that_prove(self, days: float) -> int | None:
        """The most events after so many days that still prove an improvement; None where even none doesn't."""
        if self.data != RATE or self.direction != LOWER or not self.is_provable(days):
            return None
        exposure = self.per_day * days
        low, high = 0, max(1, math.ceil(self.expected(days)) + 1)
        while high - low > 1:
            middle = (low + high) // 2
            if chance_of_so_few(middle, exposure, self.events, self.exposure) <= ALPHA:
                low = middle
            else:
                high = middle
        return low

    def smallest_visible(self, days: float) -> int | None:
        """The smallest change, in whole per cent or points, that so many days show with 80 % power."""
        most = 100 if self.data == PROPORTION or self.direction == LOWER else 400
        return next((c for c in range(1, most + 1) if self.power(days, c) >= POWER), None)


def _first_day(holds) -> int | None:
    """The first day from which on it holds, by halving: once it holds it goes on holding."""
    if not holds(LONGEST):
        return None
    low, high = 0, LONGEST
    while high - low > 1:
        middle = (low + high) // 2
        low, high = (low, middle) if holds(middle) else (middle, high)
    return high


@dataclass(frozen=True)
class Milestone:
    """What can be known after so many days."""

    days: int
    expected: float
    most: int | None
    visible: int | None
    power: float
    is_chosen: bool

    @property
    def percent(self) -> int:
        return math.floor(self.power * 100)

    @property
    def is_enough(self) -> bool:
        return self.power >= POWER


@dataclass(frozen=True)
class Answer:
    """What the calculator says about a question and the observation that somebody has in mind."""

    question: Question
    days: int

    KNOWN, UNSURE, NEVER = "known", "unsure", "never"

    @cached_property
    def chosen(self) -> Milestone:
        return self._after(self.days)

    @cached_property
    def milestones(self) -> list[Milestone]:
        return [self._after(days) for days in sorted({*MILESTONES, self.days})]

    def _after(self, days: int) -> Milestone:
        asked = self.question
        return Milestone(
            days, asked.expected(days), asked.most_that_prove(days), asked.smallest_visible(days),
            asked.power(days), days == self.days,
        )  # fmt: skip

    @property
    def verdict(self) -> str:
        """Known: a change worth having will most likely show. Unsure: it may. Never: no outcome proves anything."""
        if self.chosen.is_enough:
            return self.KNOWN
        return self.UNSURE if self.question.is_provable(self.days) else self.NEVER

    @property
    def is_rate(self) -> bool:
        return self.question.data == RATE

    @property
    def is_lower(self) -> bool:
        return self.question.direction == LOWER

    @property
    def missed(self) -> int:
        """Of 100 measures that achieve just the smallest change worth having, so many would go unseen."""
        return 100 - self.chosen.percent

    @property
    def chance_of_none(self) -> int:
        """In how many of 100 such observations not one event would be seen although nothing has changed."""
        asked = self.question
        return round(100 * chance_of_so_few(0, asked.per_day * self.days, asked.events, asked.exposure))

    @property
    def best_is_none(self) -> bool:
        """Is the best outcome that not a single event is seen?"""
        return self.is_rate and self.is_lower

    @property
    def curve(self) -> list[tuple[int, float]]:
        """The power day by day, for the chart: to a little beyond what is needed or planned."""
        last = min(LONGEST, max(180, self.days, (self.question.days_needed or 0)) * 5 // 4)
        step = max(1, last // 90)
        return [(days, self.question.power(days)) for days in range(0, last + step, step)]


__all__ = ["HIGHER", "LOWER", "PROPORTION", "RATE", "Answer", "Milestone", "Question", "events_needed"]
