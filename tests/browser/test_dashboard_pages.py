"""The executive's page in a browser: on a phone and a desk, in both themes, and down to the cases of a figure."""

import pytest

from metrics.periods import last_over
from people.models import Person
from tests.browser.conftest import both_widths
from tests.metrics import story
from tests.metrics.counting import counted
from tests.walks import report

pytestmark = pytest.mark.django_db(transaction=True)


@both_widths
def test_an_executive_reads_what_changed_and_follows_a_figure(visit, cast, units, phone):
    last = last_over("month")
    this_month = last.shifted(1)
    report(cast, units)
    counted()
    story.two_years(units.rail, [units.east, units.west], last=last.key)
    story.targets(units.rail, cast.quality, last.first.year)
    Person.objects.filter(pk=cast.executive.pk).update(theme="dark" if phone else "light")
    gao = visit(phone=phone)
    gao.sign_in("gao")
    gao.press("Dashboard", role="link", exact=True)  # on a phone in the bar at the bottom
    gao.sees("indicators")
    gao.sees("Service quality")
    gao.page.locator(".chart-card summary").first.click()
    gao.check()
    gao.go("/loop/")
    gao.go("/week/")
    gao.go(
        f"/figures/cases/?series=incidents.reported&unit=ER&from=2020-01-01&until={this_month.last:%Y-%m-%d}"
    )
    gao.sees("1 count")
