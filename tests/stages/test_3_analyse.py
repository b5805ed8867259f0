"""Stage 3: a tree of causes, confirmed or refuted by evidence."""

import pytest

from capa import analyse
from capa.fishbone import chains
from capa.models import Analysis, Cause
from history.models import Event
from incidents.errors import Invalid, NotAllowed, NotYet, Stale
from incidents.models import Evidence
from incidents.stages import Stage
from tests.walks import analysed, confirmed, report

pytestmark = pytest.mark.django_db


@pytest.fixture
def incident(cast, units):
    return confirmed(cast, units)


def add(incident, cast, text, category="machine", **more):
    incident = analyse.add_cause(
        incident, by=cast.owner, version=incident.version, text=text, category=category, **more
    )
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
