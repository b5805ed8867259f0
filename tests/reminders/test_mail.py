"""A mail as its reader gets it: their language and zone, one place to go to, one thread per case, nobody's secrets."""

import datetime as dt

import pytest
import time_machine
from django.utils import timezone, translation

from incidents.models import Incident
from people.models import Contact, Person
from reminders.models import Delivery, Notice
from reminders.notices import TEXTS, WHAT
from tests.reminders.mailbox import html_of, subject_of, text_of
from tests.walks import report

pytestmark = pytest.mark.django_db


@pytest.fixture
def mail_of(tell, send, mailbox):
    """The mail that comes of telling somebody something."""

    def mail_of(person, number=1, text="turn", **details):
        tell(person, number, text, **details)
        send()
        return mailbox.mails[-1]

    return mail_of


def test_a_mail_says_what_where_and_to_whom(cast, mail_of):
    mail = mail_of(cast.owner, 7, "overdue", due="2026-11-18T10:00:00+00:00")
    notice = Notice.objects.get()
    assert subject_of(mail) == "SQ-2026-000007 · Overdue · Confirm responsibility"
    assert mail["To"] == "Chen Gong <chen@example.org>" and mail["From"] == "ServiceLoop <loop@rail.example>"
    link = f"https://loop.rail.example/notices/{notice.pk}/"
    for body in (text_of(mail), html_of(mail)):
        assert "SQ-2026-000007 is overdue since 2026-11-18 18:00" in body
        assert body.count(link) == 1
        assert "https://loop.rail.example/me/notices/" in body
    assert '<html lang="en">' in html_of(mail)


def test_headers_that_machines_read(cast, mail_of):
    mail = mail_of(cast.owner)
    assert mail["Auto-Submitted"] == "auto-generated"
    assert mail["Message-ID"] == f"<{Delivery.objects.get().message_id}>"
    assert mail["Message-ID"].endswith("@rail.example>")
    assert mail["List-Unsubscribe"] is None, "what is someone's turn isn't a list"


def test_mails_about_one_case_are_one_thread(cast, mail_of):
    first, second = mail_of(cast.owner, 7), mail_of(cast.owner, 7, "overdue")
    other = mail_of(cast.owner, 8)
    assert first["References"] == first["In-Reply-To"] == second["References"] == "<incident.7@rail.example>"
    assert other["References"] == "<incident.8@rail.example>"
    assert first["Message-ID"] != second["Message-ID"]


@pytest.mark.parametrize(
    ("language", "zone", "when"),
    [
        ("zh-hans", "Asia/Shanghai", "2026-11-18 18:00"),
        ("zh-hant", "Asia/Taipei", "2026-11-18 18:00"),
        ("en", "America/New_York", "2026-11-18 05:00"),
    ],
)
def test_everybody_reads_it_in_their_own_language_and_zone(cast, mail_of, language, zone, when):
    Person.objects.filter(pk=cast.owner.pk).update(language=language, time_zone=zone)
    with translation.override("en"), timezone.override(dt.UTC):
        mail = mail_of(cast.owner, 7, "overdue", due="2026-11-18T10:00:00+00:00")
        assert translation.get_language() == "en", "and what was active is active again"
        with translation.override(language):
            words = str(TEXTS["overdue"]).split("%")[1].partition("s")[2]
    with translation.override(language):
        assert str(WHAT["turn.confirm"]) in subject_of(mail)
    assert when in text_of(mail) and when in html_of(mail)
    assert words.strip() in text_of(mail)


@pytest.mark.parametrize("text", sorted(TEXTS))
def test_every_kind_can_be_mailed(cast, tell, send, mailbox, text):
    cast.owner.switches.create(text=text, mode="now")
    tell(cast.owner, 7, text)
    [delivery] = send()
    assert delivery.state == "sent" and subject_of(mailbox.mails[0]).startswith("SQ-2026-000007 · ")


def test_nobody_writes_a_header_or_markup_of_their_own(cast, mail_of):
    Person.objects.filter(pk=cast.owner.pk).update(display_name="Chen\r\nBcc: all@example.org")
    evil = "<img src=x onerror=alert(1)>\r\nBcc: all@example.org"
    mail = mail_of(cast.owner, 7, title=evil, label=f"SQ-7\r\nBcc: {evil}", what=evil)
    assert mail["Bcc"] is None and "\n" not in subject_of(mail)
    assert subject_of(mail).startswith("SQ-7 Bcc:")
    assert "<img" not in html_of(mail) and "&lt;img" in html_of(mail)
    assert [str(part) for part in mail["To"].addresses] == ['"Chen Bcc: all@example.org" <chen@example.org>']


def test_no_customer_stands_in_a_mail(cast, units, mailbox, send):
    """A report with contact data on the phone: everything that is mailed because of it (QUALITY D11)."""
    canary = {"name": "欧阳晓明", "phone": "18612341402", "email": "canary@customer.example"}
    report(cast, units, by=cast.handler, reporter_kind="other", contact=canary)
    assert Contact.objects.get().phone == canary["phone"] and Incident.objects.exists()
    send()
    assert mailbox.mails, "something was mailed"
    for mail in mailbox.mails:
        for value in canary.values():
            assert value not in mail.as_string() and value not in text_of(mail) and value not in html_of(mail)


def test_the_subject_holds_nothing_that_somebody_typed(cast, mail_of):
    mail = mail_of(cast.owner, 7, title="Mr Wang of 186****1402", what="Call Mr Wang", reason="Mr Wang")
    assert "Wang" not in subject_of(mail)


def test_a_mail_program_needs_nothing_from_elsewhere(cast, mail_of):
    html = html_of(mail_of(cast.owner))
    assert "<script" not in html and "<img" not in html and "<link" not in html and "@import" not in html
    assert "prefers-color-scheme: dark" in html and 'role="presentation"' in html


def test_the_gathered_mail_lists_fifty_and_counts_the_rest(cast, tell, mailbox, settings, send):
    settings.MESSAGES_PER_HOUR = 1
    with time_machine.travel(dt.datetime(2026, 11, 16, 4, tzinfo=dt.UTC)):
        for number in range(80):
            tell(cast.owner, number)
        send()
    gathered = mailbox.mails[-1]
    assert gathered["Subject"] == "79 more notices" and gathered["References"] is None
    assert text_of(gathered).count("SQ-2026-") == 50 and "… and 29 more" in text_of(gathered)
    assert html_of(gathered).count("SQ-2026-") == 50 and "… and 29 more" in html_of(gathered)
