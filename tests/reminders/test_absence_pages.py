"""Saying that one is away, in the browser."""

import datetime as dt

import pytest
from django.urls import reverse
from django.utils import timezone

from history.models import Event
from reminders.models import Absence

pytestmark = pytest.mark.django_db


def days(first: int, last: int) -> dict:
    today = timezone.localdate()
    return {"begins_on": today + dt.timedelta(days=first), "ends_on": today + dt.timedelta(days=last)}


def test_li_goes_away_and_comes_back_early(client, cast, django_assert_max_num_queries):
    client.force_login(cast.site_manager)
    answer = client.post(
        reverse("absences"), days(0, 5) | {"deputy": f"{cast.supervisor} ({cast.supervisor.username})"}
    )
    assert answer.status_code == 302
    absence = Absence.objects.get()
    assert (absence.person, absence.deputy) == (cast.site_manager, cast.supervisor)
    with django_assert_max_num_queries(12):
        page = client.get(reverse("absences")).content.decode()
    assert "Sun" in page and "I am back" in page
    client.force_login(cast.supervisor)
    assert "You stand in for" in client.get(reverse("absences")).content.decode()
    assert client.post(reverse("absence-end", args=[absence.pk])).status_code == 404, "it isn't Sun's to end"
    assert Absence.objects.exists()
    client.force_login(cast.site_manager)
    client.post(reverse("absence-end", args=[absence.pk]))
    assert not Absence.objects.exists()
    assert list(Event.objects.filter(case=cast.site_manager.case).order_by("pk").values_list("act", flat=True)) == [
        "person.absence", "person.absence_ended",
    ]  # fmt: skip


@pytest.mark.parametrize("deputy", ["owner_of_nothing", "hotel_quality", "site_manager"])
def test_only_a_colleague_stands_in(client, cast, deputy):
    person = getattr(cast, deputy, None)
    client.force_login(cast.site_manager)
    given = f"{person} ({person.username})" if person else "Nobody (nobody)"
    answer = client.post(reverse("absences"), days(0, 5) | {"deputy": given})
    assert answer.status_code == 422 and not Absence.objects.exists()


def test_days_that_have_passed_are_refused_at_their_field(client, cast):
    client.force_login(cast.site_manager)
    given = days(-9, -3) | {"deputy": f"{cast.supervisor} ({cast.supervisor.username})"}
    answer = client.post(reverse("absences"), given)
    assert answer.status_code == 422 and 'href="#id_ends_on"' in answer.content.decode()
