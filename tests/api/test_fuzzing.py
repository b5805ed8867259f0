"""The API described by itself, fuzzed by that description (QUALITY D12): no server error, and every answer is of the
schema. Values of both kinds: such as the schema allows, and such as it doesn't; half of the bodies are helped to be
about rows that exist, so that more than the front door is tried. Every call is undone: each finds the world anew.
"""

import pytest
import schemathesis
from django.core import signals
from django.core.handlers.wsgi import WSGIHandler
from django.db import close_old_connections, transaction
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st
from schemathesis import GenerationMode
from schemathesis.checks import not_a_server_error
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    response_schema_conformance,
    status_code_conformance,
)

from capa import plan
from capa.models import Measure
from incidents.acts import find
from incidents.models import Incident
from tests import walks

pytestmark = pytest.mark.django_db

CHECKS = [
    not_a_server_error, status_code_conformance, content_type_conformance, response_schema_conformance,
]  # fmt: skip
ROLES = ("reporter", "site_manager", "quality", "owner")


@pytest.fixture(autouse=True)
def unlimited(monkeypatch):
    """As often as one likes, and by the test's own connection, which a request would close."""
    both = (signals.request_started, signals.request_finished)
    for signal in both:
        signal.disconnect(close_old_connections)
    monkeypatch.setattr("rest_framework.throttling.UserRateThrottle.THROTTLE_RATES", {"user": None})
    yield
    for signal in both:
        signal.connect(close_old_connections)


@pytest.fixture
def numbers(cast, units) -> list[str]:
    """A case in every stage, one that waits for approval, and an order."""
    ways = (
        walks.report, walks.confirmed, walks.analysed, walks.drafted, walks.planned, walks.tracked, walks.verified,
        walks.improved,
    )  # fmt: skip
    cases = [way(cast, units) for way in ways]
    cases.append(walks.substantiate(walks.report(cast, units), cast))
    submitted = walks.drafted(cast, units)
    cases.append(plan.submit(submitted, by=cast.owner, version=submitted.version))
    return [case.number for case in cases]


@pytest.mark.parametrize("role", ROLES)
def test_a_few_of_everything(role, cast, units, numbers, program):
    fuzz(getattr(cast, role), program, numbers, examples=2)


@pytest.mark.slow
@pytest.mark.parametrize("role", [*ROLES, "supervisor", "hotel_quality"])
def test_many_of_everything(role, cast, units, numbers, program):
    fuzz(getattr(cast, role), program, numbers, examples=15)


def fuzz(person, program, numbers: list[str], *, examples: int) -> None:
    """Call every operation of the schema as this person, with values of both kinds."""
    headers = {"Authorization": f"Bearer {program(person).secret}"}
    schema = schemathesis.openapi.from_wsgi("/api/v1/schema/", WSGIHandler(), headers=headers)
    for found in schema.get_all_operations():
        operation = found.ok()
        for mode in (GenerationMode.POSITIVE, GenerationMode.NEGATIVE):
            if mode == GenerationMode.NEGATIVE and not (
                operation.body or operation.query or operation.headers
            ):
                continue  # nothing can be wrong but the number, and that is chosen here
            call_often(operation, mode, headers, numbers, examples)


def call_often(operation, mode, headers: dict, numbers: list[str], examples: int) -> None:
    @settings(
        max_examples=examples, deadline=None, database=None, derandomize=True, phases=[Phase.generate],
        suppress_health_check=list(HealthCheck),
    )  # fmt: skip
    @given(case=operation.as_strategy(mode), number=st.sampled_from(numbers), pick=st.integers(0, 3))
    def check(case, number: str, pick: int) -> None:
        with transaction.atomic():
            help_along(case, number, pick)
            response = case.call(headers=headers)
            case.validate_response(response, checks=CHECKS)
            transaction.set_rollback(True)

    check()


def help_along(case, number: str, pick: int) -> None:
    """Aim at a case that exists; unless `pick` is 0, also at one that the act is for, and at rows of it."""
    incident = Incident.objects.get(number=number)
    act = find(case.path.rstrip("/").rpartition("/")[2])
    if pick and act and incident.stage not in act.stages:
        fitting = list(Incident.objects.filter(stage__in=act.stages))
        incident = fitting[pick % len(fitting)]
    if "number" in (case.path_parameters or {}):
        orders = list(Measure.objects.exclude(number=None).values_list("number", flat=True))
        about_measure = "/measures/" in case.path
        case.path_parameters["number"] = orders[pick % len(orders)] if about_measure else incident.number
    if pick and isinstance(case.body, dict):
        real = names_of(incident, pick)
        case.body |= {name: real[name] for name in case.body if name in real}


def names_of(incident: Incident, pick: int) -> dict:
    """What a body could say that is so."""
    related = {"cause": "causes", "parent": "causes", "measure": "measures", "improvement": "improvements"}
    rows = {name: list(getattr(incident, of).values_list("pk", flat=True)) for name, of in related.items()}
    return {name: keys[pick % len(keys)] for name, keys in rows.items() if keys} | {
        "version": incident.version, "unit": incident.unit_id, "owner": "chen", "person": "chen", "uploads": [],
        "type": "facility", "occurred_at": incident.occurred_at.isoformat(),
    }  # fmt: skip
