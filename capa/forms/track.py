"""Forms of stage 5: what is recorded on the page of one measure, thumb-sized."""

from django import forms
from django.utils.translation import gettext_lazy as _

from capa.models import LedgerEntry
from incidents.forms.evidence import FilesField, FilesInput
from people.fields import PersonField
from people.models import Person
from people.plausible import PlausibleDays

from .proofs import ProofFields


def _words(label, rows: int = 3, **more) -> forms.CharField:
    return forms.CharField(label=label, max_length=2000, widget=forms.Textarea(attrs={"rows": rows}), **more)


class CameraProofFields(ProofFields):
    """Proof from the phone in the hand: a photo comes straight from the camera, by its own button."""

    photo = FilesField(
        label=_("Take a photo"),
        required=False,
        widget=FilesInput(attrs={"accept": "image/*", "capture": "environment"}),
    )

    def _kept(self, cleaned: dict) -> list[str]:
        return super()._kept(cleaned | {"files": [*cleaned.get("photo", ()), *cleaned.get("files", ())]})


class RecordForm(PlausibleDays, forms.Form):
    """Base: a form about one measure, filled in by one person."""

    def __init__(self, *args, measure, person, **kwargs):
        super().__init__(*args, **kwargs)
        self.measure, self.incident, self.person = measure, measure.incident, person
        if isinstance(self, ProofFields):
            self.offer_evidence()

    def values(self) -> dict:
        """What the act's function takes, besides measure and by."""
        proof_fields = CameraProofFields.base_fields if isinstance(self, ProofFields) else ()
        given = {name: value for name, value in self.cleaned_data.items() if name not in proof_fields}
        return given | (self.proofs() if isinstance(self, ProofFields) else {})


class ProgressForm(RecordForm, CameraProofFields):
    text = _words(_("What was done?"))
    progress = forms.IntegerField(
        label=_("Progress in %"), min_value=0, max_value=100,
        widget=forms.NumberInput(attrs={"inputmode": "numeric", "step": 5}),
    )  # fmt: skip
    cost = forms.DecimalField(
        label=_("Cost in yuan"), min_value=0, max_digits=12, decimal_places=2, required=False
    )
    field_order = ["text", "progress", "photo", "files", "evidence", "proof_note", "cost"]

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        self.initial.setdefault("progress", self.measure.progress)


class CompleteForm(RecordForm, CameraProofFields):
    text = _words(_("What was done, and with what result?"))
    cost = forms.DecimalField(
        label=_("Cost in yuan"), min_value=0, max_digits=12, decimal_places=2, required=False
    )
    field_order = ["text", "photo", "files", "evidence", "proof_note", "cost"]


class DeviationForm(RecordForm, CameraProofFields):
    text = _words(_("What does not go as planned, and why?"))
    field_order = ["text", "photo", "files", "evidence", "proof_note"]


class ExtensionForm(RecordForm):
    new_due_on = forms.DateField(
        label=_("New due date"), widget=forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d")
    )
    reason = _words(_("Why is more time needed?"))


class WithdrawalForm(RecordForm):
    reason = _words(_("Why is the measure no longer needed, or not possible?"))


class CheckForm(RecordForm, CameraProofFields):
    in_order = forms.TypedChoiceField(
        label=_("Is it carried out as planned?"),
        choices=[("yes", _("Yes, it is in order")), ("no", _("No: the owner has to see to it"))],
        coerce=lambda value: value == "yes",
        widget=forms.RadioSelect,
    )
    text = _words(_("What was looked at, and what was found?"))
    field_order = ["in_order", "text", "photo", "files", "evidence", "proof_note"]


class DecideForm(RecordForm):
    request = forms.ModelChoiceField(queryset=LedgerEntry.objects.none(), widget=forms.HiddenInput)
    granted = forms.TypedChoiceField(
        label=_("Decision"),
        choices=[("yes", _("Granted")), ("no", _("Refused"))],
        coerce=lambda value: value == "yes",
        widget=forms.RadioSelect,
    )
    reason = _words(_("Reason"))

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        waiting = self.measure.entries.filter(kind__in=LedgerEntry.REQUESTS, answer=None)
        self.fields["request"].queryset = self.measure.entries.filter(kind__in=LedgerEntry.REQUESTS)
        self.asked = waiting.last()
        self.initial.setdefault("request", self.asked.pk if self.asked else None)


class HandOverForm(RecordForm):
    owner = PersonField(label=_("New owner"))
    reason = _words(_("Why?"), rows=2)

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        path = f"/{self.incident.unit.company_id}/"
        self.fields["owner"].queryset = Person.objects.active().filter(home_unit__path__startswith=path)
