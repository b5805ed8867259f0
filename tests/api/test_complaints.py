"""Complaints by programs: handed over once, read masked, and acted on by the same forms as the pages."""

import uuid

import pytest

from complaints.models import Complaint
from tests.api.conftest import said

pytestmark = pytest.mark.django_db
RUDE = "The conductor shouted at my mother; call me on 13912341402."


@pytest.fixture
def body(units) -> dict:
    return {
        "text": RUDE, "unit": units.crew.pk, "name": "黄小明", "phone": "13912341402", "wish": "An apology.",
        "category": "attitude",
    }  # fmt: skip


def test_another_system_hands_a_complaint_over_once(cast, body, program):
    zhao, key = program(cast.handler), str(uuid.uuid4())
    first, again = (zhao.send("complaints/", body, **{"Idempotency-Key": key}) for _twice in range(2))
    assert first.status_code == again.status_code == 201 and first.json() == again.json()
    complaint = Complaint.objects.get()
    assert (complaint.channel, complaint.category.code, complaint.wish) == ("api", "attitude", "An apology.")
    said(zhao.send("complaints/", body | {"text": "No."}, **{"Idempotency-Key": key}), 422, "key_reused")
    refused = said(zhao.send("complaints/", {"text": "", "unit": 0, "colour": "red"}), 422, "invalid")
    assert set(refused["fields"]) == {"colour"}
    assert set(said(zhao.send("complaints/", {"unit": 0}), 422, "invalid")["fields"]) == {"text", "unit"}
    said(program(cast.hotel_quality).send("complaints/", body), 422, "invalid")
    assert Complaint.objects.count() == 1


def test_personal_data_is_masked_and_words_are_for_those_who_need_them(cast, body, program):
    number = program(cast.handler).send("complaints/", body).json()["number"]
    told = program(cast.handler).read(f"complaints/{number}/")
    assert told["text"] == RUDE and told["messages"][0]["text"] == RUDE
    assert told["contact"]["phone"] == "139****1402" and "黄小明" not in str(told)
    boss = program(cast.executive)
    assert "13912341402" not in str(boss.read(f"complaints/{number}/")) + str(boss.read("complaints/"))
    said(program(cast.west_manager).ask("get", f"complaints/{number}/"), 404, "not_found")


def test_the_list_is_filtered_as_that_of_the_site(cast, units, body, program):
    zhao = program(cast.handler)
    for text in ("The lift is out of order.", "The tea was cold."):
        zhao.send("complaints/", body | {"text": text, "unit": units.station.pk})
    zhao.send("complaints/", body)
    listed = zhao.read("complaints/?size=2")
    assert len(listed["results"]) == 2 and listed["next"] and not listed["previous"]
    assert [row["unit"]["code"] for row in zhao.read("complaints/?unit=ER-E-C3")["results"]] == ["ER-E-C3"]
    assert len(zhao.read("complaints/?q=lift&state=open")["results"]) == 1
    said(zhao.ask("get", "complaints/?colour=red"), 422, "invalid")


def test_an_act_is_done_by_its_form_and_refused_when_stale(cast, body, program):
    zhao = program(cast.handler)
    number = zhao.send("complaints/", body).json()["number"]
    told = zhao.read(f"complaints/{number}/")
    assert "classify" in {offer["act"] for offer in told["acts"]}
    category = Complaint.objects.get().category_id
    sent = {"category": category, "urgency": 3, "importance": 3, "version": told["version"]}
    answer = zhao.send(f"complaints/{number}/acts/classify/", sent)
    assert answer.status_code == 200 and answer.json()["priority"] == 4
    stale = said(zhao.send(f"complaints/{number}/acts/investigate/", {"version": 1}), 409, "stale")
    assert stale["version"] == Complaint.objects.get().version
    boss = program(cast.executive)
    version = Complaint.objects.get().version
    said(boss.send(f"complaints/{number}/acts/investigate/", {"version": version}), 403, "not_allowed")
