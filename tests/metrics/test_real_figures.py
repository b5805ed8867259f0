"""Published figures taken through the import, the rollup and the reading: the results equal ORACLES.json.

The files are data of the project, not of the product; without them each test says loudly that it was skipped.
"""

import csv
import gzip
import io
import json

import pytest

from metrics import own, reading
from metrics.definitions import KPIS, of_own
from metrics.periods import Period
from tests.complaints.imports import real_file
from tests.conftest import found_all
from tests.metrics.counting import counted
from tests.metrics.figure_files import import_figures

pytestmark = pytest.mark.django_db

SERVED = "customers.served"
RATE = KPIS["complaint-rate"]


@pytest.fixture(autouse=True)
def media(settings, tmp_path):
    settings.MEDIA_ROOT = tmp_path


def oracle(name: str) -> dict:
    return json.loads(real_file("ORACLES.json"))[name]


def near(value, places=4):
    return pytest.approx(value, abs=0.6 * 10**-places)


def months(first: str, last: str) -> list[Period]:
    found = [Period.parse(first)]
    while found[-1] < Period.parse(last):
        found.append(found[-1].shifted(1))
    return found


def rows_of(data: bytes) -> list[dict]:
    return list(csv.DictReader(io.StringIO(gzip.decompress(data).decode())))


def as_csv(rows: list[dict]) -> str:
    file = io.StringIO()
    writer = csv.DictWriter(file, rows[0])
    writer.writeheader()
    writer.writerows(rows)
    return file.getvalue()


def imported(job, errors: int = 0):
    assert (job.status, job.summary["errors"]) == ("done", errors), (
        job.failure,
        list(job.row_errors.all()[:5]),
    )
    return job


def test_airports(cast, units):
    """Complaints of 450 airports by month, passengers of the whole country by day: the rate is of their sums.

    The complaints are the system's own series, so that an airport which a bulletin leaves out had none in it.
    """
    known = oracle("tsa")
    bulletins = rows_of(real_file("tsa_complaints_by_airport_month.csv.gz"))
    rows = [
        row
        for row in bulletins
        if row["year_month"] == "2019-12" or "2022-01" <= row["year_month"] <= "2024-09"
    ]
    found_all(**{code: (f"Airport {code}", units.east) for code in {row["airport"] for row in rows}})
    by = cast.quality
    job = imported(import_figures(by, as_csv(rows), name="complaints.csv", series="complaints.received"))
    assert (job.summary["rows"], job.summary["created"]) == (len(rows), len(rows))
    travelled = real_file("tsa_daily_passengers_2019_2024.csv").decode().splitlines(keepends=True)
    days = [line for line in travelled[1:] if line[:7] == "2019-12" or "2022" <= line[:7] <= "2024-09"]
    passengers = "".join([travelled[0], *days])
    imported(import_figures(by, passengers, name="passengers.csv", unit=units.rail))
    counted()
    span = months("2019-12", "2024-09")
    figures = {figure.period.key: figure for figure in reading.read_one(RATE, units.rail, span)}
    stated = {
        month: told for month, told in known["complaints_per_100k_passengers"].items()
        if month == "2019-12" or month >= "2022"
    }  # fmt: skip
    assert len(stated) == 6
    for month, (complaints, customers, rate) in stated.items():
        figure = figures[month]
        assert (figure.numerator, figure.denominator, figure.value) == (complaints, customers, near(rate))
        assert figure.lower < figure.value < figure.upper and figure.cases == 0
    by_year = {str(year): months(f"{year - 1}-10", f"{year}-09") for year in (2023, 2024)}
    sums = {year: sum(figures[month.key].numerator for month in span) for year, span in by_year.items()}
    assert sums == {year: known["by_fiscal_year"][year] for year in sums}
    u = known["u_chart_2022_2023"]
    chart = reading.charted(RATE, [figures[month.key] for month in months("2022-01", "2023-12")])
    phase, last = chart.phases[0], chart.points[-1]
    assert chart.kind == "u-laney" and len(chart.points) == u["months"]
    assert phase.sigma_z == near(u["laney_sigma_z"]) and phase.center == near(u["ubar_per_100k"])
    assert last.upper == near(u["laney_ucl_per_100k_2023_12"])
    outside = [point for point in chart.points if not point.lower <= point.value <= point.upper]
    plain = [
        (point, (point.upper - point.center) / phase.sigma_z) for point in chart.points
    ]  # without Laney's factor
    assert (len(outside), u["outside_laney"]) == (0, 0) and last.center + plain[-1][1] == near(
        u["ucl_per_100k_2023_12"]
    )
    assert sum(abs(point.value - point.center) > width for point, width in plain) == u["points_outside_3s"]
    # an airport has complaints, but no passengers of its own: missing, not a division by zero
    one = reading.read_one(RATE, units.east, months("2023-12", "2023-12"))[0]
    assert (
        one.value is None
        and one.numerator == known["complaints_per_100k_passengers"]["2023-12"][0]
        and one.missing
    )


def test_categories_of_a_year(cast, units):
    known = oracle("tsa")
    data = real_file("tsa_fiscal_year_stated_2024-10.csv.gz")
    codes = {row["airport"] for row in rows_of(data)} - {"N/A"}
    airports = found_all(
        NOWHERE=("No airport named", units.east), **{code: (f"Airport {code}", units.east) for code in codes}
    )
    series = own.define_series(
        units.rail, by=cast.quality, code="complaints-fy", name="Complaints by category"
    )
    imported(
        import_figures(
            cast.quality, data, name="a.csv.gz", layout="long", grain="year", series=series.key, only="subcategory",
            leave_out_wholes=True, unit=airports["NOWHERE"],
            columns={"unit": "airport", "period": "year", "part": "category", "value": "count"},
        )
    )  # fmt: skip
    counted()
    found = reading.breakdown(series.key, units.rail, [Period.parse("2024")], "kind")
    assert (
        dict(list(found.items())[:8]) == known["pareto_fy2024"]
        and sum(found.values()) == known["pareto_fy2024_total"]
    )


def test_calls_of_1251_days(cast, units):
    """The days are only numbered; the service level is a share, of which the number of calls is kept."""
    known = oracle("callcenter_daily")
    quick = own.define_series(
        units.rail, by=cast.quality, code="quick", name="Answered within 20 s", places=2
    )
    level = own.define_kpi(
        units.rail, by=cast.quality, code="level", name="Service level", numerator=quick.key,
        denominator="calls.offered", data="value", scale=100, direction=1,
    )  # fmt: skip
    incoming, answered, within = "Incoming Calls", "Answered Calls", "Service Level (20 Seconds)"
    imported(
        import_figures(
            cast.quality, real_file("callcenter_daily_1251.csv"), unit=units.depot, layout="wide", grain="day",
            columns={"period": "Index"}, counted_from="2020-01-01",
            figures=[(incoming, "calls.offered"), (answered, "calls.answered"), (within, quick.key, "", incoming)],
        )
    )  # fmt: skip
    counted()
    days = [Period.parse("2020-01-01").shifted(day) for day in range(known["days"])]
    rate, shares = KPIS["call-answer-rate"], of_own(level)
    figures = reading.read([rate, shares], [units.rail], days)
    sums = [
        sum(getattr(f, part) for f in figures[rate.code, units.rail.pk])
        for part in ("numerator", "denominator")
    ]
    assert sums == [known["answered"], known["incoming"]] and 100 * sums[0] / sums[1] == near(
        known["answer_rate_pct"]
    )
    found = figures[shares.code, units.rail.pk]
    weighted = 100 * sum(f.numerator for f in found) / sum(f.denominator for f in found)
    assert weighted == near(known["service_level_call_weighted_pct"], 3)
    assert sum(f.value for f in found) / len(found) == near(
        known["service_level_simple_mean_pct"], 3
    )  # the wrong one
    # the same from the years, as somebody would look at them
    years = reading.read_one(rate, units.depot, [Period.parse(key) for key in ("2020", "2021", "2022")])
    assert all(figure.value is not None for figure in years)


def test_5000_calls_are_counted(cast, units):
    known = oracle("callcenter_pwc")
    told, rated = "Answered (Y/N)", "Satisfaction rating"
    imported(
        import_figures(
            cast.quality, real_file("callcenter_pwc_5000.xlsx"), name="calls.xlsx", unit=units.rail, layout="rows",
            grain="month", columns={"period": "Date", "part": "", "unit": ""},
            counts=[
                ("calls.offered",), ("calls.answered", told, ["Y"]), ("calls.rated", rated),
                ("calls.satisfied", rated, ["4", "5"]), ("calls.dissatisfied", rated, ["1", "2"]),
            ],
        )
    )  # fmt: skip
    counted()
    kpis = [KPIS[code] for code in ("call-answer-rate", "call-satisfaction", "call-satisfaction-strict")]
    quarter = reading.read(kpis, [units.rail], [Period.parse("2021-Q1")])
    rate, satisfied, strict = (quarter[kpi.code, units.rail.pk][0] for kpi in kpis)
    assert (rate.numerator, rate.denominator) == (known["answered"], known["calls"])
    assert 100 - rate.value == near(known["abandon_rate_pct"])
    ratings = known["ratings"]
    assert satisfied.denominator == sum(ratings.values())
    assert satisfied.numerator == ratings["1.0"] + ratings["2.0"] and strict.value == near(
        known["csat_top2_pct"]
    )


def test_delays_of_railways(cast, units):
    """Wide by year, with subtotals among the rows and the same cause in two of them: the nation is the sum."""
    known = oracle("orr_delay")
    data = real_file("orr_delay_minutes_by_toc_year.csv")
    names = sorted(
        {row["Train Operating Company (TOC)"] for row in csv.DictReader(io.StringIO(data.decode()))}
    )
    operators = found_all(**{f"TOC{n}": (name, units.west) for n, name in enumerate(names)})
    series = own.define_series(
        units.rail, by=cast.quality, code="delay", name="Delay minutes", measured_in="min"
    )
    subtotals = ["All Delay Minutes", "NR-on-TOC", "TOC-on-Self", "TOC-on-TOC"]
    job = import_figures(
        cast.quality, data, columns={"part": "Category of Delay"}, series=series.key, repeated="add",
        leave_out_parts=subtotals,
    )  # fmt: skip
    imported(job)
    assert job.summary["rows"] == known["rows"]
    counted()
    year = [Period.parse("2017")]
    nation = reading.breakdown(series.key, units.rail, year, "kind")
    assert dict(list(nation.items())[:8]) == {name: near(value, 3) for name, value in known["pareto"].items()}
    assert sum(nation.values()) == pytest.approx(known["operators_total_2017_18"], abs=0.5)
    sums = {
        unit.name: sum(reading.breakdown(series.key, unit, year, "kind").values())
        for unit in operators.values()
    }
    assert sum(sums.values()) == pytest.approx(sum(nation.values()))
    for name, total in known["top_toc"].items():
        assert sums[name] == pytest.approx(total, abs=0.5)
