"""How figures look in JSON: what was entered, and the indicators that are made of it."""

from django import forms
from django.utils.translation import gettext_lazy as _
from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers

from metrics.periods import Grain

from .serializers import Shown, UnitRefSerializer, one_of

MOST_FIGURES = 1000
PERIOD_HINT = _("2026-11, 2026-W47, 2026-11-20, 2026-Q4, 2026-H2 or 2026.")


@extend_schema_field({"type": "number", "minimum": 0, "nullable": True})
class FigureField(serializers.DecimalField):
    """A number; null takes the figure back."""


class FigureSerializer(serializers.Serializer):
    unit = serializers.CharField(max_length=40, help_text=_("The unit's code."))
    series = serializers.CharField(max_length=60)
    period = serializers.CharField(max_length=10, help_text=PERIOD_HINT)
    part = serializers.CharField(max_length=60, required=False, allow_blank=True, default="")
    value = FigureField(max_digits=20, decimal_places=4, min_value=0, allow_null=True)


class FiguresSentSerializer(serializers.Serializer):
    figures = FigureSerializer(many=True, max_length=MOST_FIGURES, allow_empty=False)
    source = serializers.CharField(max_length=200, required=False, allow_blank=True, default="")


class EnteredSerializer(Shown):
    new = serializers.IntegerField()
    revised = serializers.IntegerField()
    taken_back = serializers.IntegerField()
    unchanged = serializers.IntegerField()


class VolumeSerializer(Shown):
    unit = serializers.CharField(source="unit.code")
    series = serializers.CharField()
    period = serializers.CharField()
    part = serializers.CharField()
    value = serializers.FloatField()
    version = serializers.IntegerField()
    source = serializers.CharField()
    entered_at = serializers.DateTimeField()


class VolumePageSerializer(Shown):
    results = VolumeSerializer(many=True)
    next = serializers.URLField(allow_null=True)


class KpiFigureSerializer(Shown):
    period = serializers.CharField()
    first_day = serializers.DateField(source="period.first")
    last_day = serializers.DateField(source="period.last")
    numerator = serializers.FloatField(allow_null=True)
    denominator = serializers.FloatField(allow_null=True)
    value = serializers.FloatField(allow_null=True)
    lower = serializers.FloatField(allow_null=True, help_text=_("Of the 95 % interval."))
    upper = serializers.FloatField(allow_null=True)
    missing = serializers.CharField(help_text=_("Why there is no value."))
    is_open = serializers.BooleanField(help_text=_("The period isn't over."))


class KpiFiguresSerializer(Shown):
    kpi = serializers.CharField(source="kpi.code")
    name = serializers.CharField(source="kpi.name")
    measured_in = serializers.CharField(source="kpi.measured_in")
    formula = serializers.CharField(source="kpi.formula")
    unit = UnitRefSerializer()
    grain = one_of(Grain)
    figures = KpiFigureSerializer(many=True)


def _span() -> dict[str, forms.Field]:
    """From and until: both are words of the language, so the forms are made by hand."""
    return {
        "grain": forms.ChoiceField(choices=Grain.choices, required=False, label=_("Per")),
        "from": forms.CharField(max_length=10, required=False, label=_("From"), help_text=PERIOD_HINT),
        "until": forms.CharField(max_length=10, required=False, label=_("Until"), help_text=PERIOD_HINT),
    }


UNIT = forms.CharField(max_length=40, required=False, label=_("Unit"), help_text=_("The unit's code."))
FiguresForm = type(
    "FiguresForm", (forms.Form,), {"kpi": forms.CharField(max_length=60, label=_("Indicator")), "unit": UNIT, **_span()}
)  # fmt: skip
VolumesForm = type(
    "VolumesForm", (forms.Form,),
    {
        "unit": UNIT,
        "series": forms.CharField(max_length=60, required=False, label=_("Series")),
        **_span(),
        "after": forms.IntegerField(min_value=0, required=False, max_value=2**62, label=_("From the address in “next”.")),
    },
)  # fmt: skip
