"""Co-signatures: asked for by rule, given by somebody with no part in the plan, before it can be approved."""

import datetime as dt

import pytest
from django.urls import reverse
from django.utils import timezone

from capa import cosigning, plan
from capa.models import CoSignature, CoSignRule, Measure
from history.models import Event, Signature
from history.verification import verify
from incidents.errors import Invalid, NotAllowed, NotYet, Stale
from incidents.models import Incident
from incidents.stages import Severity, Stage
from people.models import Post, Role
from reminders.models import Deadline, Notice
from tests.conftest import PASSWORD
from tests.history.forging import by_superuser
from tests.walks import drafted

pytestmark = pytest.mark.django_db


@pytest.fixture
def rule(cast):
    """Serious incidents, and plans of 50,000 yuan, need an executive."""
    return cosigning.add_rule(
        by=cast.quality, role=Role.EXECUTIVE, from_severity=Severity.SERIOUS, from_cost=50_000
    )


def signatures():
    """Under plans; the cause report has its own."""
    return Signature.objects.filter(of__startswith="plan:")


def submit(incident, cast):
    return plan.submit(incident, by=cast.owner, version=incident.version)


@pytest.fixture
def submitted(rule, cast, units):
    return submit(drafted(cast, units), cast)  # a serious one


def now(incident) -> Incident:
    return Incident.objects.select_related("unit", "responsible_unit").get(pk=incident.pk)


# The story -----------------------------------------------------------------------------------------------------------
def test_returned_twice_then_co_signed_and_approved(submitted, cast):
    incident = submitted
    for reason in ("Who pays?", "Name the supplier."):
        assert incident.owner == cast.executive
        incident = plan.send_back(incident, by=cast.quality, version=incident.version, reason=reason)
        assert incident.owner == cast.owner
        incident = plan.begin(incident, by=cast.owner, version=incident.version)
        incident = plan.write(
            incident, by=cast.owner, version=incident.version, feasibility=f"Answered: {reason}",
            expected_effect="Half as many.",
        )  # fmt: skip
        incident = submit(incident, cast)
    assert Notice.objects.filter(recipient=cast.executive, text="turn").count() == 3
    with pytest.raises(NotYet) as refused:
        plan.approve(incident, by=cast.quality, version=incident.version)
    assert [str(item) for item in refused.value.missing] == ["Co-signed by an executive"]
    assert not signatures().exists()

    incident = cosigning.cosign(
        incident, by=cast.executive, version=incident.version, note="Worth it.", method="password"
    )
    assert incident.owner == cast.quality
    deadline = Deadline.objects.get(subject=incident.case, kind=Stage.PLAN)
    assert deadline.owner == cast.quality and deadline.closed_at is None
    assert (
        Notice.objects.filter(recipient=cast.quality, text="turn").latest("pk").url
        == incident.get_absolute_url()
    )
    given = CoSignature.objects.get()
    assert (given.plan.revision, given.role, given.person, given.note) == (
        3, Role.EXECUTIVE, cast.executive, "Worth it.",
    )  # fmt: skip
    incident = plan.approve(incident, by=cast.quality, version=incident.version, method="password")
    assert incident.stage == Stage.TRACK
    signed = [(row.meaning, row.signer_name, row.method) for row in signatures()]
    assert signed == [
        ("plan-cosignature", "Gao Shan", "password"), ("plan-approval", "Wang Qiang", "password"),
    ]  # fmt: skip
    for act, signature in zip(("cosign_plan", "approve"), signatures(), strict=True):
        event = Event.objects.of(incident.case).get(act=f"incident.{act}")
        assert (event.after["signature"], event.after["digest"]) == (signature.pk, signature.digest)


def test_a_new_version_needs_new_co_signatures(submitted, cast):
    incident = cosigning.cosign(submitted, by=cast.executive, version=submitted.version)
    incident = plan.send_back(incident, by=cast.quality, version=incident.version, reason="One more thing")
    incident = plan.begin(incident, by=cast.owner, version=incident.version)
    incident = submit(incident, cast)
    assert incident.owner == cast.executive, "the old signature is for the old words"
    with pytest.raises(NotYet):
        plan.approve(incident, by=cast.quality, version=incident.version)
    assert CoSignature.objects.get().plan.revision == 1, "what is past stays"
    incident = cosigning.cosign(incident, by=cast.executive, version=incident.version)
    assert plan.approve(incident, by=cast.quality, version=incident.version).stage == Stage.TRACK


# When a rule asks ----------------------------------------------------------------------------------------------------
@pytest.mark.parametrize(
    ("limits", "asked"),
    [
        ({"from_severity": Severity.SERIOUS}, True),
        ({"from_severity": Severity.MAJOR}, False),
        ({"from_cost": 1000}, True),
        ({"from_cost": 1001}, False),
        ({"from_severity": Severity.MAJOR, "from_cost": 1000}, True),
        ({"from_cost": 0}, True),
    ],
)
def test_by_severity_or_by_the_cost_of_all_measures_together(cast, units, limits, asked):
    cosigning.add_rule(by=cast.quality, role=Role.EXECUTIVE, **limits)
    incident = drafted(cast, units)
    Measure.objects.filter(incident=incident).update(cost=500)  # two of them
    incident = submit(incident, cast)
    assert (incident.owner == cast.executive) == asked
    if not asked:
        assert incident.owner == cast.quality
        assert plan.approve(incident, by=cast.quality, version=incident.version).stage == Stage.TRACK


def test_a_rule_of_another_company_asks_nobody_here(cast, units):
    cosigning.add_rule(by=cast.hotel_quality, role=Role.EXECUTIVE, from_cost=0)
    assert submit(drafted(cast, units), cast).owner == cast.quality


def test_a_rule_counts_for_what_is_submitted_while_it_is_in_force(cast, units):
    before = submit(drafted(cast, units), cast)
    rule = cosigning.add_rule(by=cast.quality, role=Role.EXECUTIVE, from_cost=0)
    during = submit(drafted(cast, units), cast)
    cosigning.end_rule(rule, by=cast.quality)
    after = submit(drafted(cast, units), cast)
    assert [row.owner for row in (before, during, after)] == [cast.quality, cast.executive, cast.quality]
    assert plan.approve(before, by=cast.quality, version=before.version).stage == Stage.TRACK
    with pytest.raises(NotYet):
        plan.approve(during, by=cast.quality, version=during.version)


def test_a_second_quality_manager_co_signs_and_the_first_approves(cast, units):
    cosigning.add_rule(by=cast.quality, role=Role.QUALITY, from_cost=0)
    incident = submit(drafted(cast, units), cast)
    assert incident.owner == cast.quality
    incident = cosigning.cosign(incident, by=cast.quality, version=incident.version)
    assert incident.owner == cast.quality_two
    for act in (plan.approve, cosigning.cosign):
        with pytest.raises(NotAllowed, match="co-signer"):
            act(incident, by=cast.quality, version=incident.version)
    assert plan.approve(incident, by=cast.quality_two, version=incident.version).stage == Stage.TRACK


def test_two_rules_ask_two_people_one_after_the_other(submitted, cast):
    cosigning.add_rule(by=cast.quality, role=Role.QUALITY, from_cost=0)
    incident = plan.withdraw(submitted, by=cast.owner, version=submitted.version)
    incident = plan.begin(incident, by=cast.owner, version=incident.version)
    incident = submit(incident, cast)
    assert incident.owner == cast.executive
    incident = cosigning.cosign(incident, by=cast.executive, version=incident.version)
    assert incident.owner == cast.quality
    incident = cosigning.cosign(incident, by=cast.quality, version=incident.version)
    assert incident.owner == cast.quality_two
    assert plan.approve(incident, by=cast.quality_two, version=incident.version).stage == Stage.TRACK


# Who can't -----------------------------------------------------------------------------------------------------------
def nothing_signed(incident, events: int) -> bool:
    row = now(incident)
    return (
        not signatures().exists()
        and not CoSignature.objects.exists()
        and Event.objects.count() == events
        and (row.version, row.stage) == (incident.version, Stage.PLAN)
    )


@pytest.mark.parametrize(
    "who",
    ["owner", "depot_manager", "reporter", "site_manager", "supervisor", "admin", "hotel_quality", "quality"],
)
def test_who_has_no_such_role_or_a_part_in_it_is_refused(submitted, cast, who):
    """Wang is a quality manager, but the rule asks for an executive."""
    events = Event.objects.count()
    with pytest.raises(NotAllowed):
        cosigning.cosign(submitted, by=getattr(cast, who), version=submitted.version)
    assert nothing_signed(submitted, events)


def make_executive(person, unit):
    Post.objects.create(person=person, unit=unit, role=Role.EXECUTIVE, starts_on=timezone.localdate())
    person.__dict__.pop("current_posts", None)


@pytest.mark.parametrize(
    ("who", "as_what"),
    [("owner", "plan author"), ("depot_manager", "owner of a measure in the plan")],
)
def test_even_an_executive_with_a_part_in_the_plan_is_refused(submitted, cast, units, who, as_what):
    person = getattr(cast, who)
    make_executive(person, units.rail)
    events = Event.objects.count()
    with pytest.raises(NotAllowed, match=as_what):
        cosigning.cosign(submitted, by=person, version=submitted.version)
    assert nothing_signed(submitted, events)


def test_the_responsible_person_is_refused_even_without_a_hand_in_the_plan(submitted, cast, units):
    Incident.objects.filter(pk=submitted.pk).update(responsible_person=cast.executive)
    events = Event.objects.count()
    with pytest.raises(NotAllowed, match="responsible person"):
        cosigning.cosign(submitted, by=cast.executive, version=submitted.version)
    assert nothing_signed(submitted, events)


def test_a_stale_page_is_refused(submitted, cast):
    events = Event.objects.count()
    with pytest.raises(Stale):
        cosigning.cosign(submitted, by=cast.executive, version=submitted.version - 1)
    assert nothing_signed(submitted, events)


def test_nobody_is_asked_without_a_rule(cast, units):
    incident = submit(drafted(cast, units), cast)
    with pytest.raises(NotAllowed, match="No rule"):
        cosigning.cosign(incident, by=cast.executive, version=incident.version)


def test_who_is_asked_may_send_it_back_instead(submitted, cast):
    incident = plan.send_back(submitted, by=cast.executive, version=submitted.version, reason="Too dear.")
    assert incident.plans.get().status == "returned"
    incident = plan.begin(incident, by=cast.owner, version=incident.version)
    incident = submit(incident, cast)
    incident = cosigning.cosign(incident, by=cast.executive, version=incident.version)
    with pytest.raises(NotAllowed):
        plan.send_back(incident, by=cast.executive, version=incident.version, reason="On second thoughts")


# In the browser ------------------------------------------------------------------------------------------------------
def post(client, person, incident, slug, **data):
    client.force_login(person)
    return client.post(
        reverse("act", args=[incident.number, slug]), {"version": now(incident).version, **data}
    )


def test_the_executive_finds_it_signs_it_and_the_approver_sees_it(submitted, cast, client):
    client.force_login(cast.executive)
    assert submitted.number in client.get(reverse("mywork")).content.decode()
    page = client.get(submitted.get_absolute_url()).content.decode()
    assert "Co-sign the plan" in page and "Your password, as your signature" in page
    assert post(client, cast.executive, submitted, "cosign", password=PASSWORD, note="Yes").status_code == 302
    assert signatures().get().method == "password"
    client.force_login(cast.quality)
    page = client.get(submitted.get_absolute_url()).content.decode()
    assert "I co-sign this plan" in page and "Matches what stands here" in page
    assert post(client, cast.quality, submitted, "approve", password=PASSWORD).status_code == 302
    assert now(submitted).stage == Stage.TRACK
    assert not Event.objects.filter(payload__contains=PASSWORD).exists()


@pytest.mark.parametrize("slug", ["cosign", "approve"])
def test_a_wrong_password_changes_nothing(submitted, cast, client, slug):
    if slug == "approve":
        submitted = cosigning.cosign(submitted, by=cast.executive, version=submitted.version)
    person = cast.executive if slug == "cosign" else cast.quality
    events, given = Event.objects.count(), signatures().count()
    response = post(client, person, submitted, slug, password="not-it-at-all", note="My words")
    page = response.content.decode()
    assert response.status_code == 422
    assert "not your password" in page and "My words" in page and "not-it-at-all" not in page
    assert (Event.objects.count(), signatures().count()) == (events, given)
    assert now(submitted).version == submitted.version


def test_a_right_password_on_a_stale_page_is_not_put_back_into_it(submitted, cast, client):
    client.force_login(cast.executive)
    url = reverse("act", args=[submitted.number, "cosign"])
    response = client.post(url, {"version": submitted.version - 1, "password": PASSWORD})
    assert response.status_code == 409 and PASSWORD not in response.content.decode()
    assert not signatures().exists()


# What was signed -----------------------------------------------------------------------------------------------------
def approved(submitted, cast):
    incident = cosigning.cosign(submitted, by=cast.executive, version=submitted.version)
    return plan.approve(incident, by=cast.quality, version=incident.version)


def test_what_changed_since_it_was_signed_is_said(submitted, cast, client):
    incident = approved(submitted, cast)
    client.force_login(cast.quality)
    page = client.get(incident.get_absolute_url()).content.decode()
    assert page.count("Matches what stands here") == 3  # and under the cause report
    first = incident.measures.first()
    Measure.objects.filter(pk=first.pk).update(owner=cast.colleague)
    page = client.get(incident.get_absolute_url()).content.decode()
    assert page.count("Has changed since it was signed") == 2 and f"Owner of “{first.text}”" in page


def test_an_extension_that_was_granted_is_no_change_of_the_plan(submitted, cast, client):
    incident = approved(submitted, cast)
    Measure.objects.filter(incident=incident).update(due_on=timezone.localdate() + dt.timedelta(days=90))
    client.force_login(cast.quality)
    assert client.get(incident.get_absolute_url()).content.decode().count("Matches what stands here") == 3


def test_a_signature_forged_in_the_database_is_seen(submitted, cast, client):
    incident = approved(submitted, cast)
    by_superuser("UPDATE history_signature SET content = replace(content, 'weekly', 'yearly')")
    Measure.objects.filter(incident=incident).update(text="Put the fan bearing on the yearly card")
    client.force_login(cast.quality)
    assert "was tampered with" in client.get(incident.get_absolute_url()).content.decode()


# The rules -----------------------------------------------------------------------------------------------------------
def test_rules_are_set_and_ended_by_a_quality_manager_of_the_whole_company(cast, client):
    client.force_login(cast.quality)
    url = reverse("cosign-rules")
    assert "No rule in force" in client.get(url).content.decode()
    response = client.post(url, {"role": "executive", "from_severity": "4", "from_cost": "50000"})
    assert response.status_code == 302
    rule = CoSignRule.objects.get()
    assert (rule.company, rule.role, rule.from_severity, rule.from_cost) == (
        cast.quality.home_unit, "executive", 4, 50_000,
    )  # fmt: skip
    page = client.get(url).content.decode()
    assert "from severity “Major” or ¥50,000 on" in page
    assert client.post(reverse("cosign-rule-end", args=[rule.pk])).status_code == 302
    assert "1 rule that has ended" in client.get(url).content.decode()
    told = Event.objects.of(cast.quality.home_unit.case).order_by("seq").values_list("act", flat=True)
    assert list(told)[-2:] == ["unit.add_cosign_rule", "unit.end_cosign_rule"]
    assert list(verify()) == []
    with pytest.raises(Invalid, match="ended already"):
        cosigning.end_rule(rule, by=cast.quality)


@pytest.mark.parametrize(
    ("values", "field"),
    [
        ({"role": "executive"}, "from_severity"),
        ({"role": "reporter", "from_cost": 5}, "role"),
        ({"role": "executive", "from_cost": -1}, "from_cost"),
        ({"role": "executive", "from_severity": 9}, "from_severity"),
    ],
)
def test_rules_that_cant_be(cast, client, values, field):
    with pytest.raises(Invalid) as refused:
        cosigning.add_rule(by=cast.quality, **values)
    assert set(refused.value.fields) == {field}
    client.force_login(cast.quality)
    response = client.post(reverse("cosign-rules"), values)
    assert response.status_code == 422 and 'role="alert"' in response.content.decode()
    assert not CoSignRule.objects.exists()


def test_the_same_rule_twice_is_refused(rule, cast):
    with pytest.raises(Invalid, match="already"):
        cosigning.add_rule(
            by=cast.quality_two, role=Role.EXECUTIVE, from_severity=Severity.SERIOUS, from_cost=50_000
        )


@pytest.mark.parametrize("who", ["executive", "west_manager", "admin", "owner", "hotel_quality"])
def test_nobody_else_changes_the_rules(rule, cast, client, who):
    person, events = getattr(cast, who), Event.objects.count()
    client.force_login(person)
    if who != "hotel_quality":
        with pytest.raises(NotAllowed):
            cosigning.add_rule(by=person, role=Role.EXECUTIVE, from_cost=1)
        assert (
            client.post(reverse("cosign-rules"), {"role": "executive", "from_cost": "1"}).status_code == 404
        )
    with pytest.raises(NotAllowed):
        cosigning.end_rule(rule, by=person)
    assert client.post(reverse("cosign-rule-end", args=[rule.pk])).status_code == 404
    rule.refresh_from_db()
    assert rule.ended_at is None and Event.objects.count() == events


def test_another_companys_rules_are_not_there(rule, cast, client):
    client.force_login(cast.hotel_quality)
    assert "No rule in force" in client.get(reverse("cosign-rules")).content.decode()
    client.force_login(cast.west_manager)
    page = client.get(reverse("cosign-rules")).content.decode()
    assert "from severity “Serious”" in page and "New rule" not in page


@pytest.mark.parametrize("rules", [1, 20])
def test_the_page_of_rules_asks_as_often_for_twenty(cast, client, rules, django_assert_num_queries):
    for number in range(rules):
        row = cosigning.add_rule(by=cast.quality, role=Role.EXECUTIVE, from_cost=number)
        if number % 2:
            cosigning.end_rule(row, by=cast.quality)
    client.force_login(cast.quality)
    with django_assert_num_queries(6):
        client.get(reverse("cosign-rules"))
