"""What would have been signalled had the rules been applied period by period, with what was known then."""

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from .chart import Chart, Measured, Rule
from .charting import draw_up
from .choosing import FEW


@dataclass(frozen=True)
class Replayed:
    """A period as it looked when it had just ended."""

    measured: Measured
    rules: tuple[Rule, ...]  # that made it a signal then
    fresh: tuple[Rule, ...]  # of them those that didn't hold for the period before, on this side: a new alarm
    side: int
    chart: Chart  # as of then

    @property
    def is_signal(self) -> bool:
        return bool(self.rules)

    @property
    def is_alarm(self) -> bool:
        """Early warning would have told somebody."""
        return bool(self.fresh)


def backtest(
    measured: Sequence[Measured],
    *,
    first: int = FEW,
    latest: int | None = None,
    rebase: Sequence[dt.date] = (),
    left_out: Sequence[dt.date] = (),
    **options: Any,
) -> list[Replayed]:
    """The finished periods with figures from the `first` such one on, each judged by a chart that ends with it.

    New limits (`rebase`) are known from their day on; a period is left out only of later charts, because nobody knew
    its cause when it had just ended. `latest`: only so many periods at the end. `options` are those of `draw_up`
    (`data` at least); where no kind is given it is chosen as of then.
    """
    ordered = sorted(measured, key=lambda one: one.day)
    ends = [place for place, one in enumerate(ordered) if not one.is_open and not one.is_missing][first - 1 :]
    if latest is not None:
        ends = ends[-latest - 1 :]
    found: list[Replayed] = []
    for place in ends:
        one = ordered[place]
        chart = draw_up(
            ordered[: place + 1],
            rebase=rebase,  # later days begin no phase yet
            left_out=[day for day in left_out if day < one.day],
            **options,
        )
        point = chart.points[-1]
        before = found[-1] if found and found[-1].side == point.side else None
        fresh = tuple(rule for rule in point.rules if before is None or rule not in before.rules)
        found.append(Replayed(one, point.rules, fresh, point.side, chart))
    return found if latest is None else found[-latest:]


def alarms(found: Sequence[Replayed]) -> list[Replayed]:
    """The periods in which a signal would have been opened."""
    return [one for one in found if one.is_alarm]
