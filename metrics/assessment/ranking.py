"""Which unit did better than which, as far as that can be told.

Two totals differ when the interval of their difference leaves zero out, made from their own intervals by the method of
variance estimates recovery (Zou and Donner 2008), widened so that of all pairs together five in a hundred are called
different by chance at most (Bonferroni). A unit's place is one more than the number of units that are surely better
(why bare ranks mislead: H. Goldstein and D. Spiegelhalter, J. R. Statist. Soc. A 159, 1996, 385-443).
Persons are not ranked.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from statistics import NormalDist

from django.utils.translation import gettext as _

from metrics.models import Scheme, Scorecard
from metrics.periods import Period
from people.models import Person

LEVEL = 0.05


@dataclass(frozen=True)
class Standing:
    """A total out of 100 with its 95 % interval; None where nothing says how sure it is."""

    key: int
    points: float
    lower: float | None
    upper: float | None


@dataclass(frozen=True)
class Placed:
    """A unit's card with its place; None where it can't be ranked. `among`: how many can't be told apart from it."""

    card: Scorecard
    place: int | None
    surely_better: int
    surely_worse: int


def places(standings: Sequence[Standing]) -> dict[int, tuple[int, int]]:
    """key -> (how many are surely better, how many are surely worse); those without an interval are left out."""
    known = [one for one in standings if one.lower is not None]
    widening = _widening(len(known))
    return {
        one.key: (
            sum(_surely_above(other, one, widening) for other in known),
            sum(_surely_above(one, other, widening) for other in known),
        )
        for one in known
    }


def _widening(count: int) -> float:
    """By how much intervals of 95 % are widened when all pairs of so many are compared."""
    pairs = max(1, count * (count - 1) // 2)
    normal = NormalDist()
    return normal.inv_cdf(1 - LEVEL / (2 * pairs)) / normal.inv_cdf(1 - LEVEL / 2)


def _surely_above(one: Standing, other: Standing, widening: float) -> bool:
    gap = one.points - other.points
    reach = widening * math.hypot(one.points - one.lower, other.upper - other.points)
    return gap > reach and gap > 0


def ranking(scheme: Scheme, period: Period, *, reader: Person) -> list[Placed]:
    """The issued cards of a scheme of units that the reader sees, the highest total first; places among these."""
    if scheme.is_of_people:
        return []
    rows = Scorecard.objects.visible_to(reader).filter(
        scheme=scheme, begins_on=period.first, person=None, points__isnull=False
    )
    cards = list(
        rows.exclude(state=Scorecard.State.DRAFT).select_related("unit").order_by("-points", "unit__path")
    )
    found = places([standing_of(card) for card in cards])
    return [
        Placed(card, found[card.pk][0] + 1, *found[card.pk]) if card.pk in found else Placed(card, None, 0, 0)
        for card in cards
    ]


def standing_of(card: Scorecard) -> Standing:
    return Standing(
        card.pk,
        float(card.points),
        None if card.lower is None else float(card.lower),
        None if card.upper is None else float(card.upper),
    )


def told(placed: Sequence[Placed]) -> str:
    """The ranking in a sentence."""
    ranked = [one for one in placed if one.place is not None]
    if len(ranked) < 2:
        return _("There is nothing to compare yet.")
    if all(one.place == 1 for one in ranked):
        return _("These %(n)s units can't be told apart: the differences are within chance.") % {
            "n": len(ranked)
        }
    first = [str(one.card.unit) for one in ranked if one.place == 1]
    if len(first) == 1:
        words = _("%(unit)s did surely better than %(n)s of the %(others)s others.")
        top = next(one for one in ranked if one.place == 1)
        return words % {"unit": first[0], "n": top.surely_worse, "others": len(ranked) - 1}
    return _("%(n)s of %(all)s units share the first place: their differences are within chance.") % {
        "n": len(first),
        "all": len(ranked),
    }
