"""A tile: an indicator's latest figure with its target, the shape of its last two years and the two signs."""

from dataclasses import dataclass

from django.utils.safestring import SafeString
from django.utils.translation import gettext as _

from metrics.definitions import HIGHER, LOWER, Kpi
from metrics.reading import Figure
from metrics.spc.chart import Chart

from .icons import assurance, variation
from .scale import figure, with_unit
from .spark import spark


@dataclass(frozen=True)
class Tile:
    """What `metrics/parts/_tile.html` shows. `look` (good, bad or "") is the edge on top of it."""

    kpi: Kpi
    url: str
    value: str  # "" where it is missing
    missing: str
    interval: str
    cases_url: str
    target: str
    picture: SafeString
    variation: SafeString
    assurance: SafeString
    look: str


def target_text(kpi: Kpi, target: float | None, places: int | None = None) -> str:
    """≤ 34, ≥ 95: as short as it was set."""
    if target is None:
        return ""
    sign = {HIGHER: "≥ ", LOWER: "≤ "}.get(kpi.direction, "")
    few = next((n for n in range(5) if abs(round(target, n) - target) < 1e-9), 4)
    return f"{sign}{figure(target, few)}"


def interval_text(of: Figure) -> str:
    """95 %: 28.1 to 33.4; nothing where there is no interval."""
    if of.value is None or of.lower is None or of.upper is None:
        return ""
    return _("95 %%: %(lower)s to %(upper)s") % {
        "lower": figure(of.lower, of.kpi.places),
        "upper": figure(of.upper, of.kpi.places),
    }


def tile(
    kpi: Kpi,
    of: Figure,
    chart: Chart,
    *,
    url: str,
    cases_url: str = "",
    target: float | None = None,
    kind: str = "usual",
    side: int = 0,
    assured: str = "none",
) -> Tile:
    """`kind`, `side` and `assured` as `metrics.drawing.icons` names them."""
    value = figure(of.value, kpi.places) if of.value is not None else ""
    said = with_unit(of.value, kpi.places, str(kpi.measured_in)) if value else _("no figure")
    label = _("%(name)s over time, latest %(value)s") % {"name": kpi.name, "value": said}
    return Tile(
        kpi=kpi,
        url=url,
        value=value,
        missing=of.missing,
        interval=interval_text(of),
        cases_url=cases_url,
        target=target_text(kpi, target),
        picture=spark(chart, label=label),
        variation=variation(kind, side),
        assurance=assurance(assured, has_target=target is not None),
        look=kind if kind in ("good", "bad") else "",
    )
