"""Zhou Jie's own page: what she may change about herself, her language and theme, her sessions."""

import pytest
from allauth.usersessions.models import UserSession
from django.test import Client
from django.urls import reverse

from people.models import Person
from tests.conftest import PASSWORD

pytestmark = pytest.mark.django_db

PROFILE = {
    "display_name": "Zhou Jie", "job_title": "Chief conductor", "phone": "13800001402", "email": "zj@example.org",
    "language": "en", "time_zone": "Asia/Tokyo", "theme": "dark",
}  # fmt: skip


def zhou() -> Person:
    return Person.objects.get(username="zhou")


def sign_in(name="zhou", browser="Firefox") -> Client:
    client = Client(headers={"user-agent": browser})
    client.post(reverse("account_login"), {"login": name, "password": PASSWORD})
    return client


def test_she_changes_what_is_hers(client, cast):
    client.force_login(cast.reporter)
    response = client.post(reverse("profile"), PROFILE, follow=True)
    assert "Your profile is saved." in response.content.decode()
    assert (zhou().job_title, zhou().time_zone, zhou().theme) == ("Chief conductor", "Asia/Tokyo", "dark")


def test_rights_and_name_are_not_hers_to_change(client, cast, units):
    client.force_login(cast.reporter)
    client.post(
        reverse("profile"), PROFILE | {"username": "boss", "home_unit": units.rail.pk, "is_active": ""}
    )
    assert (zhou().home_unit, zhou().is_active) == (units.crew, True)


@pytest.mark.parametrize(
    ("field", "value"), [("display_name", ""), ("email", "no"), ("time_zone", "X/Y"), ("theme", "pink")]
)
def test_what_makes_no_sense_is_said_beside_its_field(client, cast, field, value):
    client.force_login(cast.reporter)
    response = client.post(reverse("profile"), PROFILE | {field: value})
    assert field in response.context["form"].errors and zhou().job_title == ""


def test_the_language_stays_with_her_and_with_the_browser(client, cast):
    client.force_login(cast.reporter)
    client.post(reverse("set_language"), {"language": "zh-hant", "next": "/me/"})
    assert zhou().language == "zh-hant"
    assert 'lang="zh-Hant"' in client.get("/me/").content.decode()
    client.logout()
    assert 'lang="zh-Hant"' in client.get(reverse("account_login")).content.decode()


def test_the_theme_stays_with_her(client, cast):
    client.force_login(cast.reporter)
    assert client.post(reverse("set_theme"), {"theme": "dark", "next": "/me/"}).url == "/me/"
    assert zhou().theme == "dark" and 'data-theme="dark"' in client.get("/me/").content.decode()


@pytest.mark.parametrize("name", ["set_language", "set_theme"])
@pytest.mark.parametrize("away", ["https://evil.example/", "//evil.example", "javascript:alert(1)"])
def test_nothing_leads_to_another_host(client, cast, name, away):
    client.force_login(cast.reporter)
    values = {"language": "en", "theme": "dark", "next": away}
    assert client.post(reverse(name), values).url == "/"


def test_only_languages_and_themes_that_exist(client, cast):
    client.force_login(cast.reporter)
    assert client.post(reverse("set_language"), {"language": "xx"}).status_code == 400
    assert client.post(reverse("set_theme"), {"theme": "pink"}).status_code == 400
    assert client.get(reverse("set_language")).status_code == 405


def test_she_signs_out_one_other_browser(cast):
    phone, desk = sign_in(browser="Phone"), sign_in(browser="Desk")
    other = UserSession.objects.get(user_agent="Phone")
    assert reverse("end-session", args=[other.pk]) in desk.get(reverse("usersessions_list")).content.decode()
    desk.post(reverse("end-session", args=[other.pk]))
    assert phone.get("/me/").status_code == 302 and desk.get("/me/").status_code == 200


def test_nobody_signs_out_somebody_else(cast):
    sign_in()
    session = UserSession.objects.get(user=cast.reporter)
    stranger = sign_in("he")
    assert stranger.post(reverse("end-session", args=[session.pk])).status_code == 404
    assert UserSession.objects.filter(pk=session.pk).exists()


def test_the_page_asks_little(client, cast, django_assert_max_num_queries):
    client.force_login(cast.reporter)
    with django_assert_max_num_queries(9):
        client.get(reverse("profile"))
