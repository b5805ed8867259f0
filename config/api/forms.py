"""The report form as programs fill it in."""

import uuid

from django import forms
from django.utils.translation import gettext_lazy as _

from incidents.forms.report import ReportForm
from incidents.stages import Channel


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
