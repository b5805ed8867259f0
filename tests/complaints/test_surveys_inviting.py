"""Customers are asked after their case has closed: once, not too often, only who agreed; by a letter over real SMTP."""

import datetime as dt
import re

import pytest
import time_machine
from django.db import transaction
from django.urls import reverse
from django.utils import timezone

from complaints import intake, links
from complaints.models import Complaint, Invitation, Response
from complaints.states import Channel, State
from complaints.surveys import inviting, making
from complaints.surveys.answering import stamp
from history.models import Event
from incidents.models import Incident
from people.models import Contact
from reminders.deliveries.sending import deliver_mail
from reminders.models import Delivery
from tests import walks
from tests.complaints import letterbox
from tests.complaints.asking_customers import survey
from tests.reminders.mailbox import html_of, subject_of, text_of

pytestmark = pytest.mark.django_db
mailbox = letterbox.mailbox
HUANG = {"name": "黄小明", "phone": "13912341402", "email": "huang@example.org"}
LATE = "The train was late and the conductor Zhou was rude to me."


def closed(units, *, contact=HUANG, consented=True, at=None, **fields) -> Complaint:
    """A complaint of the station that has run its way."""
    complaint, _token = intake.receive(
        by=None, unit=units.station, text=LATE, channel=Channel.WEB, contact=contact, consented=consented,
        language=fields.pop("language", "zh-hans"), anonymous=fields.pop("anonymous", False),
    )  # fmt: skip
    fields = {"state": State.CLOSED, "closed_at": at or timezone.now(), **fields}
    Complaint.objects.filter(pk=complaint.pk).update(**fields)
    return Complaint.objects.get(pk=complaint.pk)


def invitations_waiting():
    return Delivery.objects.filter(content__startswith="invitation:")


@pytest.fixture
def asked(cast, units):
    return survey(units, cast.quality, kinds=("likert5", "nps", "text"), valid_days=14, rest_days=30)


def test_a_closed_complaint_is_asked_about_once_and_tells_so(asked, cast, units, client, settings):
    complaint = closed(units)
    assert (inviting.invite_closed(), inviting.invite_closed()) == (1, 0)
    invitation = Invitation.objects.get()
    assert (invitation.complaint, invitation.unit, invitation.version) == (complaint, units.station, asked)
    assert invitation.expires_at == invitation.created_at + dt.timedelta(days=14)
    assert Delivery.objects.get(content=f"invitation:{invitation.pk}").contact == complaint.contact
    event = Event.objects.get(act="complaint.invited")
    token = inviting.address_of(invitation).split("/")[-2]
    assert (
        token not in str(Invitation.objects.values().get()) + str(Delivery.objects.values()) + event.payload
    )
    assert inviting.find(token) == invitation and inviting.find(token[:-1]) is None
    page = client.get(links.page_url(complaint).removeprefix(settings.BASE_URL)).content.decode()
    assert f"{settings.BASE_URL}/s/" in page


@pytest.mark.parametrize(
    "case",
    [
        {"consented": False}, {"anonymous": True}, {"contact": None}, {"sensitive": True}, {"state": State.WITHDRAWN},
        {"state": State.OUT_OF_SCOPE}, {"anonymised_at": timezone.now()}, {"at": timezone.now() - dt.timedelta(days=8)},
        {"state": State.ACKNOWLEDGED},
    ],
)  # fmt: skip
def test_who_is_not_asked(asked, units, case):
    closed(units, **case)
    assert inviting.invite_closed() == 0 and not Invitation.objects.exists()


def test_a_customer_is_left_in_peace_after_having_been_asked(asked, units):
    """Known by address in any case, or by number, whatever contact row it stands in; asked again after the rest."""
    closed(units)
    closed(units, contact=HUANG | {"email": "HUANG@example.org", "phone": ""})
    closed(units, contact={"phone": "139 1234 1402"})
    closed(units, contact={"phone": "+86 139 1234 1402"})
    closed(units, contact={"phone": "13700000000"})
    assert inviting.invite_closed() == 2
    assert invitations_waiting().count() == 1, "without an address it stands on the customer's page only"
    with time_machine.travel(timezone.now() + dt.timedelta(days=31), tick=False):
        closed(units)
        assert inviting.invite_closed() == 1


def test_another_round_of_the_same_complaint_may_be_asked_about_again(asked, units):
    making.amend(asked.survey, by=asked.survey.set_by, rest_days=0)
    complaint = closed(units)
    inviting.invite_closed()
    Complaint.objects.filter(pk=complaint.pk).update(round=2, closed_at=timezone.now())
    assert inviting.invite_closed() == 1
    assert sorted(Invitation.objects.values_list("round", flat=True)) == [1, 2]


def test_the_nearest_survey_is_asked_and_none_that_ended_or_is_for_places(cast, units, asked):
    near = survey(units, cast.quality, unit=units.east, code="east")
    survey(units, cast.quality, unit=units.station, code="qr", purpose="at_unit")
    closed(units)
    inviting.invite_closed()
    assert Invitation.objects.get().version == near
    for version in (near, asked):
        making.end(version.survey, by=cast.quality)
    closed(units, contact={"email": "other@example.org"})
    assert inviting.invite_closed() == 0


def test_a_customer_named_with_an_incident_is_asked_when_it_closes(asked, cast, units):
    incident = walks.report(cast, units)
    contact = Contact.objects.create(name="Mr Xu", email="xu@example.org")
    fields = {"stage": "closed", "severity": 2, "closed_at": timezone.now(), "contact": contact}
    Incident.objects.filter(pk=incident.pk).update(**fields)
    assert inviting.invite_closed() == 0, "a colleague's own report isn't a customer's"
    Incident.objects.filter(pk=incident.pk).update(reporter_kind="other")
    assert (inviting.invite_closed(), inviting.invite_closed()) == (1, 0)
    assert Invitation.objects.get().incident == incident
    assert Event.objects.filter(act="incident.invited").count() == 1


@pytest.mark.django_db(transaction=True)
def test_the_letter_over_smtp_and_the_answer_by_its_link(asked, cast, units, mailbox, client):
    """Huang gets a letter in Chinese, answers on the phone in one page, thinks again and changes it."""
    complaint = closed(units)
    with transaction.atomic():
        inviting.invite_closed()
    deliver_mail()
    mail = mailbox.mails[-1]
    assert mailbox.recipients[-1] == HUANG["email"] and complaint.number in subject_of(mail)
    assert '<html lang="zh-hans">' in html_of(mail).lower()
    link = re.search(r"https://loop\.rail\.example(/s/[^\s]+)", text_of(mail))[1]
    assert link in html_of(mail) and LATE not in text_of(mail)
    page = client.get(link, headers={"accept-language": "en"})
    assert "noindex" in page["X-Robots-Tag"] and page["Cache-Control"] == "private, no-store"
    text = page.content.decode()
    assert (
        page.status_code == 200
        and "问题 1" in text
        and complaint.number in text
        and units.station.name in text
    )
    for secret in (LATE, "Zhou", HUANG["name"], HUANG["phone"], HUANG["email"]):
        assert secret not in text
    switched = client.post(
        link, {"q-a": "2", "q-c": "Late", "language": "zh-hans", "switch": "en"}
    ).content.decode()
    assert (
        "Question 1" in switched
        and "Late" in switched
        and re.search(r'name="q-a" value="2" checked', switched)
    )
    assert not Response.objects.exists()
    assert client.post(link, {"q-a": "9", "language": "en", "seen": ""}).status_code == 422
    assert client.post(link, {"q-a": "2", "q-c": "Late", "language": "en", "seen": ""}).status_code == 302
    assert "Thank you" in client.get(link).content.decode()
    given = Response.objects.get()
    assert (given.scores, given.comment, given.language) == ([2, None, None], "Late", "en")
    assert Event.objects.filter(act="complaint.rated").count() == 1
    conflict = client.post(link, {"q-a": "5", "language": "en", "seen": ""})
    assert conflict.status_code == 409 and re.search(r'value="5" checked', conflict.content.decode())
    changed = client.post(link, {"q-a": "5", "language": "en", "seen": stamp(given)})
    assert changed.status_code == 302 and Response.objects.get().scores[0] == 5
    with time_machine.travel(timezone.now() + dt.timedelta(days=15), tick=False):
        for late in (client.get(link), client.post(link, {"q-a": "1"})):
            assert late.status_code == 410
    assert Response.objects.get().scores[0] == 5


def test_staff_see_a_preview_and_cannot_answer(asked, cast, units, client):
    closed(units)
    inviting.invite_closed()
    link = reverse("survey", args=[inviting.address_of(Invitation.objects.get()).split("/")[-2]])
    client.post(link, {"q-a": "5", "q-c": "Fine words", "language": "en", "seen": ""})
    client.force_login(cast.handler)
    page = client.get(f"{link}?language=en").content.decode()
    assert "preview" in page and "Fine words" not in page and " checked" not in page
    assert client.post(link, {"q-a": "1"}).status_code == 403
    assert Response.objects.get().scores[0] == 5


def test_no_letter_goes_out_any_more_when_it_cannot_be_answered(asked, cast, units, mailbox):
    closed(units)
    inviting.invite_closed()
    Complaint.objects.update(sensitive=True)
    deliver_mail()
    assert invitations_waiting().get().state == Delivery.State.DROPPED
    assert not [mail for mail in mailbox.mails if "surveys." in (mail["List-Id"] or "")]
    assert inviting.offer_for(Complaint.objects.get()) is None


def test_a_bad_rating_by_invitation_is_a_complaint_of_the_same_customer_about_which_nobody_is_asked(
    asked, cast, units, client
):
    making.amend(asked.survey, by=cast.quality, bad_below=40, rest_days=0)
    complaint = closed(units)
    inviting.invite_closed()
    link = reverse("survey", args=[inviting.address_of(Invitation.objects.get()).split("/")[-2]])
    client.post(link, {"q-a": "1", "language": "en", "seen": ""})
    raised = Complaint.objects.exclude(pk=complaint.pk).get()
    assert (
        raised.contact == complaint.contact
        and complaint.number in raised.text
        and raised.owner == cast.handler
    )
    assert raised.number in client.get(link).content.decode()
    assert Event.objects.get(act="complaint.rated_badly").after["raised"] == raised.number
    Complaint.objects.filter(pk=raised.pk).update(state=State.CLOSED, closed_at=timezone.now())
    assert inviting.invite_closed() == 0


def test_what_beat_sends_often_does_not_pile_up_while_the_workers_are_away(settings):
    ours = [row for row in settings.CELERY_BEAT_SCHEDULE.values() if row["task"].startswith("complaints.")]
    often = [row for row in ours if isinstance(row["schedule"], float)]
    assert len(often) == 3
    assert all(row["options"]["expires"] <= row["schedule"] for row in often)
