"""Reporting the incident behind a complaint."""

import uuid

from django import forms
from django.utils.translation import gettext_lazy as _

from complaints.incidents_link import prefilled
from incidents.forms.report import SHORTEST_DESCRIPTION
from incidents.models import IncidentType
from people.choices import UnitChoiceField
from people.models import Unit

from .acts import ComplaintForm


class TypeField(forms.ModelChoiceField):
    """The types in two levels; a lower one names the one above it."""

    def label_from_instance(self, kind: IncidentType) -> str:
        return f"{kind.parent} – {kind}" if kind.parent else str(kind)


class RaiseIncidentForm(ComplaintForm):
    """Prefilled from the complaint, without what identifies the customer."""

    key = forms.UUIDField(widget=forms.HiddenInput, required=False)
    type = TypeField(
        label=_("What kind of incident?"), queryset=IncidentType.objects.none(),
        error_messages={"required": _("Choose what kind of incident it is.")},
    )  # fmt: skip
    description = forms.CharField(
        label=_("What happened?"), max_length=5000, min_length=SHORTEST_DESCRIPTION,
        widget=forms.Textarea(attrs={"rows": 5}),
        help_text=_("Whoever handles the incident reads this. Names and numbers of customers don't belong here."),
    )  # fmt: skip
    unit = UnitChoiceField(label=_("Unit"), queryset=Unit.objects.none(), empty_label=None)
    place = forms.CharField(label=_("Exact place"), max_length=200, required=False)
    occurred_at = forms.DateTimeField(
        label=_("When it happened"),
        widget=forms.DateTimeInput(attrs={"type": "datetime-local"}, format="%Y-%m-%dT%H:%M"),
    )
    attachments = forms.MultipleChoiceField(
        label=_("Files that go with it as evidence"), required=False, widget=forms.CheckboxSelectMultiple,
        help_text=_("Choose only what shows nobody who could be recognised."),
    )  # fmt: skip

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        row = self.complaint
        self.fields["key"].initial = uuid.uuid4()
        self.fields["type"].queryset = IncidentType.objects.offered().select_related("parent")
        self.fields["unit"].queryset = Unit.objects.active().filter(
            path__startswith=f"/{row.unit.company_id}/"
        )
        for name, value in prefilled(row).items():
            self.fields[name].initial = value
        files = [] if row.sensitive else list(row.attachments.filter(erased_at=None))
        self.fields["attachments"].choices = [(str(file.pk), file.name) for file in files]
        if not files:
            del self.fields["attachments"]
