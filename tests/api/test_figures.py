"""Figures by a program: entered once however often they are sent, all or none, for units that it keeps; and read back."""

import uuid

import pytest

from metrics.models import Volume
from metrics.periods import Period
from metrics.volumes import enter
from tests.api.conftest import said

pytestmark = pytest.mark.django_db

SERVED = "customers.served"


def line(**change) -> dict:
    return {"unit": "ER-E", "series": SERVED, "period": "2026-01", "value": 100, **change}


def test_figures_are_entered_once_revised_and_taken_back(cast, units, program):
    wang, key = program(cast.quality), str(uuid.uuid4())
    body = {"figures": [line(), line(period="2026-02", value=0)], "source": "BI"}
    first = wang.send("volumes/", body, **{"Idempotency-Key": key})
    assert (first.status_code, first.json()) == (
        200,
        {"new": 2, "revised": 0, "taken_back": 0, "unchanged": 0},
    )
    assert wang.send("volumes/", body, **{"Idempotency-Key": key}).json() == first.json()
    said(wang.send("volumes/", {"figures": [line(value=1)]}, **{"Idempotency-Key": key}), 422, "key_reused")
    assert wang.send("volumes/", body).json()["unchanged"] == 2
    assert wang.send("volumes/", {"figures": [line(value=90.5), line(period="2026-02", value=None)]}).json() == {
        "new": 0, "revised": 1, "taken_back": 1, "unchanged": 0,
    }  # fmt: skip
    rows = wang.read(f"volumes/?unit=ER&series={SERVED}&grain=month&from=2026-01&until=2026-Q1")
    row = rows["results"][0]
    assert len(rows["results"]) == 1 and rows["next"] is None
    assert (row["unit"], row["period"], row["value"], row["version"]) == ("ER-E", "2026-01", 90.5, 2)
    assert Volume.objects.count() == 4


def test_all_or_none_with_every_problem_named(cast, units, program):
    bad = [
        line(), line(unit="HH"), line(period="soon"), line(value=-1), line(series="no.such", period="2026-03"),
        line(unit="ER-E-C3", period="2026-04"), line(period="2026-05", colour="red"), line(value="x"),
    ]  # fmt: skip
    wang = program(cast.quality)
    told = said(wang.send("volumes/", {"figures": bad, "size": 1}), 422, "invalid")["fields"]
    assert {"size", "figures.3.value", "figures.6.colour", "figures.7.value"} == set(told)
    told = said(wang.send("volumes/", {"figures": bad[:3]}), 422, "invalid")["fields"]
    assert set(told) == {"figures.1.unit", "figures.2.period"}
    told = said(wang.send("volumes/", {"figures": [bad[0], bad[4], bad[5]]}), 422, "invalid")["fields"]
    assert set(told) == {"figures.1.series", "figures.2.unit"}
    for body in ({}, {"figures": []}, {"figures": [5]}, {"figures": {"a": 1}}, {"figures": [{}]}):
        said(wang.send("volumes/", body), 422, "invalid")
    cast.quality.language = "zh-hans"
    cast.quality.save()
    assert wang.send("volumes/", {"figures": [line(value="x")]}).headers["Content-Language"] == "zh-hans"
    assert not Volume.objects.exists()


def test_scope(cast, units, program):
    enter(units.hotels, by=cast.hotel_quality, series=SERVED, period=Period.parse("2026-01"), value=7)
    said(program(cast.executive).send("volumes/", {"figures": [line()]}), 403, "not_allowed")
    told = said(program(cast.west_manager).send("volumes/", {"figures": [line()]}), 422, "invalid")
    assert set(told["fields"]) == {"figures.0.unit"}
    assert program(cast.quality).read("volumes/")["results"] == []
    said(program(cast.quality).ask("get", "volumes/?unit=HH"), 404, "not_found")
    said(program(cast.west_manager).ask("get", "figures/?kpi=csi&unit=ER-E"), 404, "not_found")
    said(program(cast.reporter).ask("get", "figures/?kpi=csi"), 403, "not_allowed")
    said(program(None).ask("get", "volumes/"), 401, "not_signed_in")
    assert Volume.objects.count() == 1


def test_an_indicator_period_by_period(cast, units, program):
    gao = program(cast.executive)
    found = gao.read("figures/?kpi=complaint-rate&unit=ER-E&grain=month&from=2026-01&until=2026-03")
    assert [row["period"] for row in found["figures"]] == ["2026-01", "2026-02", "2026-03"]
    row = found["figures"][0]
    assert (row["value"], row["denominator"], row["first_day"], row["last_day"]) == (
        None,
        None,
        "2026-01-01",
        "2026-01-31",
    )
    assert row["missing"] == "The volume hasn't been entered." and found["unit"]["code"] == "ER-E"
    for query in ("", "kpi=none", "kpi=csi&from=x", "kpi=csi&grain=x", "kpi=csi&from=2026&until=2025", "kpi=csi&a=1",
                  "kpi=csi&grain=day&from=1990&until=2026"):  # fmt: skip
        said(gao.ask("get", f"figures/?{query}"), 422, "invalid")
