"""Chat robots and webhooks: signed as the services want it, to public addresses only, logged, and their keys kept."""

import base64
import hashlib
import hmac
import socket
import time
from urllib.parse import parse_qs, quote, urlsplit

import pytest
from django.urls import reverse

from history.models import Event
from people.sealing import seal
from reminders import endpoints
from reminders.deliveries import calling
from reminders.deliveries.calling import Forbidden, check_address, is_public, post
from reminders.deliveries.sending import deliver_mail, deliver_messages
from reminders.endpoints import masked
from reminders.models import Delivery, Endpoint, Notice
from reminders.notices import notify
from tests.reminders.webserver import web_server
from tests.walks import report

pytestmark = pytest.mark.django_db

SECRET = "SEC-canary-of-the-signature"


@pytest.fixture
def receiver(settings):
    settings.ENDPOINTS_MAY_BE_LOCAL = True
    settings.BASE_URL = "https://loop.rail.example"
    with web_server() as receiver:
        yield receiver


@pytest.fixture
def endpoint(cast, units, receiver):
    """Sets up an endpoint of the East Division that hears everything."""

    def endpoint(
        kind="webhook", path="/hook/key-canary-1234", *, unit=None, secret=SECRET, texts=("turn", "overdue")
    ):
        return Endpoint.objects.create(
            unit=unit or units.east, name=f"Group {path}", kind=kind, url=receiver.url(path),
            sealed_secret=seal(secret), texts=list(texts), language="en", set_by=cast.quality,
        )  # fmt: skip

    return endpoint


def tell(incident, person, text="overdue", occasion="o", **params):
    notify(
        [person], text, occasion=f"{incident.case}:{occasion}", subject=incident.case, url=incident.get_absolute_url(),
        params={
            "label": incident.number, "what": "turn.identify", "due": "2026-11-18T10:00:00+00:00",
            "title": "Mr Wang typed this", "reason": "and Mrs Li this", **params,
        },
    )  # fmt: skip


# Who hears what ------------------------------------------------------------------------------------------------------
def test_a_group_hears_of_the_cases_of_its_unit_and_of_those_below(cast, units, endpoint):
    mine, other = endpoint(), endpoint(path="/west", unit=units.west)
    company = endpoint(path="/all", unit=units.rail, texts=["turn"])
    report(cast, units)  # in Crew 3 of the East Division
    told = set(Delivery.objects.filter(channel="endpoint").values_list("endpoint", flat=True))
    assert told == {mine.pk, company.pk} and other.pk not in told


def test_each_occasion_once_however_many_people_are_told(cast, units, endpoint, receiver):
    incident = report(cast, units)
    endpoint()
    tell(incident, cast.site_manager)
    tell(incident, cast.quality)
    tell(incident, cast.quality, "closed", "other")  # isn't among those it hears
    assert Delivery.objects.filter(channel="endpoint").count() == 1
    deliver_messages()
    deliver_messages()
    assert len(receiver.calls) == 1


def test_a_group_reads_nothing_that_somebody_typed(cast, units, endpoint, receiver):
    incident = report(cast, units, title="Mr Wang typed this")
    for kind in Endpoint.Kind.values:
        endpoint(kind, f"/{kind}")
    tell(incident, cast.site_manager)
    deliver_messages()
    assert len(receiver.calls) == 4
    for call in receiver.calls:
        text = call.body.decode()
        assert (
            incident.number in text
            and "Li Min" in text
            and f"https://loop.rail.example/incidents/{incident.number}/" in text
        )
        assert "typed this" not in text and "Mrs Li" not in text


# The four kinds ------------------------------------------------------------------------------------------------------
def test_wecom(cast, units, endpoint, receiver):
    incident = report(cast, units)
    endpoint("wecom", "/cgi-bin/webhook/send?key=k", secret="")
    tell(incident, cast.site_manager)
    assert deliver_messages() == 1
    [call] = receiver.calls
    assert call.path == "/cgi-bin/webhook/send?key=k" and call.json["msgtype"] == "text"
    assert call.json["text"]["content"].startswith(f"{incident.number} is overdue since 2026-11-18 18:00")


def test_dingtalk_is_signed_in_the_query(cast, units, endpoint, receiver):
    incident = report(cast, units)
    endpoint("dingtalk", "/robot/send?access_token=t")
    tell(incident, cast.site_manager)
    assert deliver_messages() == 1
    query = parse_qs(urlsplit(receiver.calls[0].path).query)
    stamp = query["timestamp"][0]
    digest = hmac.new(SECRET.encode(), f"{stamp}\n{SECRET}".encode(), hashlib.sha256).digest()
    assert query["sign"] == [base64.b64encode(digest).decode()] and query["access_token"] == ["t"]
    assert quote(base64.b64encode(digest), safe="") in receiver.calls[0].path
    assert abs(int(stamp) / 1000 - time.time()) < 60


def test_feishu_is_signed_in_the_body(cast, units, endpoint, receiver):
    incident = report(cast, units)
    endpoint("feishu", "/open-apis/bot/v2/hook/h")
    tell(incident, cast.site_manager)
    assert deliver_messages() == 1
    body = receiver.calls[0].json
    digest = hmac.new(f"{body['timestamp']}\n{SECRET}".encode(), b"", hashlib.sha256).digest()
    assert body["sign"] == base64.b64encode(digest).decode() and body["msg_type"] == "text"
    assert abs(int(body["timestamp"]) - time.time()) < 60


def test_a_webhook_is_signed_over_time_and_body(cast, units, endpoint, receiver):
    incident = report(cast, units)
    endpoint()
    tell(incident, cast.site_manager)
    assert deliver_messages() == 1
    [call] = receiver.calls
    stamp = call.headers["x-serviceloop-timestamp"]
    digest = hmac.new(SECRET.encode(), stamp.encode() + b"." + call.body, hashlib.sha256).hexdigest()
    assert call.headers["x-serviceloop-signature"] == f"sha256={digest}"
    delivery = Delivery.objects.get(channel="endpoint")
    assert call.json["id"] == call.headers["x-serviceloop-delivery"] == delivery.message_id
    assert (call.json["event"], call.json["number"]) == ("overdue", incident.number)
    assert (delivery.state, delivery.answer) == ("sent", "HTTP 200")


@pytest.mark.parametrize(
    ("kind", "answer", "said"),
    [
        ("wecom", b'{"errcode": 93000, "errmsg": "invalid webhook url"}', "HTTP 200, errcode 93000"),
        ("dingtalk", b'{"errcode": 310000, "errmsg": "sign not match"}', "HTTP 200, errcode 310000"),
        ("feishu", b'{"code": 19021, "msg": "sign match fail"}', "HTTP 200, code 19021"),
        ("feishu", b"<html>", "HTTP 200, code ?"),
    ],
)
def test_a_robot_that_says_200_and_means_no(cast, units, endpoint, receiver, kind, answer, said):
    receiver.answers["/x"] = 200, answer
    incident = report(cast, units)
    endpoint(kind, "/x")
    tell(incident, cast.site_manager)
    assert deliver_messages() == 0
    delivery = Delivery.objects.get(channel="endpoint")
    assert (delivery.state, delivery.attempts, delivery.last_error) == ("waiting", 1, said)


def test_one_that_is_broken_or_slow_holds_up_nobody(cast, units, endpoint, receiver, monkeypatch):
    monkeypatch.setattr(calling, "SECONDS", 0.5)
    receiver.answers["/broken"] = 500, b""
    receiver.hanging = {"/slow"}
    incident = report(cast, units)
    slow, broken, good = (endpoint(path=f"/{name}") for name in ("slow", "broken", "good"))
    for number in range(5):
        tell(incident, cast.site_manager, occasion=number)
    began = time.monotonic()
    assert deliver_messages() == 5
    assert time.monotonic() - began < 3, "the slow one is asked once in a run"
    tries = dict(Delivery.objects.filter(endpoint=slow).values_list("pk", "attempts"))
    assert sorted(tries.values()) == [0, 0, 0, 0, 1]
    assert set(Delivery.objects.filter(endpoint=broken).values_list("last_error", flat=True)) == {"HTTP 500"}
    assert set(Delivery.objects.filter(endpoint=good).values_list("state", flat=True)) == {"sent"}


def test_an_answer_that_drips_is_cut_off(receiver, monkeypatch):
    monkeypatch.setattr(calling, "LONGEST_CALL", 0.5)
    receiver.dripping = {"/drip"}
    began = time.monotonic()
    status, answer = post(receiver.url("/drip"), b"{}", {})
    assert time.monotonic() - began < 3 and status == 200 and len(answer) < 50


def test_mail_waits_for_no_robot(cast, units, endpoint, receiver, mailbox):
    receiver.hanging = {"/slow"}
    endpoint(path="/slow")
    report(cast, units)
    assert deliver_mail() == 1 and receiver.calls == []


def test_a_flood_becomes_one_message(cast, units, endpoint, receiver):
    incident = report(cast, units)
    endpoint()
    for number in range(60):
        tell(incident, cast.site_manager, occasion=number)
    deliver_messages()
    assert len(receiver.calls) == 21
    assert receiver.calls[-1].json["event"] == "gathered" and receiver.calls[-1].json["count"] == 40
    assert len(receiver.calls[-1].json["text"].encode()) < 2048, "as much as WeCom takes"


# Where it may lead ---------------------------------------------------------------------------------------------------
@pytest.mark.parametrize(
    "address",
    ["127.0.0.1", "10.1.2.3", "192.168.0.1", "172.16.0.1", "169.254.169.254", "100.64.0.1", "0.0.0.0", "224.0.0.1",
     "::1", "fe80::1", "fc00::1", "::ffff:127.0.0.1", "::ffff:10.0.0.1", "2002:7f00:1::", "64:ff9b::a00:1", "::"],
)  # fmt: skip
def test_no_private_address(address):
    assert not is_public(address)


@pytest.mark.parametrize("address", ["8.8.8.8", "223.5.5.5", "2400:3200::1"])
def test_public_addresses(address):
    assert is_public(address)


@pytest.mark.parametrize(
    "url",
    ["http://hooks.example.com/x", "ftp://hooks.example.com/", "https:///x", "https://user:pw@hooks.example.com/",
     "https://hooks.example.com/\r\nHost: x", "https://hooks.example.com:99999/", "javascript:alert(1)", "x"],
)  # fmt: skip
def test_addresses_that_are_refused(url, settings):
    settings.ENDPOINTS_MAY_BE_LOCAL = False
    with pytest.raises(Forbidden):
        check_address(url)


def test_a_public_name_that_leads_inside_is_not_called(settings, receiver, monkeypatch):
    settings.ENDPOINTS_MAY_BE_LOCAL = False
    inside = [(socket.AF_INET, socket.SOCK_STREAM, 6, "", (ip, 443)) for ip in ("93.184.215.14", "127.0.0.1")]
    monkeypatch.setattr(socket, "getaddrinfo", lambda *a, **k: inside)
    monkeypatch.setattr(socket, "create_connection", lambda *a, **k: pytest.fail("it was called"))
    with pytest.raises(Forbidden, match="public"):
        post("https://hooks.example.com/x", b"{}", {})


def test_the_address_that_was_judged_is_the_one_that_is_called(settings, monkeypatch):
    """DNS rebinding: the name is resolved once."""
    settings.ENDPOINTS_MAY_BE_LOCAL = False
    asked, called = [], []

    def resolve(*arguments, **_options):
        asked.append(arguments)
        return [(socket.AF_INET, socket.SOCK_STREAM, 6, "", ("93.184.215.14", 443))]

    def connect(address, *_arguments, **_options):
        called.append(address)
        raise OSError

    monkeypatch.setattr(socket, "getaddrinfo", resolve)
    monkeypatch.setattr(socket, "create_connection", connect)
    with pytest.raises(calling.Failed):
        post("https://hooks.example.com/x", b"{}", {})
    assert len(asked) == 1 and called == [("93.184.215.14", 443)]


def test_a_redirect_is_not_followed(endpoint, receiver, cast, units):
    receiver.answers["/moved"] = 302, receiver.url("/inside").encode()
    incident = report(cast, units)
    endpoint(path="/moved")
    tell(incident, cast.site_manager)
    deliver_messages()
    assert [call.path for call in receiver.calls] == ["/moved"]
    assert Delivery.objects.get(channel="endpoint").last_error == "HTTP 302"


def test_an_address_that_became_private_is_given_up_at_once(endpoint, receiver, cast, units, settings):
    incident = report(cast, units)
    endpoint()
    settings.ENDPOINTS_MAY_BE_LOCAL = False
    tell(incident, cast.site_manager)
    deliver_messages()
    delivery = Delivery.objects.get(channel="endpoint")
    assert (delivery.state, delivery.last_error) == ("poisoned", "not https") and receiver.calls == []


# The pages -----------------------------------------------------------------------------------------------------------
def filled(units, receiver, **changes) -> dict:
    return {
        "name": "East duty group", "unit": units.east.pk, "kind": "dingtalk", "language": "zh-hans",
        "url": receiver.url("/robot/send?access_token=key-canary-1234"), "secret": SECRET,
        "texts": ["overdue", "escalated"], **changes,
    }  # fmt: skip


def test_set_up_tried_out_changed_and_taken_away(client, cast, units, receiver):
    client.force_login(cast.quality)
    answer = client.post(reverse("endpoint-add"), filled(units, receiver), follow=True)
    endpoint = Endpoint.objects.get()
    assert "East duty group" in answer.content.decode() and endpoint.signing_secret() == SECRET
    assert SECRET not in str(Endpoint.objects.values().get()), "sealed at rest"
    answer = client.post(reverse("endpoint-test", args=[endpoint.pk]), follow=True)
    assert "took it (HTTP 200, errcode 0)" in answer.content.decode()
    assert "East duty group" in receiver.calls[0].json["text"]["content"]
    change = {"name": "Duty", "url": "", "secret": "", "texts": ["overdue"], "language": "en"}
    client.post(reverse("endpoint", args=[endpoint.pk]), change)
    endpoint.refresh_from_db()
    assert (endpoint.name, endpoint.texts, endpoint.signing_secret()) == ("Duty", ["overdue"], SECRET)
    assert "key-canary-1234" in endpoint.url
    client.post(reverse("endpoint-end", args=[endpoint.pk]))
    endpoint.refresh_from_db()
    assert endpoint.ended_at and not endpoint.is_signed and "canary" not in endpoint.url
    acts = list(Event.objects.of(units.east.case).order_by("seq").values_list("act", flat=True))
    assert acts == ["unit.add_endpoint", "unit.change_endpoint", "unit.end_endpoint"]
    assert "canary" not in "".join(Event.objects.values_list("payload", flat=True))


def test_a_secret_goes_to_no_other_address(client, cast, endpoint, receiver):
    row = endpoint()
    client.force_login(cast.quality)
    change = {
        "name": "Duty",
        "url": receiver.url("/new"),
        "secret": "",
        "texts": ["overdue"],
        "language": "en",
    }
    page = client.post(reverse("endpoint", args=[row.pk]), change)
    assert page.status_code == 422 and "enter the secret again" in page.content.decode()
    row.refresh_from_db()
    assert row.url == receiver.url("/hook/key-canary-1234") and row.signing_secret() == SECRET
    client.post(reverse("endpoint", args=[row.pk]), change | {"url": row.url})
    row.refresh_from_db()
    assert row.signing_secret() == SECRET, "the same address"
    given = {"name": "Duty", "texts": ["overdue"], "language": "en", "by": cast.quality}
    endpoints.change_endpoint(row, url=receiver.url("/other"), secret="", **given)
    row.refresh_from_db()
    assert not row.is_signed, "whoever asks the act itself"
    client.post(reverse("endpoint", args=[row.pk]), change | {"secret": "SEC-new"})
    row.refresh_from_db()
    assert row.url == receiver.url("/new") and row.signing_secret() == "SEC-new"


def test_what_an_older_release_kept_in_plain_text_is_used_and_sealed(cast, units, endpoint, receiver):
    row = endpoint("dingtalk", "/robot/send")
    Endpoint.objects.update(secret="SEC-plain-canary", sealed_secret="")
    incident = report(cast, units)
    tell(incident, cast.site_manager)
    deliver_messages()
    assert "sign=" in receiver.calls[0].path, "before"
    assert endpoints.seal_plain_secrets() == 1 and endpoints.seal_plain_secrets() == 0
    row.refresh_from_db()
    assert row.signing_secret() == "SEC-plain-canary" and "canary" not in str(row.secret + row.sealed_secret)


def test_what_was_sealed_with_a_lost_key_is_never_sent_unsigned(cast, units, endpoint, receiver, settings):
    incident = report(cast, units)
    endpoint("dingtalk", "/robot/send")
    settings.SECRET_KEY, old = "another-key-" * 6, settings.SECRET_KEY
    tell(incident, cast.site_manager)
    deliver_messages()
    delivery = Delivery.objects.get(channel="endpoint")
    assert delivery.state == "poisoned" and "enter it again" in delivery.last_error and not receiver.calls
    settings.SECRET_KEY_FALLBACKS = [old]
    assert Endpoint.objects.get().signing_secret() == SECRET


def test_a_refusal_is_told_on_the_spot(client, cast, endpoint, receiver):
    receiver.answers["/x"] = 403, b""
    client.force_login(cast.quality)
    page = client.post(reverse("endpoint-test", args=[endpoint(path="/x").pk]), follow=True).content.decode()
    assert "did not take it: HTTP 403" in page


def test_the_key_and_the_secret_are_on_no_page(client, cast, units, endpoint, receiver):
    row = endpoint(path="/hook/key-canary-1234")
    Endpoint.objects.update(name="Duty")
    incident = report(cast, units)
    receiver.answers["/hook/key-canary-1234"] = 500, b"key-canary-1234"
    tell(incident, cast.site_manager)
    deliver_messages()
    client.force_login(cast.quality)
    for url in (
        reverse("endpoints"),
        reverse("endpoint", args=[row.pk]),
        reverse("deliveries"),
        reverse("audit"),
    ):
        page = client.get(url).content.decode()
        assert "canary" not in page
    assert masked(row.url) in client.get(reverse("endpoints")).content.decode()
    bad = {"name": "", "url": "http://", "secret": "typed-canary", "texts": ["overdue"], "language": "en"}
    assert "typed-canary" not in client.post(reverse("endpoint", args=[row.pk]), bad).content.decode()


@pytest.mark.parametrize(
    ("changes", "says"),
    [
        ({"url": "http://10.0.0.1/"}, "beginning with https://"),
        ({"url": "https://evil.example/robot/send"}, "https://oapi.dingtalk.com/"),
        (
            {"kind": "wecom", "url": "https://qyapi.weixin.qq.com.evil.example/"},
            "https://qyapi.weixin.qq.com/",
        ),
        ({"texts": ["job-done"]}, "Select a valid choice"),
    ],
)
def test_what_cannot_be_set_up(client, cast, units, receiver, settings, changes, says):
    settings.ENDPOINTS_MAY_BE_LOCAL = False
    client.force_login(cast.quality)
    answer = client.post(reverse("endpoint-add"), filled(units, receiver) | changes)
    assert answer.status_code == 422 and says in answer.content.decode() and not Endpoint.objects.exists()


def test_only_in_ones_own_units(client, cast, units, receiver, endpoint):
    row = endpoint()
    client.force_login(cast.west_manager)
    assert client.post(reverse("endpoint-add"), filled(units, receiver)).status_code == 422
    for name in ("endpoint-test", "endpoint-end"):
        assert client.post(reverse(name, args=[row.pk])).status_code == 404
    assert "Group" not in client.get(reverse("endpoints")).content.decode()
    client.force_login(cast.site_manager)
    assert client.get(reverse("endpoints")).status_code == 403
    assert Endpoint.objects.get().ended_at is None and receiver.calls == []


# The log -------------------------------------------------------------------------------------------------------------
def test_the_log_says_how_it_went_and_sends_again(client, cast, units, endpoint, receiver):
    receiver.answers["/x"] = 500, b""
    incident = report(cast, units)
    endpoint(path="/x")
    tell(incident, cast.site_manager)
    deliver_messages()
    Delivery.objects.filter(channel="endpoint").update(state="poisoned")
    client.force_login(cast.quality)
    page = client.get(reverse("deliveries"), {"state": "poisoned"}).content.decode()
    assert "HTTP 500" in page and "Group /x" in page and "Overdue" in page
    assert incident.title not in page and incident.number not in page, "that something went out, not what"
    del receiver.answers["/x"]
    delivery = Delivery.objects.get(channel="endpoint")
    answer = client.post(reverse("delivery-resend", args=[delivery.pk]), follow=True)
    assert "sent again in a moment" in answer.content.decode()
    assert deliver_messages() == 1
    assert receiver.calls[0].json["id"] == receiver.calls[1].json["id"] == delivery.message_id


def test_mails_are_seen_by_their_administrators_only(client, cast, units, mailbox):
    report(cast, units)
    mailbox.refused = {cast.site_manager.email}
    deliver_mail()
    delivery = Delivery.objects.get(recipient=cast.site_manager)
    for person, status in ((cast.quality, 404), (cast.hotel_quality, 404), (cast.site_manager, 403)):
        client.force_login(person)
        assert client.post(reverse("delivery-resend", args=[delivery.pk])).status_code == status
        if status == 404:
            assert "Li Min" not in client.get(reverse("deliveries")).content.decode()
    client.force_login(cast.admin)
    page = client.get(reverse("deliveries")).content.decode()
    assert "Li Min" in page and "550 5.1.1" in page
    mailbox.refused = set()
    client.post(reverse("delivery-resend", args=[delivery.pk]))
    assert deliver_mail() == 1


@pytest.mark.parametrize("count", [3, 60])
def test_the_pages_ask_the_same_questions_however_much_there_is(
    client, cast, units, endpoint, receiver, count, django_assert_max_num_queries
):
    incident = report(cast, units)
    for number in range(count):
        endpoint(path=f"/{number}", texts=["overdue"])
    tell(incident, cast.site_manager)
    assert Notice.objects.exists()
    client.force_login(cast.quality)
    for name in ("endpoints", "deliveries"):
        with django_assert_max_num_queries(10):
            client.get(reverse(name))
