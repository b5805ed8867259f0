"""Mailboxes are polled from a real IMAP server: nothing lost, nothing doubled, whoever dies or hangs in between."""

import datetime as dt
import imaplib
import itertools
import os
import signal
import threading
import time

import pytest
from django.db import connection
from django.utils import timezone

from complaints import tasks
from complaints.mailbox import polling, server, taking
from complaints.mailbox.server import Trouble
from complaints.models import Complaint, IncomingMail, Mailbox, Message
from people.sealing import seal
from reminders.deliveries.sending import deliver_mail
from reminders.models import Delivery
from tests.complaints.imapserver import PASSWORD, USER, free_port, hanging_server, imap_server
from tests.complaints.mails import HUANG, mail
from tests.reminders.conftest import mailbox as outgoing  # noqa: F401 - a fixture
from tests.reminders.mailbox import text_of

pytestmark = pytest.mark.django_db

Outcome = IncomingMail.Outcome


@pytest.fixture(scope="module")
def running():
    with imap_server() as found:
        yield found


@pytest.fixture
def imap(running):
    running.empty()
    return running


@pytest.fixture
def box(cast, units, imap):
    return Mailbox.objects.create(
        unit=units.east, address=USER, host="127.0.0.1", port=imap.port, security=Mailbox.Security.NONE, username=USER,
        password=seal(PASSWORD), set_by=cast.admin, language="zh-hans",
    )  # fmt: skip


def poll(box) -> int:
    """Once, as if its pause were over."""
    Mailbox.objects.filter(pk=box.pk).update(not_before=None)
    count = polling.poll(box.pk)
    box.refresh_from_db()
    return count


def outcomes() -> list[str]:
    return list(IncomingMail.objects.order_by("uid").values_list("outcome", flat=True))


# The way there and back ----------------------------------------------------------------------------------------------
def test_a_customer_writes_is_acknowledged_and_answers(box, imap, outgoing):  # noqa: F811
    imap.put(mail())
    assert poll(box) == 1 and box.last_error == "" and box.polled_at and box.uid_validity
    complaint = Complaint.objects.get()
    assert deliver_mail() == 2  # one of them to the handler
    [letter] = [sent for sent in outgoing.mails if HUANG in sent["To"]]
    assert complaint.number in letter["Subject"] and complaint.number in text_of(letter)
    assert USER in letter["From"] and "list" in letter["Precedence"]
    assert "<1@example.org>" in letter["References"], "one thread"
    imap.put(
        mail(
            "谢谢", subject=f"回复: {letter['Subject']}", message_id="2@x", In_Reply_To=letter["Message-ID"]
        ),
        letter.as_bytes(),  # ours comes back as a copy
        mail(
            "Ich bin im Urlaub",
            message_id="3@x",
            In_Reply_To=letter["Message-ID"],
            Auto_Submitted="auto-replied",
        ),
    )
    assert poll(box) == 3 and outcomes() == ["complaint", "joined", "own", "automatic"]
    assert complaint.messages.last().text == "谢谢" and Complaint.objects.count() == 1
    assert [seen for _uid, seen in imap.flags()] == [True] * 4
    deliver_mail()
    assert sum(HUANG in sent["To"] for sent in outgoing.mails) == 1, "an answer isn't acknowledged"
    assert poll(box) == 0, "nothing new"


def test_what_lay_there_before_is_left_alone(box, imap):
    imap.put(mail())
    Mailbox.objects.update(begins_at=timezone.now() + dt.timedelta(minutes=1))
    poll(box)
    assert not IncomingMail.objects.exists() and imap.flags()[0][1] is False
    assert box.last_uid == imap.flags()[0][0], "and isn't looked at again"


def test_very_large_mails_are_not_fetched_whole(box, imap, monkeypatch):
    monkeypatch.setattr(server, "LARGEST", 5000)
    monkeypatch.setattr(taking, "LARGEST", 5000)
    monkeypatch.setattr(server, "BEGINNING", 3000)
    imap.put(mail("好" * 20_000))
    poll(box)
    row = IncomingMail.objects.get()
    assert row.outcome == Outcome.TOO_BIG and row.size > 20_000 and 100 < len(row.complaint.text) < 3000


def test_a_mail_that_the_server_keeps_back_holds_up_nobody(box, imap, monkeypatch):
    imap.put(*(mail(f"{n}", message_id=f"{n}@x", sender=f"{n}@example.org") for n in range(3)))
    kept_back = str(imap.flags()[1][0])
    real = imaplib.IMAP4.uid

    def uid(client, command, *more):
        if command == "fetch" and more[0] == kept_back and "BODY" in more[1]:
            return "NO", [b"The requested message could not be converted"]
        return real(client, command, *more)

    with monkeypatch.context() as patch:
        patch.setattr(imaplib.IMAP4, "uid", uid)
        assert poll(box) == 3 and outcomes() == ["complaint", "failed", "complaint"] and not box.last_error
        IncomingMail.objects.update(at=timezone.now() - dt.timedelta(hours=1))
        poll(box)
        assert outcomes() == ["complaint", "failed", "complaint"]
        assert IncomingMail.objects.get(outcome=Outcome.FAILED).tries == 2
    IncomingMail.objects.update(at=timezone.now() - dt.timedelta(hours=1))
    assert poll(box) == 1 and outcomes() == ["complaint"] * 3
    assert [seen for _uid, seen in imap.flags()] == [True] * 3


def test_a_broken_mail_holds_up_nobody_and_is_tried_again(box, imap, monkeypatch):
    imap.put(*(mail(f"{n}", message_id=f"{n}@x", sender=f"{n}@example.org") for n in range(3)))
    with monkeypatch.context() as patch:
        real = taking._become
        patch.setattr(
            taking, "_become",
            lambda box, letter, *more: 1 / 0 if letter.text == "1" else real(box, letter, *more),
        )  # fmt: skip
        assert poll(box) == 3 and outcomes() == ["complaint", "failed", "complaint"]
    assert [seen for _uid, seen in imap.flags()] == [True, False, True]
    assert poll(box) == 0, "not at once"
    IncomingMail.objects.update(at=timezone.now() - dt.timedelta(hours=1))
    assert poll(box) == 1 and outcomes() == ["complaint"] * 3 and all(seen for _uid, seen in imap.flags())


def test_what_failed_and_is_gone_is_tried_no_more(box, imap):
    box.uid_validity = "x"
    poll(box)
    IncomingMail.objects.create(
        mailbox=box, message_id="x", digest="x" * 64, uid=99_999, outcome="failed", tries=0
    )
    poll(box)
    row = IncomingMail.objects.get()
    assert (row.outcome, row.note) == ("unreadable", "gone")


# Killed in between ---------------------------------------------------------------------------------------------------
def killed(box, where: str) -> None:
    """A worker of its own polls, and is killed with signal 9 at its second mail: before, within or behind the
    transaction in which that is taken, or when all is taken and the flags are to be set.
    """
    connection.close()
    child = os.fork()
    if child == 0:
        try:
            _die_at(where)
            polling.poll(box.pk)
        finally:
            os._exit(0)
    assert os.waitpid(child, 0)[1] == signal.SIGKILL


def _die_at(where: str) -> None:
    calls = itertools.count(1)

    def dying(real, *, behind: bool):
        def call(*given):
            second = next(calls) == 2 or where == "flags"
            if second and not behind:
                os.kill(os.getpid(), signal.SIGKILL)
            made = real(*given)
            if second:
                os.kill(os.getpid(), signal.SIGKILL)
            return made

        return call

    if where == "flags":
        server.Server.mark_seen = dying(server.Server.mark_seen, behind=False)
    elif where == "within":
        taking._become = dying(taking._become, behind=True)
    else:
        polling.take = dying(polling.take, behind=where == "behind")


@pytest.mark.django_db(transaction=True)
def test_killed_anywhere_nothing_is_lost_or_doubled(box, imap):
    taken = 0
    for where, done in (("before", 1), ("within", 1), ("behind", 2), ("flags", 3)):
        imap.put(
            *(
                mail(f"{where} {n}", message_id=f"{where}{n}@x", sender=f"{where}{n}@example.org")
                for n in range(3)
            )
        )
        killed(box, where)
        assert Complaint.objects.count() == taken + done, where
        assert poll(box) == 0, "the dead worker's lease still holds"
        Mailbox.objects.update(leased_until=timezone.now() - dt.timedelta(seconds=1))
        poll(box)
        taken += 3
        assert Complaint.objects.count() == IncomingMail.objects.count() == taken, where
    receipts = Message.objects.filter(kind=Message.Kind.RECEIPT)
    assert receipts.count() == Delivery.objects.filter(channel="customer").count() == taken
    assert set(outcomes()) == {"complaint"}


def test_a_server_that_numbers_its_mails_anew(box, imap):
    with imap.client() as client:
        client.create("Complaints")
    Mailbox.objects.update(folder="Complaints")
    mails = [mail(f"{n}", message_id=f"{n}@x" if n else None, sender=f"{n}@example.org") for n in range(3)]
    imap.put(*mails, folder="Complaints")
    poll(box)
    before = box.uid_validity
    imap.renumber("Complaints")
    imap.put(mail("new", message_id="n@x", sender="n@example.org"), folder="Complaints")
    poll(box)
    assert box.uid_validity != before and Complaint.objects.count() == 4 and outcomes() == ["complaint"] * 4


def test_one_worker_for_each_mailbox(box, imap):
    imap.put(mail())
    Mailbox.objects.filter(pk=box.pk).update(leased_until=timezone.now() + dt.timedelta(minutes=5))
    assert polling.poll(box.pk) == 0 and not polling.due().exists() and not Complaint.objects.exists()


def test_who_lost_the_lease_stops(box, imap, monkeypatch):
    imap.put(mail(), mail("2", message_id="2@x"))
    real = taking.take

    def slow(mailbox, raw, seen):
        row = real(mailbox, raw, seen)
        Mailbox.objects.filter(pk=box.pk).update(lease="12345678123456781234567812345678")
        return row

    monkeypatch.setattr(polling, "take", slow)
    assert polling.poll(box.pk) == 0 and Complaint.objects.count() == 1
    box.refresh_from_db()
    assert box.last_uid == 0 and box.polled_at is None, "the other one's"


@pytest.mark.django_db(transaction=True)
def test_workers_at_once(box, imap):
    imap.put(*(mail(f"{n}", message_id=f"{n}@x", sender=f"{n}@example.org") for n in range(4)))
    start = threading.Barrier(4)

    def work():
        start.wait()
        polling.poll(box.pk)
        connection.close()

    threads = [threading.Thread(target=work) for _n in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert Complaint.objects.count() == 4 and outcomes() == ["complaint"] * 4


# Trouble -------------------------------------------------------------------------------------------------------------
def test_trouble_in_words_and_a_longer_pause_each_time(box, imap):
    Mailbox.objects.update(password=seal("wrong"))
    waits = []
    for _again in range(3):
        poll(box)
        waits.append(round((box.not_before - timezone.now()).total_seconds() / 60))
    assert waits == [1, 2, 4] and box.last_error.startswith("login|") and box.failures == 3
    assert "refuses" in server.in_words(box.last_error)[0] and "wrong" not in box.last_error.partition("|")[2]
    assert polling.poll(box.pk) == 0 and not polling.due().exists(), "not before the pause is over"
    Mailbox.objects.update(password=seal(PASSWORD), failures=500)
    poll(box)
    assert box.last_error == "" and box.failures == 0 and box.not_before is None and box.lease is None


@pytest.mark.parametrize(
    ("given", "key"),
    [
        ({"folder": "Nowhere"}, "folder"),
        ({"password": "sealed by somebody else"}, "unsealable"),
        ({"host": "no-such-host.invalid"}, "no-address"),
        ({"security": "tls"}, "tls"),
        ({"security": "starttls"}, "tls"),
        ({"host": "203.0.113.7", "port": 143}, "cleartext"),
    ],
)
def test_each_trouble_has_its_words(box, imap, given, key, monkeypatch):
    if key == "cleartext":
        monkeypatch.setattr(server, "is_public", lambda address: True)
    Mailbox.objects.update(**given)
    poll(box)
    assert box.last_error.partition("|")[0] == key, box.last_error
    assert server.in_words(box.last_error)[0] != key


def test_nobody_listens_there(box):
    Mailbox.objects.update(port=free_port())
    poll(box)
    assert box.last_error.startswith("away|")


@pytest.mark.parametrize("greeting", [b"", b"* OK ready\r\n", b"HTTP/1.1 400 Bad Request\r\n\r\n"])
def test_a_server_that_hangs_is_given_up(box, monkeypatch, greeting):
    monkeypatch.setattr(server, "SECONDS", 0.3)
    began = time.monotonic()
    with hanging_server(greeting) as port:
        Mailbox.objects.update(port=port)
        poll(box)
    assert time.monotonic() - began < 8
    assert box.last_error.partition("|")[0] in (("protocol", "away") if b"HTTP" in greeting else ("silent",))


def test_a_server_that_takes_too_long_is_cut_off(box, monkeypatch):
    monkeypatch.setattr(server, "LONGEST", 0.3)
    with hanging_server(b"* OK ready\r\n", answers=True) as port:
        Mailbox.objects.update(port=port)
        began = time.monotonic()
        with pytest.raises(Trouble), server.connected(Mailbox.objects.get()):
            pass
    assert time.monotonic() - began < 5


def test_the_password_is_sealed_and_in_no_error(box, imap):
    assert PASSWORD not in str(Mailbox.objects.values().get())
    error = ValueError(f"LOGIN failed for {PASSWORD}")
    with pytest.raises(Trouble) as caught, server._troubles(secret=PASSWORD):
        raise error
    assert PASSWORD not in str(caught.value)


def test_an_ended_mailbox_is_left_alone_and_the_others_get_a_worker_each(box, monkeypatch):
    sent = []
    monkeypatch.setattr(tasks.poll_mailbox, "apply_async", lambda args, **more: sent.append(args))
    tasks.poll_mailboxes()
    assert sent == [[box.pk]]
    Mailbox.objects.update(ended_at=timezone.now())
    assert polling.poll(box.pk) == 0
    tasks.poll_mailboxes()
    assert len(sent) == 1
