"""What becomes of a mail: a complaint, a part of one, or nothing; loops, bounces, floods, strangers, hostile files."""

import datetime as dt
import itertools
import threading

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from complaints import corresponding, intake, letters
from complaints.mailbox import polling, taking
from complaints.mailbox.server import LARGEST, Seen
from complaints.models import Attachment, Complaint, IncomingMail, Mailbox, Message
from complaints.states import Channel, State
from history.models import Event
from reminders.deliveries import leasing
from reminders.models import Delivery, Notice
from tests.complaints.mails import HUANG, LATE, mail, multipart, picture, raw

pytestmark = pytest.mark.django_db

Outcome = IncomingMail.Outcome
EICAR = b"X5O!P%@AP[4\\PZX54(P^)7CC)7}$" + b"EICAR-STANDARD-ANTIVIRUS-TEST-FILE!$H+H*"


@pytest.fixture
def mailbox(cast, units):
    return Mailbox.objects.create(
        unit=units.east, address="help@rail.example", host="127.0.0.1", username="help", set_by=cast.admin,
        language="zh-hant",
    )  # fmt: skip


@pytest.fixture
def arrive(mailbox):
    """A mail comes in, by the mailbox of the East Division or another one."""
    uids = itertools.count(1)

    def arrive(data: bytes, box=mailbox, *, size=None, at=None) -> IncomingMail:
        seen = Seen(next(uids), len(data) if size is None else size, at or timezone.now())
        return taking.take(box, data, seen)

    return arrive


def receipts():
    return Message.objects.filter(kind=Message.Kind.RECEIPT)


def our_letter(complaint) -> str:
    """The Message-ID of the last letter to the customer."""
    message = complaint.messages.filter(direction=Message.Direction.OUT).exclude(message_id="").last()
    return f"<{message.message_id}>"


# A new complaint -----------------------------------------------------------------------------------------------------
def test_a_mail_becomes_a_complaint_and_is_acknowledged(arrive, cast, units):
    now = timezone.now()
    row = arrive(mail(subject="回复: 列车晚点"), at=now - dt.timedelta(hours=3))
    complaint = row.complaint
    assert (row.outcome, row.note, row.message_id) == (Outcome.COMPLAINT, "", "1@example.org")
    assert (complaint.title, complaint.text, complaint.language) == ("列车晚点", LATE, "zh-hans")
    assert (complaint.unit, complaint.channel, complaint.state) == (
        units.east,
        Channel.EMAIL,
        State.ACKNOWLEDGED,
    )
    assert complaint.received_at == now - dt.timedelta(hours=3), "when it came into the mailbox"
    assert (complaint.contact.name, complaint.contact.email) == ("黄小明", HUANG)
    assert complaint.messages.get(direction="in").message_id == "1@example.org"
    delivery = Delivery.objects.get(channel="customer")
    assert receipts().get().message_id == delivery.message_id and delivery.contact == complaint.contact
    assert complaint.number in receipts().get().text
    assert Notice.objects.filter(recipient=cast.handler, subject=complaint.case).exists()


def test_nothing_personal_in_history_notices_or_the_log(arrive):
    row = arrive(mail(subject="黄小明 hates Mr Wang"))
    told = str(list(Event.objects.values())) + str(list(Notice.objects.values()))
    told += str(IncomingMail.objects.values("sender", "note").get()) + str(row.outcome)
    for secret in ("黄小明", "Mr Wang", HUANG, "huang", LATE):
        assert secret not in told
    assert row.sender and row.sender == taking.sender_mark(HUANG) != taking.sender_mark("x@example.org")


def test_the_same_mail_again_is_no_other_complaint(arrive):
    first, again = arrive(mail()), arrive(b"X-Other-Way: yes\r\n" + mail())
    assert first == again and Complaint.objects.count() == receipts().count() == 1


def test_another_mail_with_the_same_message_id_is_not_lost(arrive):
    arrive(mail())
    row = arrive(mail("The train back was late, too."))
    assert row.outcome == Outcome.COMPLAINT and Complaint.objects.count() == 2
    assert Message.objects.filter(message_id="1@example.org").count() == 1


def test_without_message_id_sender_subject_or_text(arrive):
    row = arrive(mail(sender=None, message_id=None))
    assert row.outcome == Outcome.COMPLAINT and row.complaint.contact is None and "no-sender" in row.note
    assert row.message_id.endswith(".made.up") and row.complaint.state == State.RECEIVED
    assert arrive(mail("", message_id="2@x")).complaint.text == "列车晚点", "the subject says it"
    bare = arrive(mail("", subject="", message_id="3@x", sender="x@example.org")).complaint
    assert bare.text and bare.title and bare.language == "zh-hant", "the mailbox's"
    assert receipts().count() == 2


def test_languages_are_guessed_and_answered_in(arrive):
    arrive(mail("The train was fifty minutes late.", subject="Late", sender="a@example.org"))
    arrive(mail("列車誤點五十分鐘，車長態度惡劣。", subject="誤點", sender="b@example.org", message_id="2@x"))
    assert list(Complaint.objects.order_by("pk").values_list("language", flat=True)) == ["en", "zh-hant"]
    assert "We have received your complaint" in receipts().order_by("pk")[0].text


def test_a_date_in_the_future_changes_nothing(arrive):
    row = arrive(mail(Date="Fri, 01 Jan 2038 00:00:00 +0000"), at=timezone.now() + dt.timedelta(days=400))
    assert row.complaint.received_at <= timezone.now() and row.complaint.due_at > timezone.now()


def test_what_is_odd_is_kept_in_the_database(arrive):
    row = arrive(raw(f"From: {'x' * 70}@example.org\nSubject: {'长' * 400}\x00", b"a\x00b" + b"\xed\xa0\x80"))
    assert row.complaint.title and len(row.complaint.title) <= 160 and "\x00" not in row.complaint.text
    row = arrive(raw(f"From: =?utf-8?B?{'5bCP' * 60}?= <a@example.org>", "x"))
    assert len(row.complaint.contact.name) <= 80
    assert arrive(b"").outcome == Outcome.COMPLAINT


def test_a_very_long_text_is_cut_and_kept_whole_as_a_file(arrive):
    row = arrive(mail("长" * 60_000))
    complaint = row.complaint
    assert row.note == "long" and len(complaint.text) <= 5000 and complaint.text.startswith("长长")
    with complaint.attachments.get().file.open() as file:
        assert file.read().decode().strip() == "长" * 60_000


def test_of_a_huge_mail_the_beginning_is_read(arrive):
    row = arrive(mail(), size=LARGEST + 1)
    assert row.outcome == Outcome.TOO_BIG and row.complaint.text.startswith(LATE)
    assert row.note == "large" and row.complaint.text.endswith(("]", "］"))


# Files ---------------------------------------------------------------------------------------------------------------
def part(name: str, content: bytes) -> bytes:
    return (
        f'Content-Disposition: attachment; filename="{name}"\r\nContent-Transfer-Encoding: binary\r\n\r\n'.encode()
        + content
    )


TEXT = b"Content-Type: text/plain; charset=utf-8\r\n\r\nSee the files."


def test_files_are_kept_and_hostile_ones_left_out_with_a_note(arrive):
    page = b"<html><script>alert(1)</script>"
    row = arrive(
        multipart(
            "mixed", TEXT, part("../../etc/a.png", picture()), part("x.jpg", page), part("run.exe", b"MZ\x90\x00" * 99),
            part("v.txt", EICAR), part("d.svg", b"<svg onload=alert(1)>"),
        )
    )  # fmt: skip
    kept = row.complaint.attachments.get()
    assert (kept.kind, kept.message.direction) == ("image", "in") and "/" not in kept.name
    assert row.note == "files" and "See the files." in row.complaint.text
    assert row.complaint.text.endswith("[Files that can't be accepted were left out.]")


def test_too_many_files_and_too_big_ones(arrive, settings):
    settings.UPLOAD_MAX_FILES, settings.UPLOAD_MAX_BYTES = 2, 5000
    big = picture((900, 900), "BMP")
    row = arrive(
        multipart(
            "mixed", TEXT, part("big.bmp", big), *(part(f"{n}.png", picture((9 + n, 9))) for n in range(4))
        )
    )
    assert row.complaint.attachments.count() == 2 and row.note == "files"


def test_a_mail_of_files_only(arrive):
    row = arrive(multipart("mixed", part("a.png", picture()), head=f"From: {HUANG}"))
    assert row.outcome == Outcome.COMPLAINT and row.complaint.attachments.count() == 1 and row.complaint.text


# Answers -------------------------------------------------------------------------------------------------------------
QUOTE = '\n\n在 2026-11-21 10:00:00，"东部铁路" <help@rail.example> 写道：\n> 已收到您的投诉'


@pytest.fixture
def complaint(arrive):
    return arrive(mail()).complaint


def test_an_answer_to_our_letter_joins_with_its_new_words_only(arrive, complaint, cast):
    row = arrive(
        mail(f"车票号 E123456。{QUOTE}", subject="回复", message_id="2@x", In_Reply_To=our_letter(complaint))
    )
    message = complaint.messages.last()
    assert (row.outcome, row.complaint) == (Outcome.JOINED, complaint)
    assert (message.text, message.direction, message.way) == ("车票号 E123456。", "in", "mail")
    assert receipts().count() == 1, "an answer isn't acknowledged"
    assert Notice.objects.filter(recipient=cast.handler, text="complaint-message").exists()


def test_an_answer_by_references_alone_and_with_a_picture(arrive, complaint):
    row = arrive(
        multipart(
            "mixed", part("a.png", picture()),
            head=f"From: {HUANG}\nMessage-ID: <3@x>\nReferences: <other@x> {our_letter(complaint)}",
        )
    )  # fmt: skip
    assert row.complaint == complaint and complaint.messages.last().attachments.count() == 1


def test_whoever_answers_our_letter_from_elsewhere_joins_and_the_handler_is_told(arrive, complaint, cast):
    answer = mail(
        "I am her son.", sender="son@example.org", message_id="4@x", In_Reply_To=our_letter(complaint)
    )
    row = arrive(answer)
    assert row.complaint == complaint and row.note == "other-address"
    assert Notice.objects.filter(recipient=cast.handler, text="complaint-mail-elsewhere").count() == 1


def test_a_reference_in_the_subject_counts_from_the_customer_only(arrive, complaint, cast):
    subject = f"Re: [{complaint.number}] 列车晚点"
    assert arrive(mail("还有一件事", subject=subject, message_id="5@x")).complaint == complaint
    row = arrive(mail("Let me see it", subject=subject, message_id="6@x", sender="stranger@example.org"))
    assert row.outcome == Outcome.COMPLAINT and row.complaint != complaint and row.note == "stranger"
    assert "Let me see it" not in str(list(complaint.messages.values_list("text", flat=True)))
    notice = Notice.objects.get(text="complaint-mail-stranger")
    assert notice.params["other"] == complaint.number and notice.recipient == cast.handler
    assert Event.objects.filter(case=row.complaint.case, act="complaint.mail_names_other").exists()
    same = arrive(mail("x", subject="[CP-2026-999999]", message_id="7@x", sender="other@example.org"))
    assert same.note == "stranger", "whether there is such a complaint isn't told"


def test_the_customers_own_message_id_lets_no_stranger_in(arrive, complaint):
    stranger = mail("me too", sender="x@example.org", message_id="8@x", In_Reply_To="<1@example.org>")
    assert arrive(stranger).complaint != complaint
    assert arrive(mail("more", message_id="9@x", In_Reply_To="<1@example.org>")).complaint == complaint


def test_another_companys_complaint_is_none_to_join(arrive, complaint, cast, units):
    box = Mailbox.objects.create(
        unit=units.hotels, address="care@hotels.example", host="x", username="x", set_by=cast.hotel_quality
    )
    row = arrive(mail("x", message_id="a@x", In_Reply_To=our_letter(complaint)), box)
    assert row.outcome == Outcome.COMPLAINT and row.complaint.unit == units.hotels
    both = mail("To both of you", message_id="b@x", sender="both@example.org")
    assert arrive(both).complaint.unit == units.east and arrive(both, box).complaint.unit == units.hotels


def test_one_mail_to_two_mailboxes_of_a_company_is_one_complaint(arrive, cast, units):
    west = Mailbox.objects.create(
        unit=units.west, address="w@rail.example", host="x", username="x", set_by=cast.admin
    )
    first, second = arrive(mail()), arrive(mail(), west)
    assert second.outcome == Outcome.JOINED and second.note == "twice" and first.complaint == second.complaint
    assert Complaint.objects.count() == 1 and first.complaint.messages.filter(direction="in").count() == 1


@pytest.mark.parametrize(
    ("says", "state"), [("谢谢！", State.CLOSED), ("问题没有解决！还是没人联系我。", State.INVESTIGATING)]
)
def test_an_answer_to_a_closed_complaint(arrive, complaint, cast, says, state):
    Complaint.objects.filter(pk=complaint.pk).update(
        state=State.CLOSED, closed_at=timezone.now(), owner=None, due_at=None, handler=cast.handler,
    )  # fmt: skip
    row = arrive(mail(says + QUOTE, message_id="c@x", In_Reply_To=our_letter(complaint)))
    complaint.refresh_from_db()
    assert row.complaint == complaint and complaint.state == state
    assert complaint.messages.last().text == says


def test_an_anonymised_complaint_takes_in_no_new_data(arrive, complaint):
    Complaint.objects.filter(pk=complaint.pk).update(anonymised_at=timezone.now())
    assert arrive(mail("x", message_id="d@x", In_Reply_To=our_letter(complaint))).complaint != complaint


# Loops ---------------------------------------------------------------------------------------------------------------
@pytest.mark.parametrize(
    "headers",
    [
        {"Auto_Submitted": "auto-replied"}, {"Auto_Submitted": "auto-generated (rejected)"}, {"Precedence": "bulk"},
        {"Precedence": "Junk"}, {"Precedence": "list"}, {"X_Autoreply": "yes"}, {"X_Autorespond": "x"},
        {"Return_Path": "<>"}, {"sender": "MAILER-DAEMON@example.org"},
    ],
)  # fmt: skip
def test_what_a_program_wrote_is_left_alone(arrive, complaint, headers):
    before = Message.objects.count()
    row = arrive(mail("I am away.", message_id="e@x", In_Reply_To=our_letter(complaint), **headers))
    assert row.outcome == Outcome.AUTOMATIC and Message.objects.count() == before
    assert Complaint.objects.count() == 1


def test_a_person_is_not_taken_for_a_program(arrive):
    row = arrive(mail(Auto_Submitted="no", Return_Path=f"<{HUANG}>", X_Auto_Response_Suppress="OOF"))
    assert row.outcome == Outcome.COMPLAINT and receipts().count() == 1


def test_our_own_mails_are_left_alone(arrive, cast, units, settings):
    settings.DEFAULT_FROM_EMAIL = "ServiceLoop <loop@rail.example>"
    Mailbox.objects.create(
        unit=units.hotels, address="Care@hotels.example", host="x", username="x", set_by=cast.admin,
        ended_at=timezone.now(),
    )  # fmt: skip
    for number, given in enumerate(
        [{"sender": "loop@rail.example"}, {"sender": "HELP@rail.example"}, {"sender": "care@hotels.example"},
         {"X_Loop": "help@rail.example"}]
    ):  # fmt: skip
        assert arrive(mail(message_id=f"f{number}@x", **given)).outcome == Outcome.OWN
    assert not Complaint.objects.exists()


def test_nobody_reads_at_noreply_and_nobody_writes_there(arrive):
    row = arrive(mail(sender="no-reply@example.org"))
    assert row.outcome == Outcome.COMPLAINT and row.note == "not-answered" and not receipts().exists()
    assert row.complaint.state == State.RECEIVED, "nobody was told"


def test_one_acknowledgement_within_an_hour(arrive):
    first, second = arrive(mail()), arrive(mail("又晚点了", message_id="2@x"))
    assert first.complaint != second.complaint and receipts().count() == 1 and second.note == "not-answered"
    receipts().update(at=timezone.now() - dt.timedelta(hours=2))
    arrive(mail("第三次", message_id="3@x"))
    assert receipts().count() == 2


def test_a_flood_is_kept_in_the_mailbox_and_told_once(arrive, cast, monkeypatch):
    monkeypatch.setattr(taking, "FLOOD", 3)
    rows = [arrive(mail(f"number {n}", message_id=f"{n}@x")) for n in range(6)]
    assert [row.outcome for row in rows] == ["complaint"] * 3 + ["flood"] * 3
    assert Complaint.objects.count() == 3 and receipts().count() == 1
    assert Notice.objects.filter(text="mailbox-flood", recipient=cast.admin).count() == 1
    assert HUANG not in str(Notice.objects.filter(text="mailbox-flood").values().get())
    assert arrive(mail("me", sender="other@example.org", message_id="o@x")).outcome == Outcome.COMPLAINT
    assert polling.try_again(rows[-1]) and not polling.try_again(rows[0])
    again = arrive(mail("number 5", message_id="5@x"))
    assert again.pk == rows[-1].pk and again.outcome == Outcome.COMPLAINT, "somebody wants it taken"


@pytest.mark.django_db(transaction=True)
def test_mails_of_one_sender_at_once_are_acknowledged_once(mailbox, cast, units):
    west = Mailbox.objects.create(
        unit=units.west, address="w@rail.example", host="x", username="x", set_by=cast.admin
    )
    start = threading.Barrier(4)

    def work(number: int) -> None:
        data = mail(f"number {number}", message_id=f"{number}@x")
        start.wait()
        taking.take((mailbox, west)[number % 2], data, Seen(number, len(data), timezone.now()))
        connection.close()

    threads = [threading.Thread(target=work, args=[number]) for number in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert Complaint.objects.count() == 4 and receipts().count() == 1


# Bounces -------------------------------------------------------------------------------------------------------------
def bounce(message_id: str, action="failed", status="5.1.1", sender="MAILER-DAEMON@mx.example.org") -> bytes:
    told = f"Content-Type: message/delivery-status\r\n\r\nReporting-MTA: dns; mx\r\n\r\nFinal-Recipient: rfc822; {HUANG}\r\n"
    return multipart(
        "report; report-type=delivery-status",
        b"Content-Type: text/plain\r\n\r\nIt could not be delivered.",
        f"{told}Action: {action}\r\nStatus: {status}\r\n".encode(),
        f"Content-Type: message/rfc822\r\n\r\nMessage-ID: {message_id}\r\nSubject: x\r\n\r\nHello".encode(),
        head=f"From: {sender}\nReturn-Path: <>\nMessage-ID: <{action}{status}@mx>",
    )


def test_a_letter_that_came_back_is_marked_and_its_handler_told(arrive, complaint, cast):
    delivery = Delivery.objects.get(channel="customer")
    Delivery.objects.update(state=Delivery.State.SENT)
    assert arrive(bounce(our_letter(complaint), "delayed", "4.4.1")).note == ""
    delivery.refresh_from_db()
    assert delivery.state == Delivery.State.SENT, "delayed isn't lost"
    row = arrive(bounce(our_letter(complaint)))
    delivery.refresh_from_db()
    assert (row.outcome, row.complaint, row.note) == (Outcome.AUTOMATIC, complaint, "bounced")
    assert (delivery.state, delivery.last_error) == (Delivery.State.POISONED, "bounced 5.1.1")
    assert Notice.objects.filter(recipient=cast.handler, text="complaint-letter-failed").count() == 1
    assert arrive(bounce("<guessed@rail.example>", status="5.0.0")).complaint is None
    assert Complaint.objects.count() == 1


# Failures ------------------------------------------------------------------------------------------------------------
def test_what_fails_leaves_nothing_half_done_and_is_tried_again(arrive, cast, monkeypatch, caplog):
    def broken(*_args, **_more):
        raise RuntimeError("huang@example.org is in this message")

    with monkeypatch.context() as patch:
        patch.setattr(letters, "receipt_text", broken)
        rows = [arrive(mail()) for _again in range(taking.TRIES)]
    assert "RuntimeError at test_mailbox_taking.py" in caplog.text and HUANG not in caplog.text
    assert [row.outcome for row in rows] == ["failed"] * (taking.TRIES - 1) + ["unreadable"]
    assert len({row.pk for row in rows}) == 1 and rows[-1].note == "RuntimeError"
    assert not Complaint.objects.exists() and not Message.objects.exists()
    assert Notice.objects.filter(text="mailbox-failed", recipient=cast.admin).count() == 1
    assert arrive(mail()).outcome == Outcome.UNREADABLE, "left to people"
    assert polling.try_again(rows[-1])
    row = arrive(mail())
    assert row.outcome == Outcome.COMPLAINT and receipts().count() == 1 and row.pk == rows[0].pk


def test_files_of_a_failed_try_are_not_kept_twice(arrive, monkeypatch):
    data = multipart("mixed", TEXT, part("a.png", picture()))
    with monkeypatch.context() as patch:
        patch.setattr(intake, "receive", lambda **_more: 1 / 0)
        assert arrive(data).outcome == Outcome.FAILED
    assert Attachment.objects.get().complaint is None
    assert arrive(data).complaint.attachments.count() == Attachment.objects.count() == 1


def test_the_second_try_has_as_many_files_as_a_mail_may_have(arrive, monkeypatch, settings):
    """Those of the first one wait under the same key: they are the quota, not above it."""
    settings.UPLOAD_MAX_FILES = 2
    data = multipart("mixed", TEXT, *(part(f"{n}.png", picture((40 + n, 30))) for n in range(2)))
    with monkeypatch.context() as patch:
        patch.setattr(intake, "receive", lambda **_more: 1 / 0)
        assert arrive(data).outcome == Outcome.FAILED
    row = arrive(data)
    assert row.outcome == Outcome.COMPLAINT and row.note == ""
    assert row.complaint.attachments.count() == 2 == Attachment.objects.count()


def test_what_came_by_another_mailbox_is_looked_for_by_the_index(arrive, mailbox):
    """It begins with the mailbox: without one, every mail would be compared with all that ever came."""
    arrive(mail())
    with CaptureQueriesContext(connection) as asked:
        arrive(mail(message_id="2@example.org"))
    by_digest = [q["sql"] for q in asked if '"digest" =' in q["sql"] and "incomingmail" in q["sql"]]
    assert by_digest and all('"mailbox_id" ' in sql.partition("WHERE")[2] for sql in by_digest)


def test_nobody_waits_for_the_lock_of_somebody_elses_matter():
    locks = [leasing.LOCK_MAIL, leasing.LOCK_ENDPOINT, leasing.LOCK_CUSTOMER, taking.LOCK_SENDER]
    assert len(set(locks)) == len(locks)


def test_the_answers_of_customers_use_the_same_door_as_their_page(arrive, complaint, monkeypatch):
    called = []
    monkeypatch.setattr(
        corresponding, "customer_writes", lambda row, **given: called.append(given) or row.messages.first()
    )
    arrive(mail("hello", message_id="g@x", In_Reply_To=our_letter(complaint)))
    assert called[0]["way"] == "mail" and called[0]["message_id"] == "g@x" and called[0]["key"]


def test_a_name_for_a_file_cannot_hurt(arrive):
    row = arrive(multipart("mixed", TEXT, part("a\x00b/../c\u202egnp.png", picture())))
    assert "\x00" not in row.complaint.attachments.get().name
