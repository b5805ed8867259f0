"""Ma Lin chooses what she is mailed, and sets up a robot, at her desk and on her phone."""

import pytest
from django.urls import reverse

from reminders.deliveries.unsubscribing import unsubscribe_url
from reminders.models import Delivery, Endpoint, Notice, Preferences, Switch
from reminders.notices import notify
from tests.browser.conftest import both_widths

pytestmark = pytest.mark.django_db(transaction=True)


@both_widths
def test_what_is_mailed_and_where_else_it_goes(visit, cast, units, settings, phone):
    endpoint = Endpoint.objects.create(
        unit=units.east, name="East duty group", kind="wecom", url="https://qyapi.weixin.qq.com/send?key=abcd",
        texts=["overdue"], set_by=cast.quality,
    )  # fmt: skip
    notify(
        [cast.owner],
        "overdue",
        occasion="x",
        subject="incident:1",
        url="/",
        params={"label": "SQ-2026-000001"},
    )
    message = Delivery.objects.create(
        endpoint=endpoint, channel="endpoint", key="endpoint:1", message_id="1@localhost", state="poisoned",
        last_error="HTTP 200, errcode 93000",
    )  # fmt: skip
    message.notices.add(Notice.objects.get())
    ma = visit(phone=phone)
    ma.sign_in("ma")
    ma.go(reverse("preferences"))
    ma.page.locator("input[name=mode-turn][value=off]").check()
    ma.page.fill("input[name=quiet_from]", "22:00")
    ma.press("Save")
    ma.sees("when the quiet begins and when it ends")
    ma.page.fill("input[name=quiet_until]", "07:00")
    ma.press("Save")
    ma.sees("From now on you are told as you chose.")
    assert Switch.objects.get().mode == "off" and Preferences.objects.get().quiet_until.hour == 7
    ma.go(reverse("endpoints"))
    ma.sees("East duty group")
    ma.go(reverse("endpoint-add"))
    ma.press("Save")
    ma.go(reverse("endpoint", args=[endpoint.pk]))
    ma.go(reverse("deliveries"))
    ma.sees("HTTP 200, errcode 93000")
    ma.go(unsubscribe_url(cast.admin).removeprefix(settings.BASE_URL))
    ma.press("Switch the digest off")
    ma.sees("The digest is off")
