"""Complaints from another system, with what was answered there: repeatable, every trap a message with its row number."""

import datetime as dt
import io
import json
import statistics
import zoneinfo

import pytest
from django.core.files.base import ContentFile
from django.core.files.uploadedfile import SimpleUploadedFile
from django.urls import reverse

from complaints import reply_times
from complaints.importing.cases.fields import ComplaintMapping, channel_of
from complaints.importing.cases.reading import ComplaintReader, ComplaintSample
from complaints.models import Complaint, Message, Reply, Response
from complaints.states import State
from history.models import Event
from incidents import jobs
from incidents.models import Job
from people.models import Contact
from people.tables import read_table
from reminders.models import Deadline, Notice
from tests.complaints.imports import ran, real_file
from tests.incidents.imports import counts, problems

pytestmark = pytest.mark.django_db
SHANGHAI = zoneinfo.ZoneInfo("Asia/Shanghai")
HEAD = "投诉编号,主题,详情,类别,单位,投诉时间,答复意见,答复时间,渠道,姓名,电话\n"
TABLE = (
    HEAD
    + "K1,空调不制冷,三号车厢空调不制冷,设施设备,ER-E-C3,2019/4/25 9:32:09,"
    + "已派人检修。,2019/5/10 14:56:53,电话,张三,13912341402\n"
    + "K2,车票,多收费用,价格与收费,ER-E-HZ,2019-04-26,,,网站,,\n"
)


@pytest.fixture(autouse=True)
def media(settings, tmp_path):
    settings.MEDIA_ROOT = tmp_path


def bring(by, data: str | bytes, *, unit, dry=False, name="complaints.csv", columns=None, **options) -> Job:
    content = ContentFile(data.encode() if isinstance(data, str) else data, name)
    mapping = ComplaintSample.of(content, name, by=by).guess(
        source="desk", unit=unit.code, zone="Asia/Shanghai", type="other"
    )
    mapping.columns |= columns or {}
    mapping.columns = {field: heading for field, heading in mapping.columns.items() if heading}
    for option, value in options.items():
        assert hasattr(mapping.options, option)
        setattr(mapping.options, option, value)
    content.seek(0)
    kind = Job.Kind.CHECK_COMPLAINTS if dry else Job.Kind.IMPORT_COMPLAINTS
    stored = ComplaintMapping.from_json(mapping.as_json()).as_json()
    return ran(jobs.enqueue(kind, owner=by, file=content, name=name, options=stored, announce=False))


def test_an_answered_complaint_is_brought_over_closed_and_judged_by_nobody(cast, units):
    job = bring(cast.quality, TABLE, unit=units.rail)
    assert (job.status, *counts(job, "rows", "created", "closed", "replied", "errors")) == (
        "done",
        2,
        2,
        1,
        1,
        0,
    )
    row = Complaint.objects.get(external_id="K1")
    assert (row.title, row.unit, row.category.code, row.channel, row.contact.name) == (
        "空调不制冷", units.crew, "facility", "phone", "张三",
    )  # fmt: skip
    replied = dt.datetime(2019, 5, 10, 14, 56, 53, tzinfo=SHANGHAI)
    assert (row.state, row.replied_at, row.closed_at) == (State.CLOSED, replied, replied)
    assert row.received_at == dt.datetime(2019, 4, 25, 9, 32, 9, tzinfo=SHANGHAI) and row.number.startswith(
        "CP-2019-"
    )
    # nothing that nobody here has judged
    assert (row.urgency, row.importance, row.priority, row.satisfied, row.handler) == (None,) * 5
    assert (
        not Reply.objects.exists() and row.link_digest == "" and not Deadline.objects.filter(subject=row.case)
    )
    answer = row.messages.get(direction=Message.Direction.OUT)
    assert (answer.kind, answer.text, answer.at, answer.author) == ("reply", "已派人检修。", replied, None)
    events = list(Event.objects.of(row.case).order_by("seq"))
    assert [event.act for event in events] == [
        "complaint.receive", "complaint.replied_elsewhere", "complaint.bring_over",
    ]  # fmt: skip
    assert dt.datetime.fromisoformat(events[1].after["happened_at"]) == replied
    assert all(event.actor == cast.quality for event in events)
    told = "".join(event.payload for event in events)
    assert "13912341402" not in told and "张三" not in told and "空调" not in told and "检修" not in told


def test_an_open_one_waits_for_the_handler_who_hears_of_all_at_once(cast, units):
    data = HEAD + "".join(f"K{n},车票,多收费用,价格与收费,ER-E-HZ,2019-04-26,,,网站,,\n" for n in range(20))
    job = bring(cast.quality, data, unit=units.rail)
    row = Complaint.objects.first()
    assert (row.state, row.owner, row.closed_at) == (State.RECEIVED, cast.handler, None)
    assert Deadline.objects.get(subject=row.case, closed_at=None).owner == cast.handler
    assert [notice.text for notice in Notice.objects.filter(recipient=cast.handler)] == [
        "complaints-imported"
    ]
    assert job.summary["waiting"] == {str(cast.handler.pk): 20}


def test_the_same_file_again_changes_nothing(cast, units):
    bring(cast.quality, TABLE, unit=units.rail)
    events = Event.objects.count()
    again = bring(cast.handler, TABLE.replace("2019-04-26", "2019-04-27"), unit=units.rail)
    assert counts(again, "created", "unchanged", "changed", "errors") == (0, 1, 1, 0)
    assert Complaint.objects.count() == 2 and Event.objects.count() == events
    assert "other dates since" in again.row_errors.get().message


def test_every_trap_is_a_message_with_its_row(cast, units):
    rows = [
        "1,a,x,其他,ER-E-C3,2019-04-25,好,2019-04-26,,,",
        "1,b,x,其他,ER-E-C3,2019-04-25,好,2019-04-26,,,",  # 3: a number twice
        "3,c,x,其他,ER-E-C3,2019-04-25,好,2019-04-24,,,",  # 4: answered before it was received
        "4,d,x,其他,ER-E-C3,2019-04-25,好,?,,,",  # 5: a reply without a moment
        "5,e,x,其他,Nowhere,2019-04-25,,,,,",  # 6: no such unit
        "6,f,x,其他,ER-E-C3,bald,,,,,",  # 7: no date
        "7,,,其他,ER-E-C3,2019-04-25,,,,,",  # 8: nothing said
        "8,h,x,其他,ER-E-C3,2099-04-25,,,,,",  # 9: in the future
        ",i,x,其他,ER-E-C3,2019-04-25,,,,,",  # 10: no number
        "10,=cmd|' /C calc'!A0,x,外星人,ER-E-C3,2019/4/25 9:32:09,,,信件,,",  # fine: text, mixed dates
        "11,k,x,其他,ER-E-C3,2019-04-25,,,,,,more",  # 12: a cell too many
    ]
    job = bring(cast.quality, "\ufeff" + HEAD + "\n".join(rows) + '\n12,"l', unit=units.rail)
    said = dict(problems(job))
    for row, words in {
        3: "already in row 2", 4: "answered before", 5: "nothing says when", 6: "no unit", 7: "not a date",
        8: "Nothing says what", 9: "future", 10: "missing", 12: "more cells", 13: "",
    }.items():  # fmt: skip
        assert words in said[row], row
    assert set(Complaint.objects.values_list("external_id", flat=True)) == {"1", "10"}
    assert Complaint.objects.get(external_id="10").channel == "paper"
    assert any("外星人" in remark for remark in job.remarks)  # became "other", and it is said


def test_gb18030_and_nobody_beyond_their_units(cast, units):
    assert bring(cast.quality, TABLE.encode("gb18030"), unit=units.rail, dry=True).summary["created"] == 2
    west = bring(cast.west_manager, TABLE, unit=units.west)
    assert west.summary["errors"] == 2 and not Complaint.objects.exists()
    assert bring(cast.executive, TABLE, unit=units.rail).status == Job.Status.FAILED
    assert [channel_of(word) for word in ("Postal mail", "Fax", "Referral", "网站", "x")] == [
        "paper", "paper", "api", "web", "",
    ]  # fmt: skip


def test_the_letters_to_the_county_secretary(cast, units, client):
    """附件4 of the TipDM cup: 120 letters with their answers. Time to the reply equals ORACLES.json."""
    known = json.loads(real_file("ORACLES.json"))["zh_tipdm_sample"]["reply"]
    job = bring(cast.quality, real_file("zh_tipdm_sample_fj4.xlsx"), unit=units.rail, name="fj4.xlsx")
    assert (job.status, *counts(job, "created", "closed", "errors")) == ("done", known["n"], known["n"], 0)
    times = reply_times.of(Complaint.objects.all())
    assert (times.whole.received, times.whole.answered) == (120, known["n"])
    assert times.median.value == pytest.approx(known["median_days"], abs=1e-4)
    assert times.mean == pytest.approx(known["mean_days"], abs=1e-4)
    within = dict(times.within)
    assert (within[7].value, times.over_count) == (pytest.approx(known["within_7d_pct"]), known["over_60d"])
    assert within[15].value == pytest.approx(known["within_15d_pct"], abs=1e-4)
    assert times.median.lower < known["median_days"] < times.median.upper
    assert [row for row in problems(job) if "before" in row[1]] == [] and known["negative"] == 0
    whole = sorted((c.replied_at - c.received_at).days for c in Complaint.objects.all())
    quantiles = [whole[0] * 1.0, *(_quantile(whole, q) for q in (0.2, 0.4, 0.6, 0.8)), whole[-1] * 1.0]
    assert quantiles == pytest.approx(known["whole_days_q0_20_40_60_80_100"])
    client.force_login(cast.executive)
    page = client.get(reverse("complaint-figures"))
    assert "Half of the customers had their answer within 9.9 days" in page.context["sentence"]
    assert "35.0 %" in page.content.decode() and "n = 120" in page.content.decode()
    narrowed = client.get(
        reverse("complaint-figures"), {"received_from": "2018-01-01", "unit": "ER"}
    ).context["times"]
    assert 0 < narrowed.whole.received < 120
    client.force_login(cast.reporter)
    assert client.get(reverse("complaint-figures")).status_code == 403
    client.force_login(cast.hotel_quality)
    assert client.get(reverse("complaint-figures")).context["times"].whole.received == 0


def _quantile(values: list[int], share: float) -> float:
    place = share * (len(values) - 1)
    low = int(place)
    return values[low] + (place - low) * (values[min(low + 1, len(values) - 1)] - values[low])


def test_complaints_about_banks(cast, units):
    """3,186 complaints of the CFPB with the day they were sent to the company, which is taken for the reply here. 11 rows
    repeat another exactly and 6 were sent before they were received: the dry run names them, and reads the lags that
    ORACLES.json has. The first 300 lines are imported as well."""
    known = json.loads(real_file("ORACLES.json"))["cfpb"]
    data = real_file("cfpb_complaints_3186.csv")
    columns = {"unit": "", "external_id": "", "title": "Issue", "description": "", "place": ""}
    settings = {"columns": columns, "also": ["Sub-product"], "zone": "America/New_York", "name": "cfpb.csv"}
    job = bring(cast.quality, data, unit=units.rail, dry=True, **settings)
    refused = problems(job)
    repeated = [row for row, said in refused if "repeats row" in said]
    early = [row for row, said in refused if "answered before" in said]
    assert (len(repeated), len(early)) == (known["dup_rows"], known["lag_negative"])
    bad = {row for row, _said in refused}
    assert (job.summary["rows"], job.summary["created"]) == (known["rows"], known["rows"] - len(bad))
    with read_table(io.BytesIO(data), "cfpb.csv") as table:
        reader = ComplaintReader(ComplaintMapping.from_json(job.options), table.headings, cast.quality)
        rows = list(table.rows)
    reader.survey(rows)
    values = [case.values for case in reader.cases(rows)]
    lags = [(told["replied_at"] - told["received_at"]).days for told in values]
    assert statistics.median(lags) == known["lag_days_median"]
    assert statistics.fmean(lags) == pytest.approx(known["lag_days_mean"], abs=1e-4)
    first = b"".join(data.splitlines(keepends=True)[:301])
    job = bring(cast.quality, first, unit=units.rail, **settings)
    good = [lag for row, lag in enumerate(lags[:300], start=2) if row not in bad]
    times = reply_times.of(Complaint.objects.all())
    assert times.whole.answered == len(good) == job.summary["created"]
    assert times.mean == pytest.approx(statistics.fmean(good), abs=0.01)  # an hour more or less: summer time
    assert times.median.value == pytest.approx(statistics.median(good), abs=0.05)


# In the browser ------------------------------------------------------------------------------------------------------
def sent(client, name: str, data: str, file: str = "f.csv") -> Job:
    answered = client.post(reverse(name), {"file": SimpleUploadedFile(file, data.encode())})
    job = Job.objects.get(status=Job.Status.DRAFT)
    assert answered.status_code == 302 and str(job.pk) in answered.url
    return job


def chosen(client, columns: str, job: Job, do: str, **changes):
    form = client.get(reverse(columns, args=[job.pk])).context["form"]
    data = {name: form[name].value() for name in form.fields}
    data = {name: value for name, value in data.items() if value not in (None, False)}
    return client.post(reverse(columns, args=[job.pk]), data | {"do": do} | changes)


def test_from_the_file_to_the_complaints(client, cast, units):
    client.force_login(cast.handler)
    job = sent(client, "complaint-imports", TABLE)
    page = client.get(job.get_absolute_url(), follow=True)
    assert (
        "空调不制冷" in page.content.decode()
        and page.context["cases"][0].values["category"].code == "facility"
    )
    refused = chosen(client, "complaint-import-columns", job, "check", source="")
    assert refused.status_code == 422
    assert chosen(client, "complaint-import-columns", job, "check", source="crm").status_code == 302
    jobs.run(job.pk)
    tried = client.get(job.get_absolute_url()).content.decode()
    assert "Import 2 complaints" in tried and "Every row can be imported" in tried
    started = client.post(reverse("complaint-import-start", args=[job.pk]), {"on_errors": "leave-out"})
    importing = Job.objects.get(kind=Job.Kind.IMPORT_COMPLAINTS)
    assert started.url == importing.get_absolute_url()
    jobs.run(importing.pk)
    assert "2 complaints are imported." in client.get(importing.get_absolute_url()).content.decode()
    assert Complaint.objects.filter(external_source="crm").count() == 2 and Contact.objects.count() == 1
    client.force_login(cast.quality)
    assert client.get(importing.get_absolute_url()).status_code == 404
    client.force_login(cast.executive)
    assert client.get(reverse("complaint-imports")).status_code == 403


def test_from_the_file_to_the_answers(client, cast, units):
    client.force_login(cast.quality)
    data = "编号,态度,评价,意见\n" + "".join(
        f"{n},{1 + n % 5},{'好' if n % 2 else '差'},w{n}\n" for n in range(10)
    )
    job = sent(client, "answer-imports", data, "旅客.csv")
    page = client.get(reverse("answer-import-columns", args=[job.pk]))
    headings = [row["heading"] for row in page.context["form"].question_rows()]
    assert headings == ["态度", "评价", "意见"]
    assert chosen(client, "answer-import-columns", job, "check").status_code == 422  # no date
    again = chosen(
        client,
        "answer-import-columns",
        job,
        "preview",
        kind_1="choice",
        answered_at="2026-05-01",
        name="乘客",
    )
    assert [table["heading"] for table in again.context["form"].choice_tables()] == ["评价"]
    done = chosen(
        client,
        "answer-import-columns",
        job,
        "check",
        worth_1_0="0",
        worth_1_1="100",
        weight_0="2",
        dimension_0="attitude",
    )
    assert done.status_code == 302
    jobs.run(job.pk)
    tried = client.get(job.get_absolute_url()).content.decode()
    assert "Import 10 answers" in tried
    client.post(reverse("answer-import-start", args=[job.pk]), {"on_errors": "leave-out"})
    importing = Job.objects.get(kind=Job.Kind.IMPORT_ANSWERS)
    jobs.run(importing.pk)
    response = Response.objects.get(external_id="4")  # 5 of 5 with weight 2, "差" with 0
    assert (response.scores, float(response.index), response.version.survey.name) == (
        [5, 0, None],
        66.6667,
        "乘客",
    )
    assert "10 answers are imported." in client.get(importing.get_absolute_url()).content.decode()
