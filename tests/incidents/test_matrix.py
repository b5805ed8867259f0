"""The handbook says what the code does: flowchart, responsibility matrix, guide and its document."""

import re

import pytest
from django.urls import reverse
from django.utils import timezone, translation
from django_fsm import GET_STATE

from incidents import flowchart, gates, guide, limits, matrix, permissions
from incidents.management.commands.operating_guide import DOCUMENT, generated, kept
from incidents.models import Incident
from incidents.stages import LOOP, TERMINAL, Severity, Stage
from people.models import CASE_ROLES, Person, Post, Role
from reminders.models import DeadlinePolicy
from tests import walks

pytestmark = pytest.mark.django_db


def hire(role: Role, unit) -> Person:
    """Somebody who holds this role there and nothing else anywhere."""
    person = Person.objects.create(username=f"only-{role}-{unit.code}", display_name=role, home_unit=unit)
    Post.objects.create(person=person, unit=unit, role=role, starts_on=timezone.localdate())
    return person


# The matrix ----------------------------------------------------------------------------------------------------------
@pytest.mark.parametrize("role", Role)
def test_a_role_may_do_what_its_column_says(cast, units, role):
    """Asked of the permission check itself, with a person of flesh and blood for each role, act by act."""
    case = walks.confirmed(cast, units)  # happened in the crew; the workshop answers for it
    there, responsible = hire(role, case.unit), hire(role, case.responsible_unit)
    rows = [row for group in matrix.matrix() for row in group.rows]
    assert {row.act for row in rows} == set(permissions.ACTS) and len(rows) == len(permissions.ACTS)
    machine = {name for name in permissions.ACTS if name in gates.GATES}
    for row in rows:
        cell = row.by_role[role]
        in_unit = permissions.allowed(there, row.act, case)
        in_responsible = permissions.allowed(responsible, row.act, case)
        letter = "A" if row.act in machine else "R"
        if in_unit:
            assert cell == letter, row.act
        elif in_responsible:
            assert cell == f"{letter}°", row.act
        else:
            assert cell in ("C", "I", ""), row.act
            assert (cell != "") >= (role in CASE_ROLES), row.act
        seen = Incident.objects.visible_to(there).filter(pk=case.pk).exists()
        assert seen == (role in CASE_ROLES)
        assert seen or cell in ("", letter), row.act


def test_who_contributes_does_other_work_of_that_stage(cast, units):
    case = walks.confirmed(cast, units)
    where = matrix.stages_of()
    for group in matrix.matrix():
        for row in group.rows:
            for role, cell in row.by_role.items():
                if cell != "C":
                    continue
                others = [
                    act for act in permissions.ACTS if len(where[act]) == 1 and where[act] <= where[row.act]
                ]
                people = (hire_once(role, case.unit), hire_once(role, case.responsible_unit))
                assert any(permissions.allowed(person, act, case) for act in others for person in people)


def hire_once(role, unit) -> Person:
    return Person.objects.filter(username=f"only-{role}-{unit.code}").first() or hire(role, unit)


@pytest.mark.parametrize("relation", permissions.RELATION_NAMES)
def test_a_part_in_the_case_entitles_or_bars_as_its_column_says(cast, units, monkeypatch, relation):
    """With this part alone somebody may do exactly what the column says; with it even a quality manager is barred."""
    case = walks.confirmed(cast, units)
    everything = [hire(role, case.unit) for role in Role] + [
        hire(role, case.responsible_unit) for role in Role
    ]
    nobody = cast.west_manager  # of another division: no role here

    def those_who_may(*parts: str) -> dict[str, bool]:
        """Act by act: may any holder of a role, if everybody has these parts in the case?"""
        table = {name: lambda _case, _person, name=name: name in parts for name in permissions.RELATIONS}
        monkeypatch.setattr(permissions, "RELATIONS", table)
        return {
            act: any(permissions.allowed(person, act, case) for person in everything)
            for act in permissions.ACTS
        }

    before, now = those_who_may(), those_who_may(relation)
    for group in matrix.matrix():
        for row in group.rows:
            cell = row.by_relation[relation]
            assert permissions.allowed(nobody, row.act, case) == (cell in ("A", "R")), row.act
            assert (cell == matrix.BARRED) == (before[row.act] and not now[row.act]), row.act


def test_an_act_stands_under_the_stage_in_which_it_is_done():
    stage_of = {row.act: group.stage for group in matrix.matrix() for row in group.rows}
    assert stage_of["substantiate"] == Stage.IDENTIFY
    assert stage_of["agree"] == Stage.CONFIRM
    assert stage_of["approve"] == Stage.PLAN
    assert stage_of["record_progress"] == Stage.TRACK
    assert stage_of["archive"] == Stage.IMPROVE
    assert stage_of["hand_over"] is None and stage_of["merge"] is None  # in two stages


# The flowchart -------------------------------------------------------------------------------------------------------
def ways_of_the_machine() -> set[tuple[str, str, str]]:
    """Every transition as the state machine itself has it, read past `flowchart`."""
    found = set()
    for name in dir(Incident):
        machine = getattr(getattr(Incident, name), "_django_fsm", None)
        for transition in machine.transitions.values() if machine else []:
            target = transition.target
            for end in target.allowed_states if isinstance(target, GET_STATE) else [target]:
                found.add((name, str(transition.source), str(end)))
    return found


def test_the_flowchart_has_every_way_and_no_other():
    drawn = re.findall(r'data-step="(\w+)" data-from="(\w+)" data-to="(\w+)"', flowchart.draw())
    assert len(drawn) == len(set(drawn))
    assert set(drawn) == ways_of_the_machine() and len(drawn) >= 16
    assert ("judge_not_effective", "verify", "analyse") in drawn


def test_the_flowchart_names_every_stage_every_end_and_who_ends_each_stage():
    drawing = flowchart.draw()
    words = re.sub(r"<title>.*?</title>|<desc.*?</desc>", "", drawing)
    for stage in TERMINAL:
        assert f">{stage.label}<" in words
    cards = flowchart.cards()
    assert [card.stage for card in cards] == list(LOOP)
    for card in cards:
        rule = permissions.ACTS[gates.FORWARD[card.stage]]
        assert [str(role.label) for role in rule.roles] == card.who[: len(rule.roles)]
        assert len(card.not_who) == len(rule.barred)


@pytest.mark.parametrize("stage", LOOP)
def test_the_flowchart_asks_for_what_the_gate_asks_for(cast, units, stage):
    """The conditions under a stage are those that a real case in that stage meets or misses."""
    case = {
        Stage.IDENTIFY: walks.report,
        Stage.CONFIRM: lambda c, u: walks.substantiate(walks.report(c, u), c),
        Stage.ANALYSE: walks.confirmed,
        Stage.PLAN: walks.drafted,
        Stage.TRACK: walks.planned,
        Stage.VERIFY: walks.tracked,
        Stage.IMPROVE: walks.verified,
    }[stage](cast, units)
    card = next(card for card in flowchart.cards() if card.stage == stage)
    asked = [str(condition.label) for condition in gates.gate(case, gates.FORWARD[stage])]
    assert set(map(str, card.conditions)) <= set(asked)
    case.cycle += 1
    later = {str(condition.label) for condition in gates.gate(case, gates.FORWARD[stage])}
    assert {str(label) for label in card.later_conditions} == later - set(map(str, card.conditions))


@pytest.mark.parametrize("language", ["en", "zh-hans", "zh-hant"])
def test_the_drawings_stand_alone(language):
    with translation.override(language):
        for drawing in (flowchart.draw(), matrix.draw()):
            assert "style=" not in drawing and "<script" not in drawing
            file = flowchart.standalone(drawing)
            assert file.startswith("<?xml") and 'xmlns="http://www.w3.org/2000/svg"' in file
            assert "href" not in file and "url(" not in file.replace("url(#", "")


# The guide -----------------------------------------------------------------------------------------------------------
def test_the_guides_time_limits_are_those_that_deadlines_are_set_by(cast, units):
    shown = dict(guide.limits())
    for stage in LOOP:
        for severity in Severity:
            days = limits.WORKING_DAYS[stage][severity - 1]
            assert shown[str(stage.label)][severity - 1] == f"{days} working day{'s' if days > 1 else ''}"
    assert shown["Whole loop"] == [f"{days} calendar days" for days in limits.LOOP_DAYS]


def test_a_units_own_limits_stand_in_its_handbook(cast, units, client):
    DeadlinePolicy.objects.create(
        unit=units.east,
        kind="plan",
        amount=9,
        measured_in="working_days",
        set_by=cast.quality,
    )
    client.force_login(cast.reporter)  # of a crew of this division
    assert "9 working days" in client.get(reverse("handbook-guide")).content.decode()
    assert "9 working days" in client.get(reverse("handbook")).content.decode()
    client.force_login(cast.west_manager)
    assert "9 working days" not in client.get(reverse("handbook-guide")).content.decode()


def test_every_role_of_the_case_has_its_chapter_and_every_page_exists():
    keys = [chapter.key for chapter in guide.CHAPTERS]
    assert keys == ["reporter", "site_manager", "supervisor", "owner", "quality", "executive"]
    for chapter in guide.CHAPTERS:
        for task in chapter.tasks:
            assert not task.url_name or reverse(task.url_name)


def test_the_document_says_what_the_code_does():
    found = kept(DOCUMENT.read_text(encoding="utf-8"))
    assert found == generated().strip(), "run: python3 dev.py manage operating_guide"


# The pages -----------------------------------------------------------------------------------------------------------
@pytest.mark.parametrize("who", ["reporter", "quality", "admin"])
@pytest.mark.parametrize("page", ["handbook", "handbook-matrix", "handbook-guide"])
def test_the_handbook_is_for_everybody(cast, client, who, page):
    client.force_login(getattr(cast, who))
    response = client.get(reverse(page))
    assert response.status_code == 200
    text = response.content.decode()
    assert "style=" not in text and "<style" not in text


@pytest.mark.parametrize("page", ["handbook-loop-file", "handbook-matrix-file"])
def test_the_files_are_downloads(cast, client, page):
    client.force_login(cast.reporter)
    response = client.get(reverse(page))
    assert response["Content-Type"].startswith("image/svg+xml")
    assert (
        response["Content-Disposition"].startswith("attachment")
        and response["X-Content-Type-Options"] == "nosniff"
    )


def test_the_handbook_asks_no_more_when_there_are_many_cases(
    cast, units, client, django_assert_max_num_queries
):
    for cases in (1, 8):
        for _number in range(cases):
            walks.report(cast, units)
        client.force_login(cast.quality)
        client.get(reverse("handbook"))  # the words of the gates are asked once in the life of the program
        for page in ("handbook", "handbook-matrix", "handbook-guide"):
            with django_assert_max_num_queries(9):
                client.get(reverse(page))
