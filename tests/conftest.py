"""The small named cast that every story is told with."""

import datetime as dt
from importlib import import_module
from types import SimpleNamespace

import pytest
from django.apps import apps
from django.contrib.auth.hashers import make_password
from django.utils import timezone, translation

from complaints.models import Category
from incidents.models import IncidentType
from people.models import Person, Post, Role
from people.units import found

PASSWORD = "correct-horse-battery"


@pytest.fixture(autouse=True)
def in_english():
    """Words outside a request are the source's. A request is answered in its person's or its browser's language."""
    with translation.override("en"):
        yield


@pytest.fixture(scope="session")
def password_hash():
    return make_password(PASSWORD)


@pytest.fixture
def types(db) -> None:
    """The types and categories of the migrations, which a transactional test before this one has emptied with all else."""
    if not IncidentType.objects.exists():
        import_module("incidents.migrations.0002_first_types").add_types(apps, None)
    if not Category.objects.exists():
        import_module("complaints.migrations.0002_first_categories").add_categories(apps, None)


@pytest.fixture
def units(types) -> SimpleNamespace:
    """Two companies. Eastern Rail has two divisions and a depot; Harbour Hotels is somebody else."""
    rail = found(name="Eastern Rail", code="ER")
    east = found(name="East Division", code="ER-E", parent=rail)
    west = found(name="West Division", code="ER-W", parent=rail)
    depot = found(name="Rolling Stock Depot", code="ER-D", parent=rail)
    return SimpleNamespace(
        rail=rail,
        east=east,
        crew=found(name="High-speed Crew 3", code="ER-E-C3", parent=east),
        station=found(name="Hangzhou East Station", code="ER-E-HZ", parent=east),
        west=west,
        west_station=found(name="Xi'an North Station", code="ER-W-XN", parent=west),
        depot=depot,
        workshop=found(name="Maintenance Workshop 2", code="ER-D-W2", parent=depot),
        hotels=found(name="Harbour Hotels", code="HH"),
    )


@pytest.fixture
def cast(units, password_hash) -> SimpleNamespace:
    """One person per role, named by what they do here; and people who must see nothing of it."""

    def hire(username, name, unit, *roles, home=None):
        person = Person.objects.create(
            username=username,
            display_name=name,
            home_unit=home or unit,
            language="en",
            password=password_hash,
            email=f"{username}@example.org",
        )
        start = timezone.localdate() - dt.timedelta(days=365)
        for role in (Role.REPORTER, *roles):
            Post.objects.create(person=person, unit=unit, role=role, starts_on=start)
        return person

    return SimpleNamespace(
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
