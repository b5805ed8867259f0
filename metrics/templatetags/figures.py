"""Figures and their pictures in templates: {% load figures %}."""

import datetime as dt
from collections.abc import Sequence
from decimal import Decimal

from django import template
from django.utils.html import format_html
from django.utils.safestring import SafeString

from metrics.drawing import control, saying, scale
from metrics.drawing.icons import assurance, variation
from metrics.spc.chart import Chart, Point

register = template.Library()


@register.simple_tag
def chart_drawn(
    chart: Chart,
    title: str,
    key: str,
    unit: str = "",
    places: int = 1,
    marks: Sequence[tuple[dt.date, str]] = (),
) -> SafeString:
    """A control chart for wide windows and for phones; `key` makes its ids unique on the page."""
    wide, narrow = (
        control.control_chart(
            chart, title=title, key=f"{key}-{size}", unit=unit, places=places, marks=marks, narrow=is_narrow
        )
        for size, is_narrow in (("w", False), ("n", True))
    )
    return format_html(
        '<figure class="chart hide-s">{}</figure><figure class="chart only-s">{}</figure>', wide, narrow
    )


@register.simple_tag
def variation_sign(kind: str, side: int = 0) -> SafeString:
    """How an indicator varies: sign and word."""
    return variation(kind, side)


@register.simple_tag
def assurance_sign(kind: str, target: object = None) -> SafeString:
    """Whether an indicator will meet its target: sign and word."""
    return assurance(kind, has_target=target is not None)


@register.simple_tag
def point_word(chart: Chart, point: Point) -> str:
    """Improving, concern, usual variation … for one period."""
    return saying.word_for(chart, point)


@register.filter
def shown(value: float | None, places: int = 1) -> str:
    """A figure with so many decimals and thousands set apart; a dash where there is none."""
    return scale.figure(value, int(places))


@register.filter
def plain(value: object) -> str:
    """A target as it was typed: 3.4, not 3.4000; a dash where there is none."""
    return (
        f"{value:,.4f}".rstrip("0").rstrip(".")
        if isinstance(value, int | float | Decimal)
        else scale.figure(None)
    )


@register.filter
def counted(value: float | None) -> str:
    """A number of cases or a sum: no decimals where it has none."""
    if value is None:
        return scale.figure(None)
    return scale.figure(float(value), 0 if float(value).is_integer() else 1)
