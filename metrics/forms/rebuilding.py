from django import forms
from django.utils.translation import gettext_lazy as _

from metrics.periods import Grain, Period

HINT = _("Empty: from the first case on.")


class MonthField(forms.CharField):
    """A month as 2026-11, which is what a browser sends for one."""

    widget = forms.TextInput(attrs={"type": "month", "placeholder": "2026-01"})
    default_error_messages = {"invalid": _("Write a month as 2026-01.")}

    def clean(self, value):
        text = super().clean(value)
        if not text:
            return None
        try:
            period = Period.parse(text)
        except ValueError:
            raise forms.ValidationError(self.error_messages["invalid"]) from None
        if period.grain != Grain.MONTH:
            raise forms.ValidationError(self.error_messages["invalid"])
        return period


class RebuildForm(forms.Form):
    first = MonthField(label=_("First month"), required=False, max_length=7, help_text=HINT)
    last = MonthField(label=_("Last month"), required=False, max_length=7)
