"""The form of an import of figures: its layout, what the columns mean, what is left out."""

from dataclasses import asdict

from django import forms
from django.utils.functional import cached_property
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from incidents.forms.imports import MappingForm
from incidents.importing.mapping import MappingError
from incidents.importing.sample import Sample
from incidents.importing.stamps import ORDERS
from metrics.enterable import Series, grouped
from metrics.importing.mapping import (
    ADD_UP,
    FIELDS,
    LAYOUTS,
    REFUSE,
    ROWS,
    WIDE,
    Column,
    Count,
    Options,
    VolumeMapping,
)
from metrics.periods import Grain
from people.models import Person, Role, time_zones

#: Columns of figures that can be mapped on the page, and things that can be counted.
MOST_COLUMNS = 80
MOST_COUNTS = 6


def _select() -> forms.Select:
    return forms.Select(attrs={"class": "inp"})


def _text(**attrs) -> forms.TextInput:
    return forms.TextInput(attrs={"class": "inp", **attrs})


def _lines(rows: int = 2) -> forms.Textarea:
    return forms.Textarea(attrs={"class": "inp", "rows": rows})


class VolumeMappingForm(forms.Form):
    """`col_<field>`; of a wide table `series_<n>`, `period_<n>`, `of_<n>`; of rows `what_<n>`, `by_<n>`, `is_<n>`."""

    source = MappingForm.base_fields["source"]
    layout = forms.ChoiceField(
        label=_("How the file is laid out"), choices=list(LAYOUTS.items()), widget=forms.RadioSelect
    )
    grain = forms.ChoiceField(label=_("Figures are per"), choices=Grain.choices, widget=_select())
    unit = forms.ChoiceField(label=_("Unit"), required=False, widget=_select())
    series = forms.ChoiceField(label=_("Series"), required=False, widget=_select())
    period = forms.CharField(
        label=pgettext_lazy("figures", "Period"), required=False, max_length=10, widget=_text()
    )
    counted_from = forms.CharField(
        label=_("Period number 1"), required=False, max_length=10, widget=_text(),
        help_text=_("Only where the file numbers its periods 1, 2, 3: the first of them, such as 2026-01-01."),
    )  # fmt: skip
    only = forms.ChoiceField(label=_("Take only rows by this column"), required=False, widget=_select())
    only_values = forms.CharField(
        label=_("in which stands"), required=False, widget=_lines(),
        help_text=_("One value per line. Nothing here: rows in which it is empty."),
    )  # fmt: skip
    leave_out_parts = forms.CharField(
        label=_("Parts to leave out"),
        required=False,
        widget=_lines(3),
        help_text=_("Subtotals, one per line."),
    )
    leave_out_wholes = forms.BooleanField(label=_("Leave out rows without a part"), required=False)
    repeated = forms.ChoiceField(
        label=_("Several rows of one figure"), widget=_select(),
        choices=[(REFUSE, _("are an error")), (ADD_UP, _("are added up"))],
    )  # fmt: skip
    comma = forms.BooleanField(label=_("A comma is the decimal sign (1.234,5)"), required=False)
    date_order = forms.ChoiceField(
        label=_("Order of dates"), choices=[("auto", _("Find out")), *ORDERS.items()]
    )
    zone = forms.ChoiceField(label=_("Time zone"), help_text=_("Of times that name none."))
    missing = MappingForm.base_fields["missing"]
    encoding = MappingForm.base_fields["encoding"]

    def __init__(
        self,
        *args,
        mapping: VolumeMapping,
        sample: Sample,
        person: Person,
        known: dict[str, Series],
        **kwargs,
    ):
        self.mapping, self.sample = mapping, sample
        options = asdict(mapping.options)
        initial = options | {
            "missing": " ".join(options["missing"]), "only_values": "\n".join(options["only_values"]),
            "leave_out_parts": "\n".join(options["leave_out_parts"]),
        }  # fmt: skip
        kwargs.setdefault("initial", initial)
        super().__init__(*args, **kwargs)
        units = person.units(Role.QUALITY).active()
        self.fields["unit"].choices = [
            ("", "—"), *((unit.code, "\u2003" * unit.depth + f"{unit.name} ({unit.code})") for unit in units)
        ]  # fmt: skip
        self.offered = [("", "—"), *grouped(known.values())]
        self.fields["series"].choices = self.offered
        self.headings = [(heading, heading) for heading in sample.headings]
        self.fields["only"].choices = [("", _("All rows")), *self.headings]
        self.fields["zone"].choices = time_zones()
        for name in FIELDS:
            self.fields[f"col_{name.name}"] = forms.ChoiceField(
                label=name.label, help_text=name.hint, choices=[("", _("Not in the file")), *self.headings],
                required=False, widget=_select(), initial=mapping.columns.get(name.name, ""),
            )  # fmt: skip
        self._add_figures()
        self._add_counts()

    @property
    def layout_now(self) -> str:
        return self.data.get("layout", "") if self.is_bound else self.mapping.options.layout

    @cached_property
    def wide(self) -> list[str]:
        """The headings that may be columns of figures."""
        if self.layout_now != WIDE:
            return []
        taken = set(self.mapping.columns.values())
        return [heading for heading in self.sample.headings if heading not in taken][:MOST_COLUMNS]

    def _add_figures(self) -> None:
        known = {column.heading: column for column in self.mapping.figures}
        for number, heading in enumerate(self.wide):
            column = known.get(heading, Column(heading))
            self.fields[f"series_{number}"] = forms.ChoiceField(
                label=heading, choices=self.offered, required=False, widget=_select(), initial=column.series
            )
            self.fields[f"period_{number}"] = forms.CharField(
                label=heading, required=False, max_length=10, widget=_text(), initial=column.period
            )
            self.fields[f"of_{number}"] = forms.ChoiceField(
                label=heading, choices=[("", "—"), *self.headings], required=False, widget=_select(),
                initial=column.of,
            )  # fmt: skip

    def _add_counts(self) -> None:
        if self.layout_now != ROWS:
            return
        for number in range(MOST_COUNTS):
            count = self.mapping.counts[number] if number < len(self.mapping.counts) else Count("")
            self.fields[f"what_{number}"] = forms.ChoiceField(
                label=_("Series"),
                choices=self.offered,
                required=False,
                widget=_select(),
                initial=count.series,
            )
            self.fields[f"by_{number}"] = forms.ChoiceField(
                label=_("Rows in which this column"), choices=[("", _("Every row")), *self.headings], required=False,
                widget=_select(), initial=count.heading,
            )  # fmt: skip
            self.fields[f"is_{number}"] = forms.CharField(
                label=_("is one of (one per line)"),
                required=False,
                widget=_lines(),
                initial="\n".join(count.values),
            )

    # What the page shows ---------------------------------------------------------------------------------------------
    def column_rows(self) -> list[dict]:
        return [
            {
                "field": name,
                "bound": self[f"col_{name.name}"],
                "example": self.sample.example(self.mapping.columns.get(name.name, "")),
            }
            for name in FIELDS
            if not (name.name == "value" and self.layout_now != "long")
            and not (name.name == "series" and self.layout_now == ROWS)
        ]

    def figure_rows(self) -> list[dict]:
        return [
            {
                "heading": heading, "example": self.sample.example(heading), "series": self[f"series_{number}"],
                "period": self[f"period_{number}"], "of": self[f"of_{number}"],
            }
            for number, heading in enumerate(self.wide)
        ]  # fmt: skip

    def count_rows(self) -> list[dict]:
        if self.layout_now != ROWS:
            return []
        return [
            {name: self[f"{name}_{number}"] for name in ("what", "by", "is")} for number in range(MOST_COUNTS)
        ]

    def clean_missing(self) -> list[str]:
        return self.cleaned_data["missing"].split()

    def clean_only_values(self) -> list[str]:
        return _told(self.cleaned_data["only_values"])

    def clean_leave_out_parts(self) -> list[str]:
        return _told(self.cleaned_data["leave_out_parts"])

    def as_mapping(self) -> VolumeMapping:
        """What was chosen, after `is_valid`."""
        data = self.cleaned_data
        columns = {name.name: data[f"col_{name.name}"] for name in FIELDS if data.get(f"col_{name.name}")}
        kept = asdict(self.mapping.options)
        chosen = {name: data[name] for name in kept if name in data}
        figures = [
            Column(heading, data[f"series_{number}"], data[f"period_{number}"].strip(), data[f"of_{number}"])
            for number, heading in enumerate(self.wide)
            if heading not in columns.values()
            and (data[f"series_{number}"] or data[f"period_{number}"].strip())
        ]
        counts = [
            Count(data[f"what_{number}"], data[f"by_{number}"], _told(data[f"is_{number}"]))
            for number in range(MOST_COUNTS)
            if data.get(f"what_{number}")
        ]
        if data["layout"] != self.mapping.options.layout:  # the page has yet to show what belongs to it
            figures, counts = figures or self.mapping.figures, counts or self.mapping.counts
        return VolumeMapping(columns, figures, counts, self.mapping.units, Options(**kept | chosen))

    def complain(self) -> bool:
        """Add what the mapping still lacks as errors at the fields; True when nothing does."""
        mapping = self.as_mapping()
        for name, message in mapping.lacking().items():
            self.add_error(f"col_{name}" if f"col_{name}" in self.fields else None, message)
        try:
            if not self.errors:
                mapping.check(self.sample.headings, {code: None for code in self._codes})
        except MappingError as error:
            self.add_error(None, str(error.message) % error.params if error.params else str(error.message))
        return not self.errors

    @property
    def _codes(self) -> set[str]:
        return {code for _heading, choices in self.offered[1:] for code, _label in choices}


def _told(text: str) -> list[str]:
    return [line.strip() for line in text.splitlines() if line.strip()]
