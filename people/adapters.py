"""How django-allauth meets this organisation: nobody signs up; an administrator makes every account."""

from allauth.account.adapter import DefaultAccountAdapter
from allauth.core.exceptions import ImmediateHttpResponse
from allauth.socialaccount.adapter import DefaultSocialAccountAdapter
from django.contrib import messages
from django.core.exceptions import ValidationError
from django.shortcuts import redirect
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy as _lazy

from .models import Person


class AccountAdapter(DefaultAccountAdapter):
    error_messages = DefaultAccountAdapter.error_messages | {
        "username_password_mismatch": _lazy("User name and password don't match."),
        "too_many_login_attempts": _lazy("Too many failed attempts. Wait five minutes, then try again."),
    }

    def is_open_for_signup(self, request):
        return False

    def _get_login_attempts_cache_key(self, request, **credentials):
        """Failures count by name and address together: nobody can lock somebody else out from elsewhere."""
        key = super()._get_login_attempts_cache_key(request, **credentials)
        return f"{key}:{self.get_client_ip(request)}"

    def clean_password(self, password, user=None):
        password = super().clean_password(password, user)
        if user is not None and user.must_change_password and user.check_password(password):
            raise ValidationError(_("This is the password you were given. Choose one of your own."))
        return password

    def set_password(self, user, password):
        """Chosen by the person: no longer an administrator's. Every other session ends, as its hash has changed."""
        user.must_change_password = False
        super().set_password(user, password)

    def get_password_change_redirect_url(self, request):
        return reverse("profile")


class SocialAccountAdapter(DefaultSocialAccountAdapter):
    """Single sign-on finds the person by user name or verified e-mail; it never makes an account."""

    def is_open_for_signup(self, request, sociallogin):
        return False

    def pre_social_login(self, request, sociallogin):
        if sociallogin.is_existing:
            return
        claims = sociallogin.account.extra_data.get("userinfo", sociallogin.account.extra_data)
        person = (
            Person.objects.active().filter(username__iexact=claims.get("preferred_username") or "").first()
        )
        if person is None and claims.get("email_verified") and claims.get("email"):
            found = Person.objects.active().filter(email__iexact=claims["email"])[:2]
            person = found[0] if len(found) == 1 else None
        if person is None:
            messages.error(
                request, _("No account here matches your sign-in. Ask your administrator to add you.")
            )
            raise ImmediateHttpResponse(redirect("account_login"))
        sociallogin.connect(request, person)
