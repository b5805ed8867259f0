"""The list of incidents: pages by keyset, orders, filters, and what is said when a filter can't be."""

import datetime as dt
import itertools
import re

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from incidents import identify, listing
from incidents.filters import IncidentFilter
from incidents.listing import NEWEST, SORTS, BadCursor, Place, page_of
from incidents.models import Incident, IncidentType
from incidents.reorganise import move_unit
from people.models import Post, Role
from tests import walks
from tests.incidents.asking import asked

pytestmark = pytest.mark.django_db


def many(cast, units, count: int) -> list[Incident]:
    """Reports of several days, severities and places; every third at the same moment as the one before."""
    rows = []
    start = timezone.now() - dt.timedelta(days=count + 1)
    for number in range(count):
        row = walks.report(
            cast, units, description=f"Lift {number} failed at gate {number % 7}. 电梯故障",
            unit=units.crew if number % 2 else units.station, occurred_at=start,
            reported_at=start + dt.timedelta(days=number - (number % 3 == 0)),
        )  # fmt: skip
        if number % 4:
            row = walks.substantiate(row, cast, severity=number % 4) if row.unit == units.crew else row
        rows.append(row)
    return rows


def everything(person, sort, size, **filters) -> list[Incident]:
    """All pages from the first to the last, one after the other."""
    found, place = [], Place()
    while True:
        form = IncidentFilter(asked.query(**filters), person=person)
        page = page_of(form.found, sort, place, size=size, within=form.within, text=form.text)
        found += page.rows
        if not page.older:
            return found
        place = Place.of(sort.columns, after=page.older)


def in_memory(person, sort) -> list[Incident]:
    rows = [row for row in Incident.objects.visible_to(person) if row.due_at or sort.key != "due"]
    columns = [column.replace("weight", "severity") for column in sort.columns]
    return sorted(
        rows, key=lambda row: tuple(getattr(row, column) or 0 for column in columns), reverse=sort.descending
    )  # fmt: skip


# Pages ---------------------------------------------------------------------------------------------------------------
def test_the_pages_hold_every_row_once_and_in_order(cast, units, monkeypatch):
    """In every order, for narrow and wide sight, whichever of the three steps answers."""
    many(cast, units, 14)
    people = (cast.quality, cast.site_manager, cast.reporter)
    for near, far in ((1, 2), (1, 9), (3, 2), (3, 9), (3, 20_000), (500, 20_000)):
        monkeypatch.setattr(listing, "NEAR", near)
        monkeypatch.setattr(listing, "FAR", far)
        monkeypatch.setattr(listing, "FAR_BY_PHRASE", far)
        for person, sort, words in itertools.product(
            people, SORTS.values(), ({}, {"q": "lift"}, {"q": "电梯故障"})
        ):
            assert everything(person, sort, 4, **words) == in_memory(person, sort), (
                near,
                far,
                sort.key,
                person,
            )


@pytest.mark.parametrize("key", SORTS)
@pytest.mark.parametrize("near", [2, 500])
def test_one_can_turn_back_page_by_page(cast, units, monkeypatch, key, near):
    monkeypatch.setattr(listing, "NEAR", near)
    many(cast, units, 11)
    sort, found = SORTS[key], Incident.objects.visible_to(cast.quality)
    pages = [page_of(found, sort, size=4)]
    while pages[-1].older:
        pages.append(page_of(found, sort, Place.of(sort.columns, after=pages[-1].older), size=4))
    assert [len(page.rows) for page in pages] == [4, 4, 3] and pages[0].newer == ""
    for page, following in itertools.pairwise(pages):
        back = page_of(found, sort, Place.of(sort.columns, before=following.newer), size=4)
        assert back.rows == page.rows and bool(back.newer) == bool(page.newer) and back.older


def test_a_new_report_shifts_no_page(cast, units):
    many(cast, units, 6)
    found = Incident.objects.visible_to(cast.quality)
    first = page_of(found, size=3)
    walks.report(cast, units)
    second = page_of(found, NEWEST, Place.of(NEWEST.columns, after=first.older), size=3)
    assert not set(first.rows) & set(second.rows) and len(second.rows) == 3


@pytest.mark.parametrize(
    "cursor",
    ["x", "%%%", "MjAyNg", "é", "AAAA", "a" * 5000, "MjAyNi0wMS0wMVQwMDowMDowMCAx",
     "OTk5OS0xMi0zMVQyMzo1OTo1OS0yMzowMCAx",
     "MjAyNi0wMS0wMVQwMDowMDowMCswMDowMCA5OTk5OTk5OTk5OTk5OTk5OTk5OTk5", "MjAyNi0wMS0wMVQwMDowMDowMCswMDowMCAtMQ"],
)  # fmt: skip
def test_an_invented_cursor_is_refused(cursor):
    with pytest.raises(BadCursor):
        Place.of(NEWEST.columns, after=cursor)


def test_a_cursor_from_the_end_of_time_breaks_nothing(cast, units, monkeypatch):
    monkeypatch.setattr(listing, "FAR", 1)
    many(cast, units, 4)
    place = Place((dt.datetime.max.replace(tzinfo=dt.UTC), 5))
    assert len(page_of(Incident.objects.visible_to(cast.quality), NEWEST, place, size=9).rows) == 4


def test_a_page_takes_as_many_statements_with_few_as_with_many(cast, units):
    found = Incident.objects.visible_to(cast.quality)
    counts = []
    for size in (6, 30):
        many(cast, units, size)
        with CaptureQueriesContext(connection) as statements:
            assert len(page_of(found, size=5).rows) == 5
        counts.append(len(statements))
    assert counts == [1, 1]
    with CaptureQueriesContext(connection) as statements:
        page_of(found.filter(unit=units.depot), size=5)
    assert len(statements) <= 6


def test_what_no_row_shows_is_not_fetched(cast, units):
    walks.report(cast, units)
    row = page_of(Incident.objects.visible_to(cast.quality)).rows[0]
    assert {"description", "search", "readers"} <= row.get_deferred_fields()
    with CaptureQueriesContext(connection) as statements:
        assert row.type and row.unit and row.owner
    assert len(statements) == 0


# Filters -------------------------------------------------------------------------------------------------------------
@pytest.fixture
def cases(cast, units):
    """One at the train, open and new; one at the station, major; one dismissed; one in its second round."""
    now = timezone.now()
    train = walks.report(cast, units, channel="qr", reported_at=now - dt.timedelta(days=1))
    station = walks.report(
        cast, units, unit=units.station, by=cast.colleague, type=IncidentType.objects.get(code="delay-wait"),
        reported_at=now - dt.timedelta(days=40), occurred_at=now - dt.timedelta(days=41),
    )  # fmt: skip
    station = identify.substantiate(station, by=cast.quality, version=station.version, severity=4)
    dismissed = walks.report(cast, units, reported_at=now - dt.timedelta(days=3))
    dismissed = identify.dismiss(dismissed, by=cast.site_manager, version=dismissed.version, reason="No")
    depot = walks.analysed(cast, units)
    Incident.objects.filter(pk=depot.pk).update(cycle=2, due_at=now - dt.timedelta(hours=3))
    return {
        "train": train,
        "station": station,
        "dismissed": dismissed,
        "depot": Incident.objects.get(pk=depot.pk),
    }


@pytest.mark.parametrize(
    ("filters", "names"),
    [
        ({}, "train station dismissed depot"),
        ({"state": "open"}, "train station depot"),
        ({"state": "closed"}, "dismissed"),
        ({"stage": ["identify", "confirm"]}, "train station"),
        ({"stage": "dismissed"}, "dismissed"),
        ({"severity": [4]}, "station"),
        ({"severity": [3, 4]}, "station depot"),
        ({"type": "facility"}, "train dismissed depot"),
        ({"type": "facility-climate"}, "train dismissed depot"),
        ({"type": "delay"}, "station"),
        ({"type": "delay-late"}, ""),
        ({"unit": "ER-E"}, "train station dismissed depot"),
        ({"unit": "ER-E-HZ"}, "station"),
        ({"unit": "ER-D"}, ""),
        ({"responsible": "ER-D"}, "depot"),
        ({"responsible": "ER-D-W2"}, "depot"),
        ({"reporter": "he"}, "station"),
        ({"reporter": "He Ping (he)"}, "station"),
        ({"reporter": "He Ping"}, "station"),
        ({"owner": "li"}, "train"),
        ({"channel": ["qr"]}, "train"),
        ({"channel": ["phone"]}, ""),
        ({"overdue": "on"}, "depot"),
        ({"again": "on"}, "depot"),
        ({"state": "open", "type": "facility", "severity": "3"}, "depot"),
    ],
)
def test_filters(cases, cast, filters, names):
    assert set(asked(cast.quality, **filters)) == {cases[name] for name in names.split()}


def test_periods_hold_their_first_and_last_day(cases, cast):
    day = timezone.localtime(cases["station"].reported_at).date()
    for what, days in (("reported", 0), ("occurred", -1)):
        here = day + dt.timedelta(days=days)
        for start, end, found in (
            (here, here, True),
            (here + dt.timedelta(days=1), "", False),
            ("", here - dt.timedelta(days=1), False),
        ):
            rows = asked(cast.quality, **{f"{what}_from": start, f"{what}_until": end})
            assert (cases["station"] in rows) is found


@pytest.mark.parametrize(
    "filters",
    [
        {"stage": "nowhere"}, {"severity": "9"}, {"severity": "x"}, {"type": "ghost"}, {"unit": "ghost"},
        {"unit": "HH"},
        {"responsible": "HH"}, {"owner": "nobody-at-all"}, {"reporter": "hong"}, {"channel": "pigeon"},
        {"reported_from": "yesterday"}, {"reported_until": "2026-02-30"}, {"occurred_until": "9999-12-31"},
        {"reported_from": "0001-01-01"}, {"reported_from": "2026-05-02", "reported_until": "2026-05-01"},
        {"sort": "random"}, {"state": "ajar"}, {"q": "x" * 201}, {"q": "a\x00b"}, {"after": "x"}, {"before": "MjAyNg"},
    ],
)  # fmt: skip
def test_a_filter_that_cannot_be_is_told_and_shows_nothing(cases, cast, client, filters):
    client.force_login(cast.quality)
    response = client.get("/incidents/", filters)
    assert response.status_code == 400
    assert len(response.context["problems"]) == 1
    assert response.context["page"].rows == [] and "Nothing is shown" in response.content.decode()
    name = next(iter(filters))
    if name not in ("after", "before", "sort", "state"):
        assert client.get("/incidents/board/", filters).status_code == (200 if name == "stage" else 400)


def test_the_filters_in_force_are_said_in_words_and_can_be_taken_away(cases, cast, client):
    client.force_login(cast.quality)
    query = {
        "q": "air", "stage": ["identify", "analyse"], "severity": "3", "unit": "ER-E", "overdue": "on", "owner": "li",
        "reported_from": "2026-01-02",
    }  # fmt: skip
    body = client.get("/incidents/", query).content.decode()
    words = [
        "Search: air", "Stage: Identify", "Stage: Root-cause analysis", "Severity: Serious", "Unit: East Division",
        "Waits for: Li Min", "Overdue", "Reported from: 2026-01-02",
    ]  # fmt: skip
    assert re.findall(r'<span class="fchip">([^<]+)<a', body) == words
    assert "stage=analyse&amp;severity=3" in body  # the address without the first stage
    assert 'aria-label="Remove Stage: Identify"' in body


def test_an_empty_result_says_so_and_leads_back(cases, cast, client):
    client.force_login(cast.quality)
    assert "No incident contains these words" in client.get("/incidents/?q=unicorn").content.decode()
    assert (
        "No incident passes these filters" in client.get("/incidents/?again=on&severity=1").content.decode()
    )
    client.force_login(cast.hotel_quality)
    assert "There are no incidents yet" in client.get("/incidents/").content.decode()


def test_a_title_is_escaped(cast, units, client):
    walks.report(cast, units, title="<script>alert(1)</script>")
    client.force_login(cast.quality)
    for path in ("/incidents/", "/incidents/board/", "/?waiting=1", "/incidents/?q=<script>"):
        body = client.get(path).content.decode()
        assert "<script>alert(1)" not in body and "&lt;script&gt;" in body or path == "/?waiting=1"


# Statements ----------------------------------------------------------------------------------------------------------
PAGES = [
    "/incidents/",
    "/incidents/?state=open&sort=due",
    "/incidents/?q=lift",
    "/incidents/?sort=severity",
    "/incidents/board/",
]


@pytest.mark.parametrize("who", ["quality", "site_manager", "reporter", "hotel_quality"])
def test_a_page_takes_few_statements_and_no_more_with_more_incidents(cast, units, client, who):
    client.force_login(getattr(cast, who))
    counts = {path: [] for path in PAGES}
    for size in (30, 60):
        many(cast, units, size)
        for path, numbers in counts.items():
            with CaptureQueriesContext(connection) as statements:
                assert client.get(path).status_code == 200
            numbers.append(len(statements))
    assert all(few <= 15 and most <= few for few, most in counts.values()), counts


# Whose ---------------------------------------------------------------------------------------------------------------
def test_everybody_sees_their_own_and_nobody_elses(cast, units):
    """Rows of another division and of another company exist, and are absent everywhere."""
    here = walks.report(cast, units)
    west = walks.report(
        cast, units, unit=units.west_station, by=cast.colleague, description="West: the lift failed."
    )
    hotel = walks.report(
        cast, units, unit=units.hotels, by=cast.hotel_quality, description="Hotel: the lift failed."
    )
    assert Incident.objects.count() == 3
    sees = {
        "reporter": {here}, "colleague": {west}, "site_manager": {here}, "supervisor": {here}, "quality": {here, west},
        "handler": {here, west}, "executive": {here, west}, "admin": set(), "owner": set(), "depot_manager": set(),
        "west_manager": {west}, "hotel_quality": {hotel},
    }  # fmt: skip
    for name, rows in sees.items():
        person = getattr(cast, name)
        assert set(asked(person)) == rows, name
        assert set(asked(person, q="lift")) == rows - {here}, name
        assert set(asked(person, q=west.number)) == rows & {west}, name
        for sort in SORTS:
            assert set(asked(person, sort=sort)) == rows, (name, sort)


def test_the_view_follows_a_change_of_post_and_of_the_tree(cast, units):
    case = walks.report(cast, units)
    assert asked(cast.west_manager) == [] and asked(cast.depot_manager) == []
    today = timezone.localdate()
    post = Post.objects.create(
        person=cast.west_manager, unit=units.east, role=Role.SITE_MANAGER, starts_on=today
    )
    assert asked(cast.west_manager) == [case]
    post.starts_on = post.ends_on = today - dt.timedelta(days=1)
    post.save()
    assert asked(cast.west_manager) == []
    move_unit(units.crew, units.depot, by=cast.admin)
    assert asked(cast.depot_manager) == [case] and asked(cast.supervisor) == []
