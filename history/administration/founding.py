"""The very first start: one company, one administrator. Afterwards this door is closed for ever."""

from django.contrib.auth.password_validation import validate_password
from django.core.exceptions import ValidationError
from django.db import connection, transaction
from django.utils import timezone

from people.models import Person, Post, Role, Unit
from people.units import found

from . import units
from .staff import record_about

#: Key of the lock that lets only one first start through; any number that nothing else uses.
_LOCK = 2_071_966_001


class AlreadyFounded(Exception):
    """Somebody exists: there is no second first start."""


def is_open() -> bool:
    """Does nobody exist yet?"""
    return not Person.objects.exists()


@transaction.atomic
def found_company(
    *, company: str, code: str, display_name: str, username: str, password: str, language: str, time_zone: str
) -> Person:
    """Make the company and its administrator. Raises AlreadyFounded, ValidationError (by field)."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(%s)", [_LOCK])
    if not is_open():
        raise AlreadyFounded()
    Unit(name=company, code=code, path=f"new:{code}").full_clean()
    unit = found(name=company.strip(), code=code.strip())
    person = Person(
        username=Person.normalize_username(username.strip()), display_name=display_name.strip(), home_unit=unit,
        language=language, time_zone=time_zone,
    )  # fmt: skip
    try:
        validate_password(password, person)
    except ValidationError as error:
        raise ValidationError({"password": error.messages}) from error
    person.set_password(password)
    person.full_clean()
    person.save()
    roles = (Role.ADMINISTRATOR, Role.REPORTER)
    Post.objects.bulk_create(
        Post(person=person, unit=unit, role=role, starts_on=timezone.localdate()) for role in roles
    )
    units.record_about(unit, "unit.found", by=person, after={"name": unit.name, "code": unit.code})
    record_about(
        person,
        "person.hire",
        by=person,
        after={"username": person.username, "unit": unit.code, "roles": roles},
    )
    return person
