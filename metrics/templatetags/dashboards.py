"""Addresses of the pages of figures: {% load dashboards %}."""

from django import template

from metrics.dashboards.choice import Choice
from metrics.dashboards.loop import days
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
