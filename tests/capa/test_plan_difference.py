"""What changed from one version of a plan to the next: which measure is which, field by field, word by word."""

import datetime as dt

import pytest
from django.urls import reverse
from django.utils import timezone

from capa import plan
from capa.difference import MOST_STEPS, between, compared
from tests.walks import drafted, planned


def measure(text, cause="Not on the weekly card", **values):
    return {
        "text": text, "cause": cause, "kind": "corrective", "strength": "standardise", "owner": "chen", "unit": "ER-D-W2",
        "due_on": "2026-12-01", "target": "", "baseline_value": None, "expected_value": None, "value_unit": "",
        "cost": None, **values,
    }  # fmt: skip


def version(*measures, **values):
    return {"feasibility": "", "expected_effect": "", "measures": list(measures), "design": None, **values}


def told(pieces):
    marks = {"kept": "{}", "ins": "+{}+", "del": "-{}-"}
    return "".join(marks[piece.kind].format(piece.text) for piece in pieces)


# Words ---------------------------------------------------------------------------------------------------------------
@pytest.mark.parametrize(
    ("before", "after", "seen"),
    [
        ("Replace the filter weekly", "Replace the bearing weekly", "Replace the -filter-+bearing+ weekly"),
        ("Check twice", "Check three times a week", "Check -twice-+three times a week+"),
        ("每周更换滤网", "每月更换滤网", "每-周-+月+更换滤网"),
        ("每周检查轴承温度", "每周检查轴承温度和振动", "每周检查轴承温度+和振动+"),
        ("The same", "The same", "The same"),
        ("", "Something new", "+Something new+"),
        ("Gone now", "", "-Gone now-"),
        ("20 % less", "30 % less", "-20-+30+ % less"),
        ("Nothing in common", "每月更换滤网", "-Nothing in common-+每月更换滤网+"),
        ("one two three", "one 2 3", "one -two three-+2 3+"),
    ],
)
def test_texts_are_compared_by_word_and_by_character(before, after, seen):
    pieces = compared(before, after)
    assert told(pieces) == seen
    assert "".join(piece.text for piece in pieces if piece.kind != "ins") == before
    assert "".join(piece.text for piece in pieces if piece.kind != "del") == after


def test_a_text_made_to_take_for_ever_counts_as_rewritten():
    before, after = "啊" * 2000, "啊" * 1990 + "吧"
    assert 2000 * 1990 > MOST_STEPS
    assert told(compared(before, after)) == f"-{before}-+{after}+"


# Measures ------------------------------------------------------------------------------------------------------------
def test_measures_are_matched_by_their_words_wherever_they_stand():
    before = version(
        measure("Put the bearing on the weekly card"), measure("Replace the bearings of the batch")
    )
    after = version(
        measure("Replace all bearings of the batch", due_on="2026-12-20"),
        measure("Fit a temperature sensor to the fan", strength="automate"),
        measure("Put the bearing on the weekly card"),
    )
    rows = between(before, after, {"chen": "Chen Gong"}).measures
    assert [(row.state, row.text) for row in rows] == [
        ("changed", "Replace all bearings of the batch"),
        ("added", "Fit a temperature sensor to the fan"),
        ("kept", "Put the bearing on the weekly card"),
    ]
    assert [change.name for change in rows[0].changes] == ["text", "due_on"]
    assert told(rows[0].changes[1].pieces) == "-2026-12-01-+2026-12-20+"
    assert ("Owner", "Chen Gong") in rows[1].said
    assert ("Strength", "Automation, software, redundancy") in rows[1].said


def test_what_was_dropped_stands_where_it_stood():
    first, second, third = (
        measure(text) for text in ("Train the crew", "Change the card", "Order spare fans")
    )
    rows = between(version(first, second, third), version(first, third)).measures
    assert [(row.state, row.text) for row in rows] == [
        ("kept", "Train the crew"), ("dropped", "Change the card"), ("kept", "Order spare fans"),
    ]  # fmt: skip


def test_two_measures_of_the_same_words_are_told_apart_by_cause_and_place():
    before = version(measure("Check it", cause="A"), measure("Check it", cause="B"))
    after = version(measure("Check it", cause="B"), measure("Check it", cause="A", cost="5.00"))
    rows = between(before, after).measures
    assert [(row.state, [change.name for change in row.changes]) for row in rows] == [
        ("kept", []), ("changed", ["cost"]),
    ]  # fmt: skip


def test_figures_are_told_without_noughts_that_say_nothing():
    before = version(measure("Check it", cost="120.50", baseline_value="92.000"))
    after = version(measure("Check it", cost="1000.00", baseline_value="92.500"))
    changes = between(before, after).measures[0].changes
    assert [(change.before, change.after) for change in changes] == [("92", "92.5"), ("120.5", "1,000")]


def test_a_summary_names_every_change():
    before = version(measure("Check it"), feasibility="Easy")
    after = version(measure("Check it", owner="liu"), measure("Fit a sensor"), feasibility="Hard")
    difference = between(before, after)
    assert difference.summary == ["Feasibility", "Owner of “Check it”", "added: “Fit a sensor”"]
    assert len(difference) == 3 and not difference.is_empty and difference.kept == 0
    assert between(before, before).is_empty


# Pages ---------------------------------------------------------------------------------------------------------------
@pytest.fixture
def returned(db, cast, units):
    """Sent back with a reason; the second version rewords a measure, drops one, adds one."""
    incident = drafted(cast, units)
    incident = plan.submit(incident, by=cast.owner, version=incident.version)
    incident = plan.send_back(
        incident,
        by=cast.quality,
        version=incident.version,
        reason="Who replaces the bearings, and with what?",
    )
    incident = plan.begin(incident, by=cast.owner, version=incident.version)
    first, second = incident.plans.last().measures.order_by("pk")
    chen = {"by": cast.owner}
    incident = plan.amend_measure(
        incident, **chen, version=incident.version, measure=first, text="Put the fan bearing on the monthly card",
        cause=first.cause, owner=first.owner, due_on=first.due_on, target=first.target, baseline_value=92,
        expected_value=100, value_unit="%",
    )  # fmt: skip
    incident = plan.drop_measure(incident, **chen, version=incident.version, measure=second)
    incident = plan.add_measure(
        incident, **chen, version=incident.version, text="Fit a temperature sensor", cause=first.cause,
        owner=cast.depot_manager, due_on=timezone.localdate() + dt.timedelta(days=30), target="Alarm tested",
        strength="automate", cost=2400,
    )  # fmt: skip
    return plan.submit(incident, by=cast.owner, version=incident.version)


def seen(client, person, url, status=200) -> str:
    client.force_login(person)
    response = client.get(url)
    assert response.status_code == status
    return response.content.decode()


def test_the_approver_sees_what_changed_beside_the_reason(returned, cast, client):
    for url in (returned.get_absolute_url(), reverse("act", args=[returned.number, "approve"])):
        page = seen(client, cast.quality, url)
        assert "Why Wang Qiang sent version 1 back" in page and "Who replaces the bearings" in page
        assert ">weekly<" in page.replace("[taken out: </span>", "<del>") or "weekly" in page
        assert "Fit a temperature sensor" in page and "Dropped" in page and "Added" in page


def test_two_versions_are_compared_on_a_page(returned, cast, client):
    page = seen(client, cast.reporter, reverse("plan-compare", args=[returned.number]))
    assert "<del><span" in page and "weekly" in page and "monthly" in page
    assert "[taken out:" in page and "[put in:" in page, "screen readers hear it"
    assert "Version 1 was sent back by Wang Qiang" in page
    back = seen(
        client, cast.reporter, reverse("plan-compare", args=[returned.number]) + "?from=2&to=1&round=1"
    )
    assert "from version 2 to version 1" in back
    same = seen(client, cast.reporter, reverse("plan-compare", args=[returned.number]) + "?from=1&to=1")
    assert "say the same" in same


def test_a_version_is_shown_as_it_was_written(returned, cast, client):
    first = seen(client, cast.reporter, reverse("plan-version", args=[returned.number, 1]))
    assert "Replace the bearings of the batch" in first and "temperature sensor" not in first
    assert "Sent back by Wang Qiang" in first and "smallest change worth having" in first.lower()
    second = seen(client, cast.reporter, reverse("plan-version", args=[returned.number, 2]) + "?round=1")
    assert "Compare with version 1" in second and "92" in second and "temperature sensor" in second


@pytest.mark.parametrize(
    "address", ["plan/9/", "plan/1/?round=2", "plan/1/?round=x", "plan/compare/?from=7", "plan/compare/?to=²"]
)
def test_versions_that_arent_there(returned, cast, client, address):
    seen(client, cast.quality, f"{returned.get_absolute_url()}{address}", 404)


@pytest.mark.parametrize("who", ["hotel_quality", "west_manager", "colleague", "admin"])
def test_who_doesnt_see_the_case_sees_no_version(returned, cast, client, who):
    for name, args in (("plan-version", [1]), ("plan-compare", [])):
        seen(client, getattr(cast, who), reverse(name, args=[returned.number, *args]), 404)


def grow(incident, cast, measures: int):
    """More versions, and more measures in the last one."""
    incident = plan.withdraw(incident, by=cast.owner, version=incident.version)
    incident = plan.begin(incident, by=cast.owner, version=incident.version)
    for number in range(measures):
        incident = plan.add_measure(
            incident, by=cast.owner, version=incident.version, text=f"Measure number {number}", owner=cast.owner,
            due_on=timezone.localdate() + dt.timedelta(days=9), target="Done",
        )  # fmt: skip
    return plan.submit(incident, by=cast.owner, version=incident.version)


@pytest.mark.parametrize("measures", [0, 12])
def test_the_pages_ask_as_often_for_twelve_measures_as_for_none_more(
    returned, cast, client, measures, django_assert_max_num_queries
):
    incident = grow(returned, cast, measures)
    client.force_login(cast.quality)
    for url, most in (
        (reverse("plan-version", args=[incident.number, 3]), 10),
        (reverse("plan-compare", args=[incident.number]), 9),
        (reverse("act", args=[incident.number, "approve"]), 21),
        (incident.get_absolute_url(), 21),
    ):
        with django_assert_max_num_queries(most):
            assert client.get(url).status_code == 200


@pytest.mark.django_db
def test_an_approved_plan_shows_its_signature(cast, units, client):
    incident = planned(cast, units)
    page = seen(client, cast.reporter, incident.get_absolute_url())
    assert "I approve this plan" in page and "Matches what stands here" in page
