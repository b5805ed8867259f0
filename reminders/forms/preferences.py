from dataclasses import dataclass

from django import forms
from django.forms import BoundField
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from people.models import Person

from ..channels import GROUPS, KINDS
from ..deliveries.digests import DEFAULT_AT, DEFAULT_DIGEST
from ..models import Preferences, Switch
from ..preferring import modes_of

PREFIX = "mode-"


@dataclass(frozen=True)
class SwitchGroup:
    label: Promise
    fields: list[BoundField]


def _clock() -> forms.TimeInput:
    return forms.TimeInput(attrs={"type": "time", "step": 300}, format="%H:%M")


class PreferencesForm(forms.Form):
    """A switch of three positions for each kind of notice; the digest; the quiet hours."""

    digest = forms.ChoiceField(
        label=_("Digest"), choices=Preferences.Digest.choices, widget=forms.RadioSelect
    )
    digest_at = forms.TimeField(
        label=_("At what time"), widget=_clock(), help_text=_("In your time zone. Nothing to say: no mail.")
    )
    quiet_from = forms.TimeField(label=_("Quiet from"), required=False, widget=_clock())
    quiet_until = forms.TimeField(label=_("until"), required=False, widget=_clock())

    def __init__(self, *args, person: Person, **kwargs):
        super().__init__(*args, **kwargs)
        kept = Preferences.objects.filter(person=person).first()
        self.initial = {
            "digest": kept.digest if kept else DEFAULT_DIGEST,
            "digest_at": kept.digest_at if kept else DEFAULT_AT,
            "quiet_from": kept.quiet_from if kept else None,
            "quiet_until": kept.quiet_until if kept else None,
        }
        modes = modes_of(person)
        for text, kind in KINDS.items():
            self.fields[PREFIX + text] = forms.ChoiceField(
                label=kind.label, choices=Switch.Mode.choices, widget=forms.RadioSelect, initial=modes[text]
            )

    @property
    def groups(self) -> list[SwitchGroup]:
        return [
            SwitchGroup(group.label, [self[PREFIX + kind.text] for kind in group.kinds]) for group in GROUPS
        ]

    def clean(self):
        values = super().clean()
        if "quiet_from" in self.errors or "quiet_until" in self.errors:
            return values
        begins, ends = values.get("quiet_from"), values.get("quiet_until")
        if (begins is None) != (ends is None):
            self.add_error(
                "quiet_until" if ends is None else "quiet_from",
                _("Say when the quiet begins and when it ends, or leave both empty."),
            )
        elif begins is not None and begins == ends:
            self.add_error("quiet_until", _("Quiet around the clock would keep every mail back for ever."))
        return values

    def values(self) -> dict:
        """What `choose` takes."""
        own = ("digest", "digest_at", "quiet_from", "quiet_until")
        values = {name: self.cleaned_data[name] for name in own}
        return values | {"modes": {text: self.cleaned_data[PREFIX + text] for text in KINDS}}
