"""The code of the authenticator app, good for one use as long as it is accepted at all (RFC 6238 §5.2)."""

from allauth.mfa import app_settings
from allauth.mfa.adapter import get_adapter
from allauth.mfa.base import forms
from django.core.cache import cache


class _OneUse:
    def clean_code(self) -> str:
        code = super().clean_code()
        accepted_for = app_settings.TOTP_PERIOD * (2 * app_settings.TOTP_TOLERANCE + 1)  # seconds
        if not cache.add(f"second-step:{self.user.pk}:{''.join(code.split())}", "used", accepted_for):
            raise get_adapter().validation_error("incorrect_code")
        return code


class AuthenticateForm(_OneUse, forms.AuthenticateForm):
    pass


class ReauthenticateForm(_OneUse, forms.ReauthenticateForm):
    pass
