"""The table of figures in a real browser: Enter and arrows move down a column, a block from a spreadsheet is pasted."""

import pytest
from django.urls import reverse

from metrics.models import Volume
from metrics.periods import last_over

pytestmark = pytest.mark.django_db(transaction=True)

#: As the browser pastes: what was copied is text with tabs and line ends.
PASTE = """(input, text) => {
    const data = new DataTransfer();
    data.setData("text", text);
    input.dispatchEvent(new ClipboardEvent("paste", { clipboardData: data, bubbles: true, cancelable: true }));
}"""


def test_figures_are_typed_and_pasted(visit, cast, units):
    visitor = visit(phone=True)
    visitor.sign_in(cast.quality.username)
    last = last_over("month")
    query = (
        f"unit=ER-E&series=calls.offered&series=calls.answered&first={last.shifted(-2).key}&last={last.key}"
    )
    visitor.go(f"{reverse('volumes')}?{query}")
    cell = visitor.page.locator("[data-vol] td input:not([type=hidden])")
    assert cell.count() == 6
    cell.nth(0).focus()
    for figure in ("300", "200"):
        visitor.page.keyboard.type(figure)
        visitor.page.keyboard.press("Enter")
    visitor.page.keyboard.type("100")
    cell.nth(3).evaluate(PASTE, "190\n1,100\t90\n")  # a single column, then more than the table holds
    visitor.page.keyboard.press("ArrowUp")
    visitor.press("Save all")
    visitor.sees("5 figures saved.")
    found = Volume.objects.order_by("series", "begins_on").values_list("series", "begins_on", "value")
    assert [(series[6:], day, int(value)) for series, day, value in found] == [
        ("answered", last.shifted(-2).first, 1100), ("answered", last.shifted(-1).first, 190),
        ("offered", last.shifted(-2).first, 100), ("offered", last.shifted(-1).first, 200),
        ("offered", last.first, 300),
    ]  # fmt: skip
