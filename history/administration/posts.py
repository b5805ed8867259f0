"""Posts: giving somebody a role in a unit from a day on, and ending it."""

import datetime as dt

from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from people.models import Person, Post, Role, Unit

from .scope import (
    hold_company,
    refuse_unless_administers_unit,
    refuse_without_administrator,
)
from .staff import record_about


def _facts(post: Post) -> dict:
    return {
        "role": post.role, "unit": post.unit.code, "starts_on": post.starts_on, "ends_on": post.ends_on,
    }  # fmt: skip


@transaction.atomic
def appoint(
    person: Person,
    unit: Unit,
    role: str,
    *,
    by: Person,
    starts_on: dt.date | None = None,
    ends_on: dt.date | None = None,
) -> Post:
    """Give a person a role in a unit and everything below it, on the days from `starts_on` to `ends_on` inclusive.

    Raises PermissionDenied outside the scope of `by`, ValidationError (by field) for what can't be.
    """
    refuse_unless_administers_unit(by, unit)
    refuse_unless_administers_unit(by, person.home_unit)
    starts_on = starts_on or timezone.localdate()
    person = Person.objects.select_for_update(of=("self",)).select_related("home_unit").get(pk=person.pk)
    if not person.is_active:
        raise ValidationError(_("This account is closed."))
    if role not in Role.values:
        raise ValidationError({"role": _("Choose a role.")})
    if unit.closed_on:
        raise ValidationError({"unit": _("This unit is closed.")})
    if ends_on is not None and ends_on < starts_on:
        raise ValidationError({"ends_on": _("The last day comes before the first.")})
    overlapping = person.posts.filter(unit=unit, role=role).exclude(ends_on__lt=starts_on)
    if ends_on is not None:
        overlapping = overlapping.filter(starts_on__lte=ends_on)
    if overlapping.exists():
        raise ValidationError({"role": _("This person holds that post already.")})
    post = Post.objects.create(person=person, unit=unit, role=role, starts_on=starts_on, ends_on=ends_on)
    record_about(person, "person.appoint", by=by, after=_facts(post))
    return post


@transaction.atomic
def end(post: Post, *, by: Person, ends_on: dt.date | None = None, reason: str = "") -> None:
    """Let a post end on a day, its last; yesterday takes the right away at once. A post that never began is dropped.

    Raises PermissionDenied, and ValidationError for the company's last administrator.
    """
    refuse_unless_administers_unit(by, post.unit)
    company = hold_company(post.unit)
    today = timezone.localdate()
    ends_on = ends_on or today
    row = (
        Post.objects.select_for_update(of=("self",))
        .select_related("unit", "person__home_unit")
        .get(pk=post.pk)
    )
    if row.ends_on is not None and row.ends_on < today:
        raise ValidationError(_("This post has ended already."))
    if ends_on < today - dt.timedelta(days=1):
        raise ValidationError({"ends_on": _("What was held can't be undone: yesterday is the earliest day.")})
    before = _facts(row)
    if ends_on < row.starts_on:
        row.delete()
        after = {"role": row.role, "unit": row.unit.code, "dropped": True}
    else:
        row.ends_on = ends_on
        row.save(update_fields=["ends_on"])
        after = _facts(row)
    if row.role == Role.ADMINISTRATOR and row.person.is_active:
        refuse_without_administrator(company)
    record_about(row.person, "person.end_post", by=by, reason=reason, before=before, after=after)
