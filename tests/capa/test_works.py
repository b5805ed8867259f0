"""What works against what: how rounds are counted and compared, and what is said of them."""

import datetime as dt
import re

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from capa import verify, works
from capa.forms.library import ArchiveFilter, WorksFilter
from capa.models import Cause, Measure, Plan, Verification
from incidents.models import Incident
from tests import walks
from tests.incidents.asking import asked as listed

pytestmark = pytest.mark.django_db


def table(person, **filters):
    form = WorksFilter(listed.query(**filters), person=person)
    assert form.problems == [], form.problems
    return works.table(form)


def cells(found) -> dict:
    """(sort of measure, category) -> (rounds, of which effective)."""
    return {
        (cell.sort, cell.category): (cell.number, cell.effective)
        for line in found.lines for cell in line.cells if cell
    }  # fmt: skip


def judged(cast, units, verdict, measures, *, unit=None, days_ago=1, figures=(48, 22), by=None, **more):
    """A round with a verdict on finished measures, (strength, category) each; only what is read is made."""
    case = walks.report(cast, units, unit=unit or units.crew, by=by or cast.reporter)
    plan = Plan.objects.create(
        incident=case, cycle=case.cycle, status="approved", author=cast.owner, decided_by=cast.quality
    )
    for strength, category in measures:
        cause = Cause.objects.create(
            incident=case, cycle=case.cycle, text="A cause", category=category, status="confirmed", is_root=True,
            added_by=cast.owner,
        )  # fmt: skip
        Measure.objects.create(
            incident=case, plan=plan, cause=cause, strength=strength, kind=more.get("kind", "corrective"),
            text="A measure", status=more.get("status", "done"), owner=cast.owner,
        )  # fmt: skip
    values = walks.verdict(verdict, *figures)
    Verification.objects.create(
        incident=case, cycle=case.cycle, proposal=verdict, judged_by=cast.quality,
        judged_at=timezone.now() - dt.timedelta(days=days_ago),
        watch_until=timezone.localdate() if verdict == "inconclusive" else None,
        data=more.get("data", "rate"), direction=more.get("direction", "lower"), **values,
    )  # fmt: skip
    return case


# Counting ------------------------------------------------------------------------------------------------------------
def test_both_rounds_of_a_case_count_the_failed_one_too(cast, units):
    case = walks.tracked(cast, units)
    case = verify.judge(case, by=cast.quality, version=case.version, **walks.verdict("not_effective", 48, 50))
    assert cells(table(cast.quality)) == {("intermediate", "machine"): (1, 0)}  # though the case is open
    case = walks.tracked(cast, units, walks.planned(cast, units, walks.analysed(cast, units, case)))
    walks.improved(cast, units, walks.verified(cast, units, case))
    found = table(cast.quality)
    assert cells(found) == {("intermediate", "machine"): (2, 1)} and found.counted == 2
    assert cells(table(cast.quality, by="strength")) == {("standardise", "machine"): (2, 1)}
    assert cells(table(cast.quality, by="kind")) == {("corrective", "machine"): (2, 1)}


def test_a_round_counts_once_in_each_cell_that_its_measures_touch(cast, units):
    judged(
        cast, units, "effective",
        [("train", "people"), ("rule", "people"), ("force", "machine"), ("train", "Weather"), ("train", "Birds")],
    )  # fmt: skip
    found = table(cast.quality)
    assert cells(found) == {
        ("weak", "people"): (1, 1),
        ("strong", "machine"): (1, 1),
        ("weak", "own"): (1, 1),
    }
    assert found.counted == 1 and [line.key for line in found.lines] == ["people", "machine", "own"]


def test_what_was_not_done_or_not_judged_is_left_out(cast, units):
    judged(cast, units, "inconclusive", [("train", "people")])
    judged(cast, units, "effective", [("train", "people")], status="withdrawn")
    judged(cast, units, "effective", [("train", "people")], kind="containment")
    found = table(cast.quality)
    assert found.rounds == 2 and found.counted == 0 and found.lines == []
    assert cells(table(cast.quality, by="kind")) == {("containment", "people"): (1, 1)}


def test_filters(cast, units):
    judged(cast, units, "effective", [("train", "people")], days_ago=100)
    judged(cast, units, "effective", [("force", "people")], unit=units.west_station)
    recent = timezone.localdate() - dt.timedelta(days=30)
    assert cells(table(cast.quality, judged_from=recent)) == {("strong", "people"): (1, 1)}
    assert cells(table(cast.quality, judged_until=recent)) == {("weak", "people"): (1, 1)}
    assert cells(table(cast.quality, unit="ER-W")) == {("strong", "people"): (1, 1)}


def test_only_the_latest_rounds_are_read(cast, units, monkeypatch):
    monkeypatch.setattr(works, "MOST_ROUNDS", 2)
    for days_ago, strength in ((3, "train"), (2, "force"), (1, "force")):
        judged(cast, units, "effective", [(strength, "people")], days_ago=days_ago)
    found = table(cast.quality)
    assert cells(found) == {("strong", "people"): (2, 2)} and found.is_cut and found.rounds == 2


# Figures -------------------------------------------------------------------------------------------------------------
def test_the_pooled_ratio_of_two_rounds_by_hand(cast, units):
    """48 in 1.2 million before and 22 in 1.1 million after, once as it is and once as 12 and 6 (QUALITY A).

    Above: 28 x 1.2/2.3 = 14.608696; below: 60 x 1.1/2.3 = 28.695652: ratio 0.509091.
    Spread: 88 x 1.1 x 1.2 / 2.3^2 = 21.958412; over 14.608696 x 28.695652: variance 0.0523810 (= 88/(28 x 60)).
    """
    judged(cast, units, "effective", [("force", "machine")])
    judged(cast, units, "not_effective", [("force", "machine")], figures=(12, 6))
    (line,) = table(cast.quality).lines
    (cell,) = line.cells
    assert cell.pooled.ratio == pytest.approx(0.509091, abs=5e-7)
    assert cell.pooled.lower == pytest.approx(0.325075, abs=5e-5)
    assert cell.pooled.upper == pytest.approx(0.797274, abs=5e-5)
    assert cell.is_few and not cell.pooled.is_enough
    assert cell.limits == pytest.approx((9.4531, 90.5469), abs=5e-4)  # Wilson 1/2


def test_what_is_no_rate_of_which_less_is_better_stays_out_of_the_ratio(cast, units):
    judged(cast, units, "effective", [("force", "machine")])
    judged(cast, units, "effective", [("force", "machine")], data="proportion", figures=(40, 60))
    judged(cast, units, "effective", [("force", "machine")], direction="higher", figures=(10, 60))
    (line,) = table(cast.quality).lines
    assert line.cells[0].number == 3 and line.cells[0].pooled.rounds == 1


def test_an_order_is_only_made_where_intervals_do_not_overlap(cast, units):
    """Wilson 8/8 begins at 67.56 %; 1/8 ends at 47.09 %; 5/8 reaches from 30.57 to 86.32 %."""
    for number in range(8):
        judged(cast, units, "effective", [("force", "machine")])
        judged(cast, units, "effective" if number < 5 else "not_effective", [("automate", "machine")])
    overlapping = table(cast.quality)
    assert overlapping.findings == [] and overlapping.can_compare
    for number in range(8):
        judged(cast, units, "effective" if number < 1 else "not_effective", [("train", "machine")])
    (finding,) = table(cast.quality).findings
    assert (str(finding.better), str(finding.worse), str(finding.category)) == ("Strong", "Weak", "Machine")


def test_few_rounds_are_not_compared(cast, units):
    for _number in range(4):
        judged(cast, units, "effective", [("force", "machine")])
        judged(cast, units, "not_effective", [("train", "machine")])
    found = table(cast.quality)
    assert not found.can_compare and found.findings == []


# The page ------------------------------------------------------------------------------------------------------------
def test_the_page_says_that_it_is_observational_and_links_to_the_cases(cast, units, client):
    case = walks.improved(cast, units)
    client.force_login(cast.quality)
    page = client.get("/archive/what-works/?unit=ER-E").content.decode()
    assert "Observed, not tried out." in page and "1 effective" in page and "too few to tell" in page
    assert "style=" not in page and "<script>" not in page
    address = re.search(r'href="(/archive/\?[^"]+)">1 round<', page)[1].replace("&amp;", "&")
    assert "cause=machine" in address and "tier=intermediate" in address and "unit=ER-E" in address
    assert client.get(address).context["page"].rows == [case]
    assert client.get("/archive/what-works/?by=luck").status_code == 400
    client.force_login(cast.hotel_quality)
    assert "No round has been judged here yet" in client.get("/archive/what-works/").content.decode()


def test_every_cell_is_the_same_as_the_archive_finds(cast, units):
    for verdict, strength in (("effective", "force"), ("not_effective", "train"), ("effective", "train")):
        judged(cast, units, verdict, [(strength, "machine"), ("rule", "Weather")])
    Incident.objects.update(stage="closed", severity=2, closed_at=timezone.now())
    for way in works.WAYS:
        for line in table(cast.quality, by=way).lines:
            for cell in filter(None, line.cells):
                form = ArchiveFilter(
                    listed.query(**{"cause": cell.category, way: cell.sort}), person=cast.quality
                )
                assert form.found.count() == cell.number, cell.query


def test_only_what_one_may_see_is_counted(cast, units):
    """Rounds of another division and of another company exist, and are not counted."""
    judged(cast, units, "effective", [("force", "machine")])
    judged(cast, units, "effective", [("force", "machine")], unit=units.west_station, by=cast.colleague)
    judged(cast, units, "effective", [("force", "machine")], unit=units.hotels, by=cast.hotel_quality)
    assert Verification.objects.count() == 3
    for name, number in {
        "quality": 2, "executive": 2, "site_manager": 1, "west_manager": 1, "hotel_quality": 1, "admin": 0,
    }.items():  # fmt: skip
        assert table(getattr(cast, name)).counted == number, name


def test_the_page_takes_few_statements_and_no_more_with_more_rounds(cast, units, client):
    client.force_login(cast.quality)
    numbers = []
    for _size in range(2):
        for _number in range(6):
            judged(cast, units, "effective", [("force", "machine"), ("train", "people")])
        with CaptureQueriesContext(connection) as statements:
            assert client.get("/archive/what-works/").status_code == 200
        numbers.append(len(statements))
    assert numbers[0] <= 12 and numbers[1] <= numbers[0], numbers
