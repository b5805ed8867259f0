"""Getting in: tokens, sessions, limits; and the one shape of every refusal."""

import datetime as dt
import json

import pytest
from django.test import Client
from django.urls import URLPattern, get_resolver, reverse
from django.utils import timezone
from rest_framework.throttling import UserRateThrottle

from history.administration import staff
from history.administration.tokens import MOST, create_token, revoke_token
from history.models import Event
from people.models import ApiToken
from tests import walks
from tests.api.conftest import said
from tests.conftest import PASSWORD

pytestmark = pytest.mark.django_db


def zhous_browser() -> Client:
    """Signed in, and asked for the password once more, as before everything delicate."""
    browser = Client()
    browser.post(reverse("account_login"), {"login": "zhou", "password": PASSWORD})
    browser.post(reverse("account_reauthenticate"), {"password": PASSWORD})
    return browser


# Tokens --------------------------------------------------------------------------------------------------------------
def test_a_token_is_shown_once_and_kept_as_a_digest(cast):
    token, secret = create_token(cast.reporter, name="Hotline", days=90)
    assert secret.startswith("sl_") and len(secret) > 40
    assert not ApiToken.objects.filter(digest=secret).exists() and secret not in repr(vars(token))
    event = Event.objects.get(act="person.create_token")
    assert (
        event.case == cast.reporter.case and secret not in event.payload and token.digest not in event.payload
    )


def test_it_is_made_and_revoked_on_the_account_pages(cast):
    browser = zhous_browser()
    made = browser.post(reverse("tokens"), {"name": "Hotline", "days": "30"})
    secret = made.content.decode().partition('id="one-time">')[2].partition("<")[0]
    headers = {"Authorization": f"Bearer {secret}"}
    assert Client().get("/api/v1/me/", headers=headers).json()["username"] == "zhou"
    page = browser.get(reverse("tokens")).content.decode()
    assert secret not in page and "Hotline" in page
    browser.post(reverse("token-revoke", args=[ApiToken.objects.get().pk]))
    said(Client().get("/api/v1/me/", headers=headers), 401, "not_signed_in")
    assert not browser.get(reverse("tokens")).context["tokens"]


def test_it_takes_a_fresh_sign_in_to_make_one(client, cast):
    client.force_login(cast.reporter)
    page = client.get(reverse("tokens"))
    assert page.status_code == 302 and "reauthenticate" in page["Location"]
    client.post(reverse("tokens"), {"name": "Hotline", "days": "30"})
    assert not ApiToken.objects.exists()


def test_nobody_revokes_anothers(client, cast):
    token, _secret = create_token(cast.reporter, name="Hotline", days=90)
    client.force_login(cast.admin)
    assert client.post(reverse("token-revoke", args=[token.pk])).status_code == 404
    token.refresh_from_db()
    assert token.is_usable


@pytest.mark.parametrize(
    "values", [{"name": "", "days": "30"}, {"name": "x" * 81, "days": "30"}, {"name": "x", "days": "9999"}]
)
def test_a_token_needs_a_name_and_an_end(cast, values):
    browser = zhous_browser()
    assert browser.post(reverse("tokens"), values).context["form"].errors
    assert not ApiToken.objects.exists()


def test_there_is_an_end_to_them(cast):
    browser = zhous_browser()
    for _ in range(MOST):
        create_token(cast.reporter, name="x", days=30)
    assert browser.post(reverse("tokens"), {"name": "x", "days": "30"}).context["form"].errors
    assert ApiToken.objects.count() == MOST


def test_its_use_is_remembered_by_the_day_only(cast, program):
    zhou = program(cast.reporter)
    zhou.read("me/")
    zhou.token.refresh_from_db()
    assert zhou.token.last_used_on == timezone.localdate(timezone=dt.UTC)


def expired(token, cast):
    ApiToken.objects.update(expires_at=timezone.now())


def revoked(token, cast):
    revoke_token(token)


def gone(token, cast):
    staff.leave(token.person, by=cast.admin)


def back_again(token, cast):
    staff.leave(token.person, by=cast.admin)
    staff.readmit(token.person, by=cast.admin, password="a one-time password")


def locked(token, cast):
    staff.set_password(token.person, by=cast.admin, password="a one-time password")


@pytest.mark.parametrize("end", [expired, revoked, gone, back_again, locked])
def test_a_token_ends(cast, program, end):
    zhou = program(cast.reporter)
    zhou.read("me/")
    end(zhou.token, cast)
    refused = zhou.ask("get", "me/", **{"Accept-Language": "en"})
    assert "expired or revoked" in said(refused, 401, "not_signed_in")["message"]
    assert refused["WWW-Authenticate"] == "Bearer"


@pytest.mark.parametrize(
    "value", ["Bearer", "Bearer ", "Bearer sl_nothing", "bearer ü", "Bearer a b", "Basic eDp5", "\x7f"]
)
def test_what_is_no_token(cast, value):
    said(Client().get("/api/v1/me/", headers={"Authorization": value}), 401, "not_signed_in")


# Sessions ------------------------------------------------------------------------------------------------------------
def test_a_browser_writes_with_its_csrf_token_only(cast, units):
    case = walks.report(cast, units)
    browser = Client(enforce_csrf_checks=True)
    browser.force_login(cast.site_manager)
    address, body = (
        f"/api/v1/incidents/{case.number}/acts/dismiss/",
        {"version": case.version, "reason": "No."},
    )

    def send(**headers):
        return browser.post(address, body, content_type="application/json", headers=headers)

    assert "X-CSRFToken" in said(send(), 403, "not_allowed")["message"]
    said(send(**{"X-CSRFToken": "x" * 32}), 403, "not_allowed")
    browser.get(reverse("profile"))
    assert send(**{"X-CSRFToken": browser.cookies["csrf"].value}).status_code == 200


def test_a_password_of_ones_own_comes_first(client, cast):
    staff.set_password(cast.reporter, by=cast.admin, password="a one-time password")
    cast.reporter.refresh_from_db()
    client.force_login(cast.reporter)
    assert "password" in said(client.get("/api/v1/me/"), 403, "not_allowed")["message"]


# Refusals ------------------------------------------------------------------------------------------------------------
def names() -> dict[str, str]:
    """Every address of the API by its name."""
    pattern = next(p for p in get_resolver().url_patterns if str(p.pattern) == "api/v1/")
    assert all(isinstance(row, URLPattern) for row in pattern.url_patterns)
    return {row.name: row for row in pattern.url_patterns}


@pytest.mark.parametrize("method", ["get", "post", "put", "patch", "delete", "options"])
def test_no_door_is_open_to_strangers(cast, method):
    kept = Event.objects.count()
    for name in names():
        number = {
            "api-measure": "CA-2026-000001",
            "api-incident": "SQ-2026-000001",
            "api-complaint": "CP-2026-000001",
        }
        args = next(([number[key]] for key in number if name == key or name.startswith(f"{key}-")), [])
        address = "/api/v1/nowhere/" if name == "api-nothing" else reverse(name, args=args)
        said(getattr(Client(), method)(address), 401, "not_signed_in")
    assert Event.objects.count() == kept


@pytest.mark.parametrize(
    "path",
    [
        "",
        "nowhere/",
        "incidents/%00/",
        "incidents/1/",
        "incidents/SQ-2026-000001/acts/fly/",
        "incidents/SQ-٢٠٢٦-1/",
    ],
)
def test_what_isnt_there(cast, program, path):
    said(program(cast.quality).ask("get", path), 404, "not_found")


def test_a_method_that_isnt_taken(cast, program):
    quality = program(cast.quality)
    for method in ("put", "patch", "delete", "options"):
        said(quality.ask(method, "incidents/"), 405, "method_not_allowed")


@pytest.mark.parametrize(
    "content",
    [
        b"", b"{", b"[]", b'"x"', b"null", b"\xff", b'{"a": NaN}', b'{"a": "\\ud800"}', b'{"\\udfff": 1}',
        b"[" * 100_000, b'{"a":' * 100_000, b"9" * 10_000,
    ],
)  # fmt: skip
def test_a_body_that_cant_be_read(cast, program, content):
    quality = program(cast.quality)
    headers = {"Authorization": f"Bearer {quality.secret}"}
    answer = quality.post("/api/v1/incidents/", content, content_type="application/json", headers=headers)
    assert answer.json()["error"] == ("invalid" if content == b"" else "malformed")


def test_a_body_that_is_too_large_or_of_another_kind(cast, program, settings):
    quality = program(cast.quality)
    said(quality.send("incidents/", json.dumps({"description": "x" * 6_000_000})), 413, "too_large")
    headers = {"Authorization": f"Bearer {quality.secret}"}
    for kind in (
        "text/plain",
        "application/xml",
        "application/x-www-form-urlencoded",
        "multipart/form-data; boundary=x",
    ):
        answer = quality.post("/api/v1/incidents/", b"x=1", content_type=kind, headers=headers)
        said(answer, 415, "unsupported_type")
    broken = quality.post("/api/v1/uploads/", b"x", content_type="multipart/form-data", headers=headers)
    said(broken, 400, "malformed")


def test_too_many_requests_are_told_when_to_come_back(cast, program, monkeypatch):
    monkeypatch.setattr(UserRateThrottle, "THROTTLE_RATES", {"user": "3/min"})
    zhou, wang = program(cast.reporter), program(cast.quality)
    for _ in range(3):
        zhou.read("me/")
    refused = zhou.ask("get", "me/")
    said(refused, 429, "throttled")
    assert 0 < int(refused["Retry-After"]) <= 61
    wang.read("me/")  # everybody by themselves


def test_a_fault_of_ours_tells_nothing_of_itself(cast, program, monkeypatch):
    def fail(*args, **kwargs):
        raise RuntimeError("the secret of the house")

    monkeypatch.setattr("config.api.views.incidents.incident_or_404", fail)
    quality = program(cast.quality, raise_request_exception=False)
    answer = quality.ask("get", "incidents/SQ-2026-000001/")
    said(answer, 500, "server_error")
    assert "secret" not in answer.content.decode()


def test_refusals_are_in_the_readers_language(cast, program):
    """The person's, whatever the program asks for; as long as nobody knows the person, the program's."""
    cast.quality.language = "zh-hant"
    cast.quality.save()
    answer = program(cast.quality).ask("get", "nowhere/", **{"Accept-Language": "en"})
    assert answer["Content-Language"] == "zh-hant"
    answer = Client().get("/api/v1/me/", headers={"Accept-Language": "en"})
    assert (
        answer["Content-Language"] == "en" and answer.json()["message"] == "Sign in, or send an access token."
    )
