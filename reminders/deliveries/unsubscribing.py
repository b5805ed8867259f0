"""The address with which somebody switches the digest off without signing in. It can do that, and nothing else."""

from django.conf import settings
from django.core import signing
from django.urls import reverse

from people.models import Person
from reminders.models import Preferences

SALT = "reminders.digest-off"


def unsubscribe_url(person: Person) -> str:
    token = signing.dumps(person.pk, salt=SALT)
    return f"{settings.BASE_URL}{reverse('digest-off', args=[token])}"


def person_of(token: str) -> Person | None:
    """Whose digest this token switches off; None for one that nobody gave out."""
    try:
        return Person.objects.filter(pk=signing.loads(token, salt=SALT)).first()
    except signing.BadSignature:
        return None


def switch_digest_off(person: Person) -> None:
    Preferences.objects.update_or_create(person=person, defaults={"digest": Preferences.Digest.NONE})
