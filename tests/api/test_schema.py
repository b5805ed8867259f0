"""The description of the API is complete, valid, and made without a warning."""

import pytest
from django.core.management import call_command

from capa.records import RECORDS
from complaints.acts import all_acts as all_complaint_acts
from config.api.errors import CODES
from incidents.acts import all_acts

pytestmark = pytest.mark.django_db


def test_it_is_valid_and_made_without_a_warning(tmp_path):
    call_command("spectacular", fail_on_warn=True, validate=True, file=str(tmp_path / "schema.yml"))


def test_every_act_has_an_operation_with_the_fields_of_its_form(cast, program):
    paths = program(cast.quality).read("schema/")["paths"]
    acts = [("incidents", act) for act in all_acts()] + [("measures", record) for record in RECORDS.values()]
    acts += [("complaints", act) for act in all_complaint_acts()]
    for kind, act in acts:
        operation = paths[f"/api/v1/{kind}/{{number}}/acts/{act.slug}/"]["post"]
        bodies = operation["requestBody"]["content"].values()
        assert {200, 400, 401, 403, 404, 409, 413, 415, 422, 429} == {
            int(code) for code in operation["responses"]
        }
        for body in bodies:
            assert body["schema"]["additionalProperties"] is False
            assert kind == "measures" or "version" in body["schema"]["required"]
    dismiss = paths["/api/v1/incidents/{number}/acts/dismiss/"]["post"]["requestBody"]["content"][
        "application/json"
    ]
    assert dismiss["schema"]["required"] == ["version", "reason"]


def test_it_names_every_kind_of_refusal(cast, program):
    schemas = program(cast.quality).read("schema/")["components"]["schemas"]
    assert set(schemas["Error"]["required"]) == {"error", "message", "fields", "missing", "version"}
    assert set(schemas["ErrorEnum"]["enum"]) == set(CODES)


def test_only_who_is_signed_in_reads_it(client, cast):
    assert client.get("/api/v1/schema/").status_code == 401
