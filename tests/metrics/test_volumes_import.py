"""Files of figures: what people write, and every trap that real files hold, told with its row."""

import datetime as dt
import gzip
import io
from decimal import Decimal

import openpyxl
import pytest

from history.models import Event
from incidents.models import Job
from incidents.models.jobs import said
from metrics import own
from metrics.importing.cells import NoFigure, read_figure, read_period
from metrics.models import Volume
from metrics.periods import Period
from metrics.volumes import enter
from tests.metrics.figure_files import guessed, import_figures

SERVED = "customers.served"


@pytest.fixture(autouse=True)
def media(settings, tmp_path):
    settings.MEDIA_ROOT = tmp_path


@pytest.mark.parametrize(
    ("cell", "value"),
    [
        ("1,234,567", 1234567), ("1 234", 1234), ("１２", 12), ("12.50", 12.5), (7, 7), (579583.999999, 579583.999999),
        ("", None), (None, None), ("-3", -3), ("+3", 3), (0, 0), ("0", 0),
    ],
)  # fmt: skip
def test_figures_as_written(cell, value):
    assert read_figure(cell) == (None if value is None else Decimal(str(value)))


@pytest.mark.parametrize(
    "cell", ["12,5", "1,23,456", "=A1+1", "5 %", "n.n.", True, dt.date(2026, 1, 1), "1e5", "NaN"]
)
def test_what_is_no_figure(cell):
    with pytest.raises(NoFigure):
        read_figure(cell)


def test_a_comma_or_a_percentage_where_it_is_said():
    assert read_figure("1.234,5", comma=True) == Decimal("1234.5") and read_figure(
        "76.28%", percent=True
    ) == Decimal("76.28")


@pytest.mark.parametrize(
    ("cell", "grain", "key"),
    [
        ("2024-01", "month", "2024-01"), ("202401", "month", "2024-01"), ("2024年1月", "month", "2024-01"),
        ("Jan 2024", "month", "2024-01"), ("1/2024", "month", "2024-01"), (dt.datetime(2024, 1, 31), "month", "2024-01"),
        ("2024-01-31", "month", "2024-01"), ("31/1/2024", "day", "2024-01-31"), ("Q1 2024", "quarter", "2024-Q1"),
        ("2024年第一季度", "quarter", "2024-Q1"), ("2024年下半年", "half", "2024-H2"), ("2024-W5", "week", "2024-W05"),
        ("2011-12", "year", "2011"), ("2011-12", "month", "2011-12"), ("FY 2024", "year", "2024"), (2024, "year", "2024"),
        ("2024", "month", None), ("2024-W05", "month", None), ("2024-13", "month", None), ("soon", "day", None),
    ],
)  # fmt: skip
def test_periods_as_written(cell, grain, key):
    found = read_period(cell, grain, order="dmy", zone_of_file="Asia/Shanghai")
    assert (found.key if found else None) == key


def test_periods_that_are_only_numbered():
    first = Period.parse("2026-01-01")
    assert read_period("32", "day", counted_from=first).key == "2026-02-01"
    assert (
        read_period("0", "day", counted_from=first) is None
        and read_period("99999", "year", counted_from=Period.parse("2026")) is None
        and read_period("x", "day", counted_from=first) is None
    )


def standing() -> dict[tuple, Decimal | None]:
    rows = Volume.objects.current().select_related("unit")
    return {(row.unit.code, row.series, row.begins_on.isoformat(), row.part): row.value for row in rows}


def problems(job: Job) -> dict[int, str]:
    return {row.row: said({"text": row.text, "params": row.params}) for row in job.row_errors.all()}


TRAPS = """\ufeffUnit,Month,Series,Value
ER-E,2026-01,customers.served,"1,234,567"
ER-W,2026-01,customers.served,
ER-D,2026-01,"Customers served (passengers, guests, patients)",5
ER-E,2026-02,customers.served,"=cmd|' /C calc'!A0"
ER-E,2026-03,customers.served,12%
ER-E,2026-04,customers.served,-4
ER-E,2026-13,customers.served,4
ER-E,2026-01,customers.served,"1,234,567"
ER-E,2026-01,customers.served,9
NO-SUCH,2026-01,customers.served,9
HH,2026-01,customers.served,9
ER-E,2026-05,no.such,9
ER-E,2036-05,customers.served,9
ER-E-C3,2026-05,customers.served,9
ER-E,2026-06,customers.served,?
ER-E,2026-07,customers.served,8,9
ER-E,2026-08,customers.served,0
ER-E,2026-09,customers.served,"""


@pytest.mark.django_db
def test_traps_in_a_long_table(cast, units):
    """A dry run says everything that is wrong and writes nothing; the import leaves those rows out and no others."""
    options = {"missing": ["?"]}
    tried = import_figures(cast.quality, TRAPS, dry=True, **options)
    assert (tried.status, Volume.objects.count()) == ("done", 0)
    job = import_figures(cast.quality, TRAPS, **options)
    assert standing() == {
        ("ER-E", SERVED, "2026-01-01", ""): 1234567, ("ER-E", SERVED, "2026-08-01", ""): 0,
        ("ER-D", SERVED, "2026-01-01", ""): 5,
    }  # fmt: skip
    for found in (tried, job):
        told = {row: text.split(":")[0].split(" already")[0] for row, text in problems(found).items()}
        assert told == {
            5: "This is a formula that was never worked out, not a figure.",
            6: "A percentage can't be added up",
            7: "A figure can't be negative.",
            8: "This is not a period",
            9: "This figure stands",
            10: "Row 2 gives another figure for the same unit, series and period.",
            11: "There is no unit with this code or name.",
            12: "There is no unit with this code or name.",  # another company's
            13: "There is no such series here.",
            14: "This period is still to come.",
            15: "A unit above gives this series",
            17: "The row has more cells than there are headings",
        }
        assert found.summary["created"] == 3 and found.summary["errors"] == 12
    event = Event.objects.get(act="volumes.import")
    assert (event.after["file"], event.after["new"], event.unit) == ("figures.csv", 3, units.east)


@pytest.mark.django_db
def test_a_revised_file_makes_versions_only_where_it_differs(cast, units):
    first = "Station,Date,Passengers,Calls offered\n" + "".join(
        f"ER-E-HZ,{day}/3/2026,{day * 10},{day}\n" for day in range(1, 32)
    )
    assert guessed(cast.quality, first).options.layout == "wide"
    job = import_figures(cast.quality, first)
    assert (job.summary["created"], job.summary["errors"]) == (62, 0)
    again = import_figures(cast.quality, first)
    assert (again.summary["created"], again.summary["unchanged"]) == (0, 62)
    revised = import_figures(cast.quality, first.replace("31/3/2026,310", "31/3/2026,311"))
    assert (revised.summary["created"], revised.summary["revised"]) == (1, 1)
    row = Volume.objects.get(version=2)
    assert (row.value, row.source, row.begins_on.isoformat()) == (311, "test", "2026-03-31")
    assert Volume.objects.count() == 63 and Event.objects.filter(act="volumes.import").count() == 2


@pytest.mark.django_db
def test_what_others_enter_meanwhile_is_seen_and_a_batch_with_errors_is_held_back(cast, units, monkeypatch):
    monkeypatch.setattr("metrics.importing.mapping.BATCH", 2)
    enter(units.rail, by=cast.quality, series="calls.rated", period=Period.parse("2026-01"), value=1)
    data = "unit,month,calls offered,calls rated\nER-E,2026-01,5,1\nER-E,2026-02,6,\nER-E,2026-03,7,\n"
    job = import_figures(cast.quality, data, batch=2, leave_out_errors=False)
    assert list(problems(job)) == [2] and (job.summary["created"], job.summary["left_out"]) == (1, 1)
    assert ("ER-E", "calls.offered", "2026-03-01", "") in standing() and len(standing()) == 2


@pytest.mark.django_db
def test_an_old_encoding_a_workbook_and_a_line_that_is_cut_off(cast, units):
    chinese = "单位,年月,旅客\nER-E,2026年1月,1200\nER-W,2026年2月,1300\n".encode("gb18030")
    assert import_figures(cast.quality, gzip.compress(chinese), name="a.csv.gz").summary["created"] == 2
    cut = "unit,month,series,value\nER-D,2026-01,customers.served,77\nER-D,2026-02,custom"
    job = import_figures(cast.quality, cut)
    assert job.summary["created"] == 1 and "cut off" in problems(job)[3]
    book = openpyxl.Workbook()
    book.active.append(["Unit", "2026-01", "2026-02"])
    book.active.append(["East Division", 10, 20])
    book.active["A65203"] = None  # declared, not filled
    stream = io.BytesIO()
    book.save(stream)
    job = import_figures(cast.quality, stream.getvalue(), name="a.xlsx", series="calls.offered")
    assert (job.summary["created"], job.summary["rows"]) == (2, 1)
    assert standing()["ER-E", "calls.offered", "2026-02-01", ""] == 20


@pytest.mark.django_db
def test_rows_are_counted(cast, units):
    """One row per call; a second try adds nothing, and rows of another kind can be left out."""
    data = "id,day,desk,picked up,stars\n" + "".join(
        f"{n},2026-03-0{1 + n % 2},{'A' if n % 3 else 'B'},{'Y' if n % 4 else 'N'},{n % 6 or ''}\n"
        for n in range(60)
    )
    assert guessed(cast.quality, data, unit=units.rail).options.layout == "rows"
    told = {
        "unit": units.rail, "columns": {"period": "day"}, "grain": "day", "only": "desk", "only_values": ["A"],
        "counts": [
            ("calls.offered",), ("calls.answered", "picked up", ["Y"]), ("calls.rated", "stars"),
            ("calls.dissatisfied", "stars", ["1", "2"]),
        ],
    }  # fmt: skip
    job = import_figures(cast.quality, data, **told)
    assert (job.summary["rows"], job.summary["created"], job.summary["errors"]) == (60, 8, 0)
    sums = {}
    for (_unit, series, _day, _part), value in standing().items():
        sums[series] = sums.get(series, 0) + value
    assert sums == {"calls.offered": 40, "calls.answered": 30, "calls.rated": 40, "calls.dissatisfied": 20}
    assert import_figures(cast.quality, data, **told).summary["created"] == 0


@pytest.mark.django_db
def test_parts_with_subtotals_and_shares_of_another_column(cast, units):
    own_series = own.define_series(units.rail, by=cast.quality, code="delay", name="Delay minutes")
    quick = own.define_series(units.rail, by=cast.quality, code="quick", name="Answered in time", places=2)
    data = "Unit,Cause,2024-25,2025-26\nER-E,All,12,\nER-E,Track,5,6\nER-E,Fleet,4.5,NA\nER-E,Fleet,1,1\nER-W,,1,1\n"
    assert guessed(cast.quality, data).options.grain == "year"
    job = import_figures(
        cast.quality,
        data,
        series=own_series.key,
        repeated="add",
        leave_out_parts=["All"],
        leave_out_wholes=True,
    )
    assert (job.summary["rows"], job.summary["errors"]) == (5, 0)
    assert {key[2:]: value for key, value in standing().items()} == {
        ("2024-01-01", "Track"): 5, ("2025-01-01", "Track"): 6, ("2024-01-01", "Fleet"): Decimal("5.5"),
        ("2025-01-01", "Fleet"): 1,
    }  # fmt: skip
    daily = "No,Offered,In time\n1,200,76.5%\n2,100,50%\n"
    figures = [("Offered", "calls.offered"), ("In time", quick.key, "", "Offered")]
    job = import_figures(
        cast.quality, daily, unit=units.west, columns={"period": "No"}, layout="wide", grain="day",
        counted_from="2026-01-01", figures=figures,
    )  # fmt: skip
    assert job.summary["created"] == 4 and standing()["ER-W", quick.key, "2026-01-02", ""] == 50


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("options", "text"),
    [
        ({"columns": {"unit": ""}}, "Choose a column for the unit"),
        ({"columns": {"period": ""}}, "Choose a column for the period"),
        ({"layout": "wide"}, "Say of which series"),
        ({"layout": "rows"}, "Say what is to be counted."),
        ({"columns": {"series": ""}, "series": "own:9"}, "There is no series"),
        ({"columns": {"value": "Vaule"}}, "The file has no column"),
        ({"period": "2026-Q1"}, "is not a period of the kind"),
        ({"counted_from": "x"}, "is not a period"),
    ],
)
def test_a_mapping_that_cannot_be_used(cast, units, options, text):
    job = import_figures(cast.quality, TRAPS, **options)
    assert job.status == "failed" and text in job.failure_text and not Volume.objects.exists()


@pytest.mark.django_db
def test_who_does_not_manage_quality_imports_nothing(cast, units):
    data = "unit,month,series,value\nER-E,2026-01,customers.served,5\n"
    assert import_figures(cast.handler, data).status == "failed"
    job = import_figures(cast.west_manager, data)
    assert job.summary["errors"] == 1 and not Volume.objects.exists()
