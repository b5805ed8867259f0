"""QUALITY C, what concerns deadlines and notices: mistakes of the systems that people use today, one by one.

The mistake (whose it is): held off here, and by what else.

- a clock that runs at night and on holidays:
  `test_worktime.test_working_hours_end_when_a_person_would_say`
- a limit that a holiday makes shorter (django-helpdesk: 3 days with 3 holidays become 0):
  `test_calendar.test_a_limit_never_ends_on_a_day_off_and_holidays_only_lengthen_it`, `test_clocks`
- one missed run silences a reminder for ever (OCA management system: `deadline == today + 10`):
  `test_sweeping.test_three_days_off_each_is_announced_once_and_goes_on_as_before`
- hundreds of thousands of notices in one night (DefectDojo):
  `test_deliveries.test_five_hundred_at_once_become_twenty_one_mails`,
  `test_endpoints.test_a_flood_becomes_one_message`, `incidents/test_import.test_nobody_is_flooded_with_notices`
- escalations lost at a worker restart (Grafana OnCall):
  `test_deliveries_at_once.test_a_process_killed_in_the_middle_loses_nothing`, `tests/faults/test_kill_9.py`
- the first response overwritten by later updates (Zammad)
- the reporter never hears back (Datix): `stages/test_1_identify.test_the_reporter_sees_what_became_of_it`
- a case leaks through its notices (Dispatch), not here but in:
  `test_escalation.test_a_deputy_hears_no_titles`, `test_endpoints.test_a_group_reads_nothing_that_somebody_typed`,
  `test_mail.test_no_customer_stands_in_a_mail`, `test_sweeping.test_another_company_hears_nothing`
"""

import datetime as dt
import zoneinfo

import pytest
import time_machine
from django.utils import timezone

from incidents import identify
from incidents.stages import Severity
from reminders import sweeping
from reminders.deadlines import open_deadline
from reminders.deliveries.sending import deliver_mail
from reminders.models import Deadline, DeadlinePolicy, Delivery, Notice
from reminders.sweeping import sweep
from tests.walks import report, substantiate

pytestmark = pytest.mark.django_db

MINUTE, HOUR, DAY = dt.timedelta(minutes=1), dt.timedelta(hours=1), dt.timedelta(days=1)
SHANGHAI = zoneinfo.ZoneInfo("Asia/Shanghai")


def local(text: str) -> dt.datetime:
    return dt.datetime.fromisoformat(text).replace(tzinfo=SHANGHAI)


@pytest.fixture
def clock():
    with time_machine.travel(local("2026-11-16 12:00"), tick=False) as clock:  # a Monday
        yield clock


def texts(subject: str) -> list[str]:
    return list(Notice.objects.filter(subject=subject).order_by("pk").values_list("text", flat=True))


# Clocks that run when nobody works -----------------------------------------------------------------------------------
@pytest.mark.parametrize(
    ("measured_in", "amount", "due"),
    [
        ("working_days", 3, "2026-10-10 18:00"),  # QUALITY A: 8th, 9th and the make-up Saturday
        ("working_hours", 9, "2026-10-08 18:00"),  # the first working day's nine hours
        ("working_hours", 10, "2026-10-09 10:00"),
    ],
)
def test_nothing_runs_at_night_and_on_holidays_and_a_holiday_shortens_nothing(
    cast, units, clock, measured_in, amount, due
):
    """Reported at 23:00 on the eve of the National Day: through the real report, policy, deadline and sweep."""
    clock.move_to(local("2026-09-30 23:00"))
    DeadlinePolicy.objects.create(
        unit=units.rail, kind="identify", amount=amount, measured_in=measured_in, set_by=cast.quality
    )
    incident = report(cast, units)
    assert incident.due_at == local(due)
    while timezone.now() + HOUR < local(due):
        clock.shift(HOUR)
        sweep()
    assert "overdue" not in texts(incident.case), "not one hour of the holiday counted"
    clock.move_to(local(due))
    sweep()
    assert texts(incident.case).count("overdue") == 1


# One missed run ------------------------------------------------------------------------------------------------------
@pytest.mark.parametrize("missed", [1, 2, 59, 1_440, 14_400], ids="{} runs".format)
@pytest.mark.parametrize("which", ["due-soon", "overdue", "escalated"])
def test_no_missed_run_silences_a_reminder(cast, units, clock, which, missed):
    """The run of the very minute of each announcement is left out, and as many behind it: the next one makes it good."""
    due = timezone.now() + 3 * DAY
    open_deadline(
        "incident:1", "analyse", cycle=1, label="SQ-1", owner=cast.owner, unit=units.crew, due_at=due
    )
    moment = {"due-soon": due - DAY, "overdue": due, "escalated": due + 2 * DAY}[which]
    clock.move_to(moment - MINUTE)
    sweep()
    assert which not in texts("incident:1")
    clock.move_to(moment + missed * MINUTE)
    sweep()
    told = texts("incident:1")
    if which == "due-soon" and timezone.now() >= due:
        assert "due-soon" not in told and "overdue" in told, "late, it is said for what it is now"
    else:
        assert which in told
    before = Notice.objects.count()
    sweep()
    assert Notice.objects.count() == before, "and only once"


# A flood in one night ------------------------------------------------------------------------------------------------
def test_a_night_with_thousands_of_findings_sends_a_handful_of_mails(cast, units, clock, mailbox):
    """Three thousand fall due in one evening with one person, at three in a minute; till the morning a sweep and a
    sending every ten minutes. In the app each is told once; outside at most twenty singly in an hour, the rest gathered.
    """
    clock.move_to(local("2026-11-16 20:00"))
    evening = timezone.now()
    Deadline.objects.bulk_create(
        Deadline(
            subject=f"incident:{number}", kind="analyse", label=f"SQ-{number}", owner=cast.owner, unit=units.crew,
            opened_at=evening - DAY, due_at=evening + MINUTE * (number // 50), next_notice_at=evening,
            original_due_at=evening + MINUTE * (number // 50),
        )
        for number in range(3000)
    )  # fmt: skip
    for _tenth in range(6 * 12):
        clock.shift(10 * MINUTE)
        sweep()
        deliver_mail()
    assert Notice.objects.filter(text="overdue").count() == 3000 == Notice.objects.count()
    hours = 12
    assert len(mailbox.mails) <= 20 + hours, "twenty in the first hour, then a gathered one an hour"
    told = Delivery.objects.filter(state="sent", recipient=cast.owner).values_list("notices", flat=True)
    assert len(set(told)) == 3000, "none of them is left out"


# A restart in the middle of an escalation ----------------------------------------------------------------------------
@pytest.mark.parametrize("died_at", ["before it wrote", "behind what it wrote"])
def test_no_escalation_is_lost_when_a_worker_dies_over_it(cast, units, clock, monkeypatch, died_at):
    """The sweep that would tell manager and quality manager dies in the middle, and the next comes hours later."""
    due = timezone.now() + DAY
    open_deadline(
        "incident:1", "analyse", cycle=1, label="SQ-1", owner=cast.owner, unit=units.crew, due_at=due
    )
    clock.move_to(due)
    sweep()
    clock.move_to(due + 2 * DAY)

    def die(*_arguments):
        raise KeyboardInterrupt  # passes every `except Exception`, as a kill would

    with monkeypatch.context() as patch:
        patch.setattr(sweeping, "write" if died_at == "before it wrote" else "_next", die)
        with pytest.raises(KeyboardInterrupt):
            sweep()
    assert "escalated" not in texts("incident:1"), "all of it, or nothing"
    clock.shift(5 * HOUR)
    sweep()
    escalated = Notice.objects.filter(subject="incident:1", text="escalated")
    assert set(escalated.values_list("recipient__username", flat=True)) == {"li", "wang"}
    clock.move_to(due + 7 * DAY)
    sweep()
    assert set(escalated.values_list("recipient__username", flat=True)) == {"li", "wang", "gao"}
    assert escalated.count() == 3


# The first response --------------------------------------------------------------------------------------------------
def test_the_moment_of_the_first_response_stays(cast, units, clock):
    """The site manager's verdict ends the first limit; nothing that happens later moves that moment."""
    incident = report(cast, units)
    clock.shift(20 * MINUTE)
    answered = timezone.now()
    substantiate(incident, cast)
    first = Deadline.objects.get(subject=incident.case, kind="identify")
    assert first.closed_at == answered
    clock.shift(3 * DAY)
    later = report(cast, units)
    incident.refresh_from_db()
    identify.merge(incident, later, by=cast.quality, version=incident.version, note="The same event.")
    first.refresh_from_db()
    assert (first.closed_at, first.due_at, first.original_due_at) == (
        answered,
        first.original_due_at,
        first.due_at,
    )


# The reporter hears back ---------------------------------------------------------------------------------------------
@pytest.mark.parametrize("what", ["substantiated", "dismissed", "merged"])
def test_whatever_becomes_of_a_report_its_reporter_is_told(cast, units, clock, what):
    incident = report(cast, units)
    if what == "substantiated":
        identify.substantiate(
            incident, by=cast.site_manager, version=incident.version, severity=Severity.MINOR
        )
    elif what == "dismissed":
        identify.dismiss(incident, by=cast.site_manager, version=incident.version, reason="It was a test.")
    else:
        other = report(cast, units)
        identify.merge(incident, other, by=cast.site_manager, version=incident.version)
    told = Notice.objects.get(recipient=cast.reporter, subject=incident.case)
    assert told.text == what
