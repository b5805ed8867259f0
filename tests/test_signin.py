"""Signing in: throttled, silent about who exists, closed to who left, with a second step and with single sign-on."""

import base64
import hashlib
import hmac
import re
import struct
import time

import pytest
from allauth.account.signals import user_logged_in
from allauth.mfa.models import Authenticator
from allauth.socialaccount.models import SocialAccount
from django.test import Client, RequestFactory
from django.urls import reverse

from history.administration import staff
from history.models import Event
from people.adapters import SocialAccountAdapter
from people.models import Person
from people.passwords import one_time_password
from tests.conftest import PASSWORD

pytestmark = pytest.mark.django_db


@pytest.fixture
def client() -> Client:
    """A browser that prefers English."""
    return Client(headers={"accept-language": "en"})


LOGIN = "/account/login/"


def sign_in(client, name="zhou", password=PASSWORD, address="10.0.0.1"):
    return client.post(LOGIN, {"login": name, "password": password}, REMOTE_ADDR=address)


def is_in(client) -> bool:
    return client.get("/me/").status_code == 200


def acts(person) -> list[str]:
    return list(Event.objects.of(person.case).order_by("seq").values_list("act", flat=True))


def code(secret: str, *, later: int = 0) -> str:
    """The six digits that an authenticator app shows (RFC 6238), reckoned here on purpose."""
    counter = struct.pack(">Q", int(time.time()) // 30 + later)
    digest = hmac.new(base64.b32decode(secret), counter, hashlib.sha1).digest()
    start = digest[-1] & 15
    return f"{(struct.unpack('>I', digest[start : start + 4])[0] & 0x7FFFFFFF) % 10**6:06}"


# The password --------------------------------------------------------------------------------------------------------
def test_signing_in_and_out_stands_in_the_persons_history(client, cast):
    assert sign_in(client).status_code == 302 and is_in(client)
    client.post("/account/logout/")
    assert not is_in(client) and acts(cast.reporter) == ["person.sign_in", "person.sign_out"]
    event = Event.objects.of(cast.reporter.case).first()
    assert event.unit == cast.reporter.home_unit
    signed_in = Event.objects.get(act="person.sign_in")
    assert signed_in.after == {"address": "10.0.0.1", "ways": ["password"]} and signed_in.source == "web"


def test_the_user_name_is_understood_in_any_case(client, cast):
    sign_in(client, "ZHOU")
    assert is_in(client)


def test_a_wrong_password_is_remembered_without_what_was_typed(client, cast):
    sign_in(client, password="hunter2-hunter2")
    assert not is_in(client) and acts(cast.reporter) == ["person.sign_in_failed"]
    assert "hunter2" not in Event.objects.get().payload and Event.objects.get().actor is None


def test_the_answer_does_not_tell_whether_somebody_exists(client, cast):
    def answer(name):
        page = sign_in(client, name, "wrong-password-here").content.decode()
        page = re.sub(r'name="csrfmiddlewaretoken" value="\w+"|value="(zhou|nobody)"', "", page)
        return page

    assert answer("zhou") == answer("nobody") and "match" in answer("zhou")


def test_five_failures_lock_the_name_for_this_address_only(client, cast):
    for _attempt in range(5):
        assert "match" in sign_in(client, password="wrong-password-here").content.decode()
    locked = sign_in(client)
    assert "Wait five minutes" in locked.content.decode() and not is_in(client)
    assert acts(cast.reporter) == ["person.sign_in_failed"] * 5
    elsewhere = Client()
    sign_in(elsewhere, address="10.0.0.2")
    assert is_in(elsewhere)
    other = Client()
    sign_in(other, "he")
    assert is_in(other)


def test_names_that_do_not_exist_are_locked_alike(client, cast):
    for _attempt in range(5):
        sign_in(client, "nobody", "wrong-password-here")
    assert "Wait five minutes" in sign_in(client, "nobody", "wrong-password-here").content.decode()


def test_after_five_minutes_the_door_opens_again(client, cast, time_machine):
    time_machine.move_to("2026-11-21 10:00:00+08:00")
    for _attempt in range(6):
        sign_in(client, password="wrong-password-here")
    time_machine.move_to("2026-11-21 10:05:05+08:00")
    sign_in(client)
    assert is_in(client)


def test_who_left_does_not_get_in_and_open_sessions_end(client, cast):
    sign_in(client)
    staff.leave(cast.reporter, by=cast.admin)
    assert not is_in(client)
    again = Client()
    response = sign_in(again)
    assert not is_in(again) and response.url == reverse("account_inactive")
    assert again.get(response.url).status_code == 200
    assert acts(cast.reporter)[-1] == "person.sign_in_failed"


@pytest.mark.parametrize("url", ["https://evil.example/", "//evil.example/", "/\\evil.example"])
def test_signing_in_leads_to_no_other_host(client, cast, url):
    response = client.post(f"{LOGIN}?next={url}", {"login": "zhou", "password": PASSWORD, "next": url})
    assert "evil" not in response.url


def test_nobody_signs_up(client, cast):
    page = client.post("/account/signup/", {"username": "new", "password1": PASSWORD, "password2": PASSWORD})
    assert page.status_code == 200 and not Person.objects.filter(username="new").exists()


# One-time passwords and changing it ----------------------------------------------------------------------------------
def test_a_one_time_password_opens_only_the_page_to_choose_an_own_one(client, cast):
    password = one_time_password()
    staff.set_password(cast.reporter, by=cast.admin, password=password)
    sign_in(client, password=password)
    change = reverse("account_change_password")
    for url in ("/me/", "/people/", "/"):
        response = client.get(url)
        assert response.status_code == 302 and response.url == change, url
    form = {"oldpassword": password, "password1": password, "password2": password}
    assert "Choose one of your own" in client.post(change, form).content.decode()
    form |= {"password1": "green-lantern-88", "password2": "green-lantern-88"}
    assert client.post(change, form).url == reverse("profile")
    assert is_in(client) and not Person.objects.get(username="zhou").must_change_password
    assert acts(cast.reporter) == ["person.set_password", "person.sign_in", "person.change_password"]


def test_a_new_password_ends_every_other_session(client, cast):
    sign_in(client)
    other = Client()
    sign_in(other)
    form = {"oldpassword": PASSWORD, "password1": "green-lantern-88", "password2": "green-lantern-88"}
    client.post(reverse("account_change_password"), form)
    assert is_in(client) and not is_in(other)


@pytest.mark.parametrize("weak", ["short-1", "12345678901234", "password123", "zhou-zhou-zhou"])
def test_weak_passwords_are_refused(client, cast, weak):
    Person.objects.filter(pk=cast.reporter.pk).update(username="zhou-zhou")
    client.force_login(Person.objects.get(pk=cast.reporter.pk))
    form = {"oldpassword": PASSWORD, "password1": weak, "password2": weak}
    assert client.post(reverse("account_change_password"), form).status_code == 200
    assert Person.objects.get(pk=cast.reporter.pk).check_password(PASSWORD)


# The second step -----------------------------------------------------------------------------------------------------
def set_up_two_step(client) -> str:
    """Zhou scans the code with her app; the secret it holds."""
    sign_in(client)
    client.post(reverse("account_reauthenticate"), {"password": PASSWORD})
    page = client.get(reverse("mfa_activate_totp"))
    secret = page.context["form"].secret
    client.post(reverse("mfa_activate_totp"), {"code": code(secret)})
    assert Authenticator.objects.filter(user__username="zhou", type="totp").exists()
    return secret


def test_with_two_steps_the_password_alone_does_not_open(cast, django_capture_on_commit_callbacks):
    with django_capture_on_commit_callbacks(execute=True):
        secret = set_up_two_step(Client())
    client = Client()
    assert sign_in(client).url == reverse("mfa_authenticate") and not is_in(client)
    wrong = f"{(int(code(secret)) + 1) % 10**6:06}"
    assert client.post(reverse("mfa_authenticate"), {"code": wrong}).status_code == 200 and not is_in(client)
    client.post(reverse("mfa_authenticate"), {"code": code(secret, later=1)})
    assert is_in(client)
    assert {"person.add_two_step", "person.code_failed", "person.sign_in"} <= set(acts(cast.reporter))
    assert Event.objects.filter(act="person.sign_in").first().after["ways"] == ["password", "mfa"]


def test_a_code_opens_once_even_while_it_is_still_accepted(cast, time_machine):
    time_machine.move_to("2026-11-21 10:00:00+08:00", tick=False)
    secret = set_up_two_step(Client())
    time_machine.move_to("2026-11-21 10:01:00+08:00", tick=False)
    overheard = code(secret)
    for seconds, opens in [(0, True), (29, False), (45, False)]:
        time_machine.move_to(f"2026-11-21 10:01:{seconds:02}+08:00", tick=False)
        client = Client()
        sign_in(client)
        client.post(reverse("mfa_authenticate"), {"code": overheard})
        assert is_in(client) is opens, seconds


def test_a_recovery_code_opens_once(cast):
    set_up_two_step(Client())
    recovery = Authenticator.objects.get(user=cast.reporter, type="recovery_codes").wrap()
    spare = recovery.get_unused_codes()[0]
    for opens in (True, False):
        client = Client()
        sign_in(client)
        client.post(reverse("mfa_authenticate"), {"code": spare})
        assert is_in(client) is opens


def test_an_administrator_opens_the_account_of_who_lost_the_phone(cast):
    set_up_two_step(Client())
    staff.reset_two_step(cast.reporter, by=cast.admin, reason="Phone lost")
    client = Client()
    sign_in(client)
    assert is_in(client) and not Authenticator.objects.filter(user=cast.reporter).exists()


# Single sign-on ------------------------------------------------------------------------------------------------------
SSO = {
    "openid_connect": {
        "APPS": [
            {"provider_id": "sso", "name": "Company account", "client_id": "id", "secret": "secret",
             "settings": {"server_url": "https://idp.example"}}
        ]
    }
}  # fmt: skip


class Arriving:
    """Somebody whom the identity provider vouches for."""

    is_existing = False

    def __init__(self, **claims):
        self.account = SocialAccount(provider="sso", uid="42", extra_data=claims)
        self.person = None

    def connect(self, request, person):
        self.person = person


def arrive(**claims) -> Person | None:
    request = RequestFactory().get("/")
    request._messages = type("Quiet", (), {"add": lambda *_args, **_options: None})()
    arriving = Arriving(**claims)
    try:
        SocialAccountAdapter().pre_social_login(request, arriving)
    except Exception as response:  # allauth's way to answer at once
        assert type(response).__name__ == "ImmediateHttpResponse"
    return arriving.person


def test_single_sign_on_is_offered_only_where_it_is_set_up(client, cast, settings):
    assert "Company account" not in client.get(LOGIN).content.decode()
    settings.SOCIALACCOUNT_PROVIDERS = SSO
    assert "Company account" in client.get(LOGIN).content.decode()


def test_single_sign_on_finds_people_and_makes_none(cast, settings):
    settings.SOCIALACCOUNT_PROVIDERS = SSO
    assert arrive(preferred_username="Zhou") == cast.reporter
    assert arrive(email="zhou@example.org", email_verified=True) == cast.reporter
    assert arrive(email="zhou@example.org", email_verified=False) is None
    assert arrive(preferred_username="stranger") is None and arrive() is None
    Person.objects.filter(pk=cast.colleague.pk).update(email="ZHOU@example.org")
    assert arrive(email="zhou@example.org", email_verified=True) is None  # whose is it?
    Person.objects.filter(pk=cast.reporter.pk).update(is_active=False)
    assert arrive(preferred_username="zhou") is None


def test_the_signals_of_the_library_are_heard_once():
    heard = [receiver for receiver in user_logged_in.receivers if "signed_in" in repr(receiver)]
    assert len(heard) == 1
