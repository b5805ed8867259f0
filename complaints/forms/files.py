"""The form of putting files beside a complaint."""

from django.utils.translation import gettext_lazy as _

from incidents.forms.evidence import FilesField

from .acts import ComplaintForm


class FilesForm(ComplaintForm):
    files = FilesField(
        label=_("Photos, videos, recordings or documents"),
        help_text=_("JPEG, PNG, WebP, GIF, MP4, MOV, WebM, MP3, M4A, WAV, OGG, PDF, XLSX, DOCX, CSV, TXT"),
        error_messages={"required": _("Choose at least one file.")},
    )
