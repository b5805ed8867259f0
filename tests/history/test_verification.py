"""`verify_history` finds whatever somebody with the rights of the database's owner did to history."""

import datetime as dt
import json
import uuid

import pytest
import time_machine
from django.conf import settings
from django.core.management import CommandError, call_command

from history.context import acting_from
from history.models import Event, Seal, SealedEnd
from history.recording import record
from history.sealing import digest_of, latest_seal, read_copies, seal
from history.tasks import seal_yesterday
from history.verification import verify
from tests.history.forging import (
    by_superuser,
    hash_of,
    head_follows,
    rewrite_chain,
    rewrite_seals,
    told,
)  # fmt: skip
from tests.walks import report, substantiate

pytestmark = pytest.mark.django_db

NOON = dt.datetime(2026, 11, 3, 4, tzinfo=dt.UTC)  # in Shanghai


@pytest.fixture
def history(cast, units):
    """Three days of history of a case, sealed; a second case beside it, and today's events not sealed yet."""
    with time_machine.travel(NOON, tick=False) as clock:
        with acting_from("web"):
            incident = report(cast, units)
            other = report(
                cast, units, description="The lift at gate 4 stands still again. Nobody was stuck."
            )
        clock.shift(dt.timedelta(days=1))
        incident = substantiate(incident, cast, note="Seen with my own eyes")
        clock.shift(dt.timedelta(days=1))
        comment(incident, cast, "First")
        comment(incident, cast, "Second")
        clock.shift(dt.timedelta(days=1))
        seal(until=dt.date(2026, 11, 5))
        comment(other, cast, "Today")
        yield incident


def comment(incident, cast, text):
    record(
        incident.case, "incident.comment", label=incident.number, by=cast.quality, unit=incident.unit, reason=text,
        before={"severity": 1}, after={"severity": 2, "share": 1.5, "who": cast.owner, "words": ["空调", "\\u0001"]},
    )  # fmt: skip


def found(**options) -> str:
    return "\n".join(str(finding) for finding in verify(**options))


def event(case, seq) -> Event:
    return Event.objects.get(case=case.case, seq=seq)


def test_history_as_it_was_written_has_no_finding(history):
    assert found() == ""
    assert Seal.objects.count() == 3 and SealedEnd.objects.count() == 4


def test_changed_content_breaks_the_hash(history):
    by_superuser(
        "UPDATE history_event SET payload = %s WHERE id = %s",
        [told(event(history, 2), reason="Hearsay"), event(history, 2).pk],
    )
    assert f"{history.case} #2: its content or its hash was changed" in found()


@pytest.mark.parametrize(
    ("column", "value"),
    [
        ("label", "SQ-2026-999999"), ("act", "incident.dismiss"), ("at", "2026-11-04 04:00:01+00"),
        ("actor_id", None), ("actor_name", "Somebody Else"), ("unit_id", None), ("source", "import"),
        ("request_id", "0"), ("reason", "Another"), ("before", '{"severity": 4}'), ("after", "{}"),
    ],
)  # fmt: skip
def test_a_changed_column_contradicts_the_content(history, column, value):
    by_superuser(f"UPDATE history_event SET {column} = %s WHERE id = %s", [value, event(history, 4).pk])
    name = column.removesuffix("_id") if column != "request_id" else column
    assert (
        f"{history.case} #4: columns say something else than the content that was hashed: {name}" in found()
    )


def test_an_event_moved_to_another_case_leaves_a_gap_and_contradicts_its_content(history):
    by_superuser("UPDATE history_event SET \"case\" = 'incident:0' WHERE id = %s", [event(history, 3).pk])
    report = found()
    assert f"{history.case} #4: the events before it are missing, from #3 on" in report
    assert "incident:0 #3: columns say something else" in report


def test_a_new_hash_for_one_event_no_longer_leads_to_the_next(history):
    forged = event(history, 2)
    payload = told(forged, reason="Hearsay")
    by_superuser(
        "UPDATE history_event SET payload = %s, reason = 'Hearsay', hash = %s WHERE id = %s",
        [payload, hash_of(forged.previous_hash, payload), forged.pk],
    )
    report = found()
    assert f"{history.case} #3: doesn't follow from the event before it" in report
    assert f"{history.case} #2: is not the event that was there when 2026-11-04 was sealed" in report


def test_a_new_hash_for_the_last_event_contradicts_the_head(history, cast):
    comment(history, cast, "Third, not sealed yet")
    forged = event(history, 5)
    payload = told(forged, reason="Never mind")
    by_superuser(
        "UPDATE history_event SET payload = %s, reason = 'Never mind', hash = %s WHERE id = %s",
        [payload, hash_of(forged.previous_hash, payload), forged.pk],
    )
    assert found() == f"{history.case} #5: is not what the head of the chain says it is"


def test_an_event_taken_out_of_the_middle_is_missed(history):
    by_superuser("DELETE FROM history_event WHERE id = %s", [event(history, 3).pk])
    assert f"{history.case} #4: the events before it are missing, from #3 on" in found()


def test_closing_the_gap_afterwards_is_found(history):
    by_superuser("DELETE FROM history_event WHERE id = %s", [event(history, 3).pk])
    by_superuser("UPDATE history_event SET seq = 3 WHERE id = %s", [event(history, 4).pk])
    head_follows(history.case)
    report = found()
    assert f"{history.case} #3: doesn't follow" in report
    assert f"{history.case} #4: was there when 2026-11-05 was sealed and is gone" in report


def test_the_last_event_removed_is_missed_by_the_head(history):
    by_superuser("DELETE FROM history_event WHERE id = %s", [event(history, 4).pk])
    assert f"{history.case} #3: events are missing at the end: the head says #4" in found()


def test_a_tail_cut_off_together_with_its_head_is_missed_by_the_seal(history):
    by_superuser("DELETE FROM history_event WHERE id = %s", [event(history, 4).pk])
    head_follows(history.case)
    assert found() == f"{history.case} #4: was there when 2026-11-05 was sealed and is gone"


def test_a_whole_case_removed_is_missed(history):
    by_superuser('DELETE FROM history_event WHERE "case" = %s', [history.case])
    assert f"{history.case}: all 4 events of the chain are gone" in found()
    by_superuser('DELETE FROM history_chainhead WHERE "case" = %s', [history.case])
    assert f"{history.case} #4: was there when 2026-11-05 was sealed and is gone" in found()


def test_a_removed_head_is_missed(history):
    by_superuser('DELETE FROM history_chainhead WHERE "case" = %s', [history.case])
    assert f"{history.case}: the head of the chain is gone" in found()


def test_two_events_that_changed_places_are_found(history):
    third, fourth = event(history, 3), event(history, 4)
    for pk, seq in ((third.pk, 99), (fourth.pk, 3), (third.pk, 4)):
        by_superuser("UPDATE history_event SET seq = %s WHERE id = %s", [seq, pk])
    assert f"{history.case} #3: doesn't follow" in found()


def test_a_chain_written_anew_from_end_to_end_contradicts_its_seals(history):
    rewrite_chain(history.case, actor_name="Nobody", reason="It never happened")
    report = found()
    assert f"{history.case} #1: is not the event that was there when 2026-11-03 was sealed" in report
    assert "columns" not in report and "follow" not in report


def test_one_seal_written_anew_contradicts_the_next(history):
    """Chain, head, ends and the seals' digests agree again; but the next seal was made upon the old digest."""
    rewrite_chain(history.case, actor_name="Nobody", reason="It never happened")
    by_superuser(
        'UPDATE history_sealedend s SET hash = e.hash FROM history_event e WHERE e."case" = s."case" AND e.seq = s.seq'
    )
    for forged in Seal.objects.all():
        _chains, digest = digest_of(forged.day, forged.previous_digest)
        by_superuser("UPDATE history_seal SET digest = %s WHERE day = %s", [digest, forged.day])
    assert found().splitlines() == [
        "The seal of 2026-11-04 doesn't follow from the one before it.",
        "The seal of 2026-11-05 doesn't follow from the one before it.",
    ]


def test_seals_written_anew_too_contradict_the_copy_kept_elsewhere(history):
    kept = read_copies(latest_seal().as_json())
    assert found(copies=kept) == ""
    rewrite_chain(history.case, actor_name="Nobody", reason="It never happened")
    rewrite_seals()
    assert found() == ""
    assert found(copies=kept) == "The seal of 2026-11-05 is another than the one kept elsewhere."


def test_an_event_slipped_in_with_an_old_date_is_found(history, cast):
    """Appended through the triggers, as the application's own role could: chain, head and columns all agree."""
    with time_machine.travel(NOON + dt.timedelta(hours=2), tick=False):
        comment(history, cast, "I had told you so")
    assert found() == f"{history.case} #5: was added with the date 2026-11-03 after that day was sealed"


def test_an_event_older_than_the_first_seal_is_found(history, cast):
    with time_machine.travel(NOON - dt.timedelta(days=9), tick=False):
        record("incident:900", "incident.report", label="SQ-2026-000900", by=cast.admin, unit=history.unit)
    assert "incident:900 #1: was added with the date 2026-10-25" in found()


@pytest.mark.parametrize("column", ["digest", "previous_digest"])
def test_a_changed_seal_is_found(history, column):
    by_superuser(f"UPDATE history_seal SET {column} = repeat('0', 64) WHERE day = '2026-11-04'")
    assert "The seal of 2026-11-0" in found()


def test_changed_sealed_ends_are_found(history):
    by_superuser("DELETE FROM history_sealedend WHERE day = '2026-11-04'")
    assert "The seal of 2026-11-04 was changed, or the chain ends that it seals." in found()


def test_a_removed_seal_is_found(history):
    by_superuser("DELETE FROM history_seal WHERE day = '2026-11-04'")
    assert "The seals between 2026-11-03 and 2026-11-05 are gone." in found()


def test_the_last_seal_removed_is_found_and_so_are_all(history):
    kept = [latest_seal()]
    by_superuser("DELETE FROM history_seal WHERE day = '2026-11-05'")
    by_superuser("DELETE FROM history_sealedend WHERE day = '2026-11-05'")
    assert "2026-11-05 is over and has no seal" in found()
    assert "The seal of 2026-11-05, kept elsewhere, is gone here." in found(copies=kept)
    by_superuser("DELETE FROM history_seal")
    by_superuser("DELETE FROM history_sealedend")
    assert "2026-11-03 is over and has no seal" in found()


# Sealing -------------------------------------------------------------------------------------------------------------
def test_sealing_again_changes_nothing(history):
    before = list(Seal.objects.values())
    assert seal(until=dt.date(2026, 11, 5)) == []
    assert list(Seal.objects.values()) == before


def test_missed_days_are_caught_up_and_quiet_days_have_a_seal_too(history):
    made = seal_everything_at(NOON + dt.timedelta(days=8))
    assert [new.day.day for new in made] == [6, 7, 8, 9, 10]
    assert [new.chains for new in made] == [1, 0, 0, 0, 0]
    assert found(now=NOON + dt.timedelta(days=8)) == ""


def seal_everything_at(now):
    return seal(until=now.date() - dt.timedelta(days=1), now=now)


def test_a_day_is_not_sealed_before_it_is_over(history):
    ten_past = dt.datetime(2026, 11, 7, 0, 10, tzinfo=dt.UTC)
    assert seal(until=dt.date(2026, 11, 30), now=ten_past) == []
    assert [new.day.day for new in seal(until=dt.date(2026, 11, 30), now=ten_past.replace(hour=1))] == [6]


def test_beats_message_seals_what_is_over(history):
    assert seal_yesterday.name == settings.CELERY_BEAT_SCHEDULE["seal-history"]["task"]
    seal_yesterday()
    assert latest_seal().day == dt.date(2026, 11, 5)
    with time_machine.travel(NOON + dt.timedelta(days=4), tick=False):
        seal_yesterday()
    assert latest_seal().day == dt.date(2026, 11, 6)


def test_nothing_to_seal_yet(db):
    assert seal(until=dt.date(2026, 11, 5)) == [] and latest_seal() is None and found() == ""


# The commands --------------------------------------------------------------------------------------------------------
def test_the_command_says_that_all_is_well(history, capsys):
    call_command("verify_history")
    assert "No finding in 6 events" in capsys.readouterr().out
    call_command("verify_history", case=history.number)
    assert f"{history.case}: 4 events, unbroken" in capsys.readouterr().out


def test_the_command_reports_findings_and_fails(history, capsys):
    by_superuser("UPDATE history_event SET reason = 'x' WHERE id = %s", [event(history, 2).pk])
    for options in ({}, {"case": history.case}, {"since": dt.date(2026, 11, 5)}):
        with pytest.raises(CommandError) as failure:
            call_command("verify_history", **options)
        assert failure.value.returncode == 1
        assert f"{history.case} #2: columns say something else" in capsys.readouterr().out


def test_since_leaves_older_cases_alone(history, cast, units):
    by_superuser("UPDATE history_event SET reason = 'x' WHERE id = %s", [event(history, 2).pk])
    assert found(since=dt.date(2026, 11, 6)) == ""


def test_the_kept_seals_are_read_from_a_file(history, tmp_path, capsys):
    call_command("seal_history")
    kept = tmp_path / "seals.jsonl"
    kept.write_text(capsys.readouterr().out)
    call_command("verify_history", seals=kept)
    assert "1 seals kept elsewhere agree" in capsys.readouterr().out
    kept.write_text(json.dumps(json.loads(kept.read_text()) | {"digest": "0" * 64}))
    with pytest.raises(CommandError, match="1 findings"):
        call_command("verify_history", seals=kept)
    kept.write_text("not a seal")
    with pytest.raises(CommandError, match="seals.jsonl"):
        call_command("verify_history", seals=kept)


def test_a_case_without_history_is_said_to_be_none(db):
    with pytest.raises(CommandError, match="There is no history"):
        call_command("verify_history", case="SQ-2026-424242")


def test_verifying_asks_the_same_few_questions_however_long_the_history(
    history, cast, units, django_assert_max_num_queries
):
    with django_assert_max_num_queries(20):
        found()
    for _number in range(30):
        comment(history, cast, str(uuid.uuid4()))
    with django_assert_max_num_queries(20):
        found()


def test_personal_names_stay_as_they_were(history, cast):
    cast.quality.display_name = "Wang Qiang-Li"
    cast.quality.save()
    assert event(history, 3).actor_name == "Wang Qiang" and found() == ""
