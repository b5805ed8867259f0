"""Ma Lin takes the roster of a whole crew over from a spreadsheet."""

import io
import re

import openpyxl
import pytest
from django.core.exceptions import ValidationError
from django.core.files.uploadedfile import SimpleUploadedFile
from django.urls import reverse
from django.utils import translation

from history.administration import roster, staff
from history.models import Event
from people.models import Person, Role
from people.tables import TableError

pytestmark = pytest.mark.django_db

HEAD = "User name,Name,Unit code,Roles,Job title\n"
CREW = (
    HEAD + "zhang,Zhang Wei,ER-E-C3,Employee,Conductor\nyang,Yang Li,er-e-hz,Employee;Site manager,Master\n"
)


def rows_of(text: str) -> list:
    return roster.read(io.BytesIO(text.encode()), "crew.csv").rows


def check(text: str, by) -> list[roster.Row]:
    return roster.check(rows_of(text), by=by)


def problems(text: str, by) -> list[tuple[int, str]]:
    return [(row.number, problem) for row in check(text, by) for problem in row.problems]


def send(client, text: str | bytes, name: str = "crew.csv"):
    content = text.encode() if isinstance(text, str) else text
    return client.post(reverse("people-import"), {"file": SimpleUploadedFile(name, content)})


def test_new_people_come_with_posts_and_a_password_each(cast, units):
    outcome = roster.carry_out(rows_of(CREW), by=cast.admin)
    zhang, yang = (Person.objects.get(username=name) for name in ("zhang", "yang"))
    assert [person for person, _password in outcome.added] == [zhang, yang]
    assert all(Person.objects.get(pk=p.pk).check_password(password) for p, password in outcome.added)
    assert {post.role for post in yang.current_posts} == {Role.REPORTER, Role.SITE_MANAGER}
    assert (yang.home_unit, yang.job_title, yang.must_change_password) == (units.station, "Master", True)
    assert Event.objects.of(zhang.case).get().act == "person.hire"


def test_the_same_file_again_changes_nothing(cast, units):
    roster.carry_out(rows_of(CREW), by=cast.admin)
    before = Event.objects.count()
    outcome = roster.carry_out(rows_of(CREW), by=cast.admin)
    assert (outcome.added, outcome.changed, outcome.unchanged) == ([], 0, 2)
    assert Event.objects.count() == before and Person.objects.filter(username="zhang").count() == 1


def test_what_differs_is_shown_and_changed_and_empty_cells_change_nothing(cast, units):
    roster.carry_out(rows_of(CREW), by=cast.admin)
    text = HEAD + "ZHANG,,,Quality manager@ER-E,Chief conductor\n"
    (row,) = check(text, cast.admin)
    assert row.state == "changed" and row.changes == {"job_title": ("Conductor", "Chief conductor")}
    roster.carry_out(rows_of(text), by=cast.admin)
    zhang = Person.objects.get(username="zhang")
    assert (zhang.display_name, zhang.job_title, zhang.home_unit) == (
        "Zhang Wei",
        "Chief conductor",
        units.crew,
    )
    assert zhang.has_role(Role.QUALITY, units.station) and not zhang.has_role(Role.QUALITY, units.west)


def test_every_problem_names_its_row(cast, units):
    staff.leave(cast.colleague, by=cast.admin)
    text = HEAD + (
        "zhang,Zhang Wei,ER-E-C3,Employee,\n"
        "zhang,Twin,ER-E-C3,Employee,\n"
        ",No name,ER-E-C3,,\n"
        "lost,Lost,NOWHERE,,\n"
        "hong,Hong Mei,ER-E-C3,,\n"
        "bad name!,Bad,ER-E-C3,,\n"
        "boss,Boss,ER-E-C3,Emperor,\n"
        "stranger,Stranger,HH,,\n"
        "he,He Ping,ER-E-C3,,\n"
    )
    found = problems(text, cast.admin)
    assert [number for number, _problem in found] == [3, 4, 5, 6, 7, 8, 9, 10]
    said = dict(found)
    assert said[3] == "The same user name stands in row 2."
    assert said[5] == "You manage no unit with the code “NOWHERE”."
    assert "don't manage" in said[6] and "role “Emperor”" in said[8] and "has left" in said[10]


def test_one_bad_row_keeps_all_out(cast, units):
    before = (Person.objects.count(), Event.objects.count())
    with pytest.raises(ValidationError, match="Row 4"):
        roster.carry_out(rows_of(CREW + "lost,Lost,NOWHERE,,\n"), by=cast.admin)
    assert (Person.objects.count(), Event.objects.count()) == before


@pytest.mark.parametrize("language", ["zh-hans", "zh-hant", "en"])
def test_headings_and_roles_are_understood_in_every_language(cast, units, language):
    with translation.override(language):
        headings = [str(roster.COLUMNS[name]) for name in ("username", "display_name", "home_unit", "roles")]
        role = str(Role.SITE_MANAGER.label)
    (row,) = check(",".join(headings) + f"\nzhang,张伟,ER-E-C3,{role}\n", cast.admin)
    assert row.new_posts == [(Role.SITE_MANAGER, units.crew)]


def test_a_file_must_have_its_columns_and_may_not_be_endless(cast):
    with pytest.raises(TableError, match="Unit code"):
        rows_of("User name,Name\nzhang,Zhang\n")
    with pytest.raises(TableError, match="2000"):
        rows_of(HEAD + "".join(f"p{n},P,ER,,\n" for n in range(2001)))


def test_columns_that_mean_nothing_are_named():
    sheet = roster.read(io.BytesIO(b"User name,Name,Unit code,Shoe size\na,A,ER,42\n"), "crew.csv")
    assert sheet.unused == ["Shoe size"]


def test_what_was_exported_can_be_sent_back(client, cast, units):
    client.force_login(cast.admin)
    file = b"".join(client.get(reverse("people-xlsx")).streaming_content)
    assert openpyxl.load_workbook(io.BytesIO(file)).active.max_row == 13
    preview = send(client, file, "people.xlsx")
    assert preview.context["counts"] == {"new": 0, "changed": 0, "unchanged": 12, "problem": 0}
    assert preview.context["unused"] == []


def test_looking_first_then_importing_in_the_browser(client, cast, units):
    client.force_login(cast.admin)
    preview = send(client, CREW)
    assert preview.context["counts"]["new"] == 2 and not Person.objects.filter(username="zhang").exists()
    done = client.post(reverse("people-import-confirm"), {"token": preview.context["token"]})
    passwords = [password for _person, password in done.context["outcome"].added]
    assert all(password in done.content.decode() for password in passwords)
    assert "no-store" in done["Cache-Control"]
    file = client.post(reverse("people-import-passwords"), {"token": done.context["token"]})
    assert all(password in file.content.decode() for password in passwords)


def test_a_preview_with_problems_offers_no_import(client, cast, units):
    client.force_login(cast.admin)
    preview = send(client, CREW + "lost,Lost,NOWHERE,,\n")
    text = preview.content.decode()
    assert "NOWHERE" in text and reverse("people-import-confirm") not in text
    refused = client.post(reverse("people-import-confirm"), {"token": preview.context["token"]}, follow=True)
    assert "Nothing was imported." in refused.content.decode()
    assert not Person.objects.filter(username="zhang").exists()


def test_a_preview_belongs_to_who_made_it(client, cast, units):
    client.force_login(cast.admin)
    token = send(client, CREW).context["token"]
    client.force_login(cast.hotel_quality)
    client.post(reverse("people-import-confirm"), {"token": token})
    client.post(reverse("people-import-confirm"), {"token": token[:-1] + "x"})
    assert not Person.objects.filter(username="zhang").exists()


@pytest.mark.parametrize(
    "content", [b"", b"%PDF-1.7", b"\x00\x01\x02", b"\xd0\xcf\x11\xe0" * 8, b"<html></html>"]
)
def test_what_is_no_table_is_refused_with_a_sentence(client, cast, content):
    client.force_login(cast.admin)
    response = send(client, content)
    assert response.status_code == 200 and response.context["form"].errors["file"]


def test_the_empty_table_can_be_filled_in_and_sent(client, cast, units):
    client.force_login(cast.admin)
    preview = send(client, client.get(reverse("people-import-template")).content)
    assert preview.context["counts"]["new"] == 1 and not preview.context["counts"]["problem"]


def test_checking_asks_as_much_for_500_rows_as_for_5(cast, units, django_assert_num_queries):
    def text(count):
        return HEAD + "".join(f"p{n},Person {n},ER-E-C3,Employee,\n" for n in range(count))

    roster.carry_out(rows_of(text(5)), by=cast.admin)
    for count in (5, 500):
        with django_assert_num_queries(4):
            check(text(count), cast.admin)


def test_no_password_is_kept_anywhere(cast, units):
    outcome = roster.carry_out(rows_of(CREW), by=cast.admin)
    kept = " ".join(Event.objects.values_list("payload", flat=True))
    kept += " ".join(Person.objects.values_list("password", flat=True))
    assert not any(password in kept for _person, password in outcome.added)
    assert re.match(r"argon2\$", Person.objects.get(username="zhang").password)
