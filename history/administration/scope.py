"""How far an administrator's power reaches. Every act here asks these first."""

from collections.abc import Iterable

from django.core.exceptions import PermissionDenied, ValidationError
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext as _

from people.models import Person, Post, Role, Unit


def administers_unit(by: Person, unit: Unit | None) -> bool:
    return by.is_active and by.has_role(Role.ADMINISTRATOR, unit)


def refuse_unless_administers_unit(by: Person, unit: Unit | None) -> None:
    """Raise PermissionDenied unless `by` is an administrator of the unit or of one above it."""
    if not administers_unit(by, unit):
        raise PermissionDenied(_("You don't manage this unit."))


def posts_beyond(by: Person, posts: Iterable[Post]) -> bool:
    """Is one of the posts held, now or later, where `by` is no administrator?"""
    today = timezone.localdate()
    return any(
        (post.ends_on is None or post.ends_on >= today) and not by.has_role(Role.ADMINISTRATOR, post.unit)
        for post in posts
    )


def refuse_unless_administers(by: Person, person: Person) -> None:
    """Raise PermissionDenied unless the person, with all rights they hold, lies within the scope of `by`.

    Who could take over the account of somebody with wider rights would have them: so those need an administrator
    further up.
    """
    refuse_unless_administers_unit(by, person.home_unit)
    if posts_beyond(by, person.posts.select_related("unit")):
        raise PermissionDenied(
            _("%(person)s also holds posts outside your units: an administrator further up has to do this.")
            % {"person": person}
        )


def hold_company(unit: Unit) -> Unit:
    """Lock the company, so that two administrators can't remove each other at the same moment."""
    return Unit.objects.select_for_update(no_key=True).get(pk=unit.company_id)


def refuse_without_administrator(company: Unit) -> None:
    """Raise ValidationError when nobody is left who manages the whole company."""
    lasting = Post.objects.filter(
        Q(unit=company, role=Role.ADMINISTRATOR, ends_on=None, starts_on__lte=timezone.localdate()),
        person__is_active=True,
    )
    if not lasting.exists():
        raise ValidationError(
            _("%(company)s needs at least one administrator. Appoint another one first.")
            % {"company": company}
        )
