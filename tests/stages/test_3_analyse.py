"""Stage 3: a tree of causes, confirmed or refuted by evidence."""

import pytest
from django.urls import reverse
from django.utils import timezone

from capa import analyse
from capa.fishbone import chains
from capa.models import Analysis, Cause
from history.models import Event, Signature
from incidents.errors import Invalid, NotAllowed, NotYet, Stale
from incidents.models import Evidence
from incidents.stages import Stage
from tests.conftest import PASSWORD
from tests.walks import analysed, confirmed, report

pytestmark = pytest.mark.django_db


@pytest.fixture
def incident(cast, units):
    return confirmed(cast, units)


def add(incident, cast, text, category="machine", **more):
    incident = analyse.add_cause(incident, by=cast.owner, version=None, text=text, category=category, **more)
    return incident, incident.causes.latest("pk")


def test_the_responsible_person_finds_a_root_cause(cast, units):
    incident = analysed(cast, units)
    assert (incident.stage, incident.owner) == (Stage.PLAN, cast.owner)
    analysis = incident.analyses.get()
    assert (analysis.cycle, analysis.concluded_by) == (1, cast.owner)
    assert [[cause.text for cause in chain] for chain in chains(incident.causes.all())] == [
        ["Condenser fan bearing worn", "Not on the weekly card"]
    ]
    event = Event.objects.filter(act="incident.confirm_cause").earliest("pk")
    assert (event.before["status"], event.after["status"]) == ("hypothesis", "confirmed")


def test_the_gate_names_what_is_missing(incident, cast):
    with pytest.raises(NotYet) as refused:
        analyse.conclude(incident, by=cast.owner, version=incident.version)
    assert len(refused.value.missing) == 3
    incident.refresh_from_db()
    assert incident.stage == Stage.ANALYSE


def test_a_cause_is_confirmed_only_with_proof_of_this_case(incident, cast, units):
    incident, cause = add(incident, cast, "Filter clogged")
    other = report(cast, units)
    foreign = Evidence.objects.create(
        incident=other,
        kind="image",
        file="x",
        content_type="image/png",
        name="x.png",
        size=1,
        sha256="0" * 64,
    )
    for proofs in ({}, {"notes": ["  "]}, {"evidence": [foreign.pk]}):
        with pytest.raises(Invalid) as refused:
            analyse.confirm_cause(
                incident, by=cast.owner, version=incident.version, cause=cause, finding="Seen", **proofs
            )
        assert "evidence" in refused.value.fields
    cause.refresh_from_db()
    assert cause.status == Cause.Status.HYPOTHESIS and not cause.proofs.exists()


def test_evidence_of_the_case_proves_a_cause(incident, cast):
    incident, cause = add(incident, cast, "Filter clogged")
    photo = Evidence.objects.create(
        incident=incident,
        kind="image",
        file="x",
        content_type="image/png",
        name="x.png",
        size=1,
        sha256="0" * 64,
    )
    incident = analyse.refute_cause(
        incident,
        by=cast.owner,
        version=incident.version,
        cause=cause,
        finding="It was clean.",
        evidence=[photo.pk],
    )
    cause.refresh_from_db()
    assert (cause.status, cause.proofs.get().evidence) == (Cause.Status.REFUTED, photo)
    with pytest.raises(Invalid, match="confirmed"):
        analyse.mark_root(incident, by=cast.owner, version=incident.version, cause=cause)


def test_only_what_nobody_built_on_can_be_removed(incident, cast):
    incident, cause = add(incident, cast, "Filter clogged")
    incident, below = add(incident, cast, "Changed too rarely", category="", parent=cause)
    assert below.category == "machine"
    with pytest.raises(Invalid, match="Refute"):
        analyse.remove_cause(incident, by=cast.owner, version=incident.version, cause=cause)
    incident = analyse.remove_cause(incident, by=cast.owner, version=incident.version, cause=below)
    assert list(incident.causes.all()) == [cause]
    assert Event.objects.get(act="incident.remove_cause").before["text"] == "Changed too rarely"


def test_a_decided_cause_keeps_its_words(incident, cast):
    incident, cause = add(incident, cast, "Filter clogged")
    incident = analyse.amend_cause(
        incident,
        by=cast.owner,
        version=incident.version,
        cause=cause,
        text="Filter blocked",
        category="method",
    )
    incident = analyse.refute_cause(
        incident, by=cast.owner, version=incident.version, cause=cause, finding="It was clean."
    )
    with pytest.raises(Invalid):
        analyse.amend_cause(
            incident, by=cast.owner, version=incident.version, cause=cause, text="Something else"
        )
    cause.refresh_from_db()
    assert (cause.text, cause.category) == ("Filter blocked", "method")


def test_the_outline_is_rearranged_without_tying_knots(incident, cast):
    incident, first = add(incident, cast, "One", category="people")
    incident, second = add(incident, cast, "Two", category="method")
    incident, third = add(incident, cast, "Three", category="method")

    def shift(cause, direction):
        return analyse.shift_cause(
            incident, by=cast.owner, version=incident.version, cause=cause, direction=direction
        )

    def outline(parent=None):
        return [(c.text, outline(c)) for c in incident.causes.filter(parent=parent)]

    incident = shift(third, "up")
    assert outline() == [("One", []), ("Three", []), ("Two", [])]
    incident = shift(third, "in")
    assert outline() == [("One", [("Three", [])]), ("Two", [])]
    third.refresh_from_db()
    assert third.category == "people"
    with pytest.raises(Invalid, match="itself"):
        analyse.move_cause(incident, by=cast.owner, version=incident.version, cause=first, parent=third)
    incident = shift(third, "out")
    assert outline() == [("One", []), ("Three", []), ("Two", [])]
    version = incident.version
    assert shift(first, "up").version == version  # no room: nothing changed


@pytest.mark.parametrize(
    "who", ["reporter", "colleague", "site_manager", "handler", "executive", "admin", "west_manager"]
)
def test_nobody_else_analyses(incident, cast, who):
    with pytest.raises(NotAllowed):
        analyse.add_cause(
            incident, by=getattr(cast, who), version=incident.version, text="Something", category="people"
        )
    assert not Cause.objects.exists() and not Analysis.objects.exists()


def test_two_people_at_once_dont_overwrite_each_other(incident, cast):
    analyse.describe(incident, by=cast.quality, version=incident.version, report="Wang's words")
    with pytest.raises(Stale):
        analyse.describe(incident, by=cast.owner, version=incident.version, report="Chen's words")
    assert Analysis.objects.get().report == "Wang's words"


def test_causes_are_analysed_only_in_their_stage(cast, units):
    incident = analysed(cast, units)
    with pytest.raises(Stale):
        analyse.add_cause(incident, by=cast.owner, version=incident.version, text="Late", category="people")
    assert incident.causes.count() == 2


# What proves it ------------------------------------------------------------------------------------------------------
def image(incident, **more) -> Evidence:
    values = {
        "kind": "image",
        "file": "x",
        "content_type": "image/png",
        "name": "x.png",
        "size": 1,
        "sha256": "0" * 64,
    }
    return Evidence.objects.create(incident=incident, **(values | more))


def test_a_proof_says_of_what_kind_it_is_and_on_whose_word(incident, cast):
    incident, cause = add(incident, cast, "Filter clogged")
    seen = {"by": cast.owner, "version": None, "cause": cause}
    analyse.prove_cause(incident, evidence=[image(incident).pk], **seen)
    film = image(incident, kind="video", name="x.mp4")
    analyse.prove_cause(
        incident, evidence=[film.pk], notes=["It grinds"], source="CCTV car 3", mark="00:12:31", **seen
    )
    analyse.prove_cause(incident, notes=["He never saw a spare"], kind="interview", source="Wei Gong", **seen)
    found = [(proof.kind, proof.note, proof.source, proof.mark) for proof in cause.proofs.all()]
    assert found == [
        ("photo", "", "", ""),
        ("video", "It grinds", "CCTV car 3", "00:12:31"),
        ("interview", "He never saw a spare", "Wei Gong", ""),
    ]
    for wrong in ({"kind": "hearsay", "notes": ["So they say"]}, {"source": "Wei Gong"}):
        with pytest.raises(Invalid):
            analyse.prove_cause(incident, **wrong, **seen)


def test_evidence_that_was_withdrawn_proves_nothing(incident, cast):
    """The gate opens for a root that is proven by what still stands, and closes when that is withdrawn."""

    def missing():
        with pytest.raises(NotYet) as refused:
            analyse.conclude(incident, by=cast.owner, version=None)
        return [str(item) for item in refused.value.missing]

    incident, cause = add(incident, cast, "Filter clogged")
    photo = image(incident)
    analyse.confirm_cause(
        incident, by=cast.owner, version=None, cause=cause, finding="Seen", evidence=[photo.pk], is_root=True
    )
    assert "Every confirmed root cause has evidence" not in missing()
    Evidence.objects.filter(pk=photo.pk).update(withdrawn_at=timezone.now(), withdrawn_reason="Another train")
    assert "Every confirmed root cause has evidence" in missing()
    _incident, other = add(incident, cast, "Fan stopped")
    analyse.prove_cause(incident, by=cast.owner, version=None, cause=cause, notes=["Work order 4711"])
    assert "Every confirmed root cause has evidence" not in missing()
    shown = image(incident)
    analyse.prove_cause(incident, by=cast.owner, version=None, cause=other, evidence=[shown.pk])
    Evidence.objects.filter(pk=shown.pk).update(withdrawn_at=timezone.now(), withdrawn_reason="Another train")
    with pytest.raises(Invalid):  # what it rested on is gone before it was decided
        analyse.confirm_cause(incident, by=cast.owner, version=None, cause=other, finding="Seen")


def test_a_cause_moves_over_to_the_other_question_with_all_below_it(incident, cast):
    incident, cause = add(incident, cast, "Only the temperature is checked")
    incident, below = add(incident, cast, "Checklist of 2019", category="", parent=cause)
    analyse.move_cause(
        incident, by=cast.owner, version=None, cause=cause, parent=None, side="escape", category="Checklist"
    )
    below.refresh_from_db()
    assert (below.side, below.category) == ("escape", "Checklist")
    incident, first = add(incident, cast, "Bearing worn")
    assert first.position == 0  # each question has its own order
    with pytest.raises(Invalid):
        analyse.add_cause(
            incident, by=cast.owner, version=None, text="Something", category="people", side="other"
        )


def test_concluding_asks_for_the_password_again(cast, units, client):
    incident = confirmed(cast, units)
    analyse.describe(incident, by=cast.owner, version=None, problem="Not cooled", report="The bearing.")
    incident, cause = add(incident, cast, "Bearing worn")
    analyse.confirm_cause(
        incident, by=cast.owner, version=None, cause=cause, finding="Seen", notes=["Protocol"], is_root=True
    )
    client.force_login(cast.owner)
    incident.refresh_from_db()
    url = reverse("act", args=[incident.number, "conclude"])
    wrong = client.post(url, {"version": incident.version, "password": "not it"})
    assert wrong.status_code == 422 and not Signature.objects.exists()
    done = client.post(url, {"version": incident.version, "password": PASSWORD})
    assert done.status_code == 302
    assert Signature.objects.get().method == "password"
