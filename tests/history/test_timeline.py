"""The history of a case as its readers see it: sentences in their own language."""

import ast
import datetime as dt

import pytest
from django.conf import settings
from django.utils import timezone, translation

from capa.models import LedgerEntry
from history.context import acting_from
from history.recording import record
from history.timeline import SENTENCES, timeline
from incidents import identify
from incidents.stages import Severity, Stage
from tests.walks import report, substantiate

pytestmark = pytest.mark.django_db


def told(incident) -> list[str]:
    return [f"{row['who']} {row['text']}" for row in timeline(incident.case)]


def add(incident, act, by=None, **details):
    return record(
        incident.case, f"incident.{act}", label=incident.number, by=by, unit=incident.unit, **details
    )


def test_a_case_tells_its_story_newest_first(cast, units):
    incident = substantiate(report(cast, units), cast, note="I was on the train")
    assert told(incident) == ["Li Min found it substantiated: Serious", "Zhou Jie reported it"]
    newest, oldest = timeline(incident.case)
    assert newest["said"] == "I was on the train" and newest["person"] == cast.site_manager
    assert newest["moved"] and oldest["at"] <= newest["at"]


def test_it_is_told_in_the_language_of_the_reader(cast, units, monkeypatch):
    incident = substantiate(report(cast, units), cast, severity=Severity.MAJOR)
    catalogue = {"found it substantiated: %(severity)s": "确认属实：%(severity)s", "Major": "重大"}
    monkeypatch.setattr("django.utils.translation._trans.gettext", lambda text: catalogue.get(text, text))
    monkeypatch.setattr(
        "django.utils.translation._trans.pgettext", lambda context, text: catalogue.get(text, text)
    )
    assert timeline(incident.case)[0]["text"] == "确认属实：重大"


def test_an_edit_shows_what_was_and_what_is_now(cast, units):
    incident = report(cast, units)
    add(
        incident, "amend", cast.site_manager,
        before={"severity": 2, "responsible_person": cast.owner, "place": "", "readers": ["u1"]},
        after={"severity": 4, "responsible_person": cast.colleague, "place": "Car 3", "readers": ["u2"]},
    )  # fmt: skip
    changes = {
        str(change["label"]): (change["was"], change["now"])
        for change in timeline(incident.case)[0]["changes"]
    }
    assert changes == {
        "severity": ("Moderate", "Major"),
        "responsible person": ("Chen Gong", "He Ping"),
        "exact place": ("–", "Car 3"),
    }


def test_an_act_that_nobody_described_is_still_told(cast, units):
    incident = report(cast, units)
    add(incident, "turn_100%_round", cast.admin, before={"severity": 1}, after={"severity": 2})
    row = timeline(incident.case)[0]
    assert row["text"] == "recorded “turn 100% round”"
    assert [change["now"] for change in row["changes"]] == ["Moderate"]


def test_values_that_an_older_release_kept_are_shown_as_they_are(cast, units):
    incident = report(cast, units)
    add(incident, "substantiate", cast.site_manager, after={"severity": "very bad"})
    assert timeline(incident.case)[0]["text"] == "found it substantiated: very bad"


def test_going_back_is_told_apart(cast, units):
    incident = report(cast, units)
    add(incident, "judge_not_effective", cast.quality, after={"stage": Stage.ANALYSE, "cycle": 2})
    assert timeline(incident.case)[0]["turn"] == "Not effective: back to root-cause analysis, round 2"


def test_who_reported_anonymously_stays_so_and_the_program_is_the_system(cast, units):
    with acting_from("web"):
        incident = report(cast, units, reporter_kind="anonymous")
    add(incident, "nudge")
    system, reporter = timeline(incident.case)
    assert (system["who"], reporter["who"]) == ("System", "Anonymous")
    assert reporter["person"] is None and reporter["icon"]


def test_a_joined_case_is_named_by_its_number_only(cast, units):
    """Whoever reads this case need not be allowed to know the other one's title."""
    secret = report(cast, units, description="A secret story about somebody. Don't tell.")
    incident = report(cast, units)
    identify.merge(incident, secret, by=cast.site_manager, version=incident.version)
    text = timeline(incident.case)[0]["text"]
    assert secret.number in text and "secret" not in text


def test_what_was_brought_over_bears_its_own_date(cast, units):
    happened = timezone.now() - dt.timedelta(days=90)
    incident = report(cast, units)
    add(incident, "comment", cast.admin, at=happened)
    assert timeline(incident.case)[0]["at"] == happened


def test_a_name_stays_as_it_was_and_hostile_text_stays_text(cast, units, client):
    incident = report(cast, units)
    add(
        incident,
        "comment",
        cast.colleague,
        reason="<script>alert(1)</script>",
        after={"x": "%(severity)s %s %"},
    )
    cast.colleague.display_name = "He Ping-Wu"
    cast.colleague.save()
    row = timeline(incident.case)[0]
    assert row["who"] == "He Ping" and row["said"] == "<script>alert(1)</script>"


@pytest.mark.parametrize("events", [5, 60])
def test_the_number_of_questions_does_not_grow_with_the_story(cast, units, events, django_assert_num_queries):
    incident, other = report(cast, units), report(cast, units)
    for number in range(events):
        add(
            incident, "amend", cast.site_manager,
            after={"responsible_person": cast.owner, "unit": units.depot, "merged_into": other, "severity": number},
        )  # fmt: skip
    with django_assert_num_queries(4):  # events with people; names of people, units, incidents
        assert len(timeline(incident.case, limit=None)) == events + 1


def recorded_acts() -> set[str]:
    """Every act that the program's source records by a literal name."""
    prefixes = {"record": "", "record_about": "", "change": "incident.", "move": "incident."}
    acts = set()
    for app in ("people", "history", "reminders", "incidents", "capa"):
        for path in (settings.BASE_DIR / app).rglob("*.py"):
            for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
                name = getattr(getattr(node, "func", None), "id", None)
                if name in prefixes and len(node.args) > 1 and isinstance(node.args[1], ast.Constant):
                    acts.add(f"{prefixes[name]}{node.args[1].value}")
    return acts


def test_every_act_that_the_program_records_has_a_sentence():
    acts = recorded_acts() | {f"incident.ledger_{kind}" for kind in LedgerEntry.Kind.values}
    assert {"incident.report", "incident.archive", "person.hire", "audit.export"} <= acts
    assert acts <= SENTENCES.keys(), f"describe these in wording.py: {sorted(acts - SENTENCES.keys())}"


def test_every_sentence_can_be_told_of_an_empty_event(cast, units):
    incident = report(cast, units)
    for act in SENTENCES:
        record(incident.case, act, label=incident.number, by=cast.admin, unit=incident.unit)
    for language in ("en", "zh-hans", "zh-hant"):
        with translation.override(language):
            rows = timeline(incident.case, limit=None)
    assert len(rows) == len(SENTENCES) + 1 and all("%(" not in row["text"] + row["turn"] for row in rows)
