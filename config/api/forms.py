"""The report form, and that of a complaint, as programs fill them in."""

import uuid

from django import forms
from django.conf import settings
from django.utils.translation import gettext_lazy as _

from complaints.models import Category
from complaints.permissions import ACTS
from complaints.states import Channel as ComplaintChannel
from incidents.forms.report import ReportForm
from incidents.stages import Channel
from people.models import Person, Unit


class ApiReportForm(ReportForm):
    """The key comes in a header; what doesn't say how it arrived came from another system."""

    key = None
    channel = forms.ChoiceField(
        label=ReportForm.base_fields["channel"].label, choices=Channel.choices, required=False
    )

    def clean_channel(self) -> str:
        return self.cleaned_data["channel"] or Channel.API

    def clean_uploads(self):
        if len(self.uploads) != len(self.data.getlist("uploads")):
            raise forms.ValidationError(_("Some of the files are no longer there. Add them again."))
        return [str(uuid.UUID(str(upload))) for upload in self.uploads]


class ApiComplaintForm(forms.Form):
    """A complaint that another system hands over, or that somebody takes down with a program of their own."""

    text = forms.CharField(label=_("What the customer says"), max_length=5000)
    title = forms.CharField(label=_("Title"), max_length=160, required=False)
    wish = forms.CharField(label=_("What the customer wishes"), max_length=1000, required=False)
    unit = forms.ModelChoiceField(label=_("Unit"), queryset=Unit.objects.none())
    place = forms.CharField(label=_("Exact place"), max_length=200, required=False)
    occurred_at = forms.DateTimeField(label=_("When it happened"), required=False)
    category = forms.ModelChoiceField(
        label=_("Category"), queryset=Category.objects.none(), to_field_name="code", required=False
    )
    channel = forms.ChoiceField(label=_("Channel"), choices=ComplaintChannel.choices, required=False)
    language = forms.ChoiceField(
        label=_("The customer's language"), choices=settings.LANGUAGES, required=False
    )
    anonymous = forms.BooleanField(label=_("Anonymous"), required=False)
    name = forms.CharField(label=_("The customer's name"), max_length=80, required=False)
    phone = forms.CharField(label=_("Phone"), max_length=30, required=False)
    email = forms.EmailField(label=_("E-mail"), required=False)
    consented = forms.BooleanField(
        label=_("The customer has agreed to the use of their data"), required=False
    )

    def __init__(self, *args, person: Person, **kwargs):
        super().__init__(*args, **kwargs)
        self.fields["unit"].queryset = person.units(*ACTS["receive"].roles).active()
        self.fields["category"].queryset = Category.objects.offered()

    def values(self) -> dict:
        """What `complaints.intake.receive` takes."""
        sent = dict(self.cleaned_data)
        contact = {name: sent.pop(name).strip() for name in ("name", "phone", "email")}
        sent["channel"] = sent["channel"] or ComplaintChannel.API
        sent["language"] = sent["language"] or "zh-hans"
        return sent | {"contact": contact if any(contact.values()) else None}
