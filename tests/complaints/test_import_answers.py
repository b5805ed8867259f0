"""Answers from somebody's table: repeatable, all or nothing per row, and every trap a message with its row number."""

import datetime as dt

import pytest
from celery.exceptions import SoftTimeLimitExceeded
from django.core.files.base import ContentFile

from complaints.importing.answers import running
from complaints.importing.answers.guessing import guess
from complaints.importing.answers.mapping import AnswerMapping
from complaints.models import Item, Response, Survey
from complaints.surveys.statistics import Results
from history.models import Event
from incidents import jobs
from incidents.importing.sample import Sample
from incidents.models import Job
from tests.complaints.answers import answer, survey_of
from tests.complaints.imports import import_answers
from tests.incidents.imports import counts, problems

pytestmark = pytest.mark.django_db
HEAD = "编号,日期,单位,舱位,态度,效率,总体满意度,推荐意愿,意见\n"
TABLE = (
    HEAD
    + "1,2026-03-05,ER-E-C3,商务,5,4,5,10,很好\n"
    + "2,2026/3/6 09:30,ER-E-HZ,二等,1,0,?,0,\n"
    + "3,2026年4月1日,ER-E-HZ,二等,3,2,2,7,\n"
)


@pytest.fixture(autouse=True)
def media(settings, tmp_path):
    settings.MEDIA_ROOT = tmp_path


def test_columns_are_recognised_by_their_values(cast, units):
    job = import_answers(cast.quality, TABLE, unit=units.rail, dry=True)
    mapping = AnswerMapping.from_json(job.options)
    assert mapping.columns == {"external_id": "编号", "answered_at": "日期", "unit": "单位", "group": "舱位"}
    assert [(q.heading, q.kind, q.dimension, q.weight) for q in mapping.questions] == [
        ("态度", "likert5", "", "1"),
        ("效率", "likert5", "", "1"),
        ("总体满意度", "likert5", "overall", "1"),
        ("推荐意愿", "nps", "", "0"),
        ("意见", "text", "", "0"),
    ]
    assert (job.status, *counts(job, "rows", "created", "errors")) == ("done", 3, 3, 0)
    assert not Response.objects.exists() and not Survey.objects.exists()


def test_a_new_survey_is_made_with_its_answers(cast, units):
    job = import_answers(cast.quality, TABLE, unit=units.rail)
    survey = Survey.objects.get()
    assert (survey.name, survey.unit, job.summary["survey"]) == ("Passengers", units.rail, survey.pk)
    assert [item.texts for item in survey.versions.get().items.all()][0] == {"zh-hans": "态度"}
    first, second, third = Response.objects.order_by("external_id")
    assert (first.scores, float(first.index), first.comment) == (
        [5, 4, 5, 10, None],
        pytest.approx(91.6667, abs=1e-4),
        "很好",
    )
    assert (second.scores, second.index, second.group, second.unit) == (
        [1, None, None, 0, None],
        0,
        "二等",
        units.station,
    )
    assert second.answered_at == dt.datetime(2026, 3, 6, 1, 30, tzinfo=dt.UTC) and third.scores[1] == 2
    assert (first.channel, first.entered_by) == ("import", cast.quality)
    told = Event.objects.filter(case=f"survey:{survey.pk}").order_by("seq").values_list("act", flat=True)
    assert list(told) == ["survey.make", "survey.import_answers"]
    assert not Event.objects.filter(payload__contains="很好").exists()
    assert any("not applicable" in remark for remark in job.remarks)


def test_the_same_file_again_changes_nothing_and_a_changed_row_is_told(cast, units):
    import_answers(cast.quality, TABLE, unit=units.rail)
    again = import_answers(cast.quality, TABLE.replace(",3,2,2,7,", ",4,2,2,7,"), unit=units.rail)
    assert counts(again, "created", "unchanged", "changed", "errors") == (0, 2, 1, 0)
    assert Survey.objects.count() == 1 and Response.objects.get(external_id="3").scores[0] == 3
    assert "changed since" in again.row_errors.get().message and again.row_errors.get().row == 4
    other = import_answers(cast.quality, TABLE, unit=units.rail, questions=[("态度", "likert10")])
    assert other.status == Job.Status.FAILED and "other questions" in other.failure_text


def test_rows_without_a_number_may_be_equal(cast, units):
    data = "态度,效率\n5,4\n5,4\n1,2\n"
    job = import_answers(cast.quality, data, unit=units.rail, answered_at="2026-05-01")
    again = import_answers(cast.quality, data, unit=units.rail, answered_at="2026-05-01")
    assert (job.summary["created"], again.summary["unchanged"], Response.objects.count()) == (3, 3, 3)
    assert any("exactly equal" in remark for remark in job.remarks)


def test_every_trap_is_a_message_with_its_row_and_the_row_stays_out(cast, units):
    data = HEAD + "".join(
        [
            "1,2026-03-05,ER-E-C3,商务,5,4,5,10,\n",
            "1,2026-03-06,ER-E-C3,商务,4,4,5,10,\n",  # 3: a number twice
            "3,2026-03-05,ER-E-C3,商务,6,4,5,11,\n",  # 4: outside the scales
            "4,soon,ER-E-C3,商务,5,4,5,10,\n",  # 5: no date
            "5,2099-01-01,ER-E-C3,商务,5,4,5,10,\n",  # 6: in the future
            "6,2026-03-05,Nowhere,商务,5,4,5,10,\n",  # 7: no such unit
            "7,2026-03-05,ER-E-C3,商务,?,0,,-,\n",  # 8: nothing answered
            "8,2026-03-05,ER-E-C3,商务,4.5,vier,5,10,=cmd|' /C calc'!A0\n",  # 9: no whole numbers
            ",2026-03-05,ER-E-C3,商务,5,4,5,10,\n",  # 10: no number
            "10,2026-03-05,ER-E-C3,商务,5,4,5,10,好,more\n",  # 11: a cell too many
            "11,2026-03-05,ER-E-C3,商务,4.0,4,5,10,=1+1\n",
        ]
    )
    mapped = [
        ("态度", "likert5"),
        ("效率", "likert5"),
        ("总体满意度", "likert5"),
        ("推荐意愿", "nps"),
        ("意见", "text"),
    ]
    job = import_answers(
        cast.quality, data, unit=units.rail, questions=mapped,
        columns={"external_id": "编号", "answered_at": "日期", "unit": "单位", "group": "舱位"},
    )  # fmt: skip
    assert [row for row, _message in problems(job)] == [3, 4, 4, 5, 6, 7, 8, 9, 9, 10, 11]
    said = dict(problems(job))
    for row, words in {
        3: "already in row 2", 4: "from 0 to 10", 5: "not a date", 6: "in the future", 7: "no unit",
        8: "No question", 9: "whole number", 10: "missing", 11: "more cells",
    }.items():  # fmt: skip
        assert words in said[row], row
    assert (job.summary["created"], set(Response.objects.values_list("external_id", flat=True))) == (
        2,
        {"1", "11"},
    )
    assert Response.objects.get(external_id="11").comment == "=1+1"  # text, whatever it begins with
    assert job.result_file.read().count(b"\n") == 10  # the nine bad rows, to be mended


def test_bytes_of_every_kind_are_read(cast, units):
    for number, data in enumerate(
        [("\ufeff" + TABLE).encode(), TABLE.encode("gb18030"), TABLE.encode("utf-16")]
    ):
        job = import_answers(cast.quality, data, unit=units.rail, source=f"s{number}", dry=True)
        assert (job.status, job.summary["created"]) == ("done", 3), number
    torn = import_answers(
        cast.quality, TABLE.encode() + '4,2026-04-02,ER-E-HZ,"二'.encode(), unit=units.rail, source="t"
    )
    assert torn.summary["created"] == 3 and [row for row, _message in problems(torn)] == [5]


def test_nobody_imports_beyond_their_units(cast, units):
    west = import_answers(cast.west_manager, TABLE, unit=units.west, dry=True)
    assert west.summary["created"] == 0 and west.summary["errors"] == 3
    refused = import_answers(cast.executive, TABLE, unit=units.rail)
    assert refused.status == Job.Status.FAILED
    elsewhere = import_answers(
        cast.west_manager, "a,b\n1,2\n2,3\n", unit=units.rail, answered_at="2026-05-01"
    )
    assert (
        not Survey.objects.exists()
        and not Response.objects.exists()
        and elsewhere.summary.get("created", 0) == 0
    )


def test_into_a_survey_that_is_here_by_the_codes_of_its_questions(cast, units):
    version = survey_of(units.rail, cast.quality)
    answer(version, units.station, (5, 5, 5, 10, None))
    data = "id,date,speed,attitude,words\n7,2026-05-01,2,4,Fine\n"
    asked = [
        {"heading": "speed", "kind": "likert10", "code": "speed"},
        {"heading": "attitude", "kind": "likert5", "code": "attitude"},
        {"heading": "words", "kind": "text", "code": "words"},
    ]
    mapping = AnswerMapping.from_json({"questions": asked})
    job = import_answers(
        cast.quality, data, unit=units.station, survey=str(version.survey_id), questions=mapping.questions
    )
    assert job.summary["created"] == 1
    response = Response.objects.get(external_id="7")
    assert (response.scores, response.index, response.comment) == ([4, 2, None, None, None], 50, "Fine")
    found = Results(version.survey, Response.objects.all(), versions=[version])
    assert found.mean.n == 2 and found.mean.value == 75
    mapping.questions[0].code = "unheard-of"
    assert import_answers(
        cast.quality, data, unit=units.station, survey=str(version.survey_id), questions=mapping.questions
    ).status == Job.Status.FAILED  # fmt: skip


def test_an_interrupted_import_goes_on_with_the_unfinished_batch(cast, units, monkeypatch):
    data = "id,date,a,b\n" + "".join(f"{n},2026-05-01,{1 + n % 5},3\n" for n in range(10))
    really, calls = running._AnswerRun.write, []

    def die_once(run, cases):
        calls.append(1)
        if len(calls) == 2:
            raise SoftTimeLimitExceeded()
        return really(run, cases)

    monkeypatch.setattr(running._AnswerRun, "write", die_once)
    asked = [("a", "likert5"), ("b", "likert5")]
    job = import_answers(cast.quality, data, unit=units.rail, batch=4, questions=asked)
    assert (job.status, job.resume_at, Response.objects.count()) == (Job.Status.RUNNING, 4, 4)
    assert jobs.run(job.pk)
    job.refresh_from_db()
    assert (job.status, job.summary["created"], Response.objects.count()) == (Job.Status.DONE, 10, 10)
    assert Survey.objects.count() == 1


def test_a_column_that_is_no_question_is_not_taken_for_one(cast):
    data = "id,age,flight distance,a,delay,text\n" + "".join(
        f"{n},3,{n * 300},{n % 5},{n / 2},x{n}\n" for n in range(9)
    )
    mapping = guess(
        Sample.of(ContentFile(data.encode()), "x.csv", by=cast.quality),
        source="s",
        unit="ER",
        zone="UTC",
        name="N",
    )
    assert [question.heading for question in mapping.questions] == ["a"]
    assert mapping.questions[0].kind == Item.Kind.LIKERT5
