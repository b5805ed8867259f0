"""Choosing who takes over somebody's open work."""

from django import forms
from django.utils.translation import gettext_lazy as _

from incidents.handover import Case
from people.choices import UnitChoiceField
from people.fields import PersonField
from people.models import Person, Unit


class HandOverForm(forms.Form):
    """One successor for all, or another one per case; cases without a tick stay."""

    taker = PersonField(label=_("Who takes over"), required=False)
    reason = forms.CharField(
        label=_("Why"), max_length=300, help_text=_("It stands in the history of each case.")
    )
    closes_account = forms.BooleanField(label=_("Close the account afterwards"), required=False)

    def __init__(self, *args, giver: Person, cases: list[Case], may_close: bool, **kwargs):
        super().__init__(*args, **kwargs)
        companies = Unit.objects.filter(pk__in=giver.company_ids)
        colleagues = (
            Person.objects.active()
            .filter(home_unit__in=Unit.objects.within(*companies))
            .exclude(pk=giver.pk)
            .select_related("home_unit")
        )
        self.fields["taker"].queryset = colleagues
        if not may_close:
            del self.fields["closes_account"]
        self.cases = cases
        for case in cases:
            self.fields[f"pass-{case.incident.pk}"] = forms.BooleanField(
                label=case.incident.number, required=False, initial=True
            )
            self.fields[f"taker-{case.incident.pk}"] = PersonField(
                label=_("Somebody else for this one"), required=False, queryset=colleagues
            )

    def rows(self):
        """The cases, each with its two fields."""
        for case in self.cases:
            yield case, self[f"pass-{case.incident.pk}"], self[f"taker-{case.incident.pk}"]

    def clean(self):
        cleaned = super().clean()
        chosen = [case for case in self.cases if cleaned.get(f"pass-{case.incident.pk}")]
        if self.cases and not chosen:
            self.add_error(None, _("Tick at least one case."))
        lacks = any(not cleaned.get(f"taker-{case.incident.pk}") for case in chosen)
        if lacks and not cleaned.get("taker") and "taker" not in self.errors:
            self.add_error("taker", _("Choose who takes over."))
        return cleaned

    def choices(self):
        """(incident, successor) for every ticked case."""
        cleaned = self.cleaned_data
        return [
            (case.incident, cleaned.get(f"taker-{case.incident.pk}") or cleaned["taker"])
            for case in self.cases
            if cleaned[f"pass-{case.incident.pk}"]
        ]


class MoveUnitForm(forms.Form):
    parent = UnitChoiceField(label=_("Below which unit"), queryset=Unit.objects.none(), empty_label=None)
    reason = forms.CharField(label=_("Reason"), max_length=300, required=False)

    def __init__(self, *args, units, **kwargs):
        super().__init__(*args, **kwargs)
        self.fields["parent"].queryset = units
