"""What apps above put beside an incident, on its page:

@beside("complaints/_of_incident.html", there_are=Exists(Complaint.objects.filter(incident=OuterRef("pk"))))
def complaints(incident, person): ...   # the context of that template, or None where there is nothing to show

Whether there is anything is asked with the incident itself, so that an incident without costs no statement.
"""

from collections.abc import Callable

from django.db.models import Exists

from people.models import Person

from .models import Incident

Show = Callable[[Incident, Person], dict | None]

_SHOWN: list[tuple[str, Exists, Show]] = []


def beside(template: str, *, there_are: Exists) -> Callable[[Show], Show]:
    """Registers what is shown by this template where `there_are` any."""

    def register(show: Show) -> Show:
        _SHOWN.append((template, there_are, show))
        return show

    return register


def asked() -> dict[str, Exists]:
    """What to ask with the incident."""
    return {f"aside_{place}": there_are for place, (_template, there_are, _show) in enumerate(_SHOWN)}


def of(incident: Incident, person: Person) -> list[dict]:
    """What stands beside an incident that was read with `asked`, for this person: {template, shown}."""
    found = [
        (template, show(incident, person))
        for place, (template, _there_are, show) in enumerate(_SHOWN)
        if getattr(incident, f"aside_{place}")
    ]
    return [{"template": template, "shown": shown} for template, shown in found if shown]
