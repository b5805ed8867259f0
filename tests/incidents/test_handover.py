"""Chen Gong leaves the workshop: his open cases and measures go to Liu Wei, who runs the depot."""

import datetime as dt

import pytest
import time_machine as clock
from django.urls import reverse
from django.utils import timezone

from capa import plan
from history.administration import posts, staff
from history.models import Event
from incidents import handover
from incidents.errors import Invalid, NotAllowed, Stale
from incidents.models import Incident
from incidents.stages import Stage
from people.models import Person, Role
from reminders.models import Deadline, Notice
from tests.walks import analysed, confirmed, drafted, planned, report, substantiate, tracked

pytestmark = pytest.mark.django_db

WHY = "Chen Gong leaves the company"


def pass_on(incident, cast, taker, *, by=None, giver=None, reason=WHY):
    return handover.hand_over(
        incident, by=by or cast.admin, giver=giver or cast.owner, taker=taker, reason=reason
    )


def mate(cast, units) -> Person:
    """Another mechanic of the workshop, without any other role."""
    return staff.hire(
        by=cast.admin,
        username="mate",
        display_name="Mate Ma",
        home_unit=units.workshop,
        password="x",
        language="en",
    )


def again(incident) -> Incident:
    return Incident.objects.get(pk=incident.pk)


def test_everything_that_waits_for_him_passes_on_in_one_act(cast, units):
    incident, taker = planned(cast, units), mate(cast, units)
    mine = incident.measures.get(owner=cast.owner, plan__status="approved")
    assert again(incident).owner == cast.owner and again(incident).responsible_person == cast.owner
    row, _parts = pass_on(incident, cast, taker)
    mine.refresh_from_db()
    assert (row.owner, row.responsible_person, mine.owner) == (taker, taker, taker)
    assert not Deadline.objects.filter(owner=cast.owner, closed_at=None).exists()
    assert Deadline.objects.filter(owner=taker, closed_at=None, subject=incident.case).count() == 2
    assert incident.measures.filter(owner=cast.depot_manager).exists()  # the other one stays with Liu
    assert mine.entries.filter(kind="adjustment", text=WHY, by=cast.admin).exists()
    event = Event.objects.of(incident.case).first()
    assert (event.act, event.reason, event.actor) == ("incident.hand_over", WHY, cast.admin)
    assert event.after["measures"] == [mine.number]
    assert Incident.objects.visible_to(taker).filter(pk=incident.pk).exists()
    assert Notice.objects.get(recipient=taker, text="handed-over").params["by"] == "Ma Lin"
    assert handover.open_work(cast.owner) == []


def test_the_list_names_every_part_of_the_work(cast, units):
    incident = planned(cast, units)
    (case,) = handover.open_work(cast.owner)
    assert (
        case.incident == incident and case.parts.owner and case.parts.responsible and len(case.measures) == 1
    )
    (case,) = handover.open_work(cast.depot_manager)
    assert not case.parts.owner and not case.parts.responsible and len(case.measures) == 1
    assert handover.open_work(cast.reporter) == []


def test_a_draft_goes_with_it_so_that_the_turn_stays_with_the_successor(cast, units):
    incident, taker = drafted(cast, units), mate(cast, units)
    pass_on(incident, cast, taker)
    draft = incident.plans.get()
    assert draft.author == taker and set(draft.writers.all()) == {cast.owner, taker}
    submitted = plan.submit(again(incident), by=taker, version=again(incident).version)
    assert submitted.plans.get().status == "submitted"


# Who may -------------------------------------------------------------------------------------------------------------
@pytest.mark.parametrize(
    "who", ["reporter", "colleague", "handler", "executive", "hotel_quality", "west_manager"]
)
def test_nobody_else_hands_work_over(cast, units, who):
    incident, taker = planned(cast, units), mate(cast, units)
    events = Event.objects.count()
    with pytest.raises(NotAllowed):
        pass_on(incident, cast, taker, by=getattr(cast, who))
    assert again(incident).owner == cast.owner and Event.objects.count() == events


@pytest.mark.parametrize("who", ["admin", "quality", "depot_manager", "owner", "supervisor"])
def test_administrators_case_roles_and_he_himself_do(cast, units, who):
    incident = planned(cast, units)
    row, _parts = pass_on(incident, cast, mate(cast, units), by=getattr(cast, who))
    assert row.responsible_person.username == "mate"


def test_an_administrator_gets_no_case_into_his_own_hands(cast, units):
    incident = planned(cast, units)
    with pytest.raises(NotAllowed, match="to yourself"):
        pass_on(incident, cast, cast.admin)
    assert not Incident.objects.visible_to(cast.admin).exists()


def test_the_successor_is_here_and_of_the_same_company(cast, units):
    incident, taker = planned(cast, units), mate(cast, units)
    with pytest.raises(Invalid, match="another company"):
        pass_on(incident, cast, cast.hotel_quality)
    with pytest.raises(Invalid, match="somebody else"):
        pass_on(incident, cast, cast.owner)
    with pytest.raises(Invalid, match="Say why"):
        pass_on(incident, cast, taker, reason=" ")
    staff.leave(taker, by=cast.admin)
    with pytest.raises(Invalid, match="has left"):
        pass_on(incident, cast, Person.objects.get(pk=taker.pk))
    assert again(incident).owner == cast.owner and not Event.objects.filter(act="incident.hand_over").exists()


# Four eyes -----------------------------------------------------------------------------------------------------------
def test_who_agreed_to_the_attribution_does_not_become_responsible(cast, units):
    incident = confirmed(cast, units)
    with pytest.raises(NotAllowed, match="agreed to the attribution"):
        pass_on(incident, cast, cast.supervisor)
    assert again(incident).responsible_person == cast.owner


def test_who_approved_the_plan_does_not_become_responsible(cast, units):
    incident = planned(cast, units)
    incident.agreements.all().delete()  # as if others had
    with pytest.raises(NotAllowed, match="approved the plan"):
        pass_on(incident, cast, cast.quality)


def test_the_verifier_does_not_take_what_is_verified(cast, units):
    """Wang is to verify; Liu's measures are done. Neither the case to Liu, nor its responsibility to Qian's desk."""
    incident = tracked(cast, units)
    assert incident.stage == Stage.VERIFY and incident.owner == cast.quality
    posts.appoint(cast.depot_manager, units.rail, Role.QUALITY, by=cast.admin)
    liu = Person.objects.get(pk=cast.depot_manager.pk)
    with pytest.raises(NotAllowed, match="two people"):
        pass_on(incident, cast, liu, giver=cast.quality)
    row, _parts = pass_on(incident, cast, cast.quality_two, giver=cast.quality)
    assert row.owner == cast.quality_two
    with pytest.raises(NotAllowed):
        pass_on(row, cast, cast.quality_two)  # Chen is the responsible person
    assert again(incident).owner == cast.quality_two and again(incident).responsible_person == cast.owner


def test_somebody_must_be_left_to_verify(cast, units):
    incident = planned(cast, units)
    staff.leave(cast.quality, by=cast.admin)
    with pytest.raises(NotAllowed, match="nobody would be left"):
        pass_on(incident, cast, cast.quality_two, giver=cast.depot_manager)
    assert incident.measures.filter(owner=cast.depot_manager).exists()


def test_a_step_that_needs_a_role_goes_only_to_who_has_it(cast, units):
    incident = report(cast, units)
    with pytest.raises(NotAllowed, match="no role here"):
        pass_on(incident, cast, cast.colleague, giver=cast.site_manager)
    row, parts = pass_on(incident, cast, cast.quality, giver=cast.site_manager)
    assert row.owner == cast.quality and parts.owner and not parts.responsible


def test_the_missing_signature_stays_with_its_side(cast, units):
    incident = substantiate(report(cast, units), cast)
    assert incident.owner == cast.supervisor
    from_quality = Incident.objects.get(pk=incident.pk)
    from_quality.agreements.create(person=cast.quality, role=Role.QUALITY, attempt=incident.attempt)
    with pytest.raises(NotAllowed, match="other side"):
        pass_on(incident, cast, cast.quality_two, giver=cast.supervisor)


# Several at once, and back -------------------------------------------------------------------------------------------
def test_one_refusal_does_not_stop_the_others(cast, units):
    first, second, taker = planned(cast, units), confirmed(cast, units), mate(cast, units)
    outcome = handover.hand_over_all(
        [(first, taker), (second, cast.supervisor)], by=cast.admin, giver=cast.owner, reason=WHY
    )
    assert [row.pk for row, _taker, _parts in outcome.done] == [first.pk]
    assert list(outcome.refused) == [second.pk] and "agreed" in str(outcome.refused[second.pk])
    assert again(second).responsible_person == cast.owner


def test_what_was_handed_over_can_be_taken_back_by_a_new_event(cast, units):
    incident, taker = planned(cast, units), mate(cast, units)
    row, parts = pass_on(incident, cast, taker)
    handover.take_back(row, by=cast.admin, giver=cast.owner, taker=taker, parts=parts, version=row.version)
    back = again(incident)
    assert (back.owner, back.responsible_person) == (cast.owner, cast.owner)
    assert incident.measures.filter(owner=cast.owner, plan__status="approved").exists()
    assert [event.act for event in Event.objects.of(incident.case)[:2]] == [
        "incident.take_back",
        "incident.hand_over",
    ]


def test_nothing_is_taken_back_once_somebody_worked_on_it(cast, units):
    incident, taker = confirmed(cast, units), mate(cast, units)
    row, parts = pass_on(incident, cast, taker)
    with pytest.raises(Stale):
        handover.take_back(
            row, by=cast.admin, giver=cast.owner, taker=taker, parts=parts, version=row.version - 1
        )


def test_a_second_hand_over_finds_nothing_left(cast, units):
    incident, taker = planned(cast, units), mate(cast, units)
    pass_on(incident, cast, taker)
    with pytest.raises(Stale, match="Nothing of this"):
        pass_on(incident, cast, taker)


# The page ------------------------------------------------------------------------------------------------------------
def form(cases, taker, **values):
    ticked = {f"pass-{incident.pk}": "on" for incident in cases}
    return {"taker": taker.username, "reason": WHY, **ticked, **values}


def test_an_administrator_hands_over_and_closes_the_account(client, cast, units):
    first, second, taker = planned(cast, units), confirmed(cast, units), mate(cast, units)
    client.force_login(cast.admin)
    url = reverse("hand-over", args=[cast.owner.pk])
    page = client.get(url).content.decode()
    assert first.number in page and second.number in page
    assert first.title not in page  # not hers to read: only who works on it
    client.post(url, form([first, second], taker, closes_account="on"))
    assert {again(first).owner, again(second).owner} == {taker}
    assert not Person.objects.get(pk=cast.owner.pk).is_active
    assert "Nothing waits for Chen Gong" in client.get(url).content.decode()


def test_another_successor_for_one_case_and_one_that_stays(client, cast, units):
    cases, taker = [confirmed(cast, units) for _number in range(3)], mate(cast, units)
    client.force_login(cast.admin)
    values = form(cases[:2], taker, **{f"taker-{cases[1].pk}": "Liu Wei (liu)"})
    client.post(reverse("hand-over", args=[cast.owner.pk]), values)
    assert [again(case).owner for case in cases] == [taker, cast.depot_manager, cast.owner]


def test_why_a_case_was_refused_stands_beside_it_and_nothing_typed_is_lost(client, cast, units):
    first, second, taker = planned(cast, units), confirmed(cast, units), mate(cast, units)
    client.force_login(cast.admin)
    values = form([first, second], taker, **{f"taker-{second.pk}": "sun"}, closes_account="on")
    response = client.post(reverse("hand-over", args=[cast.owner.pk]), values)
    text = response.content.decode()
    assert response.status_code == 409 and "agreed to the attribution" in text and WHY in text
    assert again(first).owner == taker and again(second).owner == cast.owner
    assert Person.objects.get(pk=cast.owner.pk).is_active


def test_undo_for_ten_minutes(client, cast, units):
    incident, taker = confirmed(cast, units), mate(cast, units)
    client.force_login(cast.admin)
    url, undo = (reverse(name, args=[cast.owner.pk]) for name in ("hand-over", "hand-over-undo"))
    client.post(url, form([incident], taker))
    assert undo in client.get(url).content.decode()
    client.post(undo)
    assert again(incident).owner == cast.owner and undo not in client.get(url).content.decode()
    client.post(url, form([incident], taker))
    with clock.travel(timezone.now() + dt.timedelta(minutes=11)):
        client.post(undo)
    assert again(incident).owner == taker


def test_the_page_is_there_for_who_may_hand_over_something(client, cast, units):
    planned(cast, units)
    url = reverse("hand-over", args=[cast.owner.pk])
    expected = {
        "admin": 200, "quality": 200, "depot_manager": 200, "owner": 200,
        "reporter": 404, "colleague": 404, "executive": 404, "hotel_quality": 404, "west_manager": 404,
    }  # fmt: skip
    for who, status in expected.items():
        client.force_login(getattr(cast, who))
        assert client.get(url).status_code == status, who
        if status == 404:
            assert client.post(url, {"taker": "he", "reason": WHY}).status_code == 404, who
            assert client.post(reverse("hand-over-undo", args=[cast.owner.pk])).status_code == 302
    assert not Event.objects.filter(act="incident.hand_over").exists()


def test_the_page_asks_as_much_for_12_cases_as_for_3(
    client, cast, units, django_assert_num_queries, django_assert_max_num_queries
):
    client.force_login(cast.admin)
    url = reverse("hand-over", args=[cast.owner.pk])
    for _number in range(3):
        confirmed(cast, units)
    client.get(url)
    with django_assert_max_num_queries(18) as few:
        client.get(url)
    for _number in range(9):
        confirmed(cast, units)
    analysed(cast, units)
    with django_assert_num_queries(len(few)):
        client.get(url)
