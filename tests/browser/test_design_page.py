"""The design form and the calculator in a real browser: what is typed is answered at once, and the form follows."""

import pytest

from tests.browser.conftest import both_widths
from tests.walks import analysed

pytestmark = pytest.mark.django_db(transaction=True)


@both_widths
def test_the_form_asks_for_what_the_source_needs_and_answers_at_once(cast, units, visit, phone):
    incident = analysed(cast, units)
    visitor = visit(phone=phone)
    visitor.sign_in("chen")
    visitor.go(f"/incidents/{incident.number}/fix-design/")
    page = visitor.page
    assert not page.locator("[name=baseline_events]").is_visible()
    page.locator("#id_source input[value=typed]").check(force=True)
    page.locator("[name=baseline_events]").wait_for()
    assert not page.locator("#id_category").is_visible()
    for name, value in {
        "baseline_events": "60",
        "baseline_exposure": "365",
        "expected_exposure": "365",
    }.items():
        page.fill(f"[name={name}]", value)
    page.fill("[name=smallest_change]", "50")
    page.fill("[name=observation_days]", "365")
    visitor.sees("It can be known.")
    visitor.check()


def test_the_calculator_answers_while_one_types(cast, visit):
    visitor = visit()
    visitor.sign_in("he")
    visitor.go("/tools/how-long-to-watch/")
    visitor.page.fill("[name=events]", "6")
    visitor.sees("It can't be known this way.")
    visitor.page.fill("[name=events]", "60")
    visitor.page.fill("[name=days]", "180")
    visitor.sees("It can be known.")
    visitor.check()
