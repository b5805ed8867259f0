"""Letters to customers: leased and sent as all mail is, in their language, with a link that works, and nothing of theirs
in the rows that machines keep.
"""

import datetime as dt
import logging
import re
import smtplib

import pytest
import time_machine
from django.db import connection
from django.utils import timezone

from complaints import corresponding, letters, links
from complaints.models import Complaint, Mailbox, Message
from history.models import Event
from people.models import Contact
from reminders.deliveries.log import deliveries_of, kind_of, remark_on, with_texts
from reminders.deliveries.writing import only_in_the_app
from reminders.models import Delivery, Notice
from tests.complaints.letterbox import (
    HUANG,
    LATE,
    answered,
    complain,
    fresh,
    letters_waiting,
    mailbox,
    post_letters,
)
from tests.reminders.mailbox import html_of, subject_of, text_of

__all__ = ["mailbox"]
pytestmark = pytest.mark.django_db
MORNING = dt.datetime(2026, 11, 16, 2, tzinfo=dt.UTC)  # a Monday, 10:00 in Shanghai


def token_in(mail) -> str:
    """The token of the link in a letter; the same in text and HTML."""
    found = [
        set(re.findall(r"https://loop\.rail\.example/case/([^/\s\"]+)/", body))
        for body in (text_of(mail), html_of(mail))
    ]
    assert found[0] == found[1] and len(found[0]) == 1
    return found[0].pop()


def logged(caplog) -> str:
    """What the application wrote into its log; the mail server of the test writes there, too."""
    return "\n".join(f"{r.getMessage()} {r.exc_text}" for r in caplog.records if r.name != "mail.log")


# What it says --------------------------------------------------------------------------------------------------------
@pytest.mark.parametrize(
    ("language", "title", "greeting", "day"),
    [
        ("en", "We have received your complaint", "Dear 黄小明,", "25 November 2026"),
        ("zh-hans", "We have received your complaint", "黄小明", "25 November 2026"),
    ],
)
def test_a_receipt_says_the_reference_what_comes_next_and_by_when(
    cast, units, mailbox, language, title, greeting, day
):
    with time_machine.travel(MORNING):
        complaint = complain(units.station, language=language)
        [mail] = post_letters(mailbox)
    assert subject_of(mail).startswith(f"[{complaint.number}] ")
    assert mail["To"] == f"{HUANG['name']} <{HUANG['email']}>"
    if language == "en":
        assert subject_of(mail).endswith(title)
        for body in (text_of(mail), html_of(mail)):
            assert greeting in body and day in body and complaint.number in body
    assert f'lang="{"en" if language == "en" else "zh-Hans"}"' in html_of(mail)
    assert LATE not in text_of(mail), "it isn't sent back to whoever claims to be the sender"
    words = complaint.messages.get(kind="receipt").text
    assert words in text_of(mail).replace("\r\n", "\n"), "the page shows the same words"


def test_its_link_opens_the_page_and_is_stored_nowhere(cast, units, mailbox):
    complaint = complain(units.station)
    token = token_in(post_letters(mailbox)[0])
    assert links.open(token) == complaint
    for row in (
        *Complaint.objects.values(),
        *Message.objects.values(),
        *Delivery.objects.values(),
        *Event.objects.values(),
    ):
        assert token not in str(row)
    assert (
        links.open(token[:-1] + ("A" if token[-1] != "A" else "B")) is None
        and links.open("no:such:thing") is None
    )
    with time_machine.travel(timezone.now() + links.VALID_FOR + dt.timedelta(minutes=1)):
        assert links.open(token) is None, "it expires"
    links.give_link(complaint, links.new_token())
    complaint.save()
    assert links.open(token) is None, "a renewed link makes the earlier ones worthless"


def test_machines_leave_it_alone_and_mail_programs_make_one_thread(cast, units, mailbox):
    complaint = complain(units.station, channel="email", message_id="first@customer.example")
    corresponding.write(complaint, by=cast.handler, version=None, text="Which coach was it?")
    corresponding.customer_writes(
        complaint, text="Coach 7.", key=None, way="mail", message_id="second@customer.example"
    )
    corresponding.write(fresh(complaint), by=cast.handler, version=None, text="Thank you.")
    receipt, first, second = sorted(post_letters(mailbox), key=lambda mail: len(mail["References"]))
    assert receipt["Auto-Submitted"] == "auto-replied" and second["Auto-Submitted"] == "auto-generated"
    for mail in (receipt, first, second):
        assert mail["X-Auto-Response-Suppress"] == "All" and mail["Precedence"] == "list" and mail["List-Id"]
        assert mail["List-Unsubscribe"] is None
    assert receipt["In-Reply-To"] == "<first@customer.example>"
    assert second["In-Reply-To"] == "<second@customer.example>"
    named = [
        f"complaint.{complaint.pk}@rail.example", "first@customer.example", receipt["Message-ID"].strip("<>"),
        first["Message-ID"].strip("<>"), "second@customer.example",
    ]  # fmt: skip
    assert second["References"].split() == [f"<{name}>" for name in named]
    stored = complaint.messages.filter(direction="out").values_list("message_id", flat=True)
    assert {f"<{name}>" for name in stored} == {mail["Message-ID"] for mail in (receipt, first, second)}


def test_answers_come_back_to_the_nearest_mailbox(cast, units, mailbox):
    common = {"host": "imap.rail.example", "username": "x", "set_by": cast.admin}
    Mailbox.objects.create(unit=units.rail, address="care@rail.example", **common)
    Mailbox.objects.create(unit=units.east, address="east@rail.example", **common)
    Mailbox.objects.create(unit=units.west, address="west@rail.example", **common)
    Mailbox.objects.create(unit=units.station, address="old@rail.example", ended_at=timezone.now(), **common)
    complaint = complain(units.station)
    [mail] = post_letters(mailbox)
    assert mail["From"] == "East Division <east@rail.example>" and mail["Reply-To"] == "east@rail.example"
    assert mail["X-Loop"] == "east@rail.example"
    assert f"leave [{complaint.number}] in its subject" in text_of(mail)


def test_without_a_mailbox_it_says_that_nobody_reads_answers(cast, units, mailbox):
    complain(units.station)
    [mail] = post_letters(mailbox)
    assert mail["From"] == "ServiceLoop <loop@rail.example>" and mail["Reply-To"] is None
    assert "Nobody reads answers to this address." in text_of(mail)


def test_a_server_that_refuses_the_units_name_gets_it_in_ours(cast, units, mailbox, monkeypatch):
    Mailbox.objects.create(
        unit=units.rail, address="care@rail.example", host="x", username="x", set_by=cast.admin
    )

    async def only_ours(server, session, envelope, address, options):
        if address != "loop@rail.example":
            return "550 5.7.60 not allowed to send as this sender"
        envelope.mail_from = address
        return "250 OK"

    monkeypatch.setattr(mailbox, "handle_MAIL", only_ours)
    complain(units.station)
    [mail] = post_letters(mailbox)
    assert mail["From"] == "ServiceLoop <loop@rail.example>" and mail["Reply-To"] == "care@rail.example"
    assert letters_waiting().get().state == "sent"


def test_nobody_writes_a_header_or_markup_of_their_own(cast, units, mailbox):
    evil = {**HUANG, "name": "Huang\r\nBcc: all@example.org <script>"}
    complaint = complain(units.station, contact=evil)
    corresponding.write(complaint, by=cast.handler, version=None, text="<img src=x onerror=alert(1)>")
    mails = post_letters(mailbox)
    assert len(mails) == 2
    for mail in mails:
        assert mail["Bcc"] is None and "<script" not in html_of(mail) and "<img" not in html_of(mail)
    assert "&lt;img" in html_of(mails[-1]) + html_of(mails[0])


def test_who_greets_by_themselves_is_not_preceded_by_another_greeting(cast, units, mailbox):
    answered(cast, units.station, text="Dear {customer},\n\n{finding}")
    answer = next(mail for mail in post_letters(mailbox) if "Our answer" in str(mail["Subject"]))
    for body in (text_of(answer), html_of(answer)):
        assert body.count("Dear") == 1 and "Dear 黄小明," in body


# Sending it ----------------------------------------------------------------------------------------------------------
def test_a_letter_stands_or_falls_with_its_message_and_goes_once(cast, units, mailbox):
    complaint = complain(units.station)
    message = complaint.messages.get(kind="receipt")
    assert letters.queue_letter(message) == letters.queue_letter(message) == letters_waiting().get()
    delivery = letters_waiting().get()
    assert (delivery.key, delivery.content, delivery.subject) == (f"message:{message.pk}",) * 2 + (
        complaint.case,
    )
    post_letters(mailbox)
    assert len(post_letters(mailbox)) == 1 and letters_waiting().get().state == "sent"
    with only_in_the_app():
        corresponding.write(
            complaint, by=cast.handler, version=None, text="Nothing of this leaves the house."
        )
    assert letters_waiting().count() == 1


def test_a_customer_without_an_address_gets_none(cast, units):
    for contact in (None, {**HUANG, "email": ""}):
        complaint = complain(units.station, contact=contact)
        message = corresponding.write(complaint, by=cast.handler, version=None, text="We have a question.")
        assert message.way == "page" and message.message_id == ""
    assert not letters_waiting().exists()


@pytest.mark.parametrize(
    ("what", "reason"),
    [({"erased_at": timezone.now(), "email": ""}, "erased"), ({"email": ""}, "no-customer-address")],
)
def test_who_was_erased_meanwhile_gets_nothing(cast, units, mailbox, what, reason):
    complain(units.station)
    Contact.objects.update(**what)
    assert post_letters(mailbox) == []
    delivery = letters_waiting().get()
    assert (delivery.state, delivery.last_error) == ("dropped", reason) and remark_on(delivery)


def test_more_than_a_mailful_an_hour_is_never_gathered(cast, units, mailbox, settings):
    settings.MESSAGES_PER_HOUR = 1
    complaint = complain(units.station)
    for number in range(3):
        corresponding.write(fresh(complaint), by=cast.handler, version=None, text=f"Question {number}")
    assert len(post_letters(mailbox)) == 4


def test_what_is_refused_for_good_is_given_up_and_the_handler_hears_of_it(cast, units, mailbox, caplog):
    complaint = complain(units.station)
    mailbox.refused.add(HUANG["email"])
    with caplog.at_level(logging.DEBUG):
        assert post_letters(mailbox) == []
    delivery = letters_waiting().get()
    assert delivery.state == "poisoned" and "550 5.1.1 *** unknown here" in delivery.last_error
    notice = Notice.objects.get(text="complaint-letter-failed")
    assert notice.recipient == cast.handler and notice.url == complaint.get_absolute_url()
    kept = (
        str(Delivery.objects.values().get(pk=delivery.pk))
        + str(list(Notice.objects.values()))
        + logged(caplog)
    )
    for value in HUANG.values():
        assert value not in kept


def test_what_breaks_while_it_is_composed_tells_the_log_nothing(cast, units, mailbox, caplog, monkeypatch):
    complain(units.station)

    def breaks(*_args):
        raise smtplib.SMTPException(f"bad {HUANG['name']} <{HUANG['email']}>")

    monkeypatch.setitem(letters.SUBJECTS, "receipt", type("Breaks", (), {"__str__": breaks})())
    with caplog.at_level(logging.DEBUG):
        post_letters(mailbox)
    kept = letters_waiting().get().last_error + logged(caplog)
    assert "SMTPException" in kept and HUANG["email"] not in kept and HUANG["name"] not in kept


def test_the_log_shows_letters_of_cases_one_sees_and_nothing_of_the_customer(
    cast, units, client, django_assert_max_num_queries
):
    complaint = answered(cast, units.station)
    hidden = complain(units.station)
    Complaint.objects.filter(pk=hidden.pk).update(sensitive=True, readers=[f"p{cast.handler.pk}"])
    seen = with_texts(deliveries_of(cast.quality).filter(channel="customer"))
    assert {row.subject for row in seen} == {complaint.case} and kind_of(seen[0]) == "Letter to a customer"
    assert not deliveries_of(cast.hotel_quality).filter(channel="customer").exists()
    assert not deliveries_of(cast.admin).filter(channel="customer").exists(), "no special power over cases"
    client.force_login(cast.quality)
    page = client.get("/endpoints/log/").content.decode()
    assert page.count("A customer</b>") == 2
    for value in HUANG.values():
        assert value not in page


def test_whose_letters_they_are_is_found_row_by_row_of_the_log(cast, units):
    """By key, so that a page of the log costs the same however many complaints there ever were."""
    complain(units.station)
    with connection.cursor() as cursor:
        cursor.execute("SET LOCAL enable_seqscan = off")
    plan = deliveries_of(cast.quality).order_by("-pk").explain()
    assert plan.count("EXISTS(SubPlan") >= 2, plan  # asked for each row, by its key
    assert "(subject)::text = (hashed" not in plan and "(content)::text = (hashed" not in plan, plan


@pytest.mark.parametrize(
    "subject", ["", "complaint:", "complaint:x", "person:12", "complaint:12345678901234567890"]
)
def test_a_delivery_of_anything_else_is_nobodys_letter(cast, units, subject):
    complain(units.station)
    Delivery.objects.update(subject=subject)
    assert not deliveries_of(cast.quality).filter(channel="customer").exists()
