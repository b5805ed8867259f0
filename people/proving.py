"""Proving once more, in the middle of the work, that one is who has signed in: asked for under every signature.

Who signs in elsewhere (single sign-on) has no password here: they type the code of their authenticator app if they
have one, else the session is all we know.
"""

from allauth.core import context, ratelimit
from allauth.mfa.models import Authenticator
from django.core.exceptions import ValidationError
from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _

from .models import Person
from .second_step import ReauthenticateForm

PASSWORD, CODE, SESSION = "password", "code", "session"
#: Its rate is in settings.ACCOUNT_RATE_LIMITS.
ATTEMPT = "signature"


def way_of(person: Person) -> str:
    """What this person can prove it with: password, code, or only session."""
    if person.has_usable_password():
        return PASSWORD
    has_code = Authenticator.objects.filter(user=person, type=Authenticator.Type.TOTP).exists()
    return CODE if has_code else SESSION


def prove(person: Person, secret: str) -> None:
    """Check a password or a code, at most so many wrong ones in a while; the account itself is never locked.

    Raises ValidationError.
    """
    if way_of(person) == CODE:
        form = ReauthenticateForm({"code": secret}, user=person)
        if not form.is_valid():
            raise ValidationError(form.errors["code"])
        return
    request = context.request or HttpRequest()  # outside of a request the person alone is counted
    request.method = request.method or "POST"
    if not ratelimit.consume(request, action=ATTEMPT, user=person):
        raise ValidationError(
            _("Too many wrong passwords. Wait five minutes, then sign again; everything else works on.")
        )
    if not person.check_password(secret):
        raise ValidationError(_("This is not your password. Nothing was signed."))
    ratelimit.clear(request, action=ATTEMPT, user=person)
