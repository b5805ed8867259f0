"""A case of which named people only may know shows nowhere else: in the audit trail, announcements, robots, deputies."""

import datetime as dt

import pytest
from django.urls import reverse
from django.utils import timezone

from complaints import intake
from complaints.models import Complaint
from complaints.states import Channel
from history.discretion import hidden_from, named_people
from history.models import Event
from reminders.absences import announce_absence
from reminders.models import Absence, Deadline, Delivery, Endpoint, Notice
from reminders.notices import notify
from reminders.sweeping import sweep

pytestmark = pytest.mark.django_db


@pytest.fixture
def close(cast, units):
    """A sensitive complaint that Zhao alone may know of, and one that everybody at the desk sees."""
    found = [
        intake.receive(by=None, unit=units.station, text="He touched me.", channel=Channel.WEB)[0]
        for _each in range(2)
    ]
    Complaint.objects.filter(pk=found[0].pk).update(sensitive=True, readers=[f"p{cast.handler.pk}"])
    return found


def test_what_is_hidden_from_whom(close, cast, django_assert_num_queries):
    secret, plain = close
    with django_assert_num_queries(1):
        assert hidden_from(cast.quality) == [secret.case]
    assert hidden_from(cast.handler) == []
    assert named_people([secret.case, plain.case, "incident:1"]) == {
        secret.case: frozenset({cast.handler.pk})
    }


def test_the_audit_trail_keeps_it_from_those_who_are_not_named(close, cast, client):
    secret, plain = close
    for person, sees in ((cast.quality, False), (cast.admin, False)):
        client.force_login(person)
        page = client.get(reverse("audit")).content.decode()
        assert plain.number in page
        assert (secret.number in page) is sees
        exported = b"".join(client.post(reverse("audit-export"), {"format": "csv"})).decode()
        assert plain.number in exported and secret.number not in exported
        assert client.post(reverse("audit-verify"), {"case": secret.case}).status_code == 404
    assert Event.objects.of(secret.case).exists()
    Complaint.objects.filter(pk=secret.pk).update(readers=[f"p{cast.quality.pk}"])
    client.force_login(cast.quality)
    assert secret.number in client.get(reverse("audit")).content.decode()


def test_nobody_else_hears_of_it_when_it_is_late(close, cast, units):
    secret, plain = close
    Endpoint.objects.create(
        unit=units.rail, kind="webhook", name="Desk", url="https://chat.example.org/x", texts=["overdue", "escalated"],
        set_by=cast.admin,
    )  # fmt: skip
    today = timezone.localdate()
    announce_absence(cast.handler, by=cast.handler, deputy=cast.quality_two, begins_on=today, ends_on=today)
    Notice.objects.all().delete()
    Deadline.objects.update(
        due_at=timezone.now() - dt.timedelta(days=8), next_notice_at=timezone.now() - dt.timedelta(days=8)
    )
    sweep()
    heard = {(notice.subject, notice.recipient_id) for notice in Notice.objects.all()}
    assert (secret.case, cast.handler.pk) in heard
    assert {who for subject, who in heard if subject == secret.case} == {cast.handler.pk}
    assert {cast.quality.pk, cast.executive.pk, cast.quality_two.pk} <= {
        who for subject, who in heard if subject == plain.case
    }
    robots = Delivery.objects.filter(endpoint__isnull=False)
    assert robots.filter(subject=plain.case).exists() and not robots.filter(subject=secret.case).exists()
    assert Absence.objects.count() == 1
    assert sweep() == 0


def test_a_notice_to_somebody_who_is_not_named_is_not_written(close, cast):
    secret, _plain = close
    notify(
        [cast.quality, cast.handler], "complaint-turn", occasion="x", subject=secret.case, url="/",
        params={"label": secret.number, "what": "reply"},
    )  # fmt: skip
    assert {n.recipient for n in Notice.objects.filter(occasion="x")} == {cast.handler}
