"""Access tokens: a program acts as the person who made one, with exactly that person's rights."""

import datetime as dt
import secrets

from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from people.models import ApiToken, Person

from .staff import record_about

#: How a secret begins, so that scanners of code and logs recognise one.
PREFIX = "sl_"
#: How many days a token may last.
LIFETIMES = (30, 90, 365)
MOST = 20


@transaction.atomic
def create_token(person: Person, *, name: str, days: int) -> tuple[ApiToken, str]:
    """Make a token for oneself: the row and its secret, which is kept nowhere. Raises ValidationError."""
    if days not in LIFETIMES:
        raise ValidationError({"days": _("Choose how long it lasts.")})
    Person.objects.select_for_update().get(pk=person.pk)
    if person.tokens.usable().count() >= MOST:
        raise ValidationError(
            _("You have %(most)s tokens. Revoke one that is no longer used.") % {"most": MOST}
        )
    secret = PREFIX + secrets.token_urlsafe(32)
    token = ApiToken(
        person=person,
        name=name.strip(),
        digest=ApiToken.digest_of(secret),
        expires_at=timezone.now() + dt.timedelta(days=days),
    )
    token.full_clean(validate_unique=False)
    token.save()
    record_about(person, "person.create_token", by=person, after={"name": token.name, "days": days})
    return token, secret


@transaction.atomic
def revoke_token(token: ApiToken) -> None:
    """End a token of one's own; ended twice is ended once."""
    row = (
        ApiToken.objects.select_for_update(of=("self",)).select_related("person__home_unit").get(pk=token.pk)
    )
    if row.revoked_at is not None:
        return
    row.revoked_at = timezone.now()
    row.save(update_fields=["revoked_at"])
    record_about(row.person, "person.revoke_token", by=row.person, after={"name": row.name})
