"""What the company of the demo has ruled: who co-signs, how long things may take, when a station is open."""

import datetime as dt
from decimal import Decimal

from capa import cosigning
from incidents.stages import Severity
from people.models import Role
from reminders import ruling

from .company import ZONE, Company

_OPEN = (dt.time(6), dt.time(22))


def rule(company: Company) -> None:
    """Set on the founding day. Hours and limits are those of a division that no demo account belongs to."""
    people, units = company.people, company.units
    cosigning.add_rule(
        by=people["quality"], role=Role.EXECUTIVE, from_severity=Severity.MAJOR, from_cost=Decimal(50_000)
    )
    west, station = units["W"], units["HF"]
    ruling.set_policy(
        west, by=people["qianyu"], kind="analyse", type_code="safety", amount=3, measured_in="working_days"
    )
    ruling.set_hours(
        station, by=people["qianyu"], version=0, hours=[(_OPEN,)] * 7, keeps_public_holidays=False, time_zone=ZONE
    )  # fmt: skip
