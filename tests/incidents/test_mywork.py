"""My work: what waits for somebody, grouped by when it is due, in words."""

import datetime as dt
import zoneinfo

import pytest
import time_machine
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from capa import plan
from incidents import worklist
from incidents.listing import open_work
from incidents.models import Incident
from reminders.models import Deadline
from tests import walks

pytestmark = pytest.mark.django_db

SHANGHAI = zoneinfo.ZoneInfo("Asia/Shanghai")
#: A Wednesday, ten in the morning.
NOW = dt.datetime(2026, 11, 18, 10, tzinfo=SHANGHAI)


@pytest.fixture(autouse=True)
def wednesday():
    with time_machine.travel(NOW, tick=False):
        yield


@pytest.fixture
def open_page(client):
    def get(person, query=""):
        client.force_login(person)
        return client.get(f"/{query}")

    return get


def due(incident, moment: dt.datetime) -> Incident:
    """Let the case be due at another moment."""
    Deadline.objects.filter(subject=incident.case, closed_at=None).update(due_at=moment)
    Incident.objects.filter(pk=incident.pk).update(due_at=moment)
    return incident


def shown(response) -> dict[str, list[str]]:
    """The titles of each group."""
    return {work.group.key: [item.title for item in work.items] for work in response.context["groups"]}


def titles(response) -> list[str]:
    return [item.title for item in response.context["items"]]


# To do --------------------------------------------------------------------------------------------------------------
@pytest.fixture
def week(cast, units):
    """Six reports that wait for Li, from overdue to next week."""
    moments = {
        "Two days ago": NOW - dt.timedelta(days=2),
        "A minute ago": NOW - dt.timedelta(minutes=1),
        "Tonight": NOW.replace(hour=23, minute=59),
        "Midnight": NOW.replace(hour=0) + dt.timedelta(days=1),
        "Sunday": dt.datetime(2026, 11, 22, 23, 59, tzinfo=SHANGHAI),
        "Monday": dt.datetime(2026, 11, 23, 0, 0, tzinfo=SHANGHAI),
    }
    for title, moment in reversed(moments.items()):
        due(walks.report(cast, units, title=title), moment)


def test_work_is_grouped_by_when_it_is_due(week, cast, open_page):
    page = open_page(cast.site_manager)
    assert shown(page) == {
        "overdue": ["Two days ago", "A minute ago"],
        "today": ["Tonight"],
        "week": ["Midnight", "Sunday"],
        "later": ["Monday"],
    }
    assert [tile.count for tile in page.context["tiles"]] == [2, 1, 0, 2, 0]
    assert [tab["count"] for tab in page.context["tabs"]] == [6, None, 0, 0]


def test_it_greets_with_what_matters(week, cast, open_page, units):
    body = open_page(cast.site_manager).content.decode()
    assert "Good morning, Li Min. 2 items are overdue. 1 is due today. Start with the red ones." in " ".join(
        body.split()
    )
    assert "Nothing is waiting for you" in open_page(cast.depot_manager).content.decode()
    with time_machine.travel(NOW.replace(hour=19), tick=False):
        assert "Good evening" in open_page(cast.site_manager).content.decode()


def test_the_days_are_those_of_the_readers_time_zone(week, cast, open_page):
    """In New York it is still Tuesday evening: the whole of Wednesday lies ahead."""
    cast.site_manager.time_zone = "America/New_York"
    cast.site_manager.save()
    groups = shown(open_page(cast.site_manager))
    assert "today" not in groups  # "Tonight" in China is Wednesday morning there
    assert groups["week"] == ["Tonight", "Midnight", "Sunday", "Monday"]  # Monday 00:00 is Sunday 11:00


@pytest.mark.parametrize(
    ("query", "group", "found"),
    [
        ("?due=overdue", "overdue", ["Two days ago", "A minute ago"]),
        ("?due=week", "week", ["Midnight", "Sunday"]),
        ("?due=later", "later", ["Monday"]),
    ],
)
def test_a_tile_leads_to_its_rows(week, cast, open_page, query, group, found):
    page = open_page(cast.site_manager, query)
    assert shown(page) == {group: found}


def test_a_long_group_is_shown_in_short_and_whole_in_pages(cast, units, open_page, monkeypatch):
    monkeypatch.setattr(worklist, "IN_GROUP", 2)
    monkeypatch.setattr(worklist, "IN_LIST", 3)
    for number in range(5):
        due(walks.report(cast, units, title=f"Case {number}"), NOW - dt.timedelta(hours=9 - number // 2))
    page = open_page(cast.site_manager)
    assert shown(page) == {"overdue": ["Case 0", "Case 1"]} and "Show all" in page.content.decode()
    first = open_page(cast.site_manager, "?due=overdue")
    second = open_page(cast.site_manager, f"?due=overdue&after={first.context['older']}")
    assert shown(first)["overdue"] + shown(second)["overdue"] == [f"Case {number}" for number in range(5)]
    assert second.context["older"] == ""
    assert open_page(cast.site_manager, "?due=overdue&after=nonsense").status_code == 400


def test_filters_by_place_and_by_what_is_to_be_done(cast, units, open_page):
    walks.report(cast, units, title="On the train")
    waiting = walks.substantiate(walks.report(cast, units, title="Major"), cast)
    walks.report(
        cast, units, unit=units.station, title="At the station"
    )  # nobody manages it: goes to quality
    assert waiting.owner == cast.supervisor
    assert shown(open_page(cast.quality, "?unit=ER-E-HZ"))["week"] == ["At the station"]
    assert shown(open_page(cast.quality, "?unit=ER-E-C3")) == {}
    assert shown(open_page(cast.supervisor, "?kind=confirm"))["week"] == ["Major"]
    assert shown(open_page(cast.supervisor, "?kind=plan")) == {}
    for wrong in ("?unit=HH", "?unit=nowhere", "?kind=dance", "?tab=done&kind=dance"):
        assert open_page(cast.quality, wrong).status_code == 400


def test_each_row_says_what_is_to_be_done(cast, units, open_page):
    case = walks.planned(cast, units)
    for measure in case.measures.all():
        assert Deadline.objects.get(kind=f"measure:{measure.pk}").owner == measure.owner
    rows = {item.title: item for work in open_page(cast.owner).context["groups"] for item in work.items}
    own = case.measures.filter(owner=cast.owner).first()
    assert rows[own.text].measure == own and str(rows[own.text].button) == "Update"
    body = open_page(cast.owner).content.decode()
    assert own.number in body and "0% done" in body


def test_a_submitted_plan_waits_for_approval(cast, units, open_page):
    case = walks.drafted(cast, units)
    assert [tile.count for tile in open_page(cast.quality).context["tiles"]][2] == 0
    case = plan.submit(case, by=cast.owner, version=case.version)
    approver = case.owner
    page = open_page(approver)
    assert [tile.count for tile in page.context["tiles"]][2] == 1
    page = open_page(approver, "?role=approver")
    assert shown(page) == {"approval": [case.title]}
    assert str(page.context["groups"][0].items[0].button) == "Approve"


def test_what_can_be_handed_over_can_be_ticked(week, cast, units, open_page):
    body = open_page(cast.site_manager).content.decode()
    assert body.count('name="case"') == 6 and f'action="/people/{cast.site_manager.pk}/hand-over/"' in body
    number = Incident.objects.get(title="Sunday").number
    page = open_page(cast.site_manager, f"people/{cast.site_manager.pk}/hand-over/?case={number}")
    assert [case.incident.number for case in page.context["form"].cases] == [number]


# The other tabs -----------------------------------------------------------------------------------------------------
def test_what_was_done_is_kept_with_whether_it_was_in_time(cast, units, open_page, monkeypatch):
    monkeypatch.setattr(worklist, "IN_LIST", 2)
    for number in range(3):
        case = walks.report(cast, units, title=f"Case {number}")
        if number == 2:
            due(case, NOW - dt.timedelta(hours=1))
        walks.substantiate(case, cast)
    page = open_page(cast.site_manager, "?tab=done")
    assert titles(page) == ["Case 2", "Case 1"] and "Met late" in page.content.decode()
    older = open_page(cast.site_manager, f"?tab=done&after={page.context['older']}")
    assert titles(older) == ["Case 0"]
    assert titles(open_page(cast.reporter, "?tab=done")) == []


def test_the_reporter_sees_what_became_of_their_reports(cast, units, open_page):
    first = walks.report(cast, units, title="First")
    walks.report(cast, units, by=cast.colleague, title="Somebody else's")
    walks.report(cast, units, reporter_kind="anonymous", title="Nobody's")
    walks.substantiate(first, cast)
    page = open_page(cast.reporter, "?tab=started")
    assert titles(page) == ["First"] and [tab["count"] for tab in page.context["tabs"]][2] == 1
    assert "2 Confirm responsibility" in page.content.decode()


def test_who_had_a_part_keeps_the_case_in_sight(cast, units, open_page):
    """Li judged it and passed it on: it waits for others, and is copied to him until it is closed."""
    case = walks.substantiate(walks.report(cast, units, title="Passed on"), cast)
    page = open_page(cast.site_manager, "?tab=copied")
    assert titles(page) == ["Passed on"]
    assert [tile.count for tile in page.context["tiles"]][4] == 1
    assert titles(open_page(cast.site_manager, "?waiting=1")) == ["Passed on"]
    assert titles(open_page(cast.supervisor, "?tab=copied")) == []  # it is his turn
    assert titles(open_page(cast.executive, "?tab=copied")) == []  # sees it by her post, has no part in it
    assert titles(open_page(cast.reporter, "?tab=copied")) == []  # started it herself
    assert titles(open_page(cast.reporter, "?waiting=1")) == ["Passed on"]
    Incident.objects.filter(pk=case.pk).update(stage="closed", owner=None, due_at=None)
    assert titles(open_page(cast.site_manager, "?tab=copied")) == []


# Whose, and how much ------------------------------------------------------------------------------------------------
def test_nobody_finds_anothers_work(week, cast, open_page):
    assert open_work(cast.site_manager).count() == 6
    for name in ("colleague", "west_manager", "hotel_quality", "admin", "executive"):
        for query in ("", "?tab=done", "?tab=started", "?tab=copied", "?waiting=1", "?due=overdue"):
            page = open_page(getattr(cast, name), query)
            assert not page.context.get("groups") and not page.context.get("items"), (name, query)
            assert sum(tile.count for tile in page.context["tiles"]) == 0


def test_a_deadline_on_a_case_out_of_sight_shows_nothing_of_it(cast, units, open_page):
    """It can't come to this through the acts; a row written past them still gives nothing away."""
    hotel = walks.report(cast, units, unit=units.hotels, by=cast.hotel_quality, title="Secret of the hotel")
    Deadline.objects.filter(subject=hotel.case).update(owner=cast.reporter)
    assert Incident.objects.filter(title="Secret of the hotel").exists()
    for query in ("", "?due=week", "?due=later"):
        assert "Secret of the hotel" not in open_page(cast.reporter, query).content.decode()


def test_the_limit_of_the_whole_loop_is_nobodys_task(cast, units, open_page):
    case = walks.report(cast, units)
    deadline = Deadline.objects.get(subject=case.case, kind="identify")
    Deadline.objects.create(
        subject=case.case, kind="loop", label=case.number, owner=cast.site_manager, unit=units.crew,
        due_at=deadline.due_at, original_due_at=deadline.due_at,
    )  # fmt: skip
    assert open_work(cast.site_manager).count() == 1
    assert sum(map(len, shown(open_page(cast.site_manager)).values())) == 1


def test_a_subject_of_another_kind_is_passed_over(week, cast, units, open_page):
    Deadline.objects.create(
        subject="complaint:7", kind="reply", label="CP-1", owner=cast.site_manager, unit=units.crew,
        due_at=NOW - dt.timedelta(days=9), original_due_at=NOW,
    )  # fmt: skip
    assert shown(open_page(cast.site_manager))["overdue"] == ["Two days ago", "A minute ago"]


@pytest.mark.parametrize(
    "query", ["", "?due=overdue", "?tab=done", "?tab=started", "?tab=copied", "?waiting=1"]
)
def test_it_takes_few_statements_and_no_more_with_more_work(cast, units, client, query):
    person = cast.reporter if query == "?tab=started" else cast.quality
    client.force_login(person)
    counts = []
    for _round in range(2):
        for number in range(12):
            case = walks.report(cast, units, unit=units.station, title=f"{number}")  # quality judges those
            due(case, timezone.now() + dt.timedelta(days=number - 3))
            walks.substantiate(walks.report(cast, units, title=f"Passed {number}"), cast)
        walks.planned(cast, units)
        with CaptureQueriesContext(connection) as statements:
            assert client.get(f"/{query}").status_code == 200
        counts.append(len(statements))
    assert counts[1] <= counts[0] + 1 and max(counts) <= 15, counts
