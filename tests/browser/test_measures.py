"""Measures and review meetings in a real browser: an owner without any other right works from the phone."""

import datetime as dt
import io

import pytest
from django.urls import reverse
from django.utils import timezone
from PIL import Image

from capa import meetings, track
from capa.meetings import Topic
from capa.models import Measure
from tests import walks
from tests.browser.conftest import both_widths
from tests.conftest import PASSWORD

pytestmark = pytest.mark.django_db(transaction=True)


def photo() -> bytes:
    buffer = io.BytesIO()
    Image.new("RGB", (640, 480), "teal").save(buffer, "JPEG")
    return buffer.getvalue()


def test_an_owner_without_any_other_right_works_from_the_phone(cast, units, visit, settings, tmp_path):
    """He Ping drives trains and holds no post but that of a reporter; now a measure is his."""
    settings.MEDIA_ROOT = tmp_path
    lius = walks.open_measures(walks.planned(cast, units))[1]
    track.hand_over(lius, by=cast.quality, owner=cast.colleague, reason="Liu is on leave")
    he = visit(phone=True)
    he.sign_in(cast.colleague.username)
    he.go(lius.get_absolute_url())
    for button in he.page.locator(".actbar .btn").all():
        assert button.bounding_box()["height"] >= 44
    he.press("Record progress", role="link")
    camera = he.page.get_by_label("Take a photo")
    assert camera.get_attribute("capture") == "environment"
    assert he.page.locator(".actbar .btn-p").bounding_box()["y"] < 844  # at the thumb, whatever is above
    he.page.get_by_label("What was done?").fill("Half of the batch is replaced.")
    he.page.get_by_label("Progress in %").fill("50")
    camera.set_input_files({"name": "IMG_0001.jpg", "mimeType": "image/jpeg", "buffer": photo()})
    he.press("Record progress")
    he.sees("Half of the batch is replaced.")
    picture = he.page.locator("#ledger img")
    picture.scroll_into_view_if_needed()
    he.page.wait_for_function("document.querySelector('#ledger img').naturalWidth > 0")
    he.press("Ask for more time", role="link")
    he.page.get_by_label("New due date").fill(f"{lius.due_on + dt.timedelta(days=7):%Y-%m-%d}")
    he.page.get_by_label("Why is more time needed?").fill("The parts are late.")
    he.press("Ask for more time")
    he.sees("waits for a decision")
    track.decide_change(
        lius, by=cast.quality, request=lius.entries.last(), granted=True, reason="Seen the supplier's letter"
    )
    he.go(lius.get_absolute_url())
    he.sees("moved by 7 days")
    he.press("It is done", role="link")
    he.page.get_by_label("What was done, and with what result?").fill("All replaced.")
    he.page.get_by_label("Take a photo").set_input_files(
        {"name": "IMG_0002.jpg", "mimeType": "image/jpeg", "buffer": photo()}
    )
    he.press("It is done")
    lius.refresh_from_db()
    assert (
        lius.status == Measure.Status.DONE
        and lius.entries.filter(proofs__evidence__isnull=False).count() == 2
    )


@both_widths
def test_measures_against_time(cast, units, visit, phone):
    """List, calendar and timeline stand axe, the policy, and a narrow window; the filters go along."""
    case = walks.planned(cast, units)
    wang = visit(phone=phone)
    wang.sign_in(cast.quality.username)
    for width in (390, 320) if phone else (1440,):
        wang.page.set_viewport_size({"width": width, "height": 844})
        wang.go(reverse("measure-list") + "?who=all")
        for view in ("Calendar", "Timeline", "List"):
            wang.press(view, role="link")
            assert "who=all" in wang.page.url
    due = walks.open_measures(case)[0].due_on
    wang.go(reverse("measure-calendar") + f"?who=all&month={due:%Y-%m}")
    wang.press("Put the fan bearing on the weekly card", role="link")
    wang.go(case.get_absolute_url())


@both_widths
def test_a_review_meeting_is_held(cast, units, visit, phone):
    case = walks.improved(cast, units)
    today = timezone.localdate()
    meeting = meetings.call(
        by=cast.quality, unit=units.rail, title="November review", period_from=today, period_until=today,
        held_at=timezone.now(), chair=cast.supervisor, attendees=[cast.owner],
    )  # fmt: skip
    meetings.set_agenda(meeting, by=cast.quality, version=1, topics=[Topic(case, reasons=("closed",))])
    sun = visit(phone=phone)
    sun.sign_in(cast.supervisor.username)
    sun.go(reverse("meeting-list"))
    sun.press("November review", role="link")
    sun.press("Agenda", role="link", exact=True)
    sun.page.get_by_label("Topic").first.fill("Budget")
    sun.press("Save the agenda")
    sun.press("Minutes", role="link", exact=True)
    sun.page.get_by_label("Minutes").first.fill("We looked at what turns.")
    sun.press("Save the minutes")
    sun.press("Record a decision", role="link")
    sun.page.get_by_label("What is to be done?").fill("Buy fans")
    sun.page.get_by_label("Owner").fill("Liu Wei (liu)")
    sun.page.get_by_label("Due").fill(f"{today + dt.timedelta(days=9):%Y-%m-%d}")
    sun.page.get_by_label("How will it be seen that it is done?").fill("A fan on every shelf")
    sun.press("Record the decision")
    sun.press("Sign the minutes", role="link")
    sun.page.get_by_label("Your password, as your signature").fill(PASSWORD)
    sun.press("Sign", exact=True)
    sun.sees("I confirm these minutes")
    sun.press("To print", role="link")
    liu = visit(phone=phone)
    liu.sign_in(cast.depot_manager.username)
    liu.press("Buy fans", role="link")
    liu.page.get_by_label("What shows that it is done?").fill("Order 4711")
    liu.press("It is done")
    liu.sees("Order 4711")
