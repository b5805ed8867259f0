"""How django-allauth meets this organisation: nobody signs up; an administrator makes every account."""

from allauth.account.adapter import DefaultAccountAdapter
from allauth.core.exceptions import ImmediateHttpResponse
from allauth.socialaccount.adapter import DefaultSocialAccountAdapter
from django.contrib import messages
from django.shortcuts import redirect
from django.utils.translation import gettext as _

from .models import Person


class AccountAdapter(DefaultAccountAdapter):
    def is_open_for_signup(self, request):
        return False


class SocialAccountAdapter(DefaultSocialAccountAdapter):
    """Single sign-on finds the person by user name or verified e-mail; it never makes an account."""

    def is_open_for_signup(self, request, sociallogin):
        return False

    def pre_social_login(self, request, sociallogin):
        if sociallogin.is_existing:
            return
        claims = sociallogin.account.extra_data.get("userinfo", sociallogin.account.extra_data)
        person = Person.objects.active().filter(username=claims.get("preferred_username") or "").first()
        if person is None and claims.get("email_verified") and claims.get("email"):
            found = Person.objects.active().filter(email__iexact=claims["email"])[:2]
            person = found[0] if len(found) == 1 else None
        if person is None:
            messages.error(
                request, _("No account here matches your sign-in. Ask your administrator to add you.")
            )
            raise ImmediateHttpResponse(redirect("account_login"))
        sociallogin.connect(request, person)
