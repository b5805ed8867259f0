"""The pages of figures: the table, the import, targets, own indicators; whose they are and what they cost."""

import re
from decimal import Decimal

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from incidents import jobs
from incidents.models import Job
from metrics import own
from metrics.models import OwnKpi, OwnSeries, Target, Volume
from metrics.periods import last_over, today
from metrics.volumes import Entry, enter, enter_many
from tests.conftest import found_all

pytestmark = pytest.mark.django_db

SERVED = "customers.served"
MONTH = last_over("month")


@pytest.fixture(autouse=True)
def media(settings, tmp_path):
    settings.MEDIA_ROOT = tmp_path


def cell(unit, period, series=SERVED) -> str:
    return f"c-{unit.pk}-{period.key}-{series}"


def sent(page, changes: dict[str, str]) -> dict[str, str]:
    """What a browser would send: every field of the table, some of them changed."""
    found = re.findall(
        r'name="([cv]-[^"]+)"\s+value="([^"]*)"|name="([cv]-[^"]+)" value="([^"]*)"', page.content.decode()
    )
    return {name or other: value or another for name, value, other, another in found} | changes


def test_figures_are_entered_revised_and_missed(client, cast, units):
    client.force_login(cast.quality)
    address = f"{reverse('volumes')}?unit=ER-E&series={SERVED}&series=calls.offered&last={MONTH.key}"
    enter(units.east, by=cast.quality, series=SERVED, period=MONTH.shifted(-2), value=7)
    page = client.get(address)
    assert page.context["table"].missing == 11 and "given here" in page.content.decode()
    data = sent(page, {cell(units.east, MONTH): "1,200", cell(units.east, MONTH, "calls.offered"): "0"})
    assert client.post(address, data).status_code == 302
    page = client.get(address)
    values = {c.name: c.value for c in page.context["table"].cells.values() if c.value is not None}
    assert values == {
        cell(units.east, MONTH): 1200, cell(units.east, MONTH.shifted(-2)): 7,
        cell(units.east, MONTH, "calls.offered"): 0,
    }  # fmt: skip
    # an emptied cell takes its figure back; its versions are there to be read
    client.post(address, sent(page, {cell(units.east, MONTH): ""}))
    page = client.get(address)
    held = page.context["table"].cells[cell(units.east, MONTH)]
    assert held.is_missing and [row.value for row in held.versions] == [None, 1200]
    assert "taken back" in page.content.decode() and Volume.objects.count() == 4


def test_what_cannot_be_is_told_in_its_cell_and_nothing_is_saved(client, cast, units):
    client.force_login(cast.quality)
    address = f"{reverse('volumes')}?unit=ER-E&series={SERVED}&last={MONTH.key}"
    page = client.get(address)
    enter(units.east, by=cast.quality_two, series=SERVED, period=MONTH, value=5)  # meanwhile
    typed = {
        cell(units.east, MONTH): "6", cell(units.east, MONTH.shifted(-1)): "many",
        cell(units.east, MONTH.shifted(-2)): "12",
    }  # fmt: skip
    page = client.post(address, sent(page, typed))
    told = {c.name: c.error for c in page.context["table"].wrong}
    assert page.status_code == 422 and set(told) == {
        cell(units.east, MONTH),
        cell(units.east, MONTH.shifted(-1)),
    }
    assert "Somebody entered 5 meanwhile" in told[cell(units.east, MONTH)] and Volume.objects.count() == 1
    assert 'value="12"' in page.content.decode() and 'value="many"' in page.content.decode()
    again = client.post(address, sent(page, {cell(units.east, MONTH.shifted(-1)): "-1"}))
    assert [c.error for c in again.context["table"].wrong] == ["A figure can't be negative."]
    assert client.post(address, sent(again, {cell(units.east, MONTH.shifted(-1)): "1"})).status_code == 302
    assert Volume.objects.current().count() == 3


def test_who_gives_a_series_is_seen_and_others_cannot_type_it(client, cast, units):
    enter(units.east, by=cast.quality, series=SERVED, period=MONTH, value=5)
    enter(units.east, by=cast.quality, series="calls.rated", period=MONTH, value=2, part="phone")
    client.force_login(cast.quality)
    address = f"{reverse('volumes')}?series={SERVED}&last={MONTH.key}&unit="
    for code, words, shown in (
        ("ER", "given by 1 unit below", "5"),
        ("ER-E-C3", "given by East Division", ""),
    ):
        page = client.get(address + code)
        found = page.context["table"].cells[cell(getattr(units, "rail" if code == "ER" else "crew"), MONTH)]
        assert words in page.content.decode() and not found.is_open and found.shown == shown
    page = client.get(f"{reverse('volumes')}?series=calls.rated&unit=ER-E&last={MONTH.key}")
    found = page.context["table"].cells[cell(units.east, MONTH, "calls.rated")]
    assert (found.parts, found.shown, found.is_open) == (1, "2", False)
    page = client.get(f"{reverse('volumes')}?series={SERVED}&unit=ER&by=series&last={MONTH.key}")
    assert [unit.code for unit, _cells in page.context["table"].rows][:2] == ["ER", "ER-E"]


def test_whose_pages_they_are(client, cast, units):
    theirs = own.define_series(units.hotels, by=cast.hotel_quality, code="nights", name="Nights")
    kpi = own.define_kpi(
        units.hotels, by=cast.hotel_quality, code="n", name="N", numerator=theirs.key, data="count"
    )
    address = f"{reverse('volumes')}?unit=ER-E&series={SERVED}&last={MONTH.key}"
    client.force_login(cast.executive)
    assert not client.get(address).context["table"].is_open
    assert (
        client.post(address, {cell(units.east, MONTH): "5", f"v-{cell(units.east, MONTH)}": "0:"}).status_code
        == 403
    )
    client.force_login(cast.west_manager)
    for name in ("volumes", "targets"):
        assert client.get(f"{reverse(name)}?unit=ER-E").status_code == 404
        assert client.post(f"{reverse(name)}?unit=ER-E", {}).status_code in (404, 405)
    assert client.get(f"{reverse('target', args=['csi'])}?unit=ER-E").status_code == 404
    assert (
        client.post(f"{reverse('target', args=['csi'])}?unit=HH", {"value": 1, "version": 0}).status_code
        == 404
    )
    assert client.get(reverse("own-kpi-new")).status_code == 403
    client.force_login(cast.quality)
    for name, row in (("own-series", theirs), ("own-kpi", kpi)):
        assert client.get(reverse(name, args=[row.pk])).status_code == 404
        assert client.post(reverse(name, args=[row.pk]), {"name": "mine"}).status_code == 404
    assert client.get(f"{reverse('volumes')}?series={theirs.key}").context["table"].series[0].code == SERVED
    for who in (cast.handler, cast.executive):
        client.force_login(who)
        assert client.get(reverse("volume-imports")).status_code == 403
        assert client.get(reverse("own-indicators")).status_code == 403
    client.force_login(cast.reporter)
    assert client.get(reverse("volumes")).status_code == client.get(reverse("targets")).status_code == 403
    assert not Volume.objects.exists() and not Target.objects.exists()


@pytest.mark.parametrize(
    "query", ["first=x", "grain=fortnight", "first=2026-13&last=x", "by=series&page=99", "series=zz"]
)
def test_an_odd_address_still_gives_a_table(client, cast, query):
    client.force_login(cast.quality)
    assert client.get(f"{reverse('volumes')}?{query}").status_code == 200


def test_a_table_costs_the_same_whatever_its_size(client, cast, units):
    client.force_login(cast.quality)
    found_all(**{f"ER_E_S{n}": (f"Stop {n}", units.east) for n in range(12)})
    below = list(units.east.children.all())
    enter_many(
        [Entry(unit, SERVED, MONTH.shifted(-back), Decimal(5)) for unit in below for back in range(6)],
        by=cast.quality,
    )
    few = f"{reverse('volumes')}?unit=ER-E-C3&series={SERVED}&first={MONTH.shifted(-1).key}&last={MONTH.key}"
    many = (
        few.replace("ER-E-C3", "ER-E").replace(f"first={MONTH.shifted(-1).key}", "first=2024-11")
        + "&series=calls.offered"
    )
    client.get(few)
    counts = []
    for address in (few, many, f"{few}&by=series", f"{many}&by=series".replace("ER-E&", "ER&")):
        with CaptureQueriesContext(connection) as found:
            assert client.get(address).status_code == 200
        counts.append(len(found))
    assert max(counts) <= min(counts) + 3 and max(counts) <= 24, counts


def test_a_file_goes_all_the_way(client, cast, units):
    client.force_login(cast.quality)
    file = SimpleUploadedFile(
        "calls.csv", b"unit,month,calls offered,calls answered\nER-E,2026-01,10,9\nER-X,2026-01,4,\n"
    )
    page = client.post(reverse("volume-imports"), {"file": file}, follow=True)
    assert page.status_code == 200 and "Columns of figures" in page.content.decode()
    form = page.context["form"]
    data = {name: form[name].value() for name in form.fields if form[name].value() not in (None, False)}
    page = client.post(page.request["PATH_INFO"], data | {"do": "check"}, follow=True)
    job = Job.objects.get(kind=Job.Kind.CHECK_VOLUMES)
    assert jobs.run(job.pk)
    assert (
        "Import 2 figures" in client.get(job.get_absolute_url()).content.decode()
        and not Volume.objects.exists()
    )
    client.post(reverse("volume-import-start", args=[job.pk]), {"on_errors": "leave-out"})
    done = Job.objects.get(kind=Job.Kind.IMPORT_VOLUMES)
    assert jobs.run(done.pk)
    assert "2 figures are imported." in client.get(done.get_absolute_url()).content.decode()
    assert Volume.objects.count() == 2
    for layout in ("long", "rows"):
        page = client.post(
            reverse("volume-imports"),
            {"file": SimpleUploadedFile("a.csv", b"unit,day,value\nER-E,2026-01-02,5\n")},
            follow=True,
        )
        data = {name: page.context["form"][name].value() for name in page.context["form"].fields}
        data = {name: value for name, value in data.items() if value not in (None, False)} | {
            "layout": layout
        }
        assert client.post(page.request["PATH_INFO"], data | {"do": "preview"}).status_code == 200
        assert (
            client.post(page.request["PATH_INFO"], data | {"do": "check"}).status_code == 422
        )  # no series is named


def test_a_target_is_set_on_its_page(client, cast, units, django_assert_max_num_queries):
    client.force_login(cast.quality)
    year = today().year
    address = f"{reverse('target', args=['complaint-rate'])}?unit=ER-E&year={year}"
    assert client.get(address).status_code == 200
    told = {
        "value": "12",
        "threshold": "15",
        "owner": cast.executive.pk,
        "reason": "as agreed",
        "version": "0",
    }
    assert client.post(address, told | {"threshold": "3"}).status_code == 422
    assert client.post(address, told).status_code == 302
    assert client.post(address, told | {"value": "11"}).status_code == 409
    with django_assert_max_num_queries(20):
        page = client.get(f"{reverse('targets')}?unit=ER-E-C3&year={year}").content.decode()
    assert "from East Division" in page and "Gao Shan" in page and Target.objects.count() == 1
    assert client.get(f"{reverse('targets')}?year=1999").status_code == 404


def test_a_company_puts_an_indicator_together(client, cast, units):
    client.force_login(cast.quality)
    assert (
        client.get(reverse("own-series-new")).status_code
        == client.get(reverse("own-kpi-new")).status_code
        == 200
    )
    client.post(reverse("own-series-new"), {"name": "Delay", "code": "delay", "places": 0})
    series = OwnSeries.objects.get()
    told = {
        "name": "Delay", "name_zh_hans": "晚点", "code": "delay", "numerator": series.key, "denominator": SERVED,
        "data": "rate", "scale": "1000", "direction": "-1", "places": "1", "grain": "month",
    }  # fmt: skip
    page = client.post(reverse("own-kpi-new"), told | {"do": "preview"})
    assert page.status_code == 200 and "hasn't been entered" in page.content.decode().replace("&#x27;", "'")
    assert client.post(reverse("own-kpi-new"), told | {"denominator": ""}).status_code == 422
    assert not OwnKpi.objects.exists()
    assert client.post(reverse("own-kpi-new"), told).status_code == 302
    kpi = OwnKpi.objects.get()
    assert (
        client.post(reverse("own-kpi", args=[kpi.pk]), told | {"name": "Delays", "retired": "on"}).status_code
        == 302
    )
    kpi.refresh_from_db()
    page = client.get(reverse("own-indicators")).content.decode()
    assert (kpi.name, kpi.retired) == ("Delays", True) and "no longer shown" in page and "1,000" in page
    assert (
        client.post(
            reverse("own-series", args=[series.pk]), {"name": "D", "code": "delay", "places": 0}
        ).status_code
        == 302
    )
