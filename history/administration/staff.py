"""People: hiring, amending, leaving, coming back, and getting into the account again."""

import datetime as dt
from collections.abc import Iterable
from typing import Any

from allauth.mfa.models import Authenticator
from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from history.recording import record
from people.models import Person, Post, Role, Unit
from people.passwords import hash_of_one_time_password

from .scope import (
    hold_company,
    refuse_unless_administers,
    refuse_unless_administers_unit,
    refuse_without_administrator,
)

#: What an administrator may change of somebody's account.
AMENDABLE = (
    "username", "display_name", "job_title", "email", "phone", "home_unit", "language", "time_zone",
)  # fmt: skip
#: History is for ever: that these changed is kept, not what they were.
PERSONAL = ("email", "phone")


def record_about(person: Person, act: str, *, by: Person | None, **details: Any) -> None:
    """Write the person's own chain of events."""
    record(person.case, act, label=person.display_name, by=by, unit=person.home_unit, **details)


def _held(person: Person) -> Person:
    return Person.objects.select_for_update(of=("self",)).select_related("home_unit").get(pk=person.pk)


@transaction.atomic
def hire(
    *,
    by: Person,
    username: str,
    display_name: str,
    home_unit: Unit,
    password: str,
    roles: Iterable[str] = (Role.REPORTER,),
    starts_on: dt.date | None = None,
    **details: str,
) -> Person:
    """Make an account with a one-time password and the first posts in the person's own unit.

    `details`: job_title, email, phone, language, time_zone. Raises PermissionDenied, ValidationError (by field).
    """
    refuse_unless_administers_unit(by, home_unit)
    if home_unit.closed_on:
        raise ValidationError({"home_unit": _("This unit is closed.")})
    person = Person(
        username=Person.normalize_username(username.strip()),
        display_name=display_name.strip(),
        home_unit=home_unit,
        password=hash_of_one_time_password(password),
        must_change_password=True,
        **details,
    )
    _refuse_taken_name(person)
    person.full_clean(exclude=["home_unit"], validate_unique=False, validate_constraints=False)
    person.save()
    starts_on = starts_on or timezone.localdate()
    roles = list(dict.fromkeys(roles))
    Post.objects.bulk_create(
        Post(person=person, unit=home_unit, role=role, starts_on=starts_on) for role in roles
    )
    record_about(
        person, "person.hire", by=by,
        after={
            "username": person.username, "unit": home_unit.code, "roles": roles, "starts_on": starts_on,
            "job_title": person.job_title,
        },
    )  # fmt: skip
    return person


def _refuse_taken_name(person: Person) -> None:
    """User names differ in more than upper and lower case."""
    if Person.objects.filter(username__iexact=person.username).exclude(pk=person.pk).exists():
        raise ValidationError({"username": _("This user name is taken.")})


@transaction.atomic
def amend(person: Person, *, by: Person, **changes: Any) -> Person:
    """Change what is kept about a person (see AMENDABLE). Nothing is written when nothing differs."""
    unknown = set(changes) - set(AMENDABLE)
    if unknown:
        raise TypeError(f"not amendable: {unknown}")
    row = _held(person)
    refuse_unless_administers(by, row)
    differing = {name: value for name, value in changes.items() if getattr(row, name) != value}
    if not differing:
        return row
    if unit := differing.get("home_unit"):
        refuse_unless_administers_unit(by, unit)
        if unit.closed_on:
            raise ValidationError({"home_unit": _("This unit is closed.")})
    before = {name: _kept(name, getattr(row, name)) for name in differing}
    for name, value in differing.items():
        setattr(row, name, value)
    _refuse_taken_name(row)
    row.full_clean(exclude=["home_unit"], validate_unique=False, validate_constraints=False)
    row.save(update_fields=list(differing))
    after = {name: _kept(name, value) for name, value in differing.items()}
    record_about(row, "person.amend", by=by, before=before, after=after)
    return row


def _kept(name: str, value: Any) -> Any:
    if name in PERSONAL:
        return "***" if value else ""
    return value.code if isinstance(value, Unit) else value


@transaction.atomic
def leave(person: Person, *, by: Person, reason: str = "") -> Person:
    """The person may no longer sign in; their posts end today. Their work stays until it is handed over.

    Raises ValidationError for oneself and for the company's last administrator.
    """
    company = hold_company(person.home_unit)
    row = _held(person)
    refuse_unless_administers(by, row)
    if row == by:
        raise ValidationError(_("You can't close your own account: another administrator has to."))
    if not row.is_active:
        raise ValidationError(_("This account is closed already."))
    today = timezone.localdate()
    posts = list(row.posts.exclude(ends_on__lte=today).select_related("unit"))
    for post in posts:
        if post.starts_on > today:
            post.delete()  # it never began
        else:
            post.ends_on = today
            post.save(update_fields=["ends_on"])
    row.is_active = False
    row.left_at = timezone.now()
    row.save(update_fields=["is_active", "left_at"])
    _revoke_tokens(row)
    if any(post.role == Role.ADMINISTRATOR for post in posts):
        refuse_without_administrator(company)
    record_about(
        row, "person.leave", by=by, reason=reason,
        after={"posts_ended": [f"{post.role} {post.unit.code}" for post in posts]},
    )  # fmt: skip
    return row


def _revoke_tokens(person: Person) -> None:
    person.tokens.filter(revoked_at=None).update(revoked_at=timezone.now())


@transaction.atomic
def readmit(person: Person, *, by: Person, password: str, reason: str = "") -> Person:
    """Open the account of somebody who left, with a one-time password and without posts."""
    row = _held(person)
    refuse_unless_administers(by, row)
    if row.is_active:
        raise ValidationError(_("This account is open already."))
    if row.home_unit.closed_on:
        raise ValidationError(_("The unit of this person is closed. Give them another one first."))
    row.is_active, row.left_at = True, None
    row.password, row.must_change_password = hash_of_one_time_password(password), True
    row.save(update_fields=["is_active", "left_at", "password", "must_change_password"])
    record_about(row, "person.readmit", by=by, reason=reason)
    return row


@transaction.atomic
def set_password(person: Person, *, by: Person, password: str) -> Person:
    """Give somebody a one-time password: they choose their own at the next sign-in. Every session and token
    of theirs ends.
    """
    row = _held(person)
    refuse_unless_administers(by, row)
    if row == by:
        raise ValidationError(_("Change your own password on your profile."))
    if not row.is_active:
        raise ValidationError(_("This account is closed."))
    row.password, row.must_change_password = hash_of_one_time_password(password), True
    row.save(update_fields=["password", "must_change_password"])
    _revoke_tokens(row)
    record_about(row, "person.set_password", by=by)
    return row


@transaction.atomic
def reset_two_step(person: Person, *, by: Person, reason: str = "") -> None:
    """The phone is lost: sign in with the password alone until it is set up again."""
    row = _held(person)
    refuse_unless_administers(by, row)
    if row == by:
        raise ValidationError(_("Turn off your own two-step sign-in on your profile."))
    removed, _rows = Authenticator.objects.filter(user=row).delete()
    if not removed:
        raise ValidationError(_("Two-step sign-in is not set up for this account."))
    record_about(row, "person.reset_two_step", by=by, reason=reason)
