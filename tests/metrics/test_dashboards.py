"""The dashboards: the sentence on top, whose figures each reader sees, what is missing, and what a page costs."""

import datetime as dt
import re

import pytest
import time_machine
from django.db import connection
from django.http import QueryDict
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from incidents.filters import IncidentFilter
from incidents.models import Incident, IncidentType
from incidents.stages import LOOP, Stage
from metrics.dashboards import loop, mine, standing
from metrics.dashboards.choice import Choice
from metrics.dashboards.saying import BAD, GOOD, NONE, OFF, USUAL, Told, lede
from metrics.models import Total
from metrics.periods import Period
from people import units as tree
from people.models import Person
from tests.metrics import story
from tests.metrics.counting import counted
from tests.walks import report

pytestmark = pytest.mark.django_db

NOW = dt.datetime(2026, 11, 20, 9, 0, tzinfo=dt.timezone(dt.timedelta(hours=8)))
OCTOBER = Period.parse("2026-10")


@pytest.fixture
def now():
    with time_machine.travel(NOW, tick=False):
        yield NOW


@pytest.fixture
def told(cast, units, now):
    """Two years of the East Division, with targets and the rule that changed in March."""
    story.two_years(units.east, [units.crew, units.station])
    story.targets(units.east, cast.quality)
    story.rule_changed(units.east, cast.quality)


def waiting(unit, stage, *, due=3, age=2, count=1, start=0) -> None:
    """Open incidents as rows: due in so many days, reported so many days ago."""
    kind = IncidentType.objects.order_by("pk").first()
    Incident.objects.bulk_create(
        Incident(
            number=f"SQ-2026-{unit.pk}{LOOP.index(stage)}{start + place:04}", title=f"Case of {unit.code}", type=kind,
            description="d", unit=unit, stage=stage, severity=2, occurred_at=NOW, readers=[f"u{pk}" for pk in unit.lineage],
            reported_at=NOW - dt.timedelta(days=age), due_at=NOW + dt.timedelta(days=due),
        )
        for place in range(count)
    )  # fmt: skip


def text_of(page) -> str:
    """What the page says, without its markup."""
    main = re.search(r"<main.*</main>", page.content.decode(), re.DOTALL)[0]
    return re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", main)).replace("&#x27;", "'")


# The sentence --------------------------------------------------------------------------------------------------------
@pytest.mark.parametrize(
    ("kinds", "said"),
    [
        (
            [(GOOD, "down since March 2026"), (BAD, "rising for 7 months"), (USUAL, "")],
            'Of 3 indicators, <em class="good">1 improved</em> (number 0 down since March 2026) and '
            '<em class="bad">1 needs attention</em> (number 1 rising for 7 months). '
            "The other 1 only varies as usual and needs no explanation.",
        ),
        (
            [(GOOD, ""), (GOOD, ""), (USUAL, ""), (USUAL, "")],
            'Of 4 indicators, <em class="good">2 improved</em> (number 0, number 1); none needs attention. '
            "The other 2 only vary as usual and need no explanation.",
        ),
        (
            [(BAD, "high for 8 months"), (NONE, "")],
            'Of 2 indicators, <em class="bad">1 needs attention</em> (number 0 high for 8 months); none has improved. '
            "Of 1 there is no figure yet, or too few (number 1).",
        ),
        ([(USUAL, "")] * 3, "All 3 indicators only vary as usual: nothing needs an explanation this time."),
        (
            [(USUAL, ""), (NONE, ""), (NONE, ""), (NONE, ""), (NONE, "")],
            "Of 5 indicators, the 1 with enough figures only vary as usual: nothing needs an explanation. "
            "Of 4 there are no figures yet, or too few.",
        ),
        (
            [(OFF, "high for 9 months"), (USUAL, "")],
            "Of 2 indicators, none has improved and none needs attention. Number 0 has changed, for better or worse. "
            "The other 1 only varies as usual and needs no explanation.",
        ),
    ],
)
def test_the_sentence_is_well_formed_whatever_happened(kinds, said):
    assert lede([Told(f"Number {place}", kind, why) for place, (kind, why) in enumerate(kinds)]) == said


def test_the_sentence_escapes_what_companies_call_their_indicators():
    assert "&lt;b&gt;" in lede([Told("<b>x", BAD, "high")])


# The executives' page ------------------------------------------------------------------------------------------------
def test_what_changed_stands_on_top_with_tiles_charts_and_the_data(client, cast, units, told):
    waiting(units.crew, Stage.PLAN, due=-2, count=2)
    client.force_login(cast.executive)
    page = client.get(reverse("dashboard"), {"unit": "ER-E"})
    text = text_of(page)
    assert "1 improved (complaint rate down since March 2026)" in re.sub(r" +([()])", r" \1", text).replace(
        "( ", "("
    )
    assert "1 needs attention" in text and "first response" in text
    assert text.count("Show the data table") == 2  # the two charts that changed
    assert "First-asked-answers rule" in text
    assert "≤ 34" in text and "≥ 95" in text
    assert "2 late" in text  # open incidents by stage, and by unit
    assert "“Service quality” and “Attitude” together make up 66 % of the complaints." in text
    html = page.content.decode()
    assert html.count('class="card kpi') == 8
    first, last = OCTOBER.first.isoformat(), OCTOBER.last.isoformat()
    assert f"series=complaints.received&amp;unit=ER-E&amp;from={first}&amp;until={last}" in html
    assert text.rindex("High-speed Crew 3") < text.rindex(
        "Hangzhou East Station"
    )  # what needs attention comes first


def test_period_and_comparison_stand_in_the_address(client, cast, units, told):
    client.force_login(cast.executive)
    for query, said in (
        ("unit=ER-E&period=2026-09", "September 2026"), ("unit=ER-E&grain=quarter", "Q3 2026"),
        ("unit=ER-E&period=2025", "2025"), ("unit=ER-E&period=2026-11", "not over yet"),
        ("unit=ER-E&period=2026-10&compare=year", "A year before:"),
    ):  # fmt: skip
        assert said in text_of(client.get(f"/dashboard/?{query}")), query
    for wrong in (
        "period=2026-13",
        "period=2026-12",
        "grain=day",
        "period=1900-01",
        "unit=XX",
        "period=0000",
    ):
        assert client.get(f"/dashboard/?{wrong}").status_code == 404, wrong
    assert client.get("/units/ER-E/figures/").url == "/dashboard/?unit=ER-E"


def test_a_missing_volume_is_said_and_counts_for_nothing(client, cast, units, told):
    Total.objects.filter(unit=units.east, series="customers.served", begins_on=OCTOBER.first).exclude(
        facet="begun"
    ).delete()
    client.force_login(cast.executive)
    text = text_of(client.get("/dashboard/?unit=ER-E"))
    assert "The volume hasn't been entered." in text
    assert "Of 1 there is no figure yet, or too few ( complaint rate )" in text.replace(
        "(complaint rate)", "( complaint rate )"
    )
    empty = text_of(client.get("/dashboard/?unit=ER-W"))
    assert "There are too few figures yet" in empty and "Nothing is open." in empty


def test_nobody_sees_another_divisions_figures(client, cast, units, told):
    """Neither by the address, nor in sentence, tiles, the table of units or the list of what is open."""
    waiting(units.station, Stage.PLAN, count=3)
    story.two_years(units.west, [units.west_station], seed=5)
    client.force_login(cast.west_manager)
    page = client.get(reverse("dashboard"))
    assert "West Division" in text_of(page) and "Xi'an North Station" in text_of(page)
    for foreign in ("East Division", "Hangzhou", "Crew 3", "Eastern Rail", "ER-E"):
        assert foreign not in page.content.decode(), foreign
    for address in (
        "/dashboard/?unit=ER-E",
        "/dashboard/?unit=ER",
        "/loop/?unit=ER-E",
        "/units/ER-E/figures/",
    ):
        assert client.get(address).status_code == 404, address
    for stranger in (cast.hotel_quality, cast.reporter, cast.admin):
        client.force_login(stranger)
        assert client.get("/dashboard/?unit=ER-E").status_code == 404
    client.force_login(cast.quality)
    company = text_of(client.get("/dashboard/"))
    assert "East Division" in company and "West Division" in company


def test_pages_cost_the_same_whatever_there_is(client, cast, units, told):
    def statements(path: str) -> int:
        with CaptureQueriesContext(connection) as asked:
            assert client.get(path).status_code == 200
        return len(asked)

    pages = ("/dashboard/?unit=ER-E", "/loop/?unit=ER-E", "/week/")
    client.force_login(cast.quality)
    report(cast, units)
    waiting(units.crew, Stage.PLAN)
    few = [statements(page) for page in pages]
    more = [tree.found(name=f"Team {n}", code=f"T{n}", parent=units.east) for n in range(6)]
    story.two_years(more[0], more[1:], seed=9)
    for place, unit in enumerate(more):
        waiting(unit, LOOP[place % 7], count=5)
    for _ in range(3):
        report(cast, units)
    assert [statements(page) for page in pages] == few
    assert few[0] <= 22 and max(few) == few[0], few


# What is open ---------------------------------------------------------------------------------------------------------
def test_what_is_open_is_counted_as_the_list_shows_it(cast, units, now):
    waiting(units.crew, Stage.PLAN, due=-1, age=40, count=3)
    waiting(units.station, Stage.PLAN, due=2, age=5, count=2)
    waiting(units.east, Stage.VERIFY, due=2, age=120)
    waiting(units.west_station, Stage.PLAN, count=4)
    found = standing.open_incidents(units.east, with_ages=True)
    assert (found.whole.count, found.whole.late) == (6, 3)
    assert (found.units[units.crew.pk].count, found.units[units.east.pk].count) == (3, 1)
    assert found.cells[units.crew.pk, "plan"].late == 3
    assert dict(found.stages[Stage.PLAN].ages) == {"week": 2, "month": 0, "quarter": 3, "old": 0}
    for url, count in (
        (loop.open_url(units.east), 6),
        (loop.open_url(units.east, Stage.PLAN), 5),
        (loop.open_url(units.east, Stage.PLAN, late=True), 3),
    ):
        listed = IncidentFilter(QueryDict(url.partition("?")[2]), person=cast.executive)
        assert listed.found.count() == count, url


# The loop -------------------------------------------------------------------------------------------------------------
def test_the_loop_says_where_cases_stand_and_what_came_back(client, cast, units, now):
    month = Period.parse("2026-08")
    rows = []
    for stage, days in ((Stage.IDENTIFY, 1.0), (Stage.ANALYSE, 9.0), (Stage.VERIFY, 4.0)):
        rows += story.durations(units.east, f"stage.{stage}", month, [days * 1440] * 12)
    for step, count in (
        ("identify>confirm", 20),
        ("verify>improve", 9),
        ("verify>analyse", 3),
        ("closed>analyse", 1),
    ):
        rows.append(story.put(units.east, "moves", month, count, facet="kind", value=step))
    rows.append(story.put(units.east, "stages.due", month, 10, facet="kind", value="analyse"))
    rows.append(story.put(units.east, "stages.met", month, 7, facet="kind", value="analyse"))
    Total.objects.bulk_create(rows)
    waiting(units.crew, Stage.ANALYSE, due=-3, count=2)
    client.force_login(cast.quality)
    page = client.get("/loop/?unit=ER-E")
    text = text_of(page)
    assert "Cases stand longest in “Root-cause analysis”: half of them up to 9.0 days" in text
    assert "2 are open, 2 late, most of those in “Root-cause analysis”." in text
    assert "Of 12 verified, 3 went back to the analysis." in text
    assert "70 %" in text and "7 of 10" in text
    health = loop.gathered(Choice(cast.quality, units.east, Period.parse("2026-Q3"), below=[units.crew]))
    assert [(row.start, row.end, row.count) for row in health.backs] == [
        ("verify", "analyse", 3), ("closed", "analyse", 1),
    ]  # fmt: skip
    assert health.backs[0].share == 25
    assert health.units[0].whole.late == 2
    assert 'class="spc flow"' in page.content.decode()
    assert "Nothing went back" in text_of(client.get("/loop/?unit=ER-W"))


# My unit's week -------------------------------------------------------------------------------------------------------
def test_everybody_reads_what_became_of_what_their_unit_reported(client, cast, units):
    report(cast, units)
    report(cast, units, by=cast.colleague)
    counted()
    client.force_login(cast.reporter)
    page = client.get("/week/")
    text = text_of(page)
    assert "2 incidents were reported here in this week. 2 still wait to be judged. Thank you" in text
    assert "He Ping" not in text and "Zhou Jie" not in text  # numbers of the unit, never of a person
    assert "stage=identify&amp;" not in page.content.decode()  # no way to cases that aren't theirs
    own = mine.gathered(cast.reporter, {}).own_reports
    assert [row.reporter for row in own] == [cast.reporter]
    client.force_login(cast.site_manager)
    assert "reported_from" in client.get("/week/").content.decode()  # who sees the cases is led there
    for wrong in ("2026-10", "2999-W01", "x", "2026-W99"):
        assert client.get(f"/week/?period={wrong}").status_code == 404, wrong
    assert "Nothing was reported here" in text_of(client.get("/week/?period=2020-W05"))
    Person.objects.filter(pk=cast.reporter.pk).update(home_unit=None)
    client.force_login(Person.objects.get(pk=cast.reporter.pk))
    assert client.get("/week/").status_code == 404
