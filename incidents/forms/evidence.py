"""Forms around evidence and contact data."""

from django import forms
from django.utils.translation import gettext_lazy as _

from .acts import ActForm


class FilesInput(forms.ClearableFileInput):
    allow_multiple_selected = True


class FilesField(forms.FileField):
    """Several files at once; cleans to a list."""

    widget = FilesInput

    def clean(self, data, initial=None):
        chosen = data if isinstance(data, list) else [data] if data else []
        if self.required and not chosen:
            raise forms.ValidationError(self.error_messages["required"], code="required")
        # Emptiness, size and kind are judged by what the file holds, when it is taken in.
        return chosen


class AddEvidenceForm(ActForm):
    files = FilesField(
        label=_("Photos, videos, recordings or documents"),
        help_text=_("JPEG, PNG, WebP, GIF, MP4, MOV, WebM, MP3, M4A, WAV, OGG, PDF, XLSX, DOCX, CSV, TXT"),
        error_messages={"required": _("Choose at least one file.")},
    )
    caption = forms.CharField(
        label=_("What do they show?"), max_length=200, required=False, widget=forms.TextInput()
    )


class ReasonForm(forms.Form):
    """An act that needs nothing but a reason."""

    reason = forms.CharField(
        label=_("Reason"),
        max_length=300,
        widget=forms.Textarea(attrs={"rows": 2}),
        error_messages={"required": _("Give a reason.")},
    )
