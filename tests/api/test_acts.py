"""The whole loop by programs alone; and what an act says when it can't be done."""

import datetime as dt

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.utils import timezone

from capa import plan
from history.models import Event, Signature
from incidents import acts
from incidents.models import Incident
from tests import walks
from tests.api.conftest import said
from tests.conftest import PASSWORD

pytestmark = pytest.mark.django_db


def done(response) -> dict:
    assert response.status_code == 200, response.json()
    return response.json()


def test_programs_walk_a_case_through_all_seven_stages(cast, units, program):
    zhou, li, sun, wang, chen, liu = map(
        program,
        (cast.reporter, cast.site_manager, cast.supervisor, cast.quality, cast.owner, cast.depot_manager),
    )
    sent = zhou.send(
        "incidents/",
        {
            "type": "facility", "subtype": "facility-climate", "unit": units.crew.pk, "place": "Car 3",
            "description": "The air conditioning of car 3 failed on G1027.",
            "occurred_at": (timezone.now() - dt.timedelta(hours=2)).isoformat(), "people_affected": 86,
        },
    )  # fmt: skip
    assert sent.status_code == 201
    number = sent.json()["number"]

    def act(who, name: str, **body) -> dict:
        version = who.read(f"incidents/{number}/")["version"]
        if "password" in acts.find(name).form.base_fields:
            body["password"] = PASSWORD
        return done(who.act(number, name, version=version, **body))

    assert act(li, "substantiate", severity=3, title="Car 3 too hot")["stage"] == "confirm"
    share = {"kind": "equipment", "unit": units.workshop.pk, "person": "chen"}
    act(sun, "attribute", facts="The log was read out.", shares=[share])
    assert act(wang, "agree")["stage"] == "analyse"
    told = act(chen, "add-cause", text="Condenser fan bearing worn", category="machine")
    cause = told["causes"][0]["id"]
    act(chen, "describe-analysis", problem="Not cooled.", report="The bearing had worn out.")
    act(chen, "confirm-cause", cause=cause, finding="Seen.", is_root=True, proof_note="Photos in the log")
    assert act(chen, "conclude")["stage"] == "plan"
    due = str(timezone.localdate() + dt.timedelta(days=10))
    measure = {"text": "Put it on the card", "cause": cause, "kind": "corrective", "strength": "force"}
    told = act(
        chen, "add-measure", **measure, owner="liu", due_on=due, target="Every card signed", cost=120.5
    )
    assert (told["measures"][0]["cost"], told["measures"][0]["owner"]["username"]) == ("120.50", "liu")
    act(chen, "write-plan", feasibility="Two nights.")
    told = act(chen, "write-plan", expected_effect="Half as many.")
    assert (told["plans"][0]["feasibility"], told["plans"][0]["expected_effect"]) == (
        "Two nights.",
        "Half as many.",
    )
    today = timezone.localdate()
    act(
        chen, "fix-design", source="typed", metric="Failures of the air conditioning", unit_of_exposure="train days",
        data="rate", direction="lower", baseline_from=str(today - dt.timedelta(days=400)),
        baseline_until=str(today - dt.timedelta(days=200)), baseline_events=48, baseline_exposure=1_200_000,
        baseline_source="Fault log", observation_days=180, expected_exposure=1_100_000, smallest_change=20,
    )  # fmt: skip
    act(chen, "submit")
    order = act(wang, "approve")["measures"][0]["number"]
    liu_told = done(
        liu.send(f"measures/{order}/acts/complete/", {"text": "Done.", "proof_note": "Order 4711"})
    )
    assert (liu_told["status"], liu_told["entries"][-1]["proofs"][0]["note"]) == ("done", "Order 4711")
    done(wang.send(f"measures/{order}/acts/check/", {"in_order": "yes", "text": "Five cards."}))
    walks.observed(Incident.objects.get(number=number))
    verdict = {
        name: str(value) if isinstance(value, dt.date) else value
        for name, value in walks.verdict("effective").items()
    }
    assert act(wang, "judge", **verdict)["stage"] == "improve"
    act(wang, "write-lessons", lessons="Look at what turns.")
    told = act(wang, "add-improvement", kind="none", text="The card says it all.")
    for improvement in told["improvements"]:
        if improvement["done_at"] is None:
            act(wang, "finish-improvement", improvement=improvement["id"], proof_note="Card V4")
    assert act(wang, "archive")["stage"] == "closed"
    assert set(Event.objects.filter(label=number).values_list("source", flat=True)) == {"api"}


def test_what_is_missing_is_said_in_words(cast, units, program):
    case = walks.confirmed(cast, units)
    body = {"version": case.version, "password": PASSWORD}
    refused = said(program(cast.owner).act(case.number, "conclude", **body), 409, "not_yet")
    assert "At least one root cause is confirmed" in refused["missing"]


def test_a_stale_act_says_which_version_it_is_now(cast, units, program):
    case = walks.report(cast, units)
    now = walks.substantiate(case, cast)
    li = program(cast.site_manager)
    for body in ({"reason": "Not true."}, {}):  # what can't be read any more is stale first of all
        refused = said(li.act(case.number, "dismiss", version=case.version, **body), 409, "stale")
        assert refused["version"] == now.version
    assert Incident.objects.get().stage == "confirm"


def test_who_may_not_is_told_and_nothing_changes(cast, units, program):
    case = walks.report(cast, units)
    body = {"version": case.version, "severity": 3, "title": "Mine"}
    zhou = program(cast.reporter)
    events = Event.objects.count()
    refused = said(zhou.act(case.number, "substantiate", **body), 403, "not_allowed")
    assert refused["message"] == "Your role doesn't allow this here."
    assert Incident.objects.get().version == case.version and Event.objects.count() == events


def test_four_eyes_hold_for_programs_too(cast, units, program):
    case = walks.drafted(cast, units)
    wang = program(cast.quality)
    done(wang.act(case.number, "write-plan", version=case.version, feasibility="Mine."))
    case.refresh_from_db()
    done(wang.act(case.number, "submit", version=case.version))
    case.refresh_from_db()
    body = {"version": case.version, "password": PASSWORD}
    refused = said(wang.act(case.number, "approve", **body), 403, "not_allowed")
    assert "plan author" in refused["message"]


def test_a_program_signs_with_its_persons_password(cast, units, program):
    case = walks.drafted(cast, units)
    case = plan.submit(case, by=cast.owner, version=case.version)
    wang = program(cast.quality)
    for wrong in ({}, {"password": ""}, {"password": "wrong"}, {"password": None}):
        refused = said(wang.act(case.number, "approve", version=case.version, **wrong), 422, "invalid")
        assert set(refused["fields"]) == {"password"} and "wrong" not in str(refused["fields"])
    assert not Signature.objects.filter(meaning="plan-approval").exists()
    answer = wang.act(case.number, "approve", version=case.version, password=PASSWORD)
    assert done(answer)["stage"] == "track" and PASSWORD not in answer.content.decode()
    told = done(answer)["plans"][0]["signatures"]
    assert [(row["signer"], row["meaning"], row["method"], row["stands"]) for row in told] == [
        ("Wang Qiang", "plan-approval", "password", True)
    ]
    assert Signature.objects.get(meaning="plan-approval").method == "password"


def test_the_password_is_described_as_write_only(cast, program):
    schema = program(cast.quality).read("schema/")
    body = schema["paths"]["/api/v1/incidents/{number}/acts/approve/"]["post"]["requestBody"]
    field = body["content"]["application/json"]["schema"]["properties"]["password"]
    assert field["writeOnly"] is True and field["format"] == "password"


@pytest.mark.parametrize(
    ("body", "fields"),
    [
        ({}, {"version"}),
        ({"version": 1}, {"severity", "title"}),
        ({"version": "one", "severity": 3, "title": "x"}, {"version"}),
        ({"version": 1, "severity": 9, "title": "x"}, {"severity"}),
        ({"version": 1, "severity": [3], "title": "x"}, {"severity"}),
        ({"version": 1, "severity": 3, "title": {"de": "x"}}, {"title"}),
        ({"version": 1, "severity": 3, "title": "x", "severty": 3}, {"severty"}),
        ({"version": 1, "severity": 3, "title": "x\x00"}, {"title"}),
        ({"version": 1, "severity": 3, "title": "x", "short_path": True}, {"short_path"}),
    ],
)
def test_every_value_that_cant_be_is_named(cast, units, program, body, fields):
    case = walks.report(cast, units)
    refused = said(program(cast.site_manager).act(case.number, "substantiate", **body), 422, "invalid")
    assert fields <= set(refused["fields"]) <= fields | {"correction"}


@pytest.mark.parametrize("cause", ["²", "٣", "9" * 40, -1, "x", 0.5])
def test_a_row_that_isnt_there(cast, units, program, cause):
    case = walks.confirmed(cast, units)
    refused = program(cast.owner).act(case.number, "remove-cause", version=case.version, cause=cause)
    assert set(said(refused, 422, "invalid")["fields"]) == {"cause"}


def test_a_line_of_a_list_is_named_by_its_place(cast, units, program):
    case = walks.substantiate(walks.report(cast, units), cast)
    good = {"kind": "equipment", "unit": units.workshop.pk, "person": "chen", "share": 60}
    bad = {"kind": "equipment", "unit": units.hotels.pk, "person": "nobody", "share": 40, "colour": "red"}
    sun = program(cast.supervisor)

    def attribute(shares):
        return sun.act(case.number, "attribute", version=case.version, facts="Seen.", shares=shares)

    assert set(said(attribute([good, bad]), 422, "invalid")["fields"]) == {"shares.1.colour"}
    del bad["colour"]
    assert set(said(attribute([good, bad]), 422, "invalid")["fields"]) == {"shares.1.unit", "shares.1.person"}
    for shares in ("all", [1], {"0": good}):
        assert set(said(attribute(shares), 422, "invalid")["fields"]) == {"shares"}
    said(attribute([good] * 60), 422, "invalid")
    said(attribute([good]), 422, "invalid")  # 60 % are not the whole
    assert not case.attributions.exists()


def test_null_empties_what_leaving_out_keeps(cast, units, program):
    case = walks.drafted(cast, units)
    chen, measure = program(cast.owner), case.measures.first()
    body = {
        "version": case.version,
        "measure": measure.pk,
        "text": "Other words",
        "kind": "corrective",
        "strength": "train",
    }
    told = done(chen.act(case.number, "amend-measure", **body))["measures"][0]
    assert (told["text"], told["owner"]["username"], told["target"]) == (
        "Other words",
        "chen",
        measure.target,
    )
    body["version"] += 1
    told = done(chen.act(case.number, "amend-measure", **body, target=None))["measures"][0]
    assert told["target"] == "" and told["owner"]["username"] == "chen"


def test_evidence_comes_as_a_file_or_by_the_id_of_an_upload(cast, units, program):
    case = walks.confirmed(cast, units)
    chen = program(cast.owner)
    headers = {"Authorization": f"Bearer {chen.secret}"}

    def log():
        return SimpleUploadedFile("log.txt", b"13:24 fan stopped\n")

    address = f"/api/v1/incidents/{case.number}/acts/add-evidence/"
    told = done(
        chen.post(address, {"version": case.version, "files": log(), "caption": "The log"}, headers=headers)
    )
    assert [(row["name"], row["caption"]) for row in told["evidence"]] == [("log.txt", "The log")]
    sent = chen.post("/api/v1/uploads/", {"file": log()}, headers=headers)
    assert sent.status_code == 201 and sent.json()["kind"] == "document"
    version = done(
        chen.act(case.number, "add-cause", version=told["version"], text="Fan", category="machine")
    )
    body = {"cause": version["causes"][0]["id"], "finding": "In the log.", "evidence": [sent.json()["id"]]}
    told = done(chen.act(case.number, "confirm-cause", version=version["version"], **body))
    assert told["causes"][0]["proofs"][0]["evidence"] == sent.json()["id"]
    refused = said(
        chen.act(case.number, "add-evidence", version=told["version"], files=["x"]), 422, "invalid"
    )
    assert "files" in refused["fields"]
