"""Showing that something is so: evidence of the case, new files, or where the record is kept."""

import uuid

from django import forms
from django.utils.translation import gettext_lazy as _

from incidents.errors import Invalid
from incidents.evidence import store_upload
from incidents.forms.evidence import FilesField
from incidents.models import Evidence


class ProofFields(forms.Form):
    """Mixin for forms that know their `incident` and `person`. Files are kept even when the form is refused.

    `upload_key` makes the same file of the same form one upload, however often it is sent.
    """

    evidence = forms.MultipleChoiceField(
        label=_("Evidence of this case"), required=False, widget=forms.CheckboxSelectMultiple
    )
    files = FilesField(label=_("New photos or documents"), required=False)
    proof_note = forms.CharField(
        label=_("Where the record is kept"),
        help_text=_("For example a work order, a log with its time mark, an interview."),
        max_length=300,
        required=False,
    )
    upload_key = forms.UUIDField(widget=forms.HiddenInput, required=False)

    def offer_evidence(self) -> None:
        """Fill the choices: what the case has, and what this person has just uploaded with this form."""
        self.fields["upload_key"].initial = uuid.uuid4()
        rows = list(self.incident.evidence.shown())
        sent = self.data.getlist(self.add_prefix("evidence")) if self.is_bound else []
        if own := [value for value in sent if _is_uuid(value)]:
            rows += Evidence.objects.filter(pk__in=own, incident=None, uploaded_by=self.person)
        self.fields["evidence"].choices = [(str(row.pk), str(row)) for row in rows]
        if not rows:
            del self.fields["evidence"]

    def clean(self):
        cleaned = super().clean()
        cleaned["evidence"] = [*cleaned.get("evidence", ()), *self._kept(cleaned)]
        return cleaned

    def _kept(self, cleaned: dict) -> list[str]:
        """Take the new files in; the redisplayed form shows them as chosen."""
        kept = []
        for file in cleaned.get("files") or []:
            try:
                kept.append(store_upload(file, by=self.person, key=cleaned.get("upload_key")))
            except Invalid as refused:
                self.add_error("files", next(iter(refused.fields.values())))
        if kept:
            self._show_as_chosen(kept)
        return [str(upload.pk) for upload in kept]

    def _show_as_chosen(self, kept: list[Evidence]) -> None:
        name = self.add_prefix("evidence")
        self.data = self.data.copy()
        self.data.setlist(name, [*self.data.getlist(name), *(str(upload.pk) for upload in kept)])
        if "evidence" not in self.fields:
            self.fields["evidence"] = type(self).base_fields["evidence"].__deepcopy__({})
            self.fields["evidence"].choices = []
        known = self.fields["evidence"].choices
        self.fields["evidence"].choices = [
            *known,
            *((str(upload.pk), str(upload)) for upload in kept if str(upload.pk) not in dict(known)),
        ]

    def proofs(self) -> dict:
        """The arguments `evidence` and `notes` of the acts."""
        note = self.cleaned_data["proof_note"]
        return {"evidence": self.cleaned_data["evidence"], "notes": [note] if note else []}


def _is_uuid(text: str) -> bool:
    try:
        uuid.UUID(text)
    except ValueError:
        return False
    return True
