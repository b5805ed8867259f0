"""{% load complaints %}: free text of a complaint as the reader may see it."""

from django import template

from complaints.masking import words_for
from complaints.rail import STOPS
from complaints.states import State

register = template.Library()


@register.simple_tag(takes_context=True)
def told(context: dict, complaint, text: str) -> str:
    """The text as it was said for those who work with the customer, without what identifies somebody for the others.

    Use it with "as": what it gives is then escaped where it is written.
    """
    return words_for(context["request"].user, complaint)(text)


@register.filter
def way_bars(complaint) -> list[str]:
    """The states of the seven stops, as far as the complaint's own row knows them: for {% steps7 %}."""
    if complaint.state not in STOPS:
        return ["todo"] * 7
    if complaint.state == State.CLOSED:
        return ["done"] * 7
    here = STOPS.index(complaint.state)
    return ["done"] * here + ["now"] + ["todo"] * (6 - here)
