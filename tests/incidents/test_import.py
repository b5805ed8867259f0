"""What somebody's file becomes here: repeatable, all or nothing, and every trap a message with its row number."""

import datetime as dt
import gzip
import zoneinfo

import pytest
from django.core.files.base import ContentFile
from django.utils import timezone

from history.models import Event
from incidents import identify
from incidents.errors import NotYet
from incidents.importing.mapping import Mapping
from incidents.importing.sample import Sample
from incidents.lifecycle import move
from incidents.models import Incident, IncidentType, Job, RowError
from incidents.stages import Channel, ReporterKind, Severity, Stage
from people.models import Contact
from people.tables import read_table
from reminders.models import Deadline, Notice
from tests.incidents.imports import HEADINGS, counts, problems, row, run_import, table
from tests.walks import report

pytestmark = pytest.mark.django_db

SHANGHAI = zoneinfo.ZoneInfo("Asia/Shanghai")


@pytest.fixture(autouse=True)
def media(settings, tmp_path):
    settings.MEDIA_ROOT = tmp_path


def test_a_row_becomes_an_incident_that_waits_for_the_site_manager(cast, units):
    job = run_import(
        cast.quality, table(row("A-1", affected="86", severity="严重", name="张三", phone="13812345678"))
    )
    assert (job.status, *counts(job, "rows", "created", "errors")) == ("done", 1, 1, 0)
    incident = Incident.objects.get()
    assert (incident.external_source, incident.external_id, incident.title) == ("crm", "A-1", "空调不制冷")
    assert incident.type == IncidentType.objects.get(code="facility-climate") and incident.unit == units.crew
    assert incident.occurred_at == dt.datetime(2026, 3, 5, 9, 30, tzinfo=SHANGHAI) == incident.reported_at
    assert (incident.people_affected, incident.channel, incident.severity) == (
        86,
        Channel.PHONE,
        Severity.SERIOUS,
    )
    assert incident.contact.name == "张三" and incident.number.startswith("SQ-2026-")
    assert (incident.stage, incident.owner) == (Stage.IDENTIFY, cast.site_manager)
    assert Deadline.objects.get(subject=incident.case).opened_at > timezone.now() - dt.timedelta(minutes=1)


def test_whoever_imports_is_named_in_the_history_but_is_not_the_reporter(cast):
    run_import(cast.quality, table(row(1)))
    incident = Incident.objects.get()
    event = Event.objects.of(incident.case).get()
    assert (incident.reporter, incident.reporter_kind) == (None, ReporterKind.OTHER)
    assert (event.act, event.actor, event.source) == ("incident.report", cast.quality, "import")
    assert event.after["external"] == ["crm", "1"] and "13812345678" not in event.payload


def test_nobody_is_flooded_with_notices(cast):
    job = run_import(cast.quality, table(*(row(number) for number in range(30))))
    assert [notice.text for notice in Notice.objects.filter(recipient=cast.site_manager)] == ["imported"]
    assert Notice.objects.get(recipient=cast.site_manager).params["count"] == 30
    assert [notice.text for notice in Notice.objects.filter(recipient=cast.quality)] == ["job-done"]
    assert job.summary["waiting"] == {str(cast.site_manager.pk): 30}


def test_the_same_file_again_changes_nothing(cast):
    data = table(row(1), row(2))
    run_import(cast.quality, data)
    again = run_import(cast.quality_two, data)
    assert counts(again, "created", "unchanged", "changed", "errors") == (0, 2, 0, 0)
    assert Incident.objects.count() == 2 and Event.objects.filter(case__startswith="incident:").count() == 2


def test_a_row_that_has_changed_is_told_and_not_overwritten(cast):
    run_import(cast.quality, table(row(1, phone="13812345678")))
    again = run_import(cast.quality, table(row(1, "冷气不冷", phone="13912345678"), row(2)))
    assert counts(again, "created", "unchanged", "changed", "errors") == (1, 0, 1, 0)
    note = again.row_errors.get()
    number = Incident.objects.get(external_id="1").number
    assert note.level == RowError.Level.NOTE and note.row == 2
    assert note.message == (
        f"Imported before as {number}; the source has changed since in: Contact, Title. Nothing was changed here."
    )
    assert Incident.objects.get(external_id="1").title == "空调不制冷"


def test_what_was_amended_here_is_not_a_change_of_the_source(cast):
    run_import(cast.quality, table(row(1)))
    incident = Incident.objects.get()
    Incident.objects.filter(pk=incident.pk).update(title="Amended here")
    assert counts(run_import(cast.quality, table(row(1))), "unchanged", "changed") == (1, 0)


def test_the_dry_run_says_the_same_and_writes_nothing(cast):
    data = table(row(1), row(1), row(3, occurred="gestern"))
    dry = run_import(cast.quality, data, dry=True)
    assert counts(dry, "rows", "created", "errors") == (3, 1, 2)
    assert not Incident.objects.exists() and not Contact.objects.exists()
    real = run_import(cast.quality, data, leave_out_errors=True)
    assert counts(real, "rows", "created", "errors") == (3, 1, 2) and problems(real) == problems(dry)


# All or nothing ------------------------------------------------------------------------------------------------------
def test_a_batch_with_an_error_imports_nothing_the_others_do(cast):
    data = table(*(row(number) for number in range(4)), row(4, occurred="x"), row(5))
    job = run_import(cast.quality, data, batch=2)
    assert counts(job, "created", "errors", "left_out") == (4, 1, 1)
    assert set(Incident.objects.values_list("external_id", flat=True)) == {"0", "1", "2", "3"}


def test_the_whole_file_as_one_batch(cast):
    data = table(*(row(number) for number in range(5)), row(5, occurred="x"))
    job = run_import(cast.quality, data, batch=0)
    assert counts(job, "created", "errors", "left_out") == (0, 1, 5) and not Incident.objects.exists()


def test_rows_with_errors_can_be_left_out_and_come_back_as_a_file(cast):
    data = table(row(1), row(2, "=cmd|' /C calc'!A0", occurred="31.02.2026"), row(3))
    job = run_import(cast.quality, data, batch=0, leave_out_errors=True)
    assert counts(job, "created", "errors") == (2, 1)
    raw = job.result_file.read()
    assert raw.startswith(b"\xef\xbb\xbf") and b",'=cmd|" in raw  # no spreadsheet runs it
    with read_table(ContentFile(raw), "back.csv") as back:
        (_number, cells), *others = list(back.rows)
        assert back.headings[-2:] == ["Row", "Problem"] and not others
    assert cells[-2:] == ["3", "发生时间: This is not a date and time."]
    mended = raw.decode("utf-8-sig").replace("31.02.2026", "28.02.2026")
    assert counts(run_import(cast.quality, mended), "created", "errors") == (1, 0)
    assert Incident.objects.get(external_id="2").title == "=cmd|' /C calc'!A0"


def test_a_case_that_is_refused_late_takes_its_batch_along(cast, monkeypatch):
    really = identify.report

    def refuse_second(**values):
        if values["external_id"] == "2":
            raise identify.Invalid({"place": "No such place"})
        return really(**values)

    monkeypatch.setattr(identify, "report", refuse_second)
    job = run_import(cast.quality, table(row(1), row(2), row(3)))
    assert counts(job, "created", "errors", "left_out") == (0, 1, 2) and not Incident.objects.exists()
    assert problems(job) == [(3, "No such place")]
    job = run_import(cast.quality, table(row(1), row(2), row(3)), leave_out_errors=True)
    assert counts(job, "created", "errors", "left_out") == (2, 1, 0)


# Traps ---------------------------------------------------------------------------------------------------------------
def test_a_number_twice_names_the_first_row(cast):
    job = run_import(cast.quality, table(row(7), row(8), row(7, "Another")), dry=True)
    assert problems(job) == [(4, "This number was used already in row 2.")]


def test_exact_duplicates_of_a_file_without_numbers(cast):
    data = "主题,类型,单位,时间\n晚点,晚点,ER-E,2026-01-05\n晚点,晚点,ER-E,2026-01-06\n晚点,晚点,ER-E,2026-01-05\n"
    job = run_import(cast.quality, data, leave_out_errors=True)
    assert problems(job) == [(4, "This row repeats row 2 exactly.")] and counts(job, "created") == (2,)
    assert counts(run_import(cast.quality, data, leave_out_errors=True), "created", "unchanged") == (0, 2)


@pytest.mark.parametrize(
    ("written", "order", "read"),
    [
        (["2018/4/24", "2019/4/25 9:32:09"], "", "2018-04-24 00:00:00"),
        (["29/2/2016 06:38", "1/2/2016 07:00"], "dmy", "2016-02-29 06:38:00"),
        (["1/5/2016 3:07:22 PM", "12/31/2015 12:00:00 AM"], "mdy", "2016-01-05 15:07:22"),
        (["2020年1月6日 12时09分", "2020.1.6"], "", "2020-01-06 12:09:00"),
        (["2012/10/09 14:50:17.000", "20121009"], "", "2012-10-09 14:50:17"),
        (["5 Jan 2016 08:00", "Feb 3 2016"], "", "2016-01-05 08:00:00"),
        (["2006-01-11 23:49:42+00:00", "2006-01-12T00:00:00Z"], "", "2006-01-12 07:49:42"),
    ],
)
def test_dates_are_read_as_people_write_them(cast, written, order, read):
    job = run_import(cast.quality, table(*(row(n, occurred=text) for n, text in enumerate(written))))
    assert counts(job, "created", "errors") == (2, 0), problems(job)
    moment = Incident.objects.get(external_id="0").occurred_at.astimezone(SHANGHAI)
    assert moment.strftime("%Y-%m-%d %H:%M:%S") == read
    named = {"dmy": "day, month, year", "mdy": "month, day, year"}.get(order)
    assert (f"Dates were read as {named}." in job.remarks) == bool(order)


def test_what_had_to_be_assumed_is_said_once(cast):
    job = run_import(
        cast.quality, table(row(1, occurred="1/25/2016 3:07 PM"), row(2, occurred="1/26/2016")), dry=True
    )
    assert job.remarks == [
        "Dates were read as month, day, year.",
        "Times name no zone: they were read as those of Asia/Shanghai.",
        "Times with AM and PM were read on the 12-hour clock.",
        "Dates without a time count as the beginning of that day.",
    ]


def test_dates_that_can_be_read_two_ways_are_not_guessed(cast):
    job = run_import(cast.quality, table(row(1, occurred="3/4/2016"), row(2, occurred="5/6/2016")))
    assert job.status == Job.Status.FAILED and "3/4/2016" in job.failure_text
    chosen = run_import(cast.quality, table(row(1, occurred="3/4/2016")), date_order="dmy")
    assert chosen.status == "done" and Incident.objects.get().occurred_at.astimezone(SHANGHAI).month == 4


def test_the_zone_can_be_chosen(cast):
    run_import(cast.quality, table(row(1, occurred="2026-01-05 08:00")), zone="America/New_York")
    assert Incident.objects.get().occurred_at == dt.datetime(2026, 1, 5, 13, 0, tzinfo=dt.UTC)


@pytest.mark.parametrize("encoding", ["utf-8-sig", "gb18030", "utf-16"])
def test_chinese_arrives_in_every_encoding(cast, encoding):
    job = run_import(cast.quality, table(row(1)).encode(encoding))
    assert counts(job, "created") == (1,) and Incident.objects.get().title == "空调不制冷"


def test_a_packed_file(cast):
    assert counts(
        run_import(cast.quality, gzip.compress(table(row(1)).encode()), name="x.csv.gz"), "created"
    ) == (1,)


@pytest.mark.parametrize("marker", ["?", "N/A", "无", "-"])
def test_a_mark_for_missing_is_no_value(cast, marker):
    job = run_import(
        cast.quality, table(row(1, affected=marker, severity=marker, name=marker, closed=marker))
    )
    incident = Incident.objects.get()
    assert (incident.people_affected, incident.severity, incident.contact, incident.closed_at) == (None,) * 4
    assert counts(job, "errors") == (0,)


def test_zero_can_mean_not_stated(cast):
    run_import(cast.quality, table(row(1, affected="0", severity="0")))
    run_import(cast.quality, table(row(2, affected="0")), zero_is_missing=True)
    first, second = Incident.objects.order_by("external_id")
    assert (first.people_affected, first.severity, second.people_affected) == (0, None, None)


def test_closed_before_it_was_reported(cast):
    job = run_import(
        cast.quality, table(row(1, occurred="2026-03-05 10:00", closed="2026-03-04 09:00", severity="低"))
    )
    assert problems(job) == [(2, "It was closed before it was reported.")] and not Incident.objects.exists()


@pytest.mark.parametrize("end", ["9,标题,详情", '9,"标题'])
def test_a_last_line_that_is_cut_off(cast, end):
    data = table(row(1), row(2)) + end
    job = run_import(cast.quality, data, batch=1)
    assert problems(job) == [(4, "Row 4, the last one, is cut off: the file is not complete.")]
    assert counts(job, "rows", "created", "errors") == (3, 1, 1)  # the batch that it stands in is held back
    whole = run_import(cast.quality, data, leave_out_errors=True)
    assert counts(whole, "created", "unchanged", "errors") == (1, 1, 1)


def test_a_row_with_more_cells_than_headings(cast):
    job = run_import(cast.quality, table(row(1) + ",extra"))
    assert problems(job) == [(2, "The row has more cells than there are headings: a delimiter too many?")]


@pytest.mark.parametrize(
    ("cells", "says"),
    [
        ({"type": "外星人"}, "This type is not known: say which of ours it is."),
        ({"type": ""}, "The type is missing."),
        ({"unit": "ER-X"}, "There is no unit with this code or name."),
        ({"unit": "HH"}, "There is no unit with this code or name."),  # another company's
        ({"occurred": "2026-13-05"}, "This is not a date and time."),
        ({"occurred": "2099-01-05"}, "This lies in the future."),
        ({"occurred": ""}, "The date is missing."),
        ({"affected": "many"}, "This is not a whole number."),
        ({"email": "not-an-address"}, "This is not an e-mail address."),
        ({"phone": "1" * 31}, "Longer than 30 characters."),
        ({"severity": "purple"}, "This severity is not known: say which of ours it is."),
    ],
)
def test_what_is_wrong_is_said_with_row_column_and_value(cast, cells, says):
    job = run_import(cast.quality, table(row(1), row(2, **cells)))
    error = job.row_errors.get()
    assert (error.row, error.message) == (3, says) and error.column in HEADINGS.split(",")
    assert error.value == next(iter(cells.values())) and not Incident.objects.exists()


def test_a_closed_case_needs_a_severity(cast):
    job = run_import(cast.quality, table(row(1, closed="2026-03-06")))
    assert problems(job) == [(2, "A closed case needs a severity: choose one for rows that have none.")]
    assert counts(run_import(cast.quality, table(row(1, closed="2026-03-06")), severity="1"), "closed") == (
        1,
    )


def test_defaults_stand_in_for_what_the_file_lacks(cast, units):
    job = run_import(
        cast.quality,
        "text\nThe lift is broken\n",
        unit="ER-E",
        type="other",
        severity="2",
        occurred_at="2025-06-01",
    )
    incident = Incident.objects.get()
    assert counts(job, "created") == (1,)
    assert (incident.unit, incident.type.code, incident.severity) == (units.east, "other", 2)
    assert incident.occurred_at.astimezone(SHANGHAI).date() == dt.date(2025, 6, 1)


def test_their_values_are_mapped_to_ours(cast):
    run_import(
        cast.quality, table(row(1, type="城乡建设", channel="信箱")),
        values={"type": {"城乡建设": "facility"}, "channel": {"信箱": "email"}},
    )  # fmt: skip
    incident = Incident.objects.get()
    assert (incident.type.code, incident.channel) == ("facility", Channel.EMAIL)


def test_columns_can_be_added_to_the_description_and_long_titles_are_kept(cast):
    data = "title,type,unit,date,company\n" + "x" * 200 + ",other,ER,2026-01-05,ACME\n"
    run_import(cast.quality, data, also=["company"])
    incident = Incident.objects.get()
    assert len(incident.title) <= 160 and incident.description == "x" * 200 + "\ncompany: ACME"


# Who may -------------------------------------------------------------------------------------------------------------
def test_a_handler_may_import_too(cast):
    assert counts(run_import(cast.handler, table(row(1))), "created") == (1,)


@pytest.mark.parametrize("who", ["reporter", "site_manager", "supervisor", "executive", "admin"])
def test_others_may_not(cast, who):
    job = run_import(getattr(cast, who), table(row(1)))
    assert job.status == Job.Status.FAILED and not Incident.objects.exists()


def test_only_into_units_of_the_own_scope(cast):
    job = run_import(cast.west_manager, table(row(1), row(2, unit="ER-W-XN")), leave_out_errors=True)
    assert problems(job) == [(2, "You may import only for units in which you handle complaints or quality.")]
    assert Incident.objects.get().unit.code == "ER-W-XN"


def test_another_companys_number_is_not_shown(cast):
    run_import(cast.quality, table(row(1)))
    job = run_import(cast.hotel_quality, table(row(1, unit="HH")))
    assert problems(job) == [(2, "Another company uses this number with this source: rename the source.")]
    assert Incident.objects.count() == 1


# Cases with a past ---------------------------------------------------------------------------------------------------
LOG = """number,incident_state,opened_at,sys_updated_at,sys_updated_by,category,priority,closed_at
INC1,New,29/2/2016 06:38,29/2/2016 06:42,Ann,Lifts,3 - Moderate,7/3/2016 13:00
INC2,New,29/2/2016 07:00,29/2/2016 07:01,Bob,Doors,?,?
INC1,Resolved,29/2/2016 06:38,2/3/2016 12:06,Cid,Lifts,3 - Moderate,7/3/2016 13:00
INC1,Active,29/2/2016 06:38,3/3/2016 08:00,Ann,Lifts,2 - High,7/3/2016 13:00
INC1,Closed,29/2/2016 06:38,7/3/2016 13:00,Ann,Lifts,2 - High,7/3/2016 13:00
"""
LOG_OPTIONS = {
    "events": True,
    "unit": "ER-E",
    "type": "other",
    "also": ["category"],
    "columns": {"severity": "priority", "title": "category"},
}


def test_an_event_log_becomes_cases_with_their_history(cast):
    job = run_import(cast.quality, LOG, **LOG_OPTIONS)
    assert counts(job, "rows", "cases", "created", "closed", "events", "reopened", "errors") == (
        5,
        2,
        2,
        1,
        5,
        1,
        0,
    )
    closed = Incident.objects.get(external_id="INC1")
    assert (closed.stage, closed.severity, closed.owner, closed.due_at) == (
        Stage.CLOSED,
        Severity.SERIOUS,
        None,
        None,
    )
    assert closed.closed_at == dt.datetime(2016, 3, 7, 13, 0, tzinfo=SHANGHAI)
    events = list(Event.objects.of(closed.case).order_by("seq"))
    assert [event.act for event in events] == [
        "incident.report", *["incident.brought_over"] * 4, "incident.bring_over",
    ]  # fmt: skip
    assert [event.after["state"] for event in events[1:5]] == ["New", "Resolved", "Active", "Closed"]
    assert events[1].after["happened_at"] == "2016-02-28T22:42:00+00:00" and events[1].after["who"] == "Ann"
    assert events[-1].after["closed_at"] == "2016-03-07T05:00:00+00:00"
    assert not Deadline.objects.filter(subject=closed.case).exists()


def test_an_open_case_of_a_log_waits_here(cast):
    run_import(cast.quality, LOG, **LOG_OPTIONS)
    still_open = Incident.objects.get(external_id="INC2")
    assert (still_open.stage, still_open.severity) == (Stage.IDENTIFY, None) and still_open.owner is not None
    assert Deadline.objects.get(subject=still_open.case).closed_at is None


def test_a_log_that_has_grown_is_told(cast):
    run_import(cast.quality, LOG, **LOG_OPTIONS)
    grown = LOG + "INC2,Active,29/2/2016 07:00,1/3/2016 07:01,Bob,Doors,?,?\n"
    job = run_import(cast.quality, grown, **LOG_OPTIONS)
    assert counts(job, "created", "unchanged", "changed") == (0, 1, 1)
    assert "events" in job.row_errors.get().message


def test_a_wrong_event_keeps_its_whole_case_out_and_gives_all_its_rows_back(cast):
    job = run_import(
        cast.quality, LOG.replace("3/3/2016 08:00", "later"), leave_out_errors=True, **LOG_OPTIONS
    )
    assert problems(job) == [(5, "This is not a date and time.")] and counts(job, "created", "errors") == (
        1,
        1,
    )
    with read_table(job.result_file.open(), "x.csv") as back:
        assert [cells[-2] for _number, cells in back.rows] == ["2", "4", "5", "6"]


def test_a_closed_row_is_brought_over_closed(cast):
    job = run_import(cast.quality, table(row(1, closed="2026-03-06 10:00", severity="重大")))
    incident = Incident.objects.get()
    assert counts(job, "created", "closed") == (1, 1)
    assert (incident.stage, incident.severity) == (Stage.CLOSED, Severity.MAJOR)
    assert Notice.objects.filter(recipient=cast.site_manager).count() == 0


def test_a_case_reported_here_is_not_brought_over(cast, units):
    incident = report(cast, units)
    with pytest.raises(NotYet):
        move(incident, "bring_over", by=cast.quality, version=None)
    assert Incident.objects.get().stage == Stage.IDENTIFY


# Mappings ------------------------------------------------------------------------------------------------------------
@pytest.mark.parametrize(
    ("headings", "guessed"),
    [
        (
            "留言编号,留言用户,留言主题,留言时间,留言详情,一级分类",
            {"external_id": "留言编号", "contact_name": "留言用户", "title": "留言主题", "reported_at": "留言时间",
             "description": "留言详情", "type": "一级分类"},
        ),
        (
            "Date received,Product,Issue,Company,ZIP code,Submitted via,Complaint ID",
            {"reported_at": "Date received", "type": "Product", "title": "Issue", "unit": "Company",
             "channel": "Submitted via", "external_id": "Complaint ID"},
        ),
        (
            "IncidentNumber,occurredAt,SEVERITY",
            {"external_id": "IncidentNumber", "occurred_at": "occurredAt", "severity": "SEVERITY"},
        ),
    ],
)  # fmt: skip
def test_columns_are_recognised_by_their_headings(headings, guessed):
    assert Mapping.guessed(headings.split(",")).columns == guessed


def test_a_mapping_survives_being_stored():
    mapping = Mapping.guessed(["编号", "标题"], source="x", events=True)
    stored = mapping.as_json() | {"tried": "something of the job's own"}
    assert Mapping.from_json(stored) == mapping


def test_a_file_without_a_mapped_column_is_refused_in_words(cast):
    job = run_import(cast.quality, table(row(1)), columns={"place": "地点"})
    assert job.status == Job.Status.FAILED and "“地点”" in job.failure_text


def test_a_value_that_is_not_known_takes_the_default_and_is_named(cast):
    job = run_import(cast.quality, table(row(1, type="外星人", channel="信鸽"), row(2)), type="other")
    assert job.remarks[-2:] == [
        "Type: not known here, the default was taken: 外星人",
        "Channel: not known here, the default was taken: 信鸽",
    ]
    assert Incident.objects.get(external_id="1").type.code == "other"


def test_a_unit_that_is_not_known_never_becomes_the_default(cast):
    job = run_import(
        cast.quality, table(row(1, unit="Nowhere"), row(2, unit="")), unit="ER", leave_out_errors=True
    )
    assert problems(job) == [(2, "There is no unit with this code or name.")]
    assert Incident.objects.get().unit.code == "ER"


def test_headings_that_mean_something_else_are_not_taken(cast):
    """A US state is no state of a case; a company that we don't know is no unit of ours."""
    file = ContentFile(b"state,company,issue\nVA,ACME,Late\nTX,Globex,Dirty\n")
    assert Sample.of(file, "x.csv", by=cast.quality).guess().columns == {"title": "issue"}
    file = ContentFile(b"state,department,issue\nOpen,ER-E,Late\nClosed,Somewhere,Dirty\n")
    assert set(Sample.of(file, "x.csv", by=cast.quality).guess().columns) == {"state", "unit", "title"}
