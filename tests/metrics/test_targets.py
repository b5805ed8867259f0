"""Targets by unit and year: inherited, replaced with their history, set by who manages quality there."""

from decimal import Decimal

import pytest

from history.models import Event
from incidents.errors import Invalid, NotAllowed, Stale
from metrics.models import Target
from metrics.targets import history_of, holding, set_target

pytestmark = pytest.mark.django_db


def put(cast, unit, value, **change):
    told = {"by": cast.quality, "value": None if value is None else Decimal(value), **change}
    return set_target(told.pop("kpi", "complaint-rate"), unit, told.pop("year", 2026), **told)


def test_a_target_holds_below_until_a_unit_has_its_own(cast, units):
    put(cast, units.rail, 12, threshold=Decimal(15), owner=cast.executive)
    put(cast, units.east, 10, reason="better trains")
    held = holding([units.crew, units.west_station, units.hotels], 2026)
    assert held["complaint-rate", units.crew.pk].unit == units.east
    assert held["complaint-rate", units.west_station.pk].owner == cast.executive
    assert ("complaint-rate", units.hotels.pk) not in held and not holding([units.crew], 2025)
    put(cast, units.east, 9, version=1)
    assert put(cast, units.east, None, version=2) is None  # what is above holds again
    assert put(cast, units.east, 11).version == 3
    assert [(row.value, row.version) for row in history_of("complaint-rate", units.east, 2026)] == [
        (11, 3),
        (9, 2),
        (10, 1),
    ]
    acts = Event.objects.filter(case=f"targets:{units.east.pk}").order_by("seq").values_list("act", flat=True)
    assert list(acts) == ["target.set", "target.set", "target.drop", "target.set"]


def test_what_is_refused_changes_nothing(cast, units):
    put(cast, units.rail, 12)
    with pytest.raises(Stale):
        put(cast, units.rail, 13)  # as if there were none yet
    for change, field in (
        ({"kpi": "no-such"}, "kpi"),
        ({"year": 1999}, "year"),
        ({"value": None, "threshold": Decimal(1)}, "value"),
        ({"threshold": Decimal(11)}, "threshold"),  # lower is better: 11 is better than 12
        ({"kpi": "csi", "threshold": Decimal(13)}, "threshold"),
        ({"owner": cast.hotel_quality}, "owner"),
        ({"owner": cast.reporter}, "owner"),
        ({"value": Decimal("1e12")}, "value"),
    ):
        told = {"value": Decimal(12), "version": 1, **change}
        with pytest.raises(Invalid) as error:
            put(cast, units.rail, told.pop("value"), **told)
        assert set(error.value.fields) == {field}
    for by in (cast.executive, cast.hotel_quality, cast.west_manager):
        with pytest.raises(NotAllowed):
            put(cast, units.rail, 5, by=by, version=1)
    assert Target.objects.count() == 1 and Event.objects.filter(act="target.set").count() == 1
