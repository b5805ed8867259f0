"""The very first start: nobody exists, so every page leads to one form; afterwards it is gone."""

import pytest
from django.test import Client
from django.urls import reverse

from history.administration import founding
from history.models import Event
from people.models import Person, Role, Unit

pytestmark = pytest.mark.django_db


@pytest.fixture
def client() -> Client:
    """A browser that prefers English."""
    return Client(headers={"accept-language": "en"})


FORM = {
    "company": "Northern Rail", "code": "NR", "display_name": "Lin Yue", "username": "lin.yue",
    "password": "blue-kettle-42-river", "again": "blue-kettle-42-river", "time_zone": "Asia/Shanghai",
}  # fmt: skip


@pytest.mark.parametrize("url", ["/", "/account/login/", "/incidents/", "/people/", "/report/"])
def test_while_nobody_exists_every_page_leads_to_the_first_start(client, url):
    response = client.get(url)
    assert response.status_code == 302 and response.url == reverse("setup")


def test_health_still_answers(client):
    assert client.get("/health/").status_code in (200, 503)


def test_the_first_administrator_is_signed_in_and_can_work(client):
    assert client.get(reverse("setup")).status_code == 200
    response = client.post(reverse("setup"), FORM)
    assert response.status_code == 302 and response.url == reverse("units")
    person, unit = Person.objects.get(), Unit.objects.get()
    assert (unit.name, unit.code, unit.path) == ("Northern Rail", "NR", f"/{unit.pk}/")
    assert {post.role for post in person.current_posts} == {Role.ADMINISTRATOR, Role.REPORTER}
    assert person.check_password(FORM["password"]) and not person.must_change_password
    assert client.get(reverse("people")).status_code == 200
    acts = list(Event.objects.order_by("pk").values_list("act", flat=True))
    assert acts == ["unit.found", "person.hire", "person.sign_in"]


def test_afterwards_the_door_is_closed_for_ever(client, cast):
    assert client.get(reverse("setup")).status_code == 404
    assert client.post(reverse("setup"), FORM).status_code == 404
    assert not Unit.objects.filter(code="NR").exists()
    Person.objects.update(is_active=False)
    assert client.get(reverse("setup")).status_code == 404
    with pytest.raises(founding.AlreadyFounded):
        founding.found_company(
            company="X", code="X", display_name="X", username="x", password=FORM["password"], language="en",
            time_zone="UTC",
        )  # fmt: skip


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("company", ""), ("code", "no spaces"), ("username", "no spaces"), ("password", "short"),
        ("password", "1234567890123"), ("again", "different"), ("time_zone", "Mars/Olympus"),
    ],
)  # fmt: skip
def test_a_wrong_answer_is_said_beside_its_field_and_makes_nothing(client, field, value):
    values = FORM | {field: value}
    if field == "password":
        values["again"] = value
    response = client.post(reverse("setup"), values)
    assert response.status_code == 200 and field in response.context["form"].errors
    assert not Person.objects.exists() and not Unit.objects.exists()


def test_the_language_can_be_chosen_before_anybody_exists(client):
    response = client.post(reverse("set_language"), {"language": "en", "next": reverse("setup")})
    assert response.url == reverse("setup")
    assert "Welcome. Let's set up your company." in client.get(reverse("setup")).content.decode()
    client.post(reverse("setup"), FORM)
    assert Person.objects.get().language == "en"
