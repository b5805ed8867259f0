"""Addresses that nobody makes by clicking: answered with a page or "not found", never with an error."""

import datetime as dt

import pytest
from django.urls import reverse

from metrics import notes
from metrics.definitions import KPIS
from metrics.models import Signal

pytestmark = pytest.mark.django_db

CASES = {"series": "complaints.received", "unit": "ER", "from": "2026-10-01", "until": "2026-10-31"}
#: name of the page, its arguments, what stands in the address, and what comes of it
ODD = (
    *(
        (name, args, {"unit": "\x00"}, 404)
        for name, args in (
            ("dashboard", ()), ("loop-health", ()), ("indicators", ()), ("indicator", ("csi",)),
            ("indicator-csv", ("csi",)), ("backtest", ("csi",)), ("volumes", ()), ("targets", ()), ("target", ("csi",)),
        )
    ),
    ("report-readers", (), {"unit": "\x00"}, 200),
    ("warning-list", (), {"unit": "\x00", "kpi": "csi\x00"}, 200),
    ("targets", (), {"year": "2" * 5000}, 404),
    ("indicator", ("own-" + "9" * 5000,), {}, 404),
    ("dashboard", (), {"period": "9999-12"}, 404),
    ("week", (), {"period": "9999-W52"}, 404),
    ("metrics-cases", (), CASES | {"until": "9999-12-31"}, 404),
    ("metrics-cases", (), CASES | {"series": "stage.foo"}, 404),
    ("metrics-cases", (), CASES | {"series": "stage"}, 404),
    ("metrics-cases", (), CASES | {"series": "own:1"}, 404),
    ("metrics-cases", (), CASES | {"kind": "\x00"}, 404),
    ("metrics-cases", (), CASES | {"channel": "\x00"}, 404),
    ("metrics-cases", (), CASES | {"unit": "HH"}, 404),
    ("metrics-cases", (), CASES | {"after": "MDAwMS0wMS0wMVQwMDowMDowMCsxNDowMCAx"}, 200),
    ("metrics-cases", (), CASES | {"before": "MjAyNi0wMS0wMSAx"}, 200),  # a day where moments stand
)  # fmt: skip


def test_what_an_address_can_not_mean_is_not_there(client, cast):
    client.force_login(cast.quality)
    found = [
        (name, query, client.get(reverse(name, args=args), query).status_code) for name, args, query, _ in ODD
    ]
    assert found == [(name, query, status) for name, _args, query, status in ODD]


def test_only_pages_behind_a_sign_in_become_a_pdf_and_odd_addresses_are_refused(client, cast, monkeypatch):
    monkeypatch.setattr("metrics.reporting.papers.available", lambda: True)
    client.force_login(cast.executive)
    for page in (
        "//[/dashboard/", "/dashboard/\x00", "/dashboard/?unit=\x00", "dashboard/", "https://example.org/dashboard/", "",
        "/incidents/", "/suggestions/follow/secret/", "/figures/pdf/", "/dashboard/" + "x" * 3000,
    ):  # fmt: skip
        assert client.post(reverse("figures-pdf"), {"page": page}).status_code == 400, page
    assert client.post(reverse("figures-pdf"), {"page": "/dashboard/?unit=ER"}).status_code == 302


def test_who_looks_into_a_warning_after_losing_the_post_sees_it_as_it_was(client, cast, units):
    day = dt.date(2026, 10, 1)
    signal = Signal.objects.create(
        kpi="complaint-rate", unit=units.crew, grain="month", rule="limit", side=1, begins_on=day, ends_on=day,
        owner=cast.west_manager,
    )  # fmt: skip
    client.force_login(cast.west_manager)
    answer = client.get(signal.get_absolute_url())
    assert answer.status_code == 200 and answer.context["page"].now is None
    client.force_login(cast.quality)
    assert client.get(signal.get_absolute_url()).context["page"].now is not None


def test_odd_words_are_kept_without_what_no_text_may_hold(client, cast, units):
    note = notes.add(
        KPIS["csi"], units.crew, by=cast.quality, day=dt.date(2026, 3, 1), text="A new rule", rebases=True
    )
    client.force_login(cast.quality)
    address = reverse("indicator-note-withdraw", args=[note.pk])
    assert client.post(address, {"reason": "Wrong\x00 day"}).status_code == 302
    note.refresh_from_db()
    assert note.withdrawn_reason == "Wrong day"
