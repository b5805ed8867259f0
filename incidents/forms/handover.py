"""Choosing who takes over somebody's open work."""

from django import forms
from django.utils.translation import gettext_lazy as _

from incidents.handover import Case
from incidents.inheritance import Piece
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

    def __init__(
        self, *args, giver: Person, cases: list[Case], pieces: list[Piece] = (), may_close: bool, **kwargs
    ):
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
        self.cases, self.pieces = cases, pieces
        for key, number in [
            *((case.incident.pk, case.incident.number) for case in cases),
            *((piece.key, piece.case.number) for piece in pieces),
        ]:
            self.fields[f"pass-{key}"] = forms.BooleanField(label=number, required=False, initial=True)
            self.fields[f"taker-{key}"] = PersonField(
                label=_("Somebody else for this one"), required=False, queryset=colleagues
            )

    def rows(self):
        """The cases, each with its two fields."""
        for case in self.cases:
            yield case, self[f"pass-{case.incident.pk}"], self[f"taker-{case.incident.pk}"]

    def piece_rows(self):
        """What else passes on, each with its two fields."""
        for piece in self.pieces:
            yield piece, self[f"pass-{piece.key}"], self[f"taker-{piece.key}"]

    @property
    def count(self) -> int:
        return len(self.cases) + len(self.pieces)

    def clean(self):
        cleaned = super().clean()
        keys = [case.incident.pk for case in self.cases] + [piece.key for piece in self.pieces]
        chosen = [key for key in keys if cleaned.get(f"pass-{key}")]
        if keys and not chosen:
            self.add_error(None, _("Tick at least one case."))
        lacks = any(not cleaned.get(f"taker-{key}") for key in chosen)
        if lacks and not cleaned.get("taker") and "taker" not in self.errors:
            self.add_error("taker", _("Choose who takes over."))
        return cleaned

    def choices(self):
        """(incident, successor) for every ticked case."""
        return [
            (case.incident, self._taker(case.incident.pk))
            for case in self.cases
            if self._passes(case.incident.pk)
        ]

    def piece_choices(self):
        """(piece, successor) for everything else that is ticked."""
        return [(piece, self._taker(piece.key)) for piece in self.pieces if self._passes(piece.key)]

    def _passes(self, key: int | str) -> bool:
        return self.cleaned_data[f"pass-{key}"]

    def _taker(self, key: int | str) -> Person:
        return self.cleaned_data.get(f"taker-{key}") or self.cleaned_data["taker"]


class MoveUnitForm(forms.Form):
    parent = UnitChoiceField(label=_("Below which unit"), queryset=Unit.objects.none(), empty_label=None)
    reason = forms.CharField(label=_("Reason"), max_length=300, required=False)

    def __init__(self, *args, units, **kwargs):
        super().__init__(*args, **kwargs)
        self.fields["parent"].queryset = units
