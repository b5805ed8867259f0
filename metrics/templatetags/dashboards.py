"""Addresses of the pages of figures: {% load dashboards %}."""

from django import template
from django.utils.html import format_html
from django.utils.safestring import SafeString

from metrics.dashboards.choice import Choice
from metrics.dashboards.loop import days
from metrics.drawing import icons
from metrics.reading import Figure

register = template.Library()


@register.simple_tag
def choose(choice: Choice, **changes: str) -> str:
    """{% choose choice unit=unit.code %}: this page with another unit or period."""
    return choice.query(**changes)


@register.simple_tag
def stage_time(of: Figure) -> str:
    """3.4 days, or 5.2 h where it is less than one."""
    return days(of)


@register.simple_tag
def sign(kind: str, side: int = 0) -> SafeString:
    """How an indicator varies, for the legend: drawn to one side, with the word that says nothing of the side."""
    look = kind if kind in ("good", "bad") else "c"
    word = icons.VARIATION[kind, 0]
    return format_html(
        '<span class="sig sig-{}">{}<span>{}</span></span>', look, icons.variation_icon(kind, side), word
    )
