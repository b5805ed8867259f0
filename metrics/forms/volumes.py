"""Forms around figures: which table is looked at, and the series and indicators of a company."""

from django import forms
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from metrics.enterable import Series, grouped
from metrics.importing.cells import read_period
from metrics.models import OwnKpi, OwnSeries
from metrics.periods import Grain, Period, today
from people.models import Unit

UNIT, SERIES = "unit", "series"
MOST_ROWS = 31
INDENT = "\u2003"
MOST_SERIES = 10
#: Units of one page where they are the rows, and periods beside them.
UNITS_A_PAGE = 20
MOST_COLUMNS = 13
STANDARD = {Grain.DAY: 14, Grain.WEEK: 13, Grain.MONTH: 12, Grain.QUARTER: 8, Grain.HALF: 6, Grain.YEAR: 6}


class TableForm(forms.Form):
    """What the table shows: of one unit several series, or of one series several units."""

    by = forms.ChoiceField(choices=[(UNIT, _("One unit")), (SERIES, _("One series"))], required=False)
    unit = forms.ChoiceField(label=_("Unit"), required=False)
    series = forms.MultipleChoiceField(label=_("Series"), required=False, widget=forms.CheckboxSelectMultiple)
    grain = forms.ChoiceField(label=_("Per"), choices=Grain.choices, required=False)
    first = forms.CharField(label=_("From"), max_length=20, required=False)
    last = forms.CharField(label=_("Until"), max_length=20, required=False)

    def __init__(self, *args, units: list[Unit], series: dict[str, Series], **kwargs):
        super().__init__(*args, **kwargs)
        self.fields["unit"].choices = [(unit.code, INDENT * unit.depth + unit.name) for unit in units]
        self.fields["series"].choices = grouped(series.values())
        for name in ("unit", "grain"):
            self.fields[name].widget.attrs["class"] = "inp"
        for name in ("first", "last"):
            self.fields[name].widget.attrs["class"] = "inp"

    def clean(self):
        data = self.cleaned_data
        grain = data.get("grain") or str(Grain.MONTH)
        found = {name: self._period(name, grain) for name in ("first", "last")}
        last = found["last"] or Period.containing(today(), grain)
        first = found["first"] or last.shifted(1 - STANDARD[grain])
        if first > last:
            first, last = last, first
        most = MOST_COLUMNS if data.get("by") == SERIES else MOST_ROWS
        periods = [first]
        while periods[-1] < last and len(periods) < most:
            periods.append(periods[-1].shifted(1))
        data["grain"], data["periods"] = grain, periods
        data["is_cut"] = periods[-1] < last
        return data

    def _period(self, name: str, grain: str) -> Period | None:
        text = self.cleaned_data.get(name, "")
        if not text:
            return None
        found = read_period(text, grain) or self._around(text, grain)
        if found is None or not 1900 <= found.first.year <= 2200:
            self.add_error(name, _("Write a period such as 2026-11, or a day."))
            return None
        return found

    def _around(self, text: str, grain: str) -> Period | None:
        """A coarser period is taken by its first day: from 2026 on."""
        for coarse in (Grain.MONTH, Grain.QUARTER, Grain.HALF, Grain.YEAR, Grain.WEEK):
            if found := read_period(text, coarse):
                return Period.containing(found.first, grain)
        return None


class TargetForm(forms.Form):
    """What a unit is to reach in a year with one indicator."""

    value = forms.DecimalField(
        label=pgettext_lazy("indicator", "Target"), required=False, max_digits=14, decimal_places=4
    )
    threshold = forms.DecimalField(
        label=_("Acceptable up to"), required=False, max_digits=14, decimal_places=4,
        help_text=_("Beyond it an assessment gives no points."),
    )  # fmt: skip
    owner = forms.ModelChoiceField(
        label=_("Who answers for it"), queryset=None, required=False, empty_label=_("Nobody by name")
    )
    reason = forms.CharField(label=_("Reason"), max_length=300, required=False)
    version = forms.IntegerField(widget=forms.HiddenInput, min_value=0)

    def __init__(self, *args, people, **kwargs):
        super().__init__(*args, **kwargs)
        self.fields["owner"].queryset = people
        for bound in ("value", "threshold", "owner", "reason"):
            self.fields[bound].widget.attrs["class"] = "inp"


class SeriesForm(forms.ModelForm):
    class Meta:
        model = OwnSeries
        fields = ["name", "name_zh_hans", "name_zh_hant", "code", "measured_in", "places", "retired"]

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        _dress(self)
        self.fields["code"].help_text = _("Short and lasting: files may name the series by it.")
        self.fields["retired"].help_text = _("Its figures stay; it is only no longer offered.")


class KpiForm(forms.ModelForm):
    numerator = forms.ChoiceField(label=_("Numerator"))
    denominator = forms.ChoiceField(label=_("Denominator"), required=False)

    class Meta:
        model = OwnKpi
        fields = [
            "name", "name_zh_hans", "name_zh_hant", "code", "meaning", "numerator", "denominator", "data", "scale",
            "is_complement", "direction", "measured_in", "places", "grain", "source", "retired",
        ]  # fmt: skip

    def __init__(self, *args, series: dict[str, Series], **kwargs):
        super().__init__(*args, **kwargs)
        choices = grouped(series.values())
        self.fields["numerator"].choices = choices
        self.fields["denominator"].choices = [("", _("None: a count")), *choices]
        _dress(self)
        self.fields["scale"].help_text = _("100 for per cent, 100000 for a rate per 100,000.")
        self.fields["measured_in"].help_text = _("Such as %, or per 100,000 passengers.")
        self.fields["retired"].help_text = _("It is only no longer shown.")


def _dress(form: forms.ModelForm) -> None:
    for bound in form.fields.values():
        if not isinstance(bound.widget, forms.CheckboxInput):
            bound.widget.attrs["class"] = "inp"
