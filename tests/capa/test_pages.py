"""The sections of the incident page, the act pages of stages 3 to 7, and the pages of measures."""

import datetime as dt

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.urls import reverse
from django.utils import timezone

from capa import analyse, plan, track, verify
from capa.models import LedgerEntry, Measure
from incidents.models import Evidence, Incident
from incidents.stages import Severity, Stage
from tests.conftest import PASSWORD
from tests.walks import (
    analysed,
    confirmed,
    designed,
    drafted,
    improved,
    open_measures,
    planned,
    report,
    substantiate,
    tracked,
    verdict,
    verified,
)

pytestmark = pytest.mark.django_db

WALKS = {
    "analyse": confirmed,
    "plan": analysed,
    "draft": drafted,
    "track": planned,
    "verify": tracked,
    "improve": verified,
    "closed": improved,
}


@pytest.fixture
def see(client):
    """The text of a page as somebody sees it."""

    def look(person, url, status=200):
        client.force_login(person)
        response = client.get(url)
        assert response.status_code == status, response.content.decode()[:500]
        return response.content.decode()

    return look


@pytest.mark.parametrize("stage", WALKS)
def test_the_incident_page_shows_every_stage_to_every_reader(cast, units, see, stage):
    incident = WALKS[stage](cast, units)
    for reader in (cast.owner, cast.quality, cast.reporter, cast.executive):
        page = see(reader, incident.get_absolute_url())
        assert 'id="analyse"' in page and "style=" not in page and "<script>" not in page, reader
        assert ("Tracking ledger" in page) == (stage in ("track", "verify", "improve", "closed")), reader


@pytest.mark.parametrize("stage", WALKS)
def test_every_act_that_is_offered_has_a_page(cast, units, client, stage):
    incident = WALKS[stage](cast, units)
    for person in (cast.owner, cast.quality, cast.supervisor):
        client.force_login(person)
        page = client.get(incident.get_absolute_url())
        for slug in page.context["offers"]:
            response = client.get(reverse("act", args=[incident.number, slug]))
            assert response.status_code == 200, slug


def grow(cast, incident, causes: int):
    """More causes, each with a proof."""
    for number in range(causes):
        incident = analyse.add_cause(
            incident, by=cast.owner, version=incident.version, text=f"Cause {number}", category="people"
        )
        cause = incident.causes.latest("pk")
        incident = analyse.refute_cause(
            incident, by=cast.owner, version=incident.version, cause=cause, finding="No", notes=["Log"]
        )
    return incident


@pytest.mark.parametrize("stage", ["track", "verify", "improve", "closed"])
@pytest.mark.parametrize("rounds", [1, 2])
def test_the_number_of_questions_does_not_grow_with_the_case(
    cast, units, client, stage, rounds, django_assert_max_num_queries
):
    incident = grow(cast, confirmed(cast, units), causes=8 * (rounds - 1))
    incident = analysed(cast, units, incident)
    if rounds == 2:
        incident = tracked(cast, units, planned(cast, units, incident))
        incident = verify.judge(
            incident, by=cast.quality, version=incident.version, **verdict("not_effective")
        )
        incident = analysed(cast, units, incident)
    incident = planned(cast, units, incident)
    for measure in open_measures(incident):
        for number in range(3 * rounds):
            track.record_progress(measure, by=measure.owner, text="On", progress=number, notes=["Photo"])
    for walk in {"track": [], "verify": [tracked], "improve": [tracked, verified]}.get(
        stage, [tracked, verified, improved]
    ):
        incident = walk(cast, units, incident)
    client.force_login(cast.quality)
    with django_assert_max_num_queries(20):
        client.get(incident.get_absolute_url())


# Acting through the pages --------------------------------------------------------------------------------------------
def test_the_analysis_is_written_in_the_browser(cast, units, client):
    incident = confirmed(cast, units)
    client.force_login(cast.owner)

    def post(slug, **data):
        incident.refresh_from_db()
        response = client.post(
            reverse("act", args=[incident.number, slug]),
            {"version": incident.version, "password": PASSWORD, **data},
        )
        assert response.status_code == 302, response.content.decode()
        return response

    assert post("add-cause", text="Fan bearing worn", category="machine").url.endswith("/analysis/")
    bearing = incident.causes.get()
    post("add-cause", text="Not on the card", parent=bearing.pk)
    card = bearing.children.get()
    photo = SimpleUploadedFile("card.txt", b"Weekly card V3.2: outlet temperature only.\n", "text/plain")
    post("confirm-cause", cause=bearing.pk, finding="Seen", proof_note="Strip-down protocol")
    post("confirm-cause", cause=card.pk, finding="Read", files=photo, is_root="on")
    assert card.proofs.get().evidence == Evidence.objects.get(incident=incident)
    post("describe-analysis", problem="Not cooled", report="The bearing.")
    post("shift-cause", cause=card.pk, direction="out")
    card.refresh_from_db()
    assert card.parent is None
    post("conclude", password=PASSWORD)
    incident.refresh_from_db()
    assert incident.stage == Stage.PLAN


def test_a_refused_form_keeps_the_words_and_the_photo(cast, units, client):
    incident = confirmed(cast, units)
    incident = analyse.add_cause(
        incident, by=cast.owner, version=incident.version, text="Bearing", category="machine"
    )
    client.force_login(cast.owner)
    url = reverse("act", args=[incident.number, "confirm-cause"])
    data = {"cause": incident.causes.get().pk, "version": incident.version, "proof_note": "Log 13:24"}
    file = SimpleUploadedFile("log.txt", b"13:24 fan stopped\n", "text/plain")
    response = client.post(url, data | {"finding": "", "files": file})
    assert response.status_code == 422 and "Log 13:24" in response.content.decode()
    upload = Evidence.objects.get(incident=None)
    assert f'value="{upload.pk}"' in response.content.decode()
    response = client.post(url, data | {"finding": "Stopped at 13:24", "evidence": str(upload.pk)})
    assert response.status_code == 302
    upload.refresh_from_db()
    proof = incident.causes.get().proofs.get()
    assert (proof.evidence, proof.note) == (upload, "Log 13:24") and upload.incident == incident


def test_a_plan_is_drafted_sent_back_and_approved_in_the_browser(cast, units, client):
    incident = analysed(cast, units)

    def post(person, slug, **data):
        incident.refresh_from_db()
        client.force_login(person)
        response = client.post(
            reverse("act", args=[incident.number, slug]),
            {"version": incident.version, "password": PASSWORD, **data},
        )
        assert response.status_code == 302, response.content.decode()
        incident.refresh_from_db()

    root = incident.causes.get(is_root=True)
    post(
        cast.owner, "add-measure", text="New card", cause=root.pk, kind="preventive", strength="standardise",
        owner="chen", due_on=timezone.localdate() + dt.timedelta(days=9), target="All signed",
    )  # fmt: skip
    post(cast.owner, "write-plan", feasibility="Easy", expected_effect="Half")
    designed(Incident.objects.get(pk=incident.pk), cast.owner)
    post(cast.owner, "submit")
    post(cast.quality, "send-back", reason="By when exactly?")
    post(cast.owner, "begin-plan")
    copied = incident.plans.last().measures.get()
    post(
        cast.owner, "amend-measure", measure=copied.pk, text="New card V4", cause=root.pk, kind="preventive",
        strength="force", owner="Chen Gong (chen)", due_on=timezone.localdate() + dt.timedelta(days=5), target="All",
    )  # fmt: skip
    post(cast.owner, "submit", note="Better")
    post(cast.quality, "approve", note="Good")
    assert incident.stage == Stage.TRACK and Measure.objects.exclude(number=None).get().text == "New card V4"


def test_the_owner_works_on_a_measure_from_the_phone(cast, units, client, see):
    incident = planned(cast, units)
    lius = open_measures(incident)[1]
    page = see(cast.depot_manager, lius.get_absolute_url())
    assert "Record progress" in page and "It is done" in page and "Check" not in page
    photo = SimpleUploadedFile("order.txt", b"Work order 4711 done\n", "text/plain")
    client.post(reverse("measure-act", args=[lius.number, "progress"]), {"text": "Half", "progress": "50"})
    late = timezone.localdate() + dt.timedelta(days=40)
    client.post(
        reverse("measure-act", args=[lius.number, "extension"]), {"reason": "Parts", "new_due_on": late}
    )
    client.force_login(cast.quality)
    request = lius.entries.last()
    client.post(
        reverse("measure-act", args=[lius.number, "decide"]),
        {"request": request.pk, "granted": "yes", "reason": "Once"},
    )
    client.force_login(cast.depot_manager)
    response = client.post(
        reverse("measure-act", args=[lius.number, "complete"]), {"text": "Done", "files": photo}
    )
    assert response.status_code == 302
    lius.refresh_from_db()
    assert (lius.status, lius.due_on) == ("done", late)
    assert [e.kind for e in lius.entries.all()] == ["progress", "extension", "adjustment", "completion"]
    page = see(cast.depot_manager, lius.get_absolute_url())
    assert "originally" in page and "order.txt" in page


def test_a_measure_of_somebody_elses_company_does_not_exist(cast, units, client):
    measure = open_measures(planned(cast, units))[0]
    for person in (cast.hotel_quality, cast.admin, cast.colleague):
        client.force_login(person)
        assert client.get(measure.get_absolute_url()).status_code == 404
        data = {"text": "Mine now", "progress": "10"}
        assert client.post(reverse("measure-act", args=[measure.number, "progress"]), data).status_code == 404
    assert not LedgerEntry.objects.exists()


def test_a_reader_who_may_not_record_is_told_so(cast, units, client):
    measure = open_measures(planned(cast, units))[0]
    client.force_login(cast.executive)
    url = reverse("measure-act", args=[measure.number, "progress"])
    assert client.get(url).status_code == 302
    assert client.post(url, {"text": "x", "progress": "1"}).status_code == 403
    assert not LedgerEntry.objects.exists()


def test_the_short_path_is_reviewed_in_the_browser(cast, units, client):
    incident = substantiate(report(cast, units), cast, Severity.MINOR, short_path=True, correction="Moved.")
    client.force_login(cast.supervisor)
    assert not {"attribute", "agree"} & set(client.get(incident.get_absolute_url()).context["offers"])
    client.force_login(cast.quality)
    url = reverse("act", args=[incident.number, "accept-short-path"])
    assert client.post(url, {"version": incident.version, "note": "Good"}).status_code == 302
    assert Incident.objects.get().stage == Stage.CLOSED
    assert client.get(incident.get_absolute_url()).status_code == 200


# The list ------------------------------------------------------------------------------------------------------------
def test_the_list_shows_mine_all_and_filters(cast, units, client, django_assert_max_num_queries):
    incident = planned(cast, units)
    own, lius = open_measures(incident)
    drafted(cast, units)  # a draft isn't an order yet
    Measure.objects.filter(pk=lius.pk).update(due_on=timezone.localdate() - dt.timedelta(days=2))

    def numbers(person, query=""):
        client.force_login(person)
        with django_assert_max_num_queries(15):
            response = client.get(reverse("measure-list") + query)
        return [row.number for row in response.context["page"].rows]

    assert numbers(cast.owner) == [own.number]
    assert numbers(cast.quality) == []
    assert numbers(cast.quality, "?who=all") == [lius.number, own.number]
    assert numbers(cast.quality, "?who=all&overdue=on") == [lius.number]
    assert numbers(cast.quality, "?who=all&status=done") == []
    assert numbers(cast.quality, f"?who=all&unit={units.workshop.pk}") == [own.number]
    assert numbers(cast.hotel_quality, "?who=all") == []
    assert numbers(cast.quality, "?who=all&unit=nonsense&status=x") == [lius.number, own.number]


def test_the_list_goes_page_by_page(cast, units, client):
    incident = planned(cast, units)
    first = incident.measures.first()
    Measure.objects.bulk_create(
        Measure(
            number=f"CA-2020-{n:06d}", incident=incident, plan=first.plan, text=f"M{n}", owner=cast.quality,
            due_on=timezone.localdate() + dt.timedelta(days=n // 3),
        )
        for n in range(60)
    )  # fmt: skip
    client.force_login(cast.quality)
    seen, query = [], ""
    for _ in range(3):
        response = client.get(reverse("measure-list") + query)
        seen += [row.text for row in response.context["page"].rows]
        query = f"?after={response.context['older']}"
    assert seen == [f"M{n}" for n in range(60)] and not response.context["older"]
    response = client.get(reverse("measure-list") + f"?before={response.context['newer']}")
    assert [row.text for row in response.context["page"].rows] == seen[25:50]


def test_an_approved_plan_shows_its_numbers(cast, units, see):
    incident = planned(cast, units)
    page = see(cast.quality, incident.get_absolute_url())
    assert all(measure.number in page for measure in incident.measures.all())


def test_a_submitted_plan_is_decided_on_the_page(cast, units, see):
    incident = drafted(cast, units)
    incident = plan.submit(incident, by=cast.owner, version=incident.version)
    page = see(cast.quality, incident.get_absolute_url())
    assert "Approve the plan" in page and "Send back" in page
    assert "Approve the plan" not in see(cast.owner, incident.get_absolute_url())
