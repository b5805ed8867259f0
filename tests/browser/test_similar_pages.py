"""Likely duplicates on the phone form, and the card of similar cases: fetched, readable, and in nobody's way."""

import pytest
from django.urls import reverse
from django.utils import timezone

from capa import recurrence
from incidents.models import Incident, Link
from tests import walks

pytestmark = pytest.mark.django_db(transaction=True)

HOT = "The air conditioning of car 3 failed on G1027, passengers complained about the heat."


def test_while_writing_a_likely_duplicate_is_shown_and_the_draft_stays(visit, cast, units):
    told = walks.report(cast, units, description=HOT)
    visitor = visit(phone=True)
    visitor.sign_in(cast.reporter.username)
    visitor.go(reverse("report"))
    visitor.page.locator("label.pick:has(input[value=facility])").click()
    visitor.page.fill("#id_description", "Air conditioning of car 3 failed again, passengers complained.")
    visitor.sees("Is it this one?")
    visitor.check()  # with the answer on it, for axe as well
    assert told.number in visitor.page.locator(".same").inner_text()
    kept = visitor.page.evaluate("Object.values(localStorage).join()")
    assert "failed again" in kept and told.number not in kept
    visitor.page.fill("#id_description", "A purse was found under seat 12.")
    visitor.page.locator(".same").wait_for(state="detached")
    visitor.page.reload()
    assert visitor.page.input_value("#id_description") == "A purse was found under seat 12."


def test_the_judge_sees_similar_cases_and_links_one(visit, cast, units):
    closed = walks.improved(cast, units, description=HOT)
    later = walks.report(cast, units, description=HOT, occurred_at=timezone.now())
    recurrence.find()
    visitor = visit()
    visitor.sign_in(cast.quality.username)
    visitor.go(later.get_absolute_url())
    visitor.sees("This may be an earlier case that came back")
    visitor.page.locator("#similar").scroll_into_view_if_needed()
    visitor.sees("Rate ratio 0.50 (95 % interval 0.29 to 0.84)")
    visitor.check()
    visitor.press(f"Link {closed.number}")
    visitor.sees("Linked cases")
    assert Link.objects.count() == 1
    visitor.go(reverse("similar", args=[later.number]))
    visitor.go(later.get_absolute_url())
    visitor.press("It came back", role="link")
    visitor.page.check("#id_reopen")
    visitor.page.fill("#id_reason", "The same fan.")
    visitor.press("It came back")
    visitor.sees("This is an earlier case that came back")
    assert Incident.objects.get(pk=closed.pk).cycle == 2
