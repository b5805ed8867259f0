"""The list behind a figure is as long as the figure says, shows what its reader may see, and can be taken away."""

import csv
import datetime as dt
import io

import pytest
from django.db import connection
from django.db.models import TextField, Value
from django.db.models.functions import Cast, Concat
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from capa.models import Measure
from complaints.models import Complaint
from history.models import Event
from incidents.access import recompute_readers
from incidents.models import Incident, IncidentType
from metrics import cases, counted, reading
from metrics.addresses import cases_url
from metrics.counted.declared import TALLIES
from metrics.definitions import Kpi
from metrics.models import Volume
from metrics.periods import Period
from metrics.spc.chart import Data
from people.models import Contact
from tests.metrics import counting
from tests.metrics.worlds import World

pytestmark = pytest.mark.django_db

MARCH, APRIL = Period.parse("2026-03"), Period.parse("2026-04")
CODES = [tally.code for tally in TALLIES if tally.amount is None and tally.code != "stage"] + [
    "stage.identify", "stage.confirm", "stage.verify",
]  # fmt: skip


def told(world: World, units, *acts: str) -> None:
    """Let it happen, with numbers and readers as the application would give them."""
    for act in acts:
        getattr(world, act)() if act else world.act()
    for model, prefix in ((Incident, "SQ"), (Measure, "CA"), (Complaint, "CP")):
        number = Concat(Value(f"{prefix}-2026-"), Cast("pk", TextField()))
        model.objects.exclude(number=None).update(number=number)
    recompute_readers(units.rail)


def as_kpi(code: str) -> Kpi:
    quantile = 0.5 if counted.of(code).bin is not None else None
    return Kpi(f"n-{code}", code, "", "", code, data=Data.COUNT, scale=1, quantile=quantile)


def whole_list(asked: cases.Asked, person) -> list:
    """Every line, page by page, forwards."""
    lines, after = [], ""
    while True:
        page = cases.page_of(asked, person, after=after, size=7)
        lines += page.lines
        if not page.older:
            return lines
        after = page.older


def test_every_figure_is_as_long_as_the_list_behind_it(units, cast):
    """In a small world in which everything that can happen has happened, in several units, types and channels."""
    world = World(units, cast, seed=11)
    told(world, units, *[""] * 420)
    counting.counted()
    kpis, places = [as_kpi(code) for code in CODES], [units.rail, units.east, units.crew]
    figures = reading.read(kpis, places, [MARCH, APRIL])
    seen = set()
    for kpi in kpis:
        for unit in places:
            for of in figures[kpi.code, unit.pk]:
                asked = cases.Asked(kpi.numerator, unit, of.period.first, of.period.last)
                found = len(whole_list(asked, cast.quality))
                assert found == (of.cases or 0), f"{kpi.numerator} of {unit} in {of.period}"
                seen |= {kpi.numerator} if found else set()
    assert len(seen) >= 17, sorted(seen)  # the story did touch nearly all of them
    for code in ("incidents.reported", "complaints.received", "stages.due", "moves"):
        if Volume.objects.filter(series=code).exists():
            continue  # what was entered in parts has no cases
        for facet in ("kind", "channel"):
            for value, count in reading.breakdown(code, units.rail, [MARCH], facet).items():
                asked = cases.Asked(code, units.rail, MARCH.first, MARCH.last, **{facet: value})
                if value:
                    assert asked.rows(cast.quality).count() == count, f"{code} by {facet} {value}"


def test_the_pages_of_a_list_hold_every_row_once_in_both_directions(cast, units):
    made(cast, units, 7)
    asked = cases.Asked("incidents.reported", units.crew, dt.date(2026, 10, 1), dt.date(2026, 10, 31))
    whole = [line.number for line in cases.page_of(asked, cast.quality).lines]
    first = cases.page_of(asked, cast.quality, size=3)
    second = cases.page_of(asked, cast.quality, size=3, after=first.older)
    back = cases.page_of(asked, cast.quality, size=3, before=second.newer)
    assert [line.number for line in first.lines + second.lines] == whole[:6]
    assert back == first and not first.newer
    assert cases.page_of(asked, cast.quality, after="rubbish").lines[0].number == whole[0]


def made(cast, units, count: int, *, start: int = 0) -> None:
    """Incidents of October in the crew's unit, as rows."""
    kind = IncidentType.objects.get(code="facility-climate")
    readers = [f"u{pk}" for pk in units.crew.lineage]
    Incident.objects.bulk_create(
        Incident(
            number=f"SQ-2026-{start + place:06}", title=f"No {start + place}", type=kind, description="d", unit=units.crew,
            reported_at=dt.datetime(2026, 10, 5, 3, (start + place) % 60, tzinfo=dt.UTC), severity=2, readers=readers,
            occurred_at=dt.datetime(2026, 10, 5, tzinfo=dt.UTC),
        )
        for place in range(count)
    )  # fmt: skip


def address(unit, series="incidents.reported", **more) -> str:
    return cases_url(series, unit, dt.date(2026, 10, 1), dt.date(2026, 10, 31), **more)


def test_a_page_names_figure_and_cases_and_costs_the_same_for_many(client, cast, units):
    made(cast, units, 3)
    client.force_login(cast.executive)
    with CaptureQueriesContext(
        connection,
    ) as few:
        page = client.get(address(units.crew, kind="facility-climate")).content.decode()
    assert "3 counts" in page and "No 2" in page and "Air conditioning" in page
    assert reverse("incident-list") in page  # the same filter there
    made(cast, units, 60, start=100)
    with CaptureQueriesContext(connection) as many:
        page = client.get(address(units.crew, kind="facility-climate")).content.decode()
    assert "63 counts" in page and 'rel="next"' in page
    assert len(many) == len(few) <= 16


def test_whose_figures_one_sees_is_whose_lists_one_sees(client, cast, units):
    made(cast, units, 1)
    for person, unit, status in (
        (cast.site_manager, units.crew, 200), (cast.executive, units.crew, 200), (cast.west_manager, units.west, 200),
        (cast.west_manager, units.crew, 404), (cast.hotel_quality, units.crew, 404), (cast.reporter, units.crew, 404),
        (cast.admin, units.crew, 404), (cast.site_manager, units.rail, 404),
    ):  # fmt: skip
        client.force_login(person)
        assert client.get(address(unit)).status_code == status, (person.username, unit.code)
    client.force_login(cast.quality)
    good = address(units.crew)
    for wrong in (
        address(units.crew, "customers.served"), address(units.crew, "stage"), address(units.crew, "nothing"),
        good.replace("2026-10-31", "2026-09-30"), good.replace("2026-10-31", "never"), good.replace("ER-E-C3", "XX"),
        good.replace("2026-10-01", "0001-01-01"), "/figures/cases/?series=incidents.reported",
    ):  # fmt: skip
        assert client.get(wrong).status_code == 404, wrong


def test_a_complaint_is_named_without_its_customer(client, cast, units):
    contact = Contact.objects.create(name="Zhang Sanfeng", phone="13912341402")
    Complaint.objects.create(
        number="CP-2026-000001", title="Zhang Sanfeng, 13912341402: heating", text="Very private words.", channel="phone",
        unit=units.crew, contact=contact, received_at=dt.datetime(2026, 10, 7, tzinfo=dt.UTC),
        readers=[f"u{pk}" for pk in units.crew.lineage],
    )  # fmt: skip
    Complaint.objects.create(
        number="CP-2026-000002", title="About a colleague", text="t", channel="phone", unit=units.crew, sensitive=True,
        received_at=dt.datetime(2026, 10, 8, tzinfo=dt.UTC), readers=[f"p{cast.executive.pk}"],
    )  # fmt: skip
    client.force_login(cast.executive)
    page = client.get(address(units.crew, "complaints.received")).content.decode()
    assert "CP-2026-000001" in page and "heating" in page and "1 count" in page
    assert not any(secret in page for secret in ("Sanfeng", "13912341402", "private words"))
    assert "CP-2026-000002" not in page and "more isn" not in page  # is in no figure, and nothing tells of it


def test_what_was_entered_has_no_cases_and_is_told(client, cast, units):
    made(cast, units, 2)
    counting.volume("incidents.reported", units.crew, "2026-10", 40, by=cast.quality, source="The old book")
    counting.counted()
    client.force_login(cast.site_manager)
    page = client.get(address(units.crew)).content.decode()
    assert "2 counts" in page and "40 more were counted elsewhere" in page
    assert "The old book" in page and "Wang Qiang" in page


def test_a_part_that_was_entered_is_told_beside_the_cases_of_its_kind(client, cast, units):
    """A bar of a Pareto: so many cases, and what was entered of this kind; also over several months."""
    made(cast, units, 2)
    kind = Incident.objects.first().type.code
    for month, count in (("2026-09", 5), ("2026-10", 40)):
        counting.volume("incidents.reported", units.crew, month, count, part=kind)
    counting.volume("incidents.reported", units.crew, "2026-10", 3, part="another")
    counting.counted()
    months = Period.parse("2026-10").back(2)
    asked = cases.Asked("incidents.reported", units.east, months[0].first, months[1].last, kind=kind)
    bar = reading.breakdown("incidents.reported", units.east, months, "kind")[kind]
    assert bar == cases.how_many(asked.all_rows()) + asked.entered() == 47
    assert (
        cases.Asked("incidents.reported", units.east, months[0].first, dt.date(2026, 10, 30)).entered() == 5
    )


def test_a_measure_of_a_case_elsewhere_is_counted_but_not_shown(client, cast, units):
    """The workshop has a measure of the crew's incident: its manager sees that there is one, but not the case."""
    world = World(units, cast, seed=3)
    told(world, units, *["report"] * 12, *["order"] * 30)
    asked = cases.Asked("measures.due", units.depot, dt.date(2026, 1, 1), dt.date(2026, 12, 31))
    everything, seen = asked.all_rows().count(), asked.rows(cast.depot_manager).count()
    assert everything > seen
    client.force_login(cast.depot_manager)
    url = cases_url("measures.due", units.depot, dt.date(2026, 1, 1), dt.date(2026, 12, 31))
    page = client.get(url).content.decode()
    assert f"{everything - seen} more" in page and "you may not see" in page


def test_a_list_is_taken_away_as_it_stands_and_that_is_recorded(client, cast, units):
    made(cast, units, 3)
    client.force_login(cast.quality)
    query = address(units.crew).partition("?")[2]
    file = client.post(reverse("metrics-cases-export"), {"query": query, "format": "csv"})
    rows = list(csv.reader(io.StringIO(file.content.decode("utf-8-sig"))))
    assert [row[0] for row in rows] == ["Number", "SQ-2026-000002", "SQ-2026-000001", "SQ-2026-000000"]
    assert rows[1][2:5] == ["High-speed Crew 3", "2026-10-05", "Identify"]
    event = Event.objects.get(act="figures.export")
    assert event.actor == cast.quality and event.after["rows"] == 3
    client.force_login(cast.west_manager)
    refused = client.post(reverse("metrics-cases-export"), {"query": query, "format": "csv"})
    assert refused.status_code == 302 and not refused.content
