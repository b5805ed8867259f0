"""Stage 4: a plan in versions, approved by somebody who didn't write in it."""

import datetime as dt
import decimal

import pytest
from django.urls import reverse
from django.utils import timezone

from capa import plan, verify
from capa.content import read_out
from capa.models import Measure
from history.models import Event, Signature
from history.signing import signed_words, still_says
from incidents.errors import Invalid, NotAllowed, NotYet, Stale
from incidents.models import Incident
from incidents.stages import Stage
from reminders.models import Deadline, Notice
from tests.walks import analysed, drafted, planned, tracked, verdict

pytestmark = pytest.mark.django_db


@pytest.fixture
def submitted(cast, units):
    incident = drafted(cast, units)
    return plan.submit(incident, by=cast.owner, version=incident.version)


def test_submitting_passes_the_turn_to_a_quality_manager(submitted, cast):
    assert (submitted.stage, submitted.owner) == (Stage.PLAN, cast.quality)
    deadline = Deadline.objects.get(subject=submitted.case, kind=Stage.PLAN)
    assert deadline.owner == cast.quality
    assert (
        Notice.objects.filter(recipient=cast.quality, text="turn").latest("pk").params["what"] == "turn.plan"
    )


def test_approval_makes_orders_of_the_measures(submitted, cast):
    incident = plan.approve(submitted, by=cast.quality, version=submitted.version, note="Good.")
    first, second = incident.measures.all()
    year = timezone.localdate().year
    assert [first.number, second.number] == [f"CA-{year}-000001", f"CA-{year}-000002"]
    assert first.original_due_on == first.due_on
    deadlines = {d.kind: d for d in Deadline.objects.filter(subject=incident.case, closed_at=None)}
    assert set(deadlines) == {"loop", "track", first.deadline_kind, second.deadline_kind}
    assert deadlines[second.deadline_kind].owner == cast.depot_manager
    assert deadlines["track"].due_at == deadlines[second.deadline_kind].due_at == incident.due_at
    assert deadlines["track"].original_due_at == incident.due_at
    assert timezone.localtime(incident.due_at).date() == second.due_on
    assert {n.recipient for n in Notice.objects.filter(text="measure-assigned")} == {
        cast.owner,
        cast.depot_manager,
    }
    assert Incident.objects.visible_to(cast.depot_manager).filter(pk=incident.pk).exists()
    event = Event.objects.of(incident.case).get(act="incident.approve")
    assert (event.reason, event.after["revision"]) == ("Good.", 1)


def test_an_incomplete_plan_is_not_submitted(cast, units):
    incident = analysed(cast, units)
    incident = plan.add_measure(incident, by=cast.owner, version=incident.version, text="Do something")
    with pytest.raises(NotYet) as refused:
        plan.submit(incident, by=cast.owner, version=incident.version)
    assert len(refused.value.missing) == 5
    assert incident.plans.get().status == "draft"


def test_a_plan_returned_twice_keeps_every_version(submitted, cast):
    incident = submitted
    for round_trip in (1, 2):
        incident = plan.send_back(
            incident, by=cast.quality, version=incident.version, reason=f"Too weak ({round_trip})"
        )
        assert incident.owner == cast.owner
        with pytest.raises(Invalid, match="sent back"):
            plan.add_measure(incident, by=cast.owner, version=incident.version, text="Too early")
        incident = plan.begin(incident, by=cast.owner, version=incident.version)
        incident = plan.add_measure(
            incident, by=cast.owner, version=incident.version, text=f"More ({round_trip})", owner=cast.owner,
            due_on=timezone.localdate() + dt.timedelta(days=5), target="Done", kind="preventive",
        )  # fmt: skip
        incident = plan.submit(incident, by=cast.owner, version=incident.version)
    incident = plan.approve(incident, by=cast.quality, version=incident.version)
    versions = [(p.revision, p.status, p.measures.count(), p.decision_note) for p in incident.plans.all()]
    assert versions == [
        (1, "returned", 2, "Too weak (1)"),
        (2, "returned", 3, "Too weak (2)"),
        (3, "approved", 4, ""),
    ]
    assert Measure.objects.exclude(number=None).count() == 4
    assert Notice.objects.filter(recipient=cast.owner, text="returned").count() == 2


def test_sending_back_takes_a_reason(submitted, cast):
    with pytest.raises(Invalid):
        plan.send_back(submitted, by=cast.quality, version=submitted.version, reason=" ")
    assert submitted.plans.get().status == "submitted"


def test_the_author_can_withdraw_and_write_on(submitted, cast):
    with pytest.raises(Invalid, match="Withdraw it"):
        plan.write(submitted, by=cast.owner, version=submitted.version, feasibility="x", expected_effect="y")
    incident = plan.withdraw(submitted, by=cast.owner, version=submitted.version)
    assert (incident.owner, incident.plans.get().status) == (cast.owner, "withdrawn")
    incident = plan.begin(incident, by=cast.owner, version=incident.version)
    drop = incident.plans.last().measures.first()
    incident = plan.drop_measure(incident, by=cast.owner, version=incident.version, measure=drop)
    assert [p.measures.count() for p in incident.plans.all()] == [2, 1]


def test_who_wrote_in_it_cannot_approve_it(cast, units):
    incident = drafted(cast, units)
    measure = incident.measures.first()
    incident = plan.amend_measure(
        incident, by=cast.quality, version=incident.version, measure=measure, text="Reworded",
        cause=measure.cause, owner=measure.owner, due_on=measure.due_on, target=measure.target,
    )  # fmt: skip
    incident = plan.submit(incident, by=cast.owner, version=incident.version)
    assert incident.owner == cast.quality_two
    for act, words in [(plan.approve, {}), (plan.send_back, {"reason": "No"})]:
        with pytest.raises(NotAllowed, match="plan author"):
            act(incident, by=cast.quality, version=incident.version, **words)
    assert incident.plans.get().status == "submitted"
    assert plan.approve(incident, by=cast.quality_two, version=incident.version).stage == Stage.TRACK


@pytest.mark.parametrize(
    "who", ["owner", "supervisor", "site_manager", "executive", "admin", "west_manager", "hotel_quality"]
)
def test_nobody_else_approves(submitted, cast, who):
    events = Event.objects.count()
    with pytest.raises(NotAllowed):
        plan.approve(submitted, by=getattr(cast, who), version=submitted.version)
    assert Incident.objects.get().stage == Stage.PLAN
    assert submitted.plans.get().status == "submitted" and Event.objects.count() == events


def test_a_measure_goes_to_somebody_of_the_company_and_against_a_confirmed_cause(cast, units):
    incident = drafted(cast, units)
    refuted = incident.causes.create(
        cycle=1, category="people", text="Not it", status="refuted", finding="x", added_by=cast.owner
    )
    for wrong, field in [
        ({"owner": cast.hotel_quality}, "owner"),
        ({"cause": refuted}, "cause"),
        ({"due_on": timezone.localdate() - dt.timedelta(days=1)}, "due_on"),
        ({"cost": -1}, "cost"),
        ({"text": " "}, "text"),
    ]:
        with pytest.raises(Invalid) as refused:
            plan.add_measure(incident, by=cast.owner, version=incident.version, **({"text": "Do it"} | wrong))
        assert field in refused.value.fields
    assert incident.measures.count() == 2


@pytest.mark.parametrize(
    ("figures", "field"),
    [
        ({"baseline_value": 92}, "expected_value"),
        ({"expected_value": 97}, "baseline_value"),
        ({"baseline_value": 92, "expected_value": 92}, "expected_value"),
        ({"baseline_value": 0, "expected_value": 0}, "expected_value"),
        ({"kind": "wishful"}, "kind"),
    ],
)
def test_a_target_in_figures_says_what_it_changes(cast, units, figures, field):
    incident = drafted(cast, units)
    with pytest.raises(Invalid) as refused:
        plan.add_measure(incident, by=cast.owner, version=incident.version, text="Do it", **figures)
    assert set(refused.value.fields) == {field}
    assert incident.measures.count() == 2


def test_a_new_version_copies_every_figure(cast, units):
    incident = drafted(cast, units)
    incident = plan.add_measure(
        incident, by=cast.owner, version=incident.version, text="Watch it", owner=cast.owner, unit=units.depot,
        due_on=timezone.localdate(), target="Fewer stops", baseline_value=decimal.Decimal("92.5"), expected_value=97,
        value_unit="%", cost=120, strength="force",
    )  # fmt: skip
    incident = plan.submit(incident, by=cast.owner, version=incident.version)
    incident = plan.send_back(incident, by=cast.quality, version=incident.version, reason="Again")
    incident = plan.begin(incident, by=cast.owner, version=incident.version)
    first, second = (read_out(row) for row in incident.plans.all())
    assert first["measures"] == second["measures"] and first["design"] == second["design"]
    copied = incident.plans.last().measures.get(text="Watch it")
    assert (copied.baseline_value, copied.expected_value, copied.value_unit, copied.unit) == (
        decimal.Decimal("92.5"), 97, "%", units.depot,
    )  # fmt: skip


def test_a_measure_is_carried_out_within_the_company(cast, units):
    incident = drafted(cast, units)
    with pytest.raises(Invalid) as refused:
        plan.add_measure(incident, by=cast.owner, version=incident.version, text="Do it", unit=units.hotels)
    assert set(refused.value.fields) == {"unit"}


def test_weak_measures_are_said_and_never_in_the_way(cast, units, client):
    incident = drafted(cast, units)
    incident.measures.update(strength="train")
    strong = plan.add_measure(
        incident, by=cast.owner, version=incident.version, text="Bolt it", owner=cast.owner, strength="force",
        due_on=timezone.localdate(), target="Bolted",
    )  # fmt: skip
    client.force_login(cast.owner)

    def page(slug):
        return client.get(reverse("act", args=[incident.number, slug])).content.decode()

    assert "Only weak measures stand against this root cause: Not on the weekly card" in page("submit")
    incident = plan.drop_measure(
        strong, by=cast.owner, version=strong.version, measure=strong.measures.get(text="Bolt it")
    )
    assert "Every measure rests on people" in page("submit")
    incident = plan.submit(incident, by=cast.owner, version=incident.version)
    client.force_login(cast.quality)
    for shown in (page("approve"), client.get(incident.get_absolute_url()).content.decode()):
        assert "Only weak measures" in shown
    incident.measures.filter(pk=incident.measures.first().pk).update(strength="standardise")
    assert "Only weak measures" not in page("approve")
    assert plan.approve(incident, by=cast.quality, version=incident.version).stage == Stage.TRACK


def test_the_approval_is_a_signature_under_everything_that_was_approved(submitted, cast):
    incident = plan.approve(submitted, by=cast.quality, version=submitted.version, method="password")
    version = incident.plans.get()
    signature = Signature.objects.get(of=version.signed_as)
    assert (signature.meaning, signature.signer, signature.method) == (
        "plan-approval", cast.quality, "password",
    )  # fmt: skip
    assert still_says(signature, read_out(version))
    said = signed_words(signature)
    assert [row["owner"] for row in said["measures"]] == ["chen", "liu"]
    assert said["design"]["metric"] == "Failures of the air conditioning" and said["version"] == 1
    version.measures.filter(owner=cast.owner).update(target="Nothing in particular")
    assert not still_says(signature, read_out(version))


def test_a_refused_approval_leaves_no_signature(submitted, cast):
    submitted.plans.update(feasibility="")
    with pytest.raises(NotYet):
        plan.approve(submitted, by=cast.quality, version=submitted.version)
    assert not Signature.objects.filter(meaning="plan-approval").exists()


def test_an_approval_from_before_the_loop_back_is_refused(cast, units):
    before = drafted(cast, units)
    before = plan.submit(before, by=cast.owner, version=before.version)
    stale_version = before.version
    incident = plan.approve(before, by=cast.quality, version=stale_version)
    incident = tracked(cast, units, incident)
    incident = verify.judge(incident, by=cast.quality, version=incident.version, **verdict("not_effective"))
    incident = analysed(cast, units, incident)
    incident = drafted(cast, units, incident)
    incident = plan.submit(incident, by=cast.owner, version=incident.version)
    with pytest.raises(Stale):
        plan.approve(before, by=cast.quality, version=stale_version)
    incident.refresh_from_db()
    assert (incident.stage, incident.cycle) == (Stage.PLAN, 2)
    assert incident.plans.get(cycle=2).status == "submitted"


def test_planned_is_planned(cast, units):
    assert planned(cast, units).stage == Stage.TRACK
