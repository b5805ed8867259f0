"""Who signed in, who failed to, what changed about how: into the person's own chain, by the library's signals."""

import logging

from allauth.account import signals as account
from allauth.account.adapter import get_adapter
from allauth.account.authentication import get_authentication_records
from allauth.mfa import signals as mfa
from django.contrib.auth.signals import user_logged_out, user_login_failed
from django.core.exceptions import PermissionDenied
from django.dispatch import receiver
from django.http import HttpRequest

from people.models import Person

from .staff import record_about

logger = logging.getLogger(__name__)


def _address(request: HttpRequest | None) -> str:
    """The IP address the request came from, where it is known."""
    try:
        return get_adapter().get_client_ip(request) if request else ""
    except PermissionDenied:
        return ""


@receiver(account.user_logged_in)
def signed_in(request, user, **_kwargs):
    ways = [record["method"] for record in get_authentication_records(request, user)]
    record_about(user, "person.sign_in", by=user, after={"address": _address(request), "ways": ways})


@receiver(user_logged_out)
def signed_out(request, user, **_kwargs):
    if user is not None:
        record_about(user, "person.sign_out", by=user)


@receiver(user_login_failed)
def failed(credentials, request=None, **_kwargs):
    """Unknown names go to the log only, and not in full: people type passwords into the wrong field."""
    name = credentials.get("username") or ""
    person = Person.objects.filter(username__iexact=name).select_related("home_unit").first()
    if person is None:
        logger.info("Sign-in failed for an unknown name from %s", _address(request))
        return
    after = {"address": _address(request), "account_open": person.is_active}
    record_about(person, "person.sign_in_failed", by=None, after=after)


@receiver(mfa.authentication_failed)
def code_failed(request, user, **_kwargs):
    record_about(user, "person.code_failed", by=None, after={"address": _address(request)})


@receiver(account.password_changed)
@receiver(account.password_set)
def password_changed(request, user, **_kwargs):
    record_about(user, "person.change_password", by=user, after={"address": _address(request)})


@receiver(account.password_reset)
def password_reset(request, user, **_kwargs):
    record_about(user, "person.reset_password", by=user, after={"address": _address(request)})


@receiver(mfa.authenticator_added)
def two_step_added(user, authenticator, **_kwargs):
    record_about(user, "person.add_two_step", by=user, after={"kind": authenticator.type})


@receiver(mfa.authenticator_removed)
def two_step_removed(user, authenticator, **_kwargs):
    record_about(user, "person.remove_two_step", by=user, after={"kind": authenticator.type})


@receiver(mfa.authenticator_reset)
def two_step_renewed(user, authenticator, **_kwargs):
    record_about(user, "person.renew_two_step", by=user, after={"kind": authenticator.type})
