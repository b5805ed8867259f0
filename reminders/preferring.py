"""Choosing how one is told. Only what differs from the defaults is kept: those may change with a release."""

import datetime as dt

from django.db import transaction

from people.models import Person

from .channels import DEFAULTS
from .models import Preferences, Switch


@transaction.atomic
def choose(
    person: Person,
    *,
    digest: str,
    digest_at: dt.time,
    quiet_from: dt.time | None,
    quiet_until: dt.time | None,
    modes: dict[str, str],
) -> None:
    """Keep it all. `modes`: for each kind of notice, a value of Switch.Mode."""
    Preferences.objects.update_or_create(
        person=person,
        defaults={
            "digest": digest,
            "digest_at": digest_at,
            "quiet_from": quiet_from,
            "quiet_until": quiet_until,
        },
    )
    person.switches.all().delete()
    Switch.objects.bulk_create(
        Switch(person=person, text=text, mode=mode) for text, mode in modes.items() if mode != DEFAULTS[text]
    )


def modes_of(person: Person) -> dict[str, str]:
    """What happens now with each kind of notice."""
    return DEFAULTS | {
        text: mode for text, mode in person.switches.values_list("text", "mode") if text in DEFAULTS
    }
