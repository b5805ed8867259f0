"""Form of an incident type: three names and an icon."""

from django import forms
from django.utils.translation import gettext_lazy as _

from incidents.models import IncidentType
from incidents.types import ICONS, NAMES


class TypeForm(forms.Form):
    name = forms.CharField(label=_("Name in English"), max_length=60)
    name_zh_hans = forms.CharField(label=_("Name in Simplified Chinese"), max_length=60)
    name_zh_hant = forms.CharField(label=_("Name in Traditional Chinese"), max_length=60)
    icon = forms.ChoiceField(
        label=_("Icon"), choices=list(ICONS.items()), initial="circle-alert", widget=forms.RadioSelect
    )

    @classmethod
    def of(cls, kind: IncidentType) -> "TypeForm":
        return cls(initial={field: getattr(kind, field) for field in (*NAMES, "icon")})

    def names(self) -> dict[str, str]:
        return {field: self.cleaned_data[field] for field in NAMES}
