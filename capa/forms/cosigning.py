"""The form of a co-signature rule."""

from django import forms
from django.utils.translation import gettext_lazy as _

from capa.models import CoSignRule
from incidents.stages import Severity


class RuleForm(forms.Form):
    """Who co-signs, from which severity or which total cost on."""

    role = forms.ChoiceField(
        label=_("Who co-signs"),
        choices=CoSignRule._meta.get_field("role").choices,
        widget=forms.RadioSelect,
        initial=CoSignRule._meta.get_field("role").choices[0][0],
    )
    from_severity = forms.TypedChoiceField(
        label=_("From this severity on"),
        choices=[("", _("Whatever the severity")), *Severity.choices],
        coerce=int,
        empty_value=None,
        required=False,
    )
    from_cost = forms.DecimalField(
        label=_("Or from this total cost on, in yuan"),
        help_text=_("The cost of all measures of the plan together."),
        min_value=0,
        max_digits=12,
        decimal_places=2,
        required=False,
    )
