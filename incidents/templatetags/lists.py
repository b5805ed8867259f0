"""What the rows of incident lists show."""

from django import template

from incidents.models import Incident
from incidents.stages import LOOP, Stage

register = template.Library()


@register.filter
def bars(incident: Incident) -> list[str]:
    """The states of the seven stages, as far as the incident's own row knows them: for {% steps7 %}."""
    if incident.stage not in LOOP:
        return ["done"] * 7 if incident.stage == Stage.CLOSED else ["todo"] * 7
    here = LOOP.index(incident.stage)
    return [_state(stage, number - here, incident.cycle > 1) for number, stage in enumerate(LOOP)]


def _state(stage: str, ahead: int, looped: bool) -> str:
    if ahead < 0:
        return "done"
    if ahead == 0:
        return "now"
    return "back" if looped and stage == Stage.VERIFY else "todo"
