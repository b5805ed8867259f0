"""The administrator's pages: who may open them, what they show, and how much they ask of the database."""

import datetime as dt
from types import SimpleNamespace

import pytest
from django.contrib.auth.hashers import make_password
from django.urls import reverse
from django.utils import timezone

from history.models import Event
from people.models import Person, Post, Role, Unit
from people.units import found

pytestmark = pytest.mark.django_db

GET_PAGES = [
    "people", "people-csv", "people-xlsx", "person-add", "people-import", "people-import-template", "units", "unit-add",
]  # fmt: skip
PERSON_PAGES = ["person", "person-edit"]
PERSON_POSTS = ["person-password", "person-two-step", "person-leave", "person-readmit", "person-appoint"]
UNIT_PAGES = ["unit", "unit-poster", "unit-move"]
UNIT_POSTS = ["unit-rename", "unit-close", "unit-reopen"]


def everything(cast, units) -> list[tuple[str, str]]:
    """(method, address) of every page, about Eastern Rail."""
    pages = [("get", reverse(name)) for name in GET_PAGES]
    pages += [("post", reverse(name)) for name in ("people-import-confirm", "people-import-passwords")]
    pages += [("get", reverse(name, args=[cast.owner.pk])) for name in PERSON_PAGES]
    pages += [("post", reverse(name, args=[cast.owner.pk])) for name in PERSON_POSTS + ["person-edit"]]
    pages += [("get", reverse(name, args=[units.station.pk])) for name in UNIT_PAGES]
    pages += [("post", reverse(name, args=[units.station.pk])) for name in UNIT_POSTS + ["unit-move"]]
    return pages + [("post", reverse("post-end", args=[cast.depot_manager.posts.first().pk]))]


def state() -> tuple:
    """Everything that these pages could change."""
    return (
        list(Person.objects.order_by("pk").values_list("pk", "display_name", "password", "is_active")),
        list(Post.objects.order_by("pk").values_list("pk", "ends_on")),
        list(Unit.objects.order_by("pk").values_list("pk", "name", "path", "closed_on")),
        Event.objects.count(),
    )


@pytest.mark.parametrize("who", ["reporter", "site_manager", "supervisor", "quality", "handler", "executive"])
def test_nobody_but_administrators_opens_them(client, cast, units, who):
    client.force_login(getattr(cast, who))
    before = state()
    for method, url in everything(cast, units):
        assert getattr(client, method)(url).status_code == 403, url
    assert state() == before


def test_an_administrator_of_another_company_finds_nothing_there(client, cast, units):
    client.force_login(cast.hotel_quality)
    before = state()
    for method, url in everything(cast, units):
        about_somebody = any(character.isdigit() for character in url)
        if about_somebody:
            assert getattr(client, method)(url).status_code == 404, url
    assert "Chen Gong" not in client.get(reverse("people")).content.decode()
    assert "Hangzhou" not in client.get(reverse("units")).content.decode()
    assert "chen" not in b"".join(client.get(reverse("people-csv")).streaming_content).decode()
    assert state() == before


def test_a_visitor_is_asked_to_sign_in(client, cast, units):
    for method, url in everything(cast, units):
        response = getattr(client, method)(url)
        assert response.status_code == 302 and response.url.startswith(reverse("account_login")), url


def test_the_administrator_opens_every_one(client, cast, units):
    client.force_login(cast.admin)
    for method, url in everything(cast, units):
        if method == "get":
            assert client.get(url).status_code == 200, url


def test_a_colleague_is_added_and_the_password_shown_once(client, cast, units):
    client.force_login(cast.admin)
    form = {
        "display_name": "Zhang Wei", "username": "zhang.wei", "job_title": "Conductor", "home_unit": units.crew.pk,
        "email": "", "phone": "", "language": "zh-hans", "time_zone": "Asia/Shanghai",
        "roles": ["reporter"], "starts_on": timezone.localdate().isoformat(),
    }  # fmt: skip
    response = client.post(reverse("person-add"), form)
    password = response.context["password"]
    assert password in response.content.decode() and "no-store" in response["Cache-Control"]
    person = Person.objects.get(username="zhang.wei")
    assert person.check_password(password)
    assert password not in client.get(reverse("person", args=[person.pk])).content.decode()
    again = client.post(reverse("person-add"), form)
    assert again.status_code == 200 and "This user name is taken." in again.content.decode()
    assert Person.objects.filter(display_name="Zhang Wei").count() == 1


def test_a_persons_whole_life_on_their_page(client, cast, units):
    client.force_login(cast.admin)
    page = reverse("person", args=[cast.colleague.pk])

    def do(name, **values):
        return client.post(reverse(name, args=[cast.colleague.pk]), values, follow=True)

    today = timezone.localdate().isoformat()
    appointed = do("person-appoint", unit=units.crew.pk, role="site_manager", starts_on=today, ends_on="")
    assert "He Ping is Site manager in High-speed Crew 3." in appointed.content.decode()
    post = cast.colleague.posts.get(role=Role.SITE_MANAGER)
    wrong = do("person-appoint", unit=units.crew.pk, role="site_manager", starts_on=today, ends_on="")
    assert "This person holds that post already." in wrong.content.decode()
    client.post(reverse("post-end", args=[post.pk]), {"ends_on": today, "next": page})
    post.refresh_from_db()
    assert post.ends_on == timezone.localdate()
    assert do("person-password").context["password"]
    do("person-leave", reason="Moved away")
    assert not Person.objects.get(pk=cast.colleague.pk).is_active
    assert do("person-readmit").context["password"]
    text = client.get(page).content.decode()
    assert "Moved away" in text and "gave this person the role" in text


def test_the_list_finds_by_name_unit_role_and_state(client, cast, units):
    client.force_login(cast.admin)

    def listed(**filters):
        return {person.username for person in client.get(reverse("people"), filters).context["page"]}

    assert listed(q="chen") == {"chen"} and listed(q="Gong") == {"chen"}
    assert listed(q="Workshop") == {"chen"}
    assert listed(unit=units.depot.pk) == {"chen", "liu"}
    assert listed(role="site_manager") == {"li", "liu", "wu"}
    Person.objects.filter(pk=cast.owner.pk).update(is_active=False)
    assert "chen" not in listed() and listed(state="left") == {"chen"} and "chen" in listed(state="all")
    assert "hong" not in listed(state="all") and listed(unit="nonsense")


def test_the_file_holds_what_the_list_shows_and_runs_no_formula(client, cast, units):
    Person.objects.filter(pk=cast.owner.pk).update(job_title="=HYPERLINK(1)")
    client.force_login(cast.admin)
    text = b"".join(client.get(reverse("people-csv"), {"unit": units.depot.pk}).streaming_content).decode(
        "utf-8-sig"
    )
    assert text.count("\n") == 3 and "'=HYPERLINK(1)" in text and "Site manager" in text
    assert client.get(reverse("people-xlsx")).status_code == 200


def test_a_poster_opens_the_report_of_its_place(client, cast, units, settings):
    settings.BASE_URL = "https://quality.example"
    client.force_login(cast.admin)
    page = client.get(reverse("unit-poster", args=[units.station.pk])).content.decode()
    assert "https://quality.example/report/?unit=ER-E-HZ" in page and "<svg" in page
    assert 'style="' not in page
    all_of_them = client.get(reverse("unit-poster", args=[units.east.pk]), {"below": 1}).content.decode()
    assert all_of_them.count('class="poster"') == 3


def test_units_are_found_with_what_stands_above_them(client, cast, units):
    client.force_login(cast.admin)
    page = client.get(reverse("units"), {"q": "workshop"}).content.decode()
    assert "Maintenance Workshop 2" in page and "Rolling Stock Depot" in page and "East Division" not in page


def test_a_unit_is_added_renamed_and_closed_in_the_browser(client, cast, units):
    client.force_login(cast.admin)
    client.post(reverse("unit-add"), {"name": "Platform 4", "code": "P4", "parent": units.station.pk})
    unit = Unit.objects.get(code="P4")
    client.post(reverse("unit-rename", args=[unit.pk]), {"name": "Platform 5"})
    refused = client.post(reverse("unit-close", args=[units.station.pk]), follow=True)
    assert "It still has units below it." in refused.content.decode()
    client.post(reverse("unit-close", args=[unit.pk]), follow=True)
    unit.refresh_from_db()
    assert unit.name == "Platform 5" and unit.closed_on
    assert "Platform 5" not in client.get(reverse("units")).content.decode()
    assert "Platform 5" in client.get(reverse("units"), {"closed": "1"}).content.decode()
    client.post(reverse("unit-reopen", args=[unit.pk]))
    unit.refresh_from_db()
    assert unit.closed_on is None


# How much they ask of the database -----------------------------------------------------------------------------------
def crowd(units, count: int) -> SimpleNamespace:
    """So many people with two posts each, and as many units."""
    password, start = make_password(None), timezone.localdate() - dt.timedelta(days=1)
    people = Person.objects.bulk_create(
        Person(username=f"p{n}", display_name=f"Person {n}", home_unit=units.station, password=password)
        for n in range(count)
    )
    Post.objects.bulk_create(
        Post(person=person, unit=units.station, role=role, starts_on=start)
        for person in people
        for role in (Role.REPORTER, Role.SITE_MANAGER)
    )
    for n in range(count):
        found(name=f"Gate {n}", code=f"G{n}", parent=units.station)
    return people


@pytest.mark.parametrize(
    ("name", "needs"),
    [("people", 15), ("units", 13), ("person", 20), ("unit", 20), ("person-add", 11), ("people-csv", 8)],
)
def test_a_page_asks_as_much_at_50_as_at_5(
    client, cast, units, name, needs, django_assert_max_num_queries, django_assert_num_queries
):
    def url(people):
        args = {"person": [people[0].pk], "unit": [units.station.pk]}.get(name, [])
        return reverse(name, args=args)

    def ask(people):
        response = client.get(url(people))
        return b"".join(response.streaming_content) if response.streaming else response.content

    client.force_login(cast.admin)
    few = crowd(units, 5)
    ask(few)
    with django_assert_max_num_queries(needs) as asked:
        ask(few)
    Post.objects.filter(person__in=few).delete()
    Person.objects.filter(pk__in=[person.pk for person in few]).delete()
    Unit.objects.filter(code__startswith="G").delete()
    many = crowd(units, 50)
    with django_assert_num_queries(len(asked)):
        ask(many)
