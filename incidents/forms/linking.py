"""Linking two cases, and taking the link back."""

from django import forms
from django.utils.translation import gettext_lazy as _

from incidents.models import Incident

from .acts import ActForm


class OtherForm(ActForm):
    """Names the other incident by its number."""

    other = forms.CharField(
        label=_("Number of the other incident"),
        max_length=20,
        error_messages={"required": _("Enter the number of the other incident.")},
    )

    def clean_other(self) -> Incident:
        number = self.cleaned_data["other"].strip().upper()
        other = Incident.objects.visible_to(self.person).filter(number=number).first()
        if other is None:
            raise forms.ValidationError(_("There is no incident with this number."))
        if other.pk == self.incident.pk:
            raise forms.ValidationError(_("An incident can't be linked with itself."))
        return other


class LinkForm(OtherForm):
    note = forms.CharField(
        label=_("What do they have in common?"),
        help_text=_("The readers of both cases see this."),
        required=False,
        max_length=300,
    )


class UnlinkForm(OtherForm):
    reason = forms.CharField(label=_("Why don't they belong together?"), required=False, max_length=300)
