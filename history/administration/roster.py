"""People as a table: importing them, all or nothing, and writing them out in the same shape."""

import functools
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from typing import BinaryIO

from django.conf import settings
from django.core.exceptions import ValidationError
from django.db import transaction
from django.db.models.functions import Upper
from django.utils import translation
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, pgettext_lazy

from people.models import Person, Role, Unit, time_zones
from people.passwords import one_time_password
from people.tables import TableError, read_table, text_of

from . import posts, staff
from .scope import administers_unit, posts_beyond

MAX_ROWS = 2000

#: Our name for a column -> its heading. Files may use the heading in any of our languages, or our name.
COLUMNS: dict[str, Promise] = {
    "username": gettext_lazy("User name"),
    "display_name": gettext_lazy("Name"),
    "job_title": gettext_lazy("Job title"),
    "home_unit": gettext_lazy("Unit code"),
    "roles": gettext_lazy("Roles"),
    "email": gettext_lazy("E-mail"),
    "phone": gettext_lazy("Phone"),
    "language": gettext_lazy("Language"),
    "time_zone": gettext_lazy("Time zone"),
}
REQUIRED = ("username", "display_name", "home_unit")
#: Written out for the reader, not read back.
ONLY_WRITTEN = (gettext_lazy("Unit"), pgettext_lazy("people", "State"))


@dataclass
class Row:
    """One row of the file, as it would be carried out."""

    number: int  # as a spreadsheet shows it: the heading is row 1
    values: dict[str, str]
    problems: list[str] = field(default_factory=list)
    person: Person | None = None  # who has this user name already
    unit: Unit | None = None
    changes: dict[str, tuple] = field(default_factory=dict)  # field -> (now, then)
    new_posts: list[tuple[str, Unit]] = field(default_factory=list)

    @property
    def state(self) -> str:
        if self.problems:
            return "problem"
        if self.person is None:
            return "new"
        return "changed" if self.changes or self.new_posts else "unchanged"

    @property
    def differences(self) -> list[tuple]:
        """What would change, in words: (column, now, then)."""
        listed = [(COLUMNS[name], now, then) for name, (now, then) in self.changes.items()]
        return listed + [
            (COLUMNS["roles"], "", f"{Role(role).label} ({unit.name})") for role, unit in self.new_posts
        ]


@dataclass
class Sheet:
    """A file that was read: rows of (number, values by our column names), and headings that mean nothing here."""

    rows: list[tuple[int, dict[str, str]]]
    unused: list[str]


def read(file: BinaryIO, name: str) -> Sheet:
    """Read the file's cells as text. Raises TableError with a sentence for the person."""
    with read_table(file, name) as table:
        columns = [_column_called(heading) for heading in table.headings]
        missing = [str(COLUMNS[name]) for name in REQUIRED if name not in columns]
        if missing:
            raise TableError(
                _("These columns are missing: %(columns)s.") % {"columns": ", ".join(missing)}, row=1
            )
        twice = next((name for name in columns if name and columns.count(name) > 1), None)
        if twice:
            raise TableError(
                _("Two columns have the same heading: %(heading)s.") % {"heading": COLUMNS[twice]}, row=1
            )
        rows = []
        for number, cells in table.rows:
            if len(rows) >= MAX_ROWS:
                raise TableError(_("A file may hold %(limit)s people at most.") % {"limit": MAX_ROWS})
            values = {
                name: text_of(cell) for name, cell in zip(columns, cells, strict=False) if name is not None
            }
            rows.append((number, values))
        if not rows:
            raise TableError(_("The table is empty."))
        unused = [
            heading for heading, column in zip(table.headings, columns, strict=False)
            if column is None and _plain(heading) not in _ignored()
        ]  # fmt: skip
    return Sheet(rows, unused)


def check(rows: Iterable[tuple[int, dict[str, str]]], *, by: Person) -> list[Row]:
    """What each row would do, and what is wrong with it. Reads three times from the database, whatever the size."""
    checked = [Row(number, values) for number, values in rows]
    names = {row.values["username"].upper() for row in checked}
    people = Person.objects.annotate(upper=Upper("username")).filter(upper__in=names)
    known = {
        person.username.upper(): person
        for person in people.select_related("home_unit").prefetch_related("posts__unit")
    }
    units = {unit.code.casefold(): unit for unit in Unit.objects.filter(pk__in=_scope(by))}
    seen: dict[str, int] = {}
    for row in checked:
        row.person = known.get(row.values["username"].upper())
        _check_row(row, units, by=by)
        first = seen.setdefault(row.values["username"].upper(), row.number)
        if first != row.number and row.values["username"]:
            row.problems.append(_("The same user name stands in row %(row)s.") % {"row": first})
    return checked


def _scope(by: Person):
    return Unit.objects.administered_by(by).values("pk")


def _check_row(row: Row, units: dict[str, Unit], *, by: Person) -> None:
    values, person = row.values, row.person
    for name in REQUIRED:
        if not values[name] and (person is None or name == "username"):
            row.problems.append(_("%(column)s is empty.") % {"column": COLUMNS[name]})
    if person is not None and not administers_unit(by, person.home_unit):
        row.problems.append(_("This user name belongs to somebody in a unit that you don't manage."))
        return
    if person is not None and posts_beyond(by, person.posts.all()):
        row.problems.append(
            _("%(person)s also holds posts outside your units: an administrator further up has to do this.")
            % {"person": person}
        )
        return
    if person is not None and not person.is_active:
        row.problems.append(_("%(person)s has left. Readmit them on their page first.") % {"person": person})
        return
    row.unit = _unit_called(values["home_unit"], units, row) if values["home_unit"] else None
    unit = row.unit or (person.home_unit if person else None)
    wanted = _details(row)
    draft = Person(username=values["username"] or "x", display_name=values["display_name"] or "x", **wanted)
    try:
        draft.clean_fields(exclude=["password", "home_unit"])
    except ValidationError as error:
        row.problems += [
            f"{COLUMNS[name]}: {message}"
            for name, messages in error.message_dict.items()
            for message in messages
        ]
    if "roles" in values and unit is not None:
        row.new_posts = [post for post in _posts(row, unit, units) if not _holds(person, *post)]
    if person is not None:
        wanted |= {"display_name": values["display_name"]} if values["display_name"] else {}
        wanted |= {"home_unit": row.unit} if row.unit else {}
        row.changes = {
            name: (getattr(person, name), value)
            for name, value in wanted.items()
            if getattr(person, name) != value
        }


def _details(row: Row) -> dict[str, str]:
    """The optional columns that hold something. An empty cell leaves what is there."""
    wanted = {name: row.values[name] for name in ("job_title", "email", "phone") if row.values.get(name)}
    if said := row.values.get("language"):
        language = _language_called(said)
        if language is None:
            row.problems.append(_("There is no language “%(text)s” here.") % {"text": said})
        else:
            wanted["language"] = language
    if said := row.values.get("time_zone"):
        if said not in dict(time_zones()):
            row.problems.append(_("There is no time zone “%(text)s”.") % {"text": said})
        else:
            wanted["time_zone"] = said
    return wanted


def _unit_called(code: str, units: dict[str, Unit], row: Row) -> Unit | None:
    unit = units.get(code.casefold())
    if unit is None:
        row.problems.append(_("You manage no unit with the code “%(code)s”.") % {"code": code})
    elif unit.closed_on:
        row.problems.append(_("%(unit)s is closed.") % {"unit": unit})
        return None
    return unit


def _posts(row: Row, home: Unit, units: dict[str, Unit]) -> Iterator[tuple[str, Unit]]:
    """ "Employee; Quality manager@ER": roles in one's own unit, or in the unit behind the @."""
    for said in re.split(r"[,;、，；/|\n]+", row.values["roles"]):
        name, at, code = (part.strip() for part in said.partition("@"))
        if not name:
            continue
        role = _role_called(name)
        if role is None:
            row.problems.append(_("There is no role “%(text)s”.") % {"text": name})
            continue
        unit = _unit_called(code, units, row) if at else home
        if unit is not None:
            yield role, unit


def _holds(person: Person | None, role: str, unit: Unit) -> bool:
    """Does the person hold the post, today or later, for good? Reads the prefetched posts."""
    return person is not None and any(
        post.role == role and post.unit_id == unit.pk and post.ends_on is None for post in person.posts.all()
    )


@dataclass
class Outcome:
    """What an import did. The one-time passwords of the new people are here and nowhere else."""

    added: list[tuple[Person, str]] = field(default_factory=list)
    changed: int = 0
    unchanged: int = 0


@transaction.atomic
def carry_out(rows: Iterable[tuple[int, dict[str, str]]], *, by: Person) -> Outcome:
    """Do all rows, or none.

    Raises ValidationError when a row has a problem by now.
    """
    checked = check(rows, by=by)
    wrong = next((row for row in checked if row.problems), None)
    if wrong:
        raise ValidationError(
            _("Row %(row)s: %(problem)s") % {"row": wrong.number, "problem": wrong.problems[0]}
        )
    outcome = Outcome()
    for row in checked:
        if row.state == "new":
            outcome.added.append(_hire(row, by=by))
        elif row.state == "changed":
            staff.amend(row.person, by=by, **{name: then for name, (_now, then) in row.changes.items()})
            for role, unit in row.new_posts:
                posts.appoint(row.person, unit, role, by=by)
            outcome.changed += 1
        else:
            outcome.unchanged += 1
    return outcome


def _hire(row: Row, *, by: Person) -> tuple[Person, str]:
    password = one_time_password()
    at_home = [role for role, unit in row.new_posts if unit == row.unit]
    details = {"language": by.language, "time_zone": by.time_zone} | _details(row)
    person = staff.hire(
        by=by, username=row.values["username"], display_name=row.values["display_name"], home_unit=row.unit,
        password=password, roles=at_home or [Role.REPORTER], **details,
    )  # fmt: skip
    for role, unit in row.new_posts:
        if unit != row.unit:
            posts.appoint(person, unit, role, by=by)
    return person, password


def as_table(people: Iterable[Person]) -> tuple[list, Iterator[list]]:
    """Headings and rows of people with `posts_now`, in the shape that `read` takes."""

    def roles(person: Person) -> str:
        return "; ".join(
            post.get_role_display() if post.unit_id == person.home_unit_id
            else f"{post.get_role_display()}@{post.unit.code}"
            for post in person.posts_now
        )  # fmt: skip

    active, left = _("Active"), _("Left")
    rows = (
        [
            person.username, person.display_name, person.job_title,
            person.home_unit.code if person.home_unit else "", roles(person), person.email, person.phone,
            person.get_language_display(), person.time_zone,
            person.home_unit.name if person.home_unit else "", active if person.is_active else left,
        ]
        for person in people
    )  # fmt: skip
    return [*COLUMNS.values(), *ONLY_WRITTEN], rows


# Words in any of our languages ---------------------------------------------------------------------------------------
def _plain(text: str) -> str:
    return re.sub(r"[\s_*-]+", "", text).casefold()


def _in_every_language(words: dict[str, Promise]) -> dict[str, str]:
    """What people may have written -> our name for it."""
    known = {_plain(name): name for name in words}
    for language, _name in settings.LANGUAGES:
        with translation.override(language):
            known |= {_plain(str(text)): name for name, text in words.items()}
    return known


@functools.cache
def _headings() -> dict[str, str]:
    return _in_every_language(COLUMNS)


@functools.cache
def _ignored() -> set[str]:
    return set(_in_every_language({str(number): text for number, text in enumerate(ONLY_WRITTEN)}))


@functools.cache
def _roles() -> dict[str, str]:
    return _in_every_language({role.value: role.label for role in Role})


def _column_called(heading: str) -> str | None:
    return _headings().get(_plain(heading))


def _role_called(text: str) -> str | None:
    return _roles().get(_plain(text))


def _language_called(text: str) -> str | None:
    choices = Person._meta.get_field("language").choices
    return next((code for code, name in choices if text.casefold() in (code, name.casefold())), None)
