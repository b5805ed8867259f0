"""A day that can be typed but from which nothing can be reckoned would break every page that shows it, for everybody."""

import datetime as dt

import pytest
from django.urls import reverse
from django.utils import timezone

from reminders.models import Absence
from tests.walks import analysed, drafted

pytestmark = pytest.mark.django_db
FAR = ["9999-12-31", "0001-01-01", "2200-01-01"]


@pytest.mark.parametrize("day", FAR)
def test_no_act_takes_such_a_day(cast, units, client, day):
    incident = drafted(cast, units)
    measure = incident.measures.first()
    client.force_login(cast.owner)
    values = {
        "version": incident.version, "measure": measure.pk, "text": "Far", "cause": measure.cause_id,
        "kind": measure.kind, "strength": measure.strength, "owner": cast.owner.username, "due_on": day, "target": "t",
    }  # fmt: skip
    answer = client.post(reverse("act", args=[incident.number, "amend-measure"]), values)
    assert answer.status_code == 422 and "1950-01-01 and 2199-12-31" in answer.content.decode()
    measure.refresh_from_db()
    assert measure.due_on < timezone.localdate() + dt.timedelta(days=100)


def test_nor_an_absence(cast, client):
    client.force_login(cast.owner)
    values = {"begins_on": "0001-01-01", "ends_on": "9999-12-31", "deputy": cast.depot_manager.username}
    assert client.post(reverse("absences"), values).status_code == 422
    assert not Absence.objects.exists()


@pytest.mark.parametrize("name", ["limits", "limits-hours", "limits-steps", "limit-set"])
@pytest.mark.parametrize("unit", ["²", "①", "9" * 5000])
def test_odd_figures_name_no_unit(cast, client, name, unit):
    client.force_login(cast.quality)
    assert client.get(reverse(name), {"unit": unit}).status_code == 404


@pytest.mark.parametrize("name", ["cause", "below"])
def test_endless_figures_on_the_workbench(cast, units, client, name):
    from tests.walks import confirmed

    incident = confirmed(cast, units)
    client.force_login(cast.owner)
    assert client.get(reverse("workbench", args=[incident.number]), {name: "9" * 5000}).status_code == 200


def test_a_link_does_not_say_which_version_was_seen(cast, units, client):
    """Who sends the approver a link with tomorrow's version in it could change the plan under the open page."""
    incident = analysed(cast, units)
    client.force_login(cast.owner)
    page = client.get(reverse("act", args=[incident.number, "write-plan"]), {"version": incident.version + 3})
    assert page.context["form"]["version"].value() == incident.version
