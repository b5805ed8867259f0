"""Every figure is the count of its cases: whatever happened, in whatever order, at whatever hour."""

import pytest
from django.db import transaction
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from metrics import rolling
from metrics.models import Stale
from metrics.periods import Period
from tests.metrics.counting import counted
from tests.metrics.worlds import World, difference, kept, unlike_the_lists

pytestmark = pytest.mark.django_db


@pytest.fixture
def havana(settings):
    settings.TIME_ZONE = "America/Havana"


#: In which the figures of the worlds begin: quarters, half-years and years in January.
MONTHS = ("2026-01", "2026-03", "2026-04")


@settings(
    max_examples=12,
    deadline=None,
    derandomize=True,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
@given(seed=st.integers(0, 2**20), spells=st.lists(st.integers(1, 25), min_size=1, max_size=4))
def test_after_any_changes_every_total_is_the_count_of_the_rows(units, cast, havana, seed, spells):
    with transaction.atomic():
        world = World(units, cast, seed)
        for length in spells:
            for _ in range(length):
                world.act()
            rolling.roll_up(limit=world.luck.choice([3, 1000]), now=world.now)
        counted(now=world.now)
        assert not Stale.objects.exists()
        assert difference(world.now) == {}
        assert unlike_the_lists(world.place(), Period.parse("2026-03"), world.now) == {}
        before = kept()
        found = [rolling.rebuild_month(Period.parse(month), now=world.now) for month in MONTHS]
        assert (found, kept()) == ([0, 0, 0], before)
        transaction.set_rollback(True)
