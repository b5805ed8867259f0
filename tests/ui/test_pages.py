"""The frame of every page, and the pages that people meet before and around their work."""

import re

import pytest
from django.template.loader import render_to_string
from django.test import RequestFactory
from django.urls import NoReverseMatch, reverse

from config.context import NAVIGATION, shell
from config.ui import icon
from people.models import Role
from tests.conftest import PASSWORD


def visible_to(person, path="/") -> list[str]:
    request = RequestFactory().get(path)
    request.user = person
    return [entry["key"] for entry in shell(request)["nav"]]


def existing(*keys: str) -> set[str]:
    """Of these entries, those whose page this installation has."""
    found = set()
    for item in NAVIGATION:
        try:
            reverse(item.url_name)
        except NoReverseMatch:
            continue
        found.add(item.key)
    return found & set(keys)


def test_the_navigation_shows_only_what_one_may_open(cast):
    assert set(visible_to(cast.reporter)) == existing(
        "mywork", "incidents", "measures", "archive", "suggestions"
    )
    assert set(visible_to(cast.site_manager)) == existing(
        "mywork", "incidents", "board", "measures", "complaints", "archive", "surveys", "meetings", "dashboard",
        "warnings", "suggestions", "assessment", "indicators", "reports",
    )  # fmt: skip
    assert set(visible_to(cast.admin)) == existing(
        "mywork",
        "incidents",
        "measures",
        "archive",
        "suggestions",
        "audit",
        "endpoints",
        "operations",
        "people",
        "units",
        "types",
        "mailboxes",
        "retention",
        "categories",
    )
    assert "imports" in visible_to(cast.handler) and "imports" in visible_to(cast.quality)
    assert "people" not in visible_to(cast.quality)


def test_everybody_can_report_from_the_bar_of_the_phone(client, cast):
    for person in (cast.reporter, cast.quality):
        client.force_login(person)
        page = client.get(reverse("account_change_password")).content.decode()
        bar = page.split('class="tabbar"')[1].split("</nav>")[0]
        assert bar.count('class="plus"') == 1


def test_every_entry_of_the_navigation_has_a_known_role_and_a_drawing():
    for item in NAVIGATION:
        assert set(item.roles) <= set(Role.values)
        assert icon(item.icon)


@pytest.mark.parametrize("code, lang", [("zh-hans", "zh-Hans"), ("zh-hant", "zh-Hant"), ("en", "en")])
def test_signing_in_speaks_the_language_of_the_browser(client, cast, code, lang):
    page = client.get(reverse("account_login"), headers={"accept-language": lang}).content.decode()
    assert f'<html lang="{lang}"' in page
    assert 'name="login"' in page and 'name="password"' in page
    assert len(re.findall(r'<button name="language"', page)) == 3


def test_a_wrong_password_is_told_in_a_summary(client, cast):
    page = client.post(reverse("account_login"), {"login": "zhou", "password": "wrong"}).content.decode()
    assert 'class="errbox"' in page and 'role="alert"' in page


@pytest.mark.parametrize(
    "name", ["account_change_password", "mfa_index", "usersessions_list", "account_logout"]
)
def test_the_pages_of_ones_own_account_open(client, cast, name):
    client.force_login(cast.reporter)
    response = client.get(reverse(name))
    assert response.status_code == 200
    assert "Zhou Jie" in response.content.decode() or name == "account_logout"


def test_the_code_of_the_authenticator_app_is_drawn_in_the_page(client, cast):
    client.force_login(cast.reporter)
    asked_again = client.get(reverse("mfa_activate_totp"), follow=True).content.decode()
    assert "Confirm that it is you" in asked_again
    client.post(reverse("account_reauthenticate"), {"password": PASSWORD, "next": reverse("profile")})
    page = client.get(reverse("mfa_activate_totp")).content.decode()
    assert "data:image" not in page
    assert re.search(r'<div class="qr">.*<svg', page, re.S)


@pytest.mark.parametrize(
    "name", ["404.html", "403.html", "400.html", "500.html", "403_csrf.html", "429.html"]
)
def test_error_pages_need_nothing_from_a_view(name):
    page = render_to_string(name)
    assert "<h1>" in page and 'href="/"' in page


@pytest.mark.parametrize(
    "theme, dark",
    [
        ("light", None),
        ("dark", 'media="screen"'),
        ("system", 'media="screen and (prefers-color-scheme: dark)"'),
    ],
)
def test_the_dark_stylesheet_follows_the_persons_choice(client, cast, theme, dark):
    cast.reporter.theme = theme
    cast.reporter.save()
    client.force_login(cast.reporter)
    page = client.get(reverse("account_change_password")).content.decode()
    link = re.search(r"<link[^>]*dark\.css[^>]*>", page)
    assert (dark in link.group()) if dark else link is None
