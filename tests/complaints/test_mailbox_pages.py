"""The administrators' pages of mailboxes: set up, tried out, changed, ended, and the log of what came in."""

import pytest
from django.urls import reverse
from django.utils import timezone

from complaints import intake
from complaints.mailbox import polling, server
from complaints.models import IncomingMail, Mailbox
from complaints.states import Channel
from history.models import Event
from people import sealing
from people.sealing import seal, unseal
from tests.complaints.imapserver import PASSWORD, USER, imap_server
from tests.complaints.mails import HUANG, mail
from tests.complaints.test_mailbox_taking import arrive  # noqa: F401 - a fixture

pytestmark = pytest.mark.django_db


@pytest.fixture
def mailbox(cast, units):
    return Mailbox.objects.create(
        unit=units.east, address=USER, host="imap.rail.example", port=993, username=USER, password=seal(PASSWORD),
        set_by=cast.admin,
    )  # fmt: skip


@pytest.fixture
def admin(client, cast):
    client.force_login(cast.admin)
    return client


def filled(units, **changes) -> dict:
    return {
        "address": USER, "unit": units.east.pk, "host": "127.0.0.1", "port": 1, "security": "none", "username": USER,
        "password": PASSWORD, "folder": "INBOX", "language": "zh-hans", **changes,
    }  # fmt: skip


def said(answer) -> str:
    return answer.content.decode()


def test_set_up_tried_out_changed_and_ended(admin, cast, units):
    with imap_server() as imap:
        imap.put(mail())
        answer = admin.post(reverse("mailbox-add"), filled(units, port=imap.port), follow=True)
        box = Mailbox.objects.get()
        assert f"{USER} is set up" in said(answer) and unseal(box.password) == PASSWORD
        assert PASSWORD not in str(Mailbox.objects.values().get()) and box.begins_at is not None
        answer = admin.post(reverse("mailbox-test", args=[box.pk]), follow=True)
        assert "it works. 1 mail lies there." in said(answer)
        assert not IncomingMail.objects.exists() and imap.flags()[0][1] is False, "a test takes nothing"
    answer = admin.post(reverse("mailbox-test", args=[box.pk]), follow=True)
    assert "The server can&#x27;t be reached" in said(answer)
    address = reverse("mailbox", args=[box.pk])
    change = filled(
        units, port=box.port, password="", language="en", folder="Complaints", address="care@rail.example"
    )
    admin.post(address, change)
    box.refresh_from_db()
    assert (box.folder, box.language, box.address) == ("Complaints", "en", "care@rail.example")
    assert unseal(box.password) == PASSWORD
    admin.post(reverse("mailbox-end", args=[box.pk]))
    box.refresh_from_db()
    assert box.ended_at and box.password == "" and admin.get(address).status_code == 404
    assert not polling.due().exists()
    acts = list(Event.objects.of(units.east.case).order_by("seq").values_list("act", flat=True))
    assert acts == ["unit.add_mailbox", "unit.change_mailbox", "unit.end_mailbox"]
    assert PASSWORD not in "".join(Event.objects.values_list("payload", flat=True))
    admin.post(reverse("mailbox-add"), filled(units, address="Care@rail.example", read_old="on"))
    again = Mailbox.objects.get()
    assert again.pk == box.pk and again.ended_at is None and again.begins_at is None, (
        "taken up again, with its log"
    )


@pytest.mark.parametrize(
    "where", [{"host": "evil.example"}, {"port": 143}, {"security": "tls"}, {"username": "x"}]
)
def test_the_password_goes_to_no_other_server(admin, units, mailbox, where):
    same = {
        "host": mailbox.host,
        "port": mailbox.port,
        "security": "starttls",
        "username": USER,
        "password": "",
    }
    Mailbox.objects.update(security="starttls")
    answer = admin.post(reverse("mailbox", args=[mailbox.pk]), filled(units, **same | where))
    assert answer.status_code == 422 and "enter the password again" in said(answer)
    mailbox.refresh_from_db()
    assert mailbox.host == "imap.rail.example" and unseal(mailbox.password) == PASSWORD
    admin.post(reverse("mailbox", args=[mailbox.pk]), filled(units, **same | where | {"password": "new"}))
    mailbox.refresh_from_db()
    assert unseal(mailbox.password) == "new"


def test_what_a_form_refuses(admin, units, mailbox, cast):
    other = {"address": "other@rail.example"}
    for wrong in (
        {"address": USER.upper()}, other | {"host": "https://imap.example/"}, other | {"host": "a b"},
        other | {"port": 0}, other | {"unit": units.hotels.pk}, other | {"password": ""}, {"address": "nobody"},
    ):  # fmt: skip
        answer = admin.post(reverse("mailbox-add"), filled(units, **wrong))
        assert answer.status_code == 422 and PASSWORD not in said(answer), wrong
    assert Mailbox.objects.count() == 1


def test_the_password_is_on_no_page(admin, mailbox):
    Mailbox.objects.update(last_error="login|NO refused")
    for name in ("mailboxes", "mailbox", "mailbox-log"):
        page = said(admin.get(reverse(name, args=[] if name == "mailboxes" else [mailbox.pk])))
        assert PASSWORD not in page and mailbox.password not in page and USER in page
    assert "NO refused" in said(admin.get(reverse("mailboxes")))


def test_only_the_administrator_of_its_company(client, cast, units, mailbox):
    client.force_login(cast.hotel_quality)
    assert USER not in said(client.get(reverse("mailboxes")))
    assert client.get(reverse("mailbox", args=[mailbox.pk])).status_code == 404
    assert client.post(reverse("mailbox-end", args=[mailbox.pk])).status_code == 404
    client.force_login(cast.quality)
    assert client.get(reverse("mailboxes")).status_code == 403
    mailbox.refresh_from_db()
    assert mailbox.ended_at is None


def test_the_log_tells_what_became_of_each_mail_and_nothing_else(admin, arrive, cast, units):  # noqa: F811
    box = arrive(mail(subject="A secret subject")).mailbox
    arrive(mail("absent", message_id="2@x", Auto_Submitted="auto-replied"))
    held = IncomingMail.objects.create(mailbox=box, message_id="3@x", uid=3, outcome="flood")
    page = said(admin.get(reverse("mailbox-log", args=[box.pk])))
    number = box.mails.first().complaint or box.mails.exclude(complaint=None).get().complaint
    assert "Became a complaint" in page and "Automatic answer" in page and number.number in page
    for secret in ("A secret subject", "黄小明", HUANG, "1@example.org"):
        assert secret not in page
    assert (
        said(admin.get(reverse("mailbox-log", args=[box.pk]) + "?show=held")).count("Try again</button>") == 1
    )
    assert '?show=held">1</a>' in said(admin.get(reverse("mailboxes")))
    answer = admin.post(reverse("mailbox-mail-again", args=[held.pk]), follow=True)
    held.refresh_from_db()
    assert "tried again" in said(answer) and (held.outcome, held.tries) == ("failed", 0)
    assert "nothing to try" in said(admin.post(reverse("mailbox-mail-again", args=[held.pk]), follow=True))


def test_a_complaint_for_named_people_only_is_not_named_in_the_log(admin, arrive):  # noqa: F811
    row = arrive(mail())
    type(row.complaint).objects.filter(pk=row.complaint_id).update(sensitive=True, readers=[])
    assert row.complaint.number not in said(admin.get(reverse("mailbox-log", args=[row.mailbox_id])))


def test_lists_cost_the_same_however_long(admin, cast, units, mailbox, django_assert_max_num_queries):
    complaint, _token = intake.receive(by=None, unit=units.east, text="Late", channel=Channel.EMAIL)

    def fill(count):
        for n in range(count):
            box = Mailbox.objects.create(
                unit=units.west, address=f"{timezone.now():%f}{n}@rail.example", host="x", username="x",
                set_by=cast.admin, last_error="away|",
            )  # fmt: skip
            for row in (mailbox, box):
                IncomingMail.objects.create(
                    mailbox=row,
                    message_id=f"{n}",
                    digest=f"{box.pk}-{n}",
                    uid=n,
                    outcome="complaint",
                    complaint=complaint,
                )

    for count in (2, 15):
        fill(count)
        with django_assert_max_num_queries(9):
            admin.get(reverse("mailboxes"))
        with django_assert_max_num_queries(9):
            admin.get(reverse("mailbox-log", args=[mailbox.pk]))


def test_sealed_with_another_key_it_has_to_be_entered_again(settings, mailbox):
    sealed = seal(PASSWORD)
    assert sealed != seal(PASSWORD) and unseal(sealed) == PASSWORD and seal("") == unseal("") == ""
    settings.SECRET_KEY, old = "another-key-" * 6, settings.SECRET_KEY
    with pytest.raises(sealing.Unsealable):
        unseal(sealed)
    assert polling.poll(mailbox.pk) == 0
    mailbox.refresh_from_db()
    assert "enter it again" in server.in_words(mailbox.last_error)[0]
    settings.SECRET_KEY_FALLBACKS = [old]
    assert unseal(sealed) == PASSWORD
