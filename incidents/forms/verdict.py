"""Forms of the verdict on a report: substantiated with a severity, dismissed with a reason, joined with another."""

from django import forms
from django.utils.functional import lazy
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext_lazy as _

from incidents.models import Incident
from incidents.stages import Severity

from .acts import ActForm

#: What each severity means, in the words by which a site manager chooses.
MEANINGS = {
    Severity.MINOR: _("One customer, put right at once, no lasting effect"),
    Severity.MODERATE: _("Several customers, or a service standard clearly missed"),
    Severity.SERIOUS: _("Many customers, an injury that needed care, or press and public attention"),
    Severity.MAJOR: _("Danger to life, a group complaint, or service stopped"),
}


def _with_meaning(word: str, meaning: str) -> SafeString:
    return format_html("<b>{}</b> <small>{}</small>", word, meaning)


_choice = lazy(_with_meaning, SafeString)


class SubstantiateForm(ActForm):
    """The report is true: how severe is it, and what shall it be called?"""

    severity = forms.TypedChoiceField(
        label=_("How severe is it?"),
        help_text=_("The severity sets the time limits of every stage."),
        choices=[(severity.value, _choice(severity.label, MEANINGS[severity])) for severity in Severity],
        coerce=int,
        widget=forms.RadioSelect(attrs={"class": "choices-big"}),
        error_messages={"required": _("Choose how severe it is.")},
    )
    title = forms.CharField(
        label=_("Title"),
        help_text=_("What stands in lists and notices. Names of customers don't belong here."),
        max_length=160,
    )
    note = forms.CharField(
        label=_("Note for the responsibility group"),
        required=False,
        max_length=1000,
        widget=forms.Textarea(attrs={"rows": 2}),
    )
    short_path = forms.BooleanField(
        label=_("Short path: it was put right on the spot"),
        help_text=_("Only for minor incidents. A quality manager reviews it and closes the case."),
        required=False,
    )
    correction = forms.CharField(
        label=_("What was put right on the spot?"),
        required=False,
        max_length=2000,
        widget=forms.Textarea(attrs={"rows": 3}),
    )

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        self.fields["title"].initial = self.incident.title
        self.fields["correction"].initial = self.incident.containment

    def clean(self) -> dict:
        values = super().clean()
        if not values.get("short_path"):
            values["correction"] = ""
            return values
        if values.get("severity") not in (None, Severity.MINOR):
            self.add_error("short_path", _("The short path is for minor incidents only."))
        if not values.get("correction", "").strip() and "correction" not in self.errors:
            self.add_error("correction", _("Describe what was put right on the spot."))
        return values


class DismissForm(ActForm):
    reason = forms.CharField(
        label=_("Why is it not an incident?"),
        help_text=_("The reporter reads this. Say what you checked and what you found."),
        max_length=1000,
        widget=forms.Textarea(attrs={"rows": 4}),
        error_messages={"required": _("Say why: the reporter will read it.")},
    )


class MergeForm(ActForm):
    """Names the other incident by its number."""

    into = forms.CharField(
        label=_("Number of the other incident"),
        help_text=_("The one that is being handled, such as SQ-2026-000123."),
        max_length=20,
        error_messages={"required": _("Enter the number of the other incident.")},
    )
    note = forms.CharField(
        label=_("Note"), required=False, max_length=1000, widget=forms.Textarea(attrs={"rows": 2})
    )

    def clean_into(self) -> Incident:
        number = self.cleaned_data["into"].strip().upper()
        other = Incident.objects.visible_to(self.person).filter(number=number).first()
        if other is None:
            raise forms.ValidationError(_("There is no incident with this number."))
        if other.pk == self.incident.pk:
            raise forms.ValidationError(_("An incident can't be joined with itself."))
        return other
