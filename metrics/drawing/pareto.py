"""The parts of an indicator, the largest first: kinds of complaints, channels, units. Drawn as the causes are."""

from collections.abc import Iterable
from dataclasses import dataclass
from decimal import Decimal

from capa.ranking import Bar, Ranked, draw, draw_narrow, in_order

__all__ = ["Parts", "draw", "draw_narrow", "parts_of"]


@dataclass(frozen=True)
class Parts(Ranked):
    """What a count is made of; `what` names the parts, `unit_of_count` what was counted."""

    bars: list[Bar]
    what: str
    unit_of_count: str


def parts_of(
    counted: Iterable[tuple[str, str, float | Decimal]], *, what: str, unit_of_count: str
) -> Parts | None:
    """(key, label, count) ranked; nothing where nothing was counted. Parts without a count are left out."""
    seen = [(key, label, round(count)) for key, label, count in counted if round(count) > 0]
    return Parts(in_order(seen), what, unit_of_count) if seen else None
