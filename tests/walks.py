"""Bringing an incident to a stage through the real functions, for the stories that begin there."""

import datetime as dt

from django.utils import timezone

from incidents import identify
from incidents.models import Incident, IncidentType
from incidents.stages import Severity


def report(cast, units, **details) -> Incident:
    """Zhou reports a broken air conditioning on her train."""
    values = {
        "by": cast.reporter,
        "type": IncidentType.objects.get(code="facility-climate"),
        "description": "The air conditioning of car 3 failed on G1027. It rose to 33.8 °C and passengers complained.",
        "unit": units.crew,
        "place": "Car 3",
        "occurred_at": timezone.now() - dt.timedelta(hours=2),
        "people_affected": 86,
    }
    return identify.report(**values | details)


def substantiate(incident, cast, severity=Severity.SERIOUS, **details) -> Incident:
    """Li, the site manager, confirms that it is real."""
    return identify.substantiate(
        incident, by=cast.site_manager, version=incident.version, severity=severity, **details
    )
