"""Forms of schemes and scorecards. A signature asks for the password again, as every signature does."""

from decimal import Decimal

from django import forms
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from capa.models import Meeting
from metrics.assessment import following_up, schemes
from metrics.assessment.schemes import Line
from metrics.models import Consequence, Scheme, Scorecard, ScoreLine
from metrics.periods import Grain, Period, last_over
from people import proving
from people.choices import UnitChoiceField
from people.fields import PersonField
from people.models import Person, Role, Unit
from people.plausible import PlausibleDays

EMPTY_LINES = 3
PERIODS_OFFERED = 8


class RowForm(PlausibleDays, forms.Form):
    """Base: a form about one row, with the version that the page was made from."""

    version = forms.IntegerField(widget=forms.HiddenInput)

    def __init__(self, *args, person: Person, row, **kwargs):
        super().__init__(*args, **kwargs)
        self.person, self.row = person, row
        self.fields["version"].initial = row.version

    def values(self) -> dict:
        """What the act's function takes, besides the row and by."""
        return dict(self.cleaned_data)


class ConfirmForm(RowForm):
    """Nothing to fill in."""


class CommentForm(RowForm):
    comment = forms.CharField(
        label=pgettext_lazy("scorecard", "Comment"), max_length=2000, widget=forms.Textarea(attrs={"rows": 6}),
        help_text=_("What was special in this period, what went well, what to look at. The assessed read it."),
    )  # fmt: skip

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        self.fields["comment"].initial = self.row.comment


class LeaveOutForm(RowForm):
    line = forms.ChoiceField(label=_("Which line?"))
    reason = forms.CharField(label=_("Why?"), max_length=300, widget=forms.Textarea(attrs={"rows": 3}))

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        self.lines = {str(line.pk): line for line in self.row.lines.filter(left="")}
        self.fields["line"].choices = [
            (key, str(schemes.indicator(line.kpi, self.row.unit) or line.kpi))
            for key, line in self.lines.items()
        ]

    def values(self) -> dict:
        line: ScoreLine = self.lines[self.cleaned_data["line"]]
        return super().values() | {"line": line}


class ObjectForm(RowForm):
    reason = forms.CharField(
        label=_("What isn't right, and what shows it?"),
        max_length=2000,
        widget=forms.Textarea(attrs={"rows": 6}),
    )


class DecideForm(RowForm):
    upheld = forms.TypedChoiceField(
        label=_("Is the objection right?"), coerce=lambda value: value == "yes", widget=forms.RadioSelect,
        choices=[
            ("yes", _("Yes: the scorecard becomes a draft again and is put right")),
            ("no", _("No: the scorecard stands")),
        ],
    )  # fmt: skip
    answer = forms.CharField(
        label=_("Reasons"), max_length=2000, widget=forms.Textarea(attrs={"rows": 5}),
        help_text=_("The assessed read them."),
    )  # fmt: skip


class SignForm(RowForm):
    password = forms.CharField(
        label=_("Your password, as your signature"), strip=False, max_length=4096,
        widget=forms.PasswordInput(attrs={"autocomplete": "current-password"}),
    )  # fmt: skip

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        self.method = proving.way_of(self.person)
        if self.method == proving.SESSION:
            del self.fields["password"]
        elif self.method == proving.CODE:
            self.fields["password"].label = _("Code of your authenticator app, as your signature")
            self.fields["password"].widget.attrs |= {"autocomplete": "one-time-code", "inputmode": "numeric"}

    def clean_password(self) -> str:
        proving.prove(self.person, self.cleaned_data["password"])
        return ""

    def values(self) -> dict:
        return {"version": self.cleaned_data["version"], "method": self.method}


def day_field(label, **more) -> forms.DateField:
    widget = forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d")
    return forms.DateField(label=label, widget=widget, input_formats=["%Y-%m-%d"], **more)


def colleagues(unit: Unit):
    """Everybody of the unit's company."""
    company = Unit(pk=unit.company_id, path=f"/{unit.company_id}/")
    return Person.objects.active().filter(home_unit__in=Unit.objects.within(company))


class ConsequenceForm(RowForm):
    kind = forms.ChoiceField(
        label=_("What follows?"), choices=Consequence.Kind.choices, widget=forms.RadioSelect
    )
    meeting = forms.ModelChoiceField(
        label=_("Decided by which review meeting?"), queryset=Meeting.objects.none(),
        help_text=_("Who reads its minutes reads this, too: say what is to be done, not how many points there were."),
    )  # fmt: skip
    text = forms.CharField(
        label=_("What is to be done?"), max_length=300, widget=forms.Textarea(attrs={"rows": 2})
    )
    owner = PersonField(label=_("Owner"))
    due_on = day_field(_("Due"))
    target = forms.CharField(label=_("How will it be seen that it is done?"), max_length=300)

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        self.fields["owner"].queryset = colleagues(self.row.unit)
        self.fields["meeting"].queryset = following_up.meetings_for(self.person, self.row)

    def values(self) -> dict:
        return {name: value for name, value in self.cleaned_data.items() if name != "version"}


# Schemes --------------------------------------------------------------------------------------------------------------
class LinesForm(PlausibleDays, forms.Form):
    """The lines of a scheme: kpi_0, weight_0, full_0, none_0, and so on. `unit` and `assessed` say what is offered."""

    def __init__(self, *args, unit: Unit, assessed: str, lines=(), **kwargs):
        super().__init__(*args, **kwargs)
        self.unit, self.assessed = unit, assessed
        known = schemes.offered(unit, assessed)
        choices = [("", "–"), *((code, str(kpi)) for code, kpi in known.items())]
        lines = list(lines)
        self.count = min(schemes.MOST_LINES, max(len(lines) + EMPTY_LINES, 6))
        for place in range(self.count):
            line = lines[place] if place < len(lines) else None
            self._add(place, choices, line)

    def _add(self, place: int, choices: list, line) -> None:
        number = {"n": place + 1}
        self.fields[f"kpi_{place}"] = forms.ChoiceField(
            label=_("Indicator %(n)s") % number, choices=choices, required=False, initial=line and line.kpi
        )
        self.fields[f"weight_{place}"] = forms.IntegerField(
            label=_("Weight"), required=False, min_value=1, max_value=100, initial=line and line.weight,
            widget=forms.NumberInput(attrs={"inputmode": "numeric"}),
        )  # fmt: skip
        for name, label in (("full", _("All points at")), ("none", _("No points at"))):
            value = getattr(line, name, None)
            self.fields[f"{name}_{place}"] = forms.DecimalField(
                label=label, required=False, max_digits=14, decimal_places=4,
                initial=None if value is None else f"{Decimal(value).normalize():f}",
                widget=forms.NumberInput(attrs={"inputmode": "decimal", "step": "any"}),
            )  # fmt: skip

    @property
    def rows(self) -> list[list[forms.BoundField]]:
        return [
            [self[f"{name}_{place}"] for name in ("kpi", "weight", "full", "none")]
            for place in range(self.count)
        ]

    @property
    def others(self) -> list[forms.BoundField]:
        """The fields before the lines."""
        return [
            field for field in self.visible_fields() if not field.name.startswith(("kpi_", "weight_", "full_", "none_"))
        ]  # fmt: skip

    def clean(self):
        data = super().clean()
        for place in range(self.count):
            if (
                data.get(f"kpi_{place}")
                and data.get(f"weight_{place}") is None
                and not self.errors.get(f"weight_{place}")
            ):
                self.add_error(f"weight_{place}", _("Give a weight."))
        return data

    def lines(self) -> list[Line]:
        data = self.cleaned_data
        return [
            Line(
                data[f"kpi_{place}"],
                data[f"weight_{place}"],
                data.get(f"full_{place}"),
                data.get(f"none_{place}"),
            )
            for place in range(self.count)
            if data.get(f"kpi_{place}")
        ]


class NewSchemeForm(LinesForm):
    """A scheme; which unit and whether units or persons was chosen on the page before."""

    name = forms.CharField(label=_("Name"), max_length=80)
    grain = forms.ChoiceField(
        label=_("How often"),
        choices=[(grain.value, grain.label) for grain in schemes.GRAINS],
        initial=Grain.QUARTER,
    )
    level = forms.TypedChoiceField(
        label=_("Which units"), coerce=int, initial=1,
        choices=[(1, _("The units directly below")), (2, _("Those two levels below")), (0, _("Only this unit itself"))],
    )  # fmt: skip
    objection_days = forms.IntegerField(
        label=_("Working days to object"), min_value=1, max_value=60, initial=5,
        widget=forms.NumberInput(attrs={"inputmode": "numeric"}),
    )  # fmt: skip
    field_order = ["name", "grain", "level", "objection_days"]

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        if self.assessed == Scheme.Assessed.PEOPLE:
            del self.fields["level"]

    def values(self) -> dict:
        kept = ("name", "grain", "level", "objection_days")
        return {name: self.cleaned_data[name] for name in kept if name in self.cleaned_data} | {
            "lines": self.lines()
        }


class ChangeLinesForm(LinesForm):
    version = forms.IntegerField(widget=forms.HiddenInput)
    reason = forms.CharField(label=_("Why is it changed?"), max_length=300)
    field_order = ["version", "reason"]

    def __init__(self, *args, scheme: Scheme, **kwargs):
        lines = schemes.current(scheme).lines.all()
        super().__init__(*args, unit=scheme.unit, assessed=scheme.assessed, lines=lines, **kwargs)
        self.fields["version"].initial = scheme.version

    def values(self) -> dict:
        return {
            "version": self.cleaned_data["version"],
            "reason": self.cleaned_data["reason"],
            "lines": self.lines(),
        }


class BeginForm(forms.Form):
    """Before a scheme: for which unit, and for units or persons."""

    unit = UnitChoiceField(label=_("Unit"), queryset=Unit.objects.none())
    assessed = forms.ChoiceField(
        label=_("Who is assessed?"), choices=Scheme.Assessed.choices, widget=forms.RadioSelect,
        initial=Scheme.Assessed.UNITS,
    )  # fmt: skip

    def __init__(self, *args, person: Person, **kwargs):
        super().__init__(*args, **kwargs)
        self.fields["unit"].queryset = person.units(Role.QUALITY).filter(closed_on=None)
        self.fields["unit"].initial = min(
            person.posted_units(Role.QUALITY), key=lambda unit: unit.depth, default=None
        )


class RetireForm(RowForm):
    reason = forms.CharField(label=_("Why?"), max_length=300)


class MakeForm(forms.Form):
    """Which period's cards are made by hand."""

    period = forms.ChoiceField(label=pgettext_lazy("scorecard", "Period"))

    def __init__(self, *args, scheme: Scheme, **kwargs):
        super().__init__(*args, **kwargs)
        latest = last_over(scheme.grain)
        self.fields["period"].choices = [
            (period.key, period.label) for period in reversed(latest.back(PERIODS_OFFERED))
        ]

    def period_chosen(self) -> Period:
        return Period.parse(self.cleaned_data["period"])


class CardFilter(forms.Form):
    """What the list of cards can be narrowed to."""

    scheme = forms.ModelChoiceField(
        label=_("Scheme"), queryset=Scheme.objects.none(), required=False, empty_label=_("All")
    )
    state = forms.ChoiceField(
        label=pgettext_lazy("filter", "State"),
        required=False,
        choices=[("", _("All")), *Scorecard.State.choices],
    )

    def __init__(self, *args, person: Person, **kwargs):
        super().__init__(*args, **kwargs)
        self.fields["scheme"].queryset = schemes.schemes_for(person)
