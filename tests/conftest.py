"""The small named cast that every story is told with."""

import datetime as dt
from pathlib import Path
from types import SimpleNamespace

import pytest
from django.contrib.auth.hashers import make_password
from django.utils import timezone, translation

from devstack.pytest_plugin import keep_what_migrations_made
from people.models import Person, Post, Role, Unit

PASSWORD = "correct-horse-battery"

#: Files that take long, the longest first: begun early, they leave no core idle at the end.
LONG = (
    "access/test_table.py", "incidents/test_random_walks.py", "complaints/test_machine_walks.py",
    "complaints/test_canaries.py", "api/test_fuzzing.py", "access/test_complaints_acts.py", "test_demo.py",
    "metrics/test_real_figures.py", "metrics/test_rolling.py", "metrics/test_rolling_stories.py",
    "complaints/test_real_surveys.py", "incidents/test_import_real_files.py", "complaints/test_import_complaints.py",
    "browser/test_customer_story.py", "browser/test_whole_loop.py", "browser/test_indicator_pages.py",
    "browser/test_dashboard_pages.py", "browser/test_assessment_pages.py", "browser/test_volumes_table.py",
    "browser/test_papers.py", "browser/test_people_pages.py", "browser/test_survey_pages.py",
    "browser/test_customer_pages.py", "browser/test_desk_pages.py", "browser/test_outgoing_pages.py",
    "browser/test_library_pages.py", "complaints/test_mailbox_polling.py", "reminders/test_deliveries_at_once.py",
)  # fmt: skip


@pytest.hookimpl(trylast=True)
def pytest_collection_modifyitems(items):
    """The long ones first, and what empties the tables behind it last: then nobody finds them emptied."""
    tests = Path(__file__).parent
    ranks = {tests / name: rank for rank, name in enumerate(LONG)}

    def place(item) -> tuple[bool, int]:
        return empties(item), ranks.get(item.path, len(ranks))

    items.sort(key=place)


def empties(item) -> bool:
    """Does the test commit, so that all tables are emptied after it?"""
    marker = item.get_closest_marker("django_db")
    return bool(marker and marker.kwargs.get("transaction")) or bool(
        {"live_server", "transactional_db"} & set(item.fixturenames)
    )


@pytest.fixture(autouse=True)
def in_english():
    """Words outside a request are the source's. A request is answered in its person's or its browser's language."""
    with translation.override("en"):
        yield


@pytest.fixture(scope="session")
def password_hash():
    return make_password(PASSWORD)


@pytest.fixture(scope="session")
def django_db_setup(django_db_setup, django_db_blocker) -> None:
    """The test database, with what its migrations put there kept aside: a test that commits gets that put back."""
    with django_db_blocker.unblock():
        keep_what_migrations_made()


@pytest.fixture
def units(db) -> SimpleNamespace:
    """Two companies. Eastern Rail has two divisions and a depot; Harbour Hotels is somebody else."""
    companies = found_all(ER=("Eastern Rail", None), HH=("Harbour Hotels", None))
    rail = companies["ER"]
    divisions = found_all(
        ER_E=("East Division", rail), ER_W=("West Division", rail), ER_D=("Rolling Stock Depot", rail)
    )
    east, west, depot = divisions.values()
    sites = found_all(
        ER_E_C3=("High-speed Crew 3", east), ER_E_HZ=("Hangzhou East Station", east),
        ER_W_XN=("Xi'an North Station", west), ER_D_W2=("Maintenance Workshop 2", depot),
    )  # fmt: skip
    crew, station, west_station, workshop = sites.values()
    return SimpleNamespace(
        rail=rail, east=east, crew=crew, station=station, west=west, west_station=west_station, depot=depot,
        workshop=workshop, hotels=companies["HH"],
    )  # fmt: skip


def found_all(**wanted) -> dict[str, Unit]:
    """Units of one level as `people.units.found` makes them, all in two statements: nearly every test needs them."""
    rows = [
        Unit(name=name, code=code.replace("_", "-"), parent=parent, path=f"new:{code}")
        for code, (name, parent) in wanted.items()
    ]
    Unit.objects.bulk_create(rows)
    for row in rows:
        row.path = f"{row.parent.path if row.parent else '/'}{row.pk}/"
    Unit.objects.bulk_update(rows, ["path"])
    return dict(zip(wanted, rows, strict=True))


@pytest.fixture
def cast(units, password_hash) -> SimpleNamespace:
    """One person per role, named by what they do here; and people who must see nothing of it."""

    posts = []

    def hire(username, name, unit, *roles):
        person = Person(
            username=username,
            display_name=name,
            home_unit=unit,
            language="en",
            password=password_hash,
            email=f"{username}@example.org",
        )
        start = timezone.localdate() - dt.timedelta(days=365)
        posts.extend(
            Post(person=person, unit=unit, role=role, starts_on=start) for role in (Role.REPORTER, *roles)
        )
        return person

    people = SimpleNamespace(
        reporter=hire("zhou", "Zhou Jie", units.crew),  # 周洁, conductor
        colleague=hire("he", "He Ping", units.crew),  # works beside Zhou, holds no other role
        site_manager=hire("li", "Li Min", units.crew, Role.SITE_MANAGER),
        supervisor=hire("sun", "Sun Ning", units.east, Role.SUPERVISOR),
        quality=hire("wang", "Wang Qiang", units.rail, Role.QUALITY),
        quality_two=hire("qian", "Qian Yu", units.rail, Role.QUALITY),
        owner=hire("chen", "Chen Gong", units.workshop),  # in the depot: becomes the responsible person
        depot_manager=hire("liu", "Liu Wei", units.depot, Role.SITE_MANAGER),
        handler=hire("zhao", "Zhao Qian", units.rail, Role.HANDLER),
        executive=hire("gao", "Gao Shan", units.rail, Role.EXECUTIVE),
        admin=hire("ma", "Ma Lin", units.rail, Role.ADMINISTRATOR),
        west_manager=hire(
            "wu", "Wu Xi", units.west, Role.SITE_MANAGER, Role.QUALITY
        ),  # same company, another division
        hotel_quality=hire(
            "hong", "Hong Mei", units.hotels, Role.QUALITY, Role.ADMINISTRATOR
        ),  # another company
    )
    Person.objects.bulk_create(vars(people).values())
    Post.objects.bulk_create(posts)
    return people
