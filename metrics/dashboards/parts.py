"""What the complaints were about: which few categories are behind most of them."""

from collections.abc import Sequence
from dataclasses import dataclass

from django.utils.translation import gettext as _
from django.utils.translation import ngettext, pgettext

from complaints.models import Category
from metrics import reading
from metrics.addresses import cases_url
from metrics.drawing import bars
from metrics.periods import Period

from .choice import Choice

#: Categories before the rest is one row.
MOST_PARTS = 6
#: With fewer complaints no category stands out.
FEW_COMPLAINTS = 20
#: So many months are told apart.
MONTHS = 3


@dataclass(frozen=True)
class Parts:
    """What the complaints were about, the most frequent first, with the share of each and all before it."""

    rows: Sequence[bars.Row]
    total: int
    sentence: str
    since: Period


def by_category(choice: Choice) -> Parts | None:
    """By category over the last three months, or over the quarter or year that was chosen. Two statements."""
    periods = choice.period.back(MONTHS) if choice.period.grain == "month" else [choice.period]
    counted = reading.breakdown("complaints.received", choice.unit, periods, "kind", with_rest=True)
    if not counted:
        return None
    names = {row.code: str(row) for row in Category.objects.all()}
    total = round(sum(counted.values()))
    first, last = periods[0].first, periods[-1].last
    rows, so_far = [], 0.0
    most = MOST_PARTS if len(counted) <= MOST_PARTS else MOST_PARTS - 1
    for code, count in list(counted.items())[:most]:
        so_far += count
        url = cases_url("complaints.received", choice.unit, first, last, kind=code) if code else ""
        name = names.get(code, code) if code else not_classified()
        rows.append(bars.Row(name, count, note=_share(so_far, total), url=url))
    shares = list(counted.values())
    if rest := sum(shares[most:]):
        label = _("%(number)s others") % {"number": len(shares) - most}
        rows.append(bars.Row(label, rest, note=_share(total, total)))
    return Parts(bars.rows(rows), total, _told_parts(shares, total, rows), periods[0])


def not_classified() -> str:
    """The name of what has no category yet."""
    return pgettext("category", "Not classified yet")


def _share(part: float, total: float) -> str:
    return f"{100 * part / total:.0f} %"


def _told_parts(counts: list[float], total: int, rows: list[bars.Row]) -> str:
    if total < FEW_COMPLAINTS:
        return ngettext(
            "Only %(number)s complaint: too few to say what is behind most of them.",
            "Only %(number)s complaints: too few to say what is behind most of them.",
            total,
        ) % {"number": total}
    if len(counts) < 2:
        return _("All of them are of one category.")
    first, second = (row.label for row in rows[:2])
    if len(counts) == 2:
        told = {"name": first, "share": _share(counts[0], total)}
        return _("“%(name)s” alone makes up %(share)s of the complaints.") % told
    told = {"first": first, "second": second, "share": _share(counts[0] + counts[1], total)}
    return _("“%(first)s” and “%(second)s” together make up %(share)s of the complaints.") % told
