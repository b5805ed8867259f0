"""Ma Lin runs Eastern Rail from her desk and from her phone: every administrator's page in real Chromium."""

import io

import pytest
from django.urls import reverse

from history.administration import staff
from history.administration import units as acts
from people.models import Person, Role
from tests.browser.conftest import both_widths
from tests.walks import confirmed, planned

pytestmark = pytest.mark.django_db(transaction=True)

CREW = (
    b"User name,Name,Unit code,Roles,Job title\n"
    b"zhang,Zhang Wei,ER-E-C3,Employee,Conductor\n"
    b"yang,Yang Li,ER-E-HZ,Employee;Site manager,Master\n"
)


@both_widths
def test_the_administrators_pages(visit, cast, units, phone):
    planned(cast, units)
    confirmed(cast, units)
    staff.leave(cast.colleague, by=cast.admin, reason="Moved away")
    acts.found(name="Platform 4", code="ER-E-HZ-P4", parent=units.station, by=cast.admin)
    ma = visit(phone=phone)
    ma.sign_in("ma")
    for name, subject in [
        ("people", None), ("person", cast.owner), ("person", cast.colleague), ("person", cast.admin),
        ("person-edit", cast.owner), ("person-add", None), ("units", None), ("unit", units.station),
        ("unit-add", None), ("unit-move", units.crew), ("unit-poster", units.station), ("people-import", None),
        ("profile", None), ("account_change_password", None), ("usersessions_list", None), ("mfa_index", None),
        ("hand-over", cast.owner),
    ]:  # fmt: skip
        ma.go(reverse(name, args=[subject.pk] if subject else []))
    ma.go(reverse("units") + "?q=platform")
    ma.go(reverse("people") + "?q=nobody-at-all")


@both_widths
def test_a_roster_is_imported(visit, cast, units, phone):
    ma = visit(phone=phone)
    ma.sign_in("ma")
    ma.go(reverse("people-import"))
    bad = CREW + b"lost,Lost,NOWHERE,,\n"
    for content in (bad, CREW):
        ma.page.set_input_files(
            "input[type=file]",
            {"name": "crew.csv", "mimeType": "text/csv", "buffer": io.BytesIO(content).read()},
        )
        ma.press("Check the file")
        if content is bad:
            ma.sees("NOWHERE")
            ma.press("Another file", role="link")
    ma.press("Import 2 people")
    ma.sees("People are imported")
    assert Person.objects.filter(username__in=["zhang", "yang"]).count() == 2


@both_widths
def test_somebody_leaves_and_the_work_goes_on(visit, cast, units, phone):
    incident = confirmed(cast, units)
    ma = visit(phone=phone)
    ma.sign_in("ma")
    ma.go(reverse("person", args=[cast.owner.pk]))
    ma.press("Hand over work", role="link")
    ma.page.get_by_label("Who takes over").fill("liu")
    ma.press("Hand over", exact=True)
    ma.sees("There is 1 problem")  # the reason is missing
    ma.page.get_by_label("Why", exact=True).fill("Chen leaves")
    ma.page.get_by_label("Close the account afterwards").check()
    ma.press("Hand over", exact=True)
    ma.sees("1 case was handed over.")
    incident.refresh_from_db()
    assert incident.owner == cast.depot_manager and not Person.objects.get(pk=cast.owner.pk).is_active


def test_a_lost_password(visit, cast, units):
    """Ma gives Zhou a one-time password; Zhou signs in with it on her phone and chooses her own."""
    ma = visit()
    ma.sign_in("ma")
    ma.go(reverse("person", args=[cast.reporter.pk]))
    ma.page.locator("summary", has_text="One-time password").click()
    ma.press("Make it")
    password = ma.page.locator("#one-time").inner_text()
    zhou = visit(phone=True)
    zhou.go(reverse("account_login"))
    zhou.page.fill("input[name=login]", "zhou")
    zhou.page.fill("input[name=password]", password)
    zhou.press("Sign in")
    assert reverse("account_change_password") in zhou.page.url
    zhou.page.fill("input[name=oldpassword]", password)
    for field in ("password1", "password2"):
        zhou.page.fill(f"input[name={field}]", "green-lantern-88")
    zhou.press("Change password")
    assert reverse("profile") in zhou.page.url


def test_a_post_is_given_and_ended(visit, cast, units):
    ma = visit()
    ma.sign_in("ma")
    ma.go(reverse("person", args=[cast.colleague.pk]))
    ma.page.select_option("select[name=role]", "supervisor")
    ma.press("Give the post")
    ma.sees("He Ping is Service supervisor in High-speed Crew 3.")
    ma.page.locator("tr", has_text="Service supervisor").locator("summary").click()
    ma.press("End the post")
    assert cast.colleague.posts.get(role=Role.SUPERVISOR).ends_on is not None


@both_widths
def test_the_very_first_start(visit, phone):
    somebody = visit(phone=phone)
    somebody.go("/")
    assert reverse("setup") in somebody.page.url
    for field, value in {
        "company": "Northern Rail", "code": "NR", "display_name": "Lin Yue", "username": "lin.yue",
        "password": "blue-kettle-42-river", "again": "blue-kettle-42-river",
    }.items():  # fmt: skip
        somebody.page.fill(f"input[name={field}]", value)
    somebody.press("Start", exact=True)
    somebody.sees("Northern Rail")
