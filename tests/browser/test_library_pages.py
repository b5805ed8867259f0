"""The archive, what works, the Pareto and a unit's answer in a real browser: read by axe, on a desktop and a phone."""

import datetime as dt

import pytest
from django.utils import timezone

from capa import improve
from tests import walks
from tests.browser.conftest import both_widths

pytestmark = pytest.mark.django_db(transaction=True)

PATHS = (
    "/archive/", "/archive/?cause=machine&tier=strong&tier=weak&q=unicorn", "/archive/what-works/",
    "/archive/what-works/?by=strength", "/causes/pareto/", "/causes/pareto/?by=text&unit=ER-E",
)  # fmt: skip


@both_widths
def test_every_page_is_accessible_and_fits(cast, units, visit, phone):
    walks.improved(cast, units)
    visitor = visit(phone=phone)
    visitor.sign_in("wang")
    for path in PATHS:
        visitor.go(path)
    visitor.go("/archive/")
    visitor.page.locator(".menu-wide > summary").click()
    visitor.check()


def test_a_unit_answers_on_the_phone(cast, units, visit):
    case = walks.verified(cast, units)
    improve.pass_on(
        case, by=cast.quality, version=case.version, units=[units.west_station], text="Check your cards too.",
        due_on=timezone.localdate() + dt.timedelta(days=30),
    )  # fmt: skip
    visitor = visit(phone=True)
    visitor.sign_in("wu")
    visitor.sees("Check your cards too.")
    visitor.go(f"/incidents/{case.number}/")
    visitor.press("Answer for your unit", role="link")
    visitor.page.get_by_label("No, it does not apply here").check()
    visitor.page.locator("textarea[name=acknowledgement]").fill("We have no such cars.")
    visitor.press("Answer for your unit")
    visitor.sees("We have no such cars.")
    assert case.improvements.get().applies is False
