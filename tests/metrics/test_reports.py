"""Monthly reports: what they say equals what the figures are, what somebody writes stays, what is signed stays as it is."""

import datetime as dt

import pytest
from django.db import IntegrityError, transaction
from django.utils import timezone, translation

from history.models import Event, Signature
from history.signing import still_says
from incidents.errors import Invalid, NotAllowed, Stale
from incidents.models import Job
from metrics import reading
from metrics.definitions import KPIS, LEADING
from metrics.drawing.scale import figure
from metrics.models import MonthlyReport, ReportReader, Signal, Total
from metrics.periods import Period
from metrics.reporting import collecting, contents, making, papers, readers, scheduling, sentences
from reminders.models import Notice
from tests.metrics import story

pytestmark = pytest.mark.django_db

OCTOBER = Period.parse("2026-10")


@pytest.fixture(autouse=True)
def media(settings, tmp_path):
    settings.MEDIA_ROOT = tmp_path


@pytest.fixture
def told(cast, units):
    """Two years of the East Division: the complaint rate fell in March, first responses take longer every month."""
    story.two_years(units.east)
    story.targets(units.rail, cast.quality)
    story.rule_changed(units.east, cast.quality)
    return units.east


def drafted(told, cast, language="en") -> MonthlyReport:
    return making.make(told, OCTOBER, by=cast.quality, language=language)


def made(report: MonthlyReport, key: str) -> dict:
    return next(part for part in report.parts if part["key"] == key)


# What it says --------------------------------------------------------------------------------------------------------
def test_every_figure_in_it_is_what_is_read(told, cast):
    report = drafted(told, cast)
    read = reading.read([KPIS[code] for code in LEADING], [told], [OCTOBER])
    assert [part["key"] for part in report.parts] == sentences.keys()
    for code in LEADING:
        kpi, now = KPIS[code], read[code, told.pk][0]
        said = made(report, f"kpi:{code}")["made"]
        assert said.startswith(f"{figure(now.value, kpi.places)} {kpi.measured_in} ("), said
        if now.lower is not None:
            assert f"95 % interval {figure(now.lower, kpi.places)} to {figure(now.upper, kpi.places)}" in said
        kept = next(one for one in report.figures["indicators"] if one["code"] == code)["points"][-1]
        assert (kept["value"], kept["numerator"]) == (now.value, now.numerator)
    rate = read["complaint-rate", told.pk][0]
    said = made(report, "complaints")["made"]
    assert f"{figure(rate.numerator, 0)} complaints were received" in said
    kinds = reading.breakdown("complaints.received", told, [OCTOBER], "kind", with_rest=True)
    first = next(iter(kinds.items()))
    assert f"({figure(first[1], 0)})" in said and f"of {figure(sum(kinds.values()), 0)}" in said


def test_it_begins_with_what_really_changed(told, cast):
    """The charts drawn up again from what was kept are those of today's figures: the words are theirs."""
    report = drafted(told, cast)
    report.refresh_from_db()  # as it comes back from the database
    said = made(report, "summary")["made"]
    assert "In October 2026" in said and "First response (concern)" in said and "vary as usual" in said
    again = collecting.indicators(told, report.figures)
    periods = OCTOBER.back(collecting.SHOWN)
    kpis = [KPIS[code] for code in LEADING]
    figures = reading.read(kpis, [told], periods)
    notes = reading.notes_on(kpis, told, periods[0].first, OCTOBER.last)
    for one in again:
        today = reading.charted(
            one.kpi, figures[one.kpi.code, told.pk], target=one.target, notes=notes.get(one.kpi.code, [])
        )
        assert one.chart == today
    assert len(next(one for one in again if one.kpi.code == "complaint-rate").chart.phases) == 2


def test_what_is_missing_is_said_to_be_missing_and_never_zero(told, cast):
    Total.objects.filter(series="customers.served", begins_on=OCTOBER.first).delete()
    report = drafted(told, cast)
    said = made(report, "kpi:complaint-rate")["made"]
    assert said == "There is no figure. The volume hasn't been entered."
    assert "There is no figure for: Complaint rate." in made(report, "summary")["made"]
    assert "complaints were received" in made(report, "complaints")["made"]


def test_an_empty_unit_says_so(cast, units):
    report = making.make(units.west, OCTOBER, by=cast.west_manager, language="en")
    assert "No measure was due" in made(report, "measures")["made"]
    assert "No effect was judged" in made(report, "measures")["made"]
    assert made(report, "warnings")["made"] == "No early warning was opened or closed."
    assert "When this was written none was open." in made(report, "incidents")["made"]
    assert made(report, "remarks")["made"] == ""


def test_early_warnings_are_told_by_their_kind_of_finding_and_nobody_is_named(told, cast):
    moment = dt.datetime(2026, 10, 12, 8, tzinfo=dt.UTC)
    Signal.objects.create(
        kpi="first-response", unit=told, grain="month", rule="shift", side=1, begins_on=dt.date(2026, 4, 1),
        ends_on=dt.date(2026, 9, 1), opened_at=moment, owner=cast.supervisor, finding="cause", status="closed",
        finding_text="Zhou Jie was ill.", closed_at=moment, closed_by=cast.supervisor,
    )  # fmt: skip
    report = drafted(told, cast)
    said = made(report, "warnings")["made"]
    assert said == (
        "1 early warning was opened: First response (concern). 1 was closed: First response (A cause was found)."
    )
    everything = str(report.parts) + str(report.figures)
    assert not [person.display_name for person in vars(cast).values() if person.display_name in everything]


@pytest.mark.parametrize("language", making.LANGUAGES)
def test_it_is_made_in_its_own_language(told, cast, language):
    with translation.override("en"):
        report = drafted(told, cast, language)
    with translation.override(language):
        assert made(report, "summary")["made"] == sentences.made_of(told, report.figures)["summary"]
        assert OCTOBER.label in made(report, "summary")["made"]


# Words that somebody writes ------------------------------------------------------------------------------------------
def test_an_edited_part_survives_a_fresh_draft_which_shows_what_changed(told, cast):
    report = drafted(told, cast)
    report = making.amend(
        report, "complaints", "Three of them\r\nwere about one train. ", by=cast.quality, version=1
    )
    report = making.amend(report, "remarks", "", by=cast.quality_two, version=2)
    before = made(report, "complaints")["made"]
    Total.objects.filter(
        unit=told, series="complaints.received", begins_on=OCTOBER.first, facet="", grain="month"
    ).update(count=999)
    assert [kpi.code for kpi, _kept, _now in collecting.changed_since(told, report.figures)] == [
        "complaint-rate"
    ]
    report = making.remake(report, by=cast.quality, version=3)
    part = made(report, "complaints")
    assert part["text"] == "Three of them\nwere about one train." and "999 complaints" in part["made"]
    assert part["before"] == before and made(report, "kpi:csi")["before"] is None
    assert contents.words_of(part) == part["text"] and collecting.changed_since(told, report.figures) == []
    report = making.amend(report, "complaints", None, by=cast.quality, version=4)
    part = made(report, "complaints")
    assert part["text"] is None and part["before"] is None and "999" in contents.words_of(part)
    assert MonthlyReport.objects.count() == 1
    assert drafted(told, cast).version == 6  # by hand once more: the same draft


def test_who_looked_at_an_older_page_writes_nothing(told, cast):
    report = drafted(told, cast)
    making.amend(report, "remarks", "First.", by=cast.quality, version=1)
    for act in (
        lambda: making.amend(report, "remarks", "Second.", by=cast.quality_two, version=1),
        lambda: making.remake(report, by=cast.quality_two, version=1),
        lambda: making.sign(report, by=cast.quality_two, version=1),
    ):
        with pytest.raises(Stale):
            act()
    report.refresh_from_db()
    assert made(report, "remarks")["text"] == "First." and report.version == 2 and not report.is_signed
    with pytest.raises(Invalid):
        making.amend(report, "remarks", "x" * 4001, by=cast.quality, version=2)
    with pytest.raises(Invalid):
        making.amend(report, "no-such-part", "x", by=cast.quality, version=2)


def test_only_quality_managers_of_the_unit_write_and_only_of_a_month_that_is_over(told, cast):
    report = drafted(told, cast)
    for person in (cast.supervisor, cast.executive, cast.west_manager, cast.hotel_quality, cast.admin):
        for act in (
            lambda by: making.make(told, OCTOBER, by=by, language="zh-hans"),
            lambda by: making.amend(report, "remarks", "x", by=by, version=1),
            lambda by: making.sign(report, by=by, version=1),
            lambda by: readers.add_reader(told, cast.executive, by=by),
        ):
            with pytest.raises(NotAllowed):
                act(person)
    assert MonthlyReport.objects.get() == report and not ReportReader.objects.exists()
    with pytest.raises(Invalid):
        making.make(told, Period.containing(timezone.localdate(), "month"), by=cast.quality, language="en")
    with pytest.raises(Invalid):
        making.make(told, OCTOBER, by=cast.quality, language="de")


# The signature -------------------------------------------------------------------------------------------------------
@pytest.fixture
def no_chromium(settings, tmp_path):
    settings.CHROMIUM = str(tmp_path / "nothing")


def test_a_signed_report_is_changed_by_nobody_and_by_nothing(told, cast, no_chromium):
    report = making.sign(drafted(told, cast), by=cast.quality, version=1)
    report.refresh_from_db()
    signature = Signature.objects.get()
    assert (signature.meaning, signature.signer, signature.of) == ("report", cast.quality, report.case)
    assert still_says(signature, contents.signed_content(report))
    for act in (
        lambda: making.amend(report, "remarks", "x", by=cast.quality, version=report.version),
        lambda: making.remake(report, by=cast.quality, version=report.version),
        lambda: making.sign(report, by=cast.quality, version=report.version),
    ):
        with pytest.raises(Stale):
            act()
    with pytest.raises(Invalid, match="signed"):
        drafted(told, cast)
    rows = MonthlyReport.objects.filter(pk=report.pk)
    forged = [{**part, "text": "All is well."} for part in report.parts]
    changes = [
        {"parts": forged}, {"figures": {}}, {"status": "draft"}, {"signed_by": cast.executive}, {"version": 9},
        {"sent_at": timezone.now()}, {"month": dt.date(2026, 9, 1)},
    ]  # fmt: skip
    for change in changes:
        with pytest.raises(IntegrityError), transaction.atomic():
            rows.update(**change)
    with pytest.raises(IntegrityError), transaction.atomic():
        rows.delete()
    kept = rows.get()
    assert kept.parts == report.parts and kept.figures == report.figures and kept.signed_by == cast.quality
    kept.parts = forged
    assert not still_says(signature, contents.signed_content(kept))


def test_what_was_wrong_is_put_right_in_a_corrected_report(told, cast, no_chromium):
    report = making.amend(drafted(told, cast), "remarks", "A strike.", by=cast.quality, version=1)
    with pytest.raises(Invalid):
        making.correct(report, by=cast.quality, reason="Too early")
    first = making.sign(report, by=cast.quality, version=2)
    with pytest.raises(Invalid):
        making.correct(first, by=cast.quality, reason=" ")
    with pytest.raises(NotAllowed):
        making.correct(first, by=cast.supervisor, reason="Wrong figure")
    second = making.correct(first, by=cast.quality_two, reason="Passengers were revised")
    assert (second.revision, second.correction, second.is_signed) == (2, "Passengers were revised", False)
    assert made(second, "remarks")["text"] == "A strike."
    with pytest.raises(Invalid, match="already"):
        making.correct(first, by=cast.quality, reason="Again")
    making.sign(second, by=cast.quality_two, version=1)
    first.refresh_from_db()
    assert (
        first.is_signed and made(first, "remarks")["text"] == "A strike." and Signature.objects.count() == 2
    )
    acts = Event.objects.filter(case=second.case).order_by("seq").values_list("act", flat=True)
    assert list(acts) == ["report.correct", "report.sign", "report.send"]


# Readers -------------------------------------------------------------------------------------------------------------
def test_readers_are_told_once_in_their_language_and_only_who_sees_the_figures(told, cast, no_chromium):
    with pytest.raises(Invalid):
        readers.add_reader(told, cast.west_manager, by=cast.quality)
    for person in (cast.executive, cast.supervisor, cast.handler):
        readers.add_reader(told, person, by=cast.quality)
    readers.add_reader(told, cast.executive, by=cast.quality_two)
    assert ReportReader.objects.count() == 3
    cast.supervisor.posts.update(ends_on=timezone.localdate() - dt.timedelta(days=1))  # works elsewhere now
    cast.handler.language = "zh-hans"
    cast.handler.save()
    making.sign(
        drafted(told, cast, "zh-hans"), by=cast.quality, version=1
    )  # both get that one, for want of another
    assert Notice.objects.filter(text="report-signed").count() == 2
    Notice.objects.all().delete()
    report = making.sign(drafted(told, cast), by=cast.quality, version=1)  # no Chromium: told at once
    assert [notice.recipient for notice in Notice.objects.filter(text="report-signed")] == [cast.executive]
    assert readers.send(report) == 0 and Notice.objects.filter(text="report-signed").count() == 1
    report.refresh_from_db()
    assert report.sent_at is not None
    readers.remove_reader(ReportReader.objects.get(person=cast.executive), by=cast.quality)
    assert ReportReader.objects.count() == 2
    acts = set(Event.objects.filter(case=told.case).values_list("act", flat=True))
    assert acts == {"unit.add_report_reader", "unit.remove_report_reader"}


def test_the_worker_makes_the_draft_on_the_second_working_day_once(told, cast, units):
    """October 2026 ends on a Saturday: the working days after it are Monday the 2nd and Tuesday the 3rd."""
    readers.add_reader(told, cast.executive, by=cast.quality)
    assert scheduling.due_on(told, OCTOBER) == dt.date(2026, 11, 3)
    assert scheduling.make_due(dt.date(2026, 11, 2)) == 0
    third = dt.date(2026, 11, 3)
    assert (scheduling.make_due(third), scheduling.make_due(third)) == (1, 0)
    report = MonthlyReport.objects.get()
    assert (report.unit, report.month, report.made_by, report.language) == (told, OCTOBER.first, None, "en")
    told_to = {notice.recipient for notice in Notice.objects.filter(text="report-drafted")}
    assert told_to == {cast.quality, cast.quality_two}


@pytest.mark.skipif(not papers.available(), reason="NO CHROMIUM IS INSTALLED: NO JOB WAS ASKED FOR")
def test_a_paper_is_asked_for_once_and_only_of_figures(told, cast):
    report = drafted(told, cast)
    assert papers.ask_for_paper(report, by=cast.quality) == papers.ask_for_paper(report, by=cast.quality)
    for address in ("/incidents/", "https://example.org/reports/", "/no/such/page/", "reports/"):
        with pytest.raises(Invalid):
            papers.ask_for_page(address, by=cast.executive)
    assert Job.objects.count() == 1
