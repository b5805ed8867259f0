from django import forms
from django.utils.translation import gettext_lazy as _

from reminders.models import Deadline

from .acts import ActForm


class PauseForm(ActForm):
    reason = forms.ChoiceField(
        label=_("What does the case wait for?"),
        choices=Deadline.PauseReason.choices,
        widget=forms.RadioSelect,
    )
    note = forms.CharField(
        label=_("What has to come, and from whom?"), max_length=300, widget=forms.Textarea(attrs={"rows": 2})
    )


class ResumeForm(ActForm):
    note = forms.CharField(
        label=_("What has come?"), max_length=300, required=False, widget=forms.Textarea(attrs={"rows": 2})
    )


class NudgeForm(ActForm):
    words = forms.CharField(
        label=_("A word to go with it"),
        max_length=300,
        required=False,
        widget=forms.Textarea(attrs={"rows": 2}),
    )
