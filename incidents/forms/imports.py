"""Forms of the import: sending a file, saying what its columns and values mean, starting it."""

import zoneinfo
from collections.abc import Sequence
from dataclasses import asdict
from functools import cached_property
from typing import ClassVar

from django import forms
from django.conf import settings
from django.utils.translation import gettext_lazy as _

from incidents.importing.catalogues import IMPORTERS
from incidents.importing.fields import CHOICES, Field
from incidents.importing.mapping import Mapping
from incidents.importing.sample import Sample
from incidents.importing.stamps import ORDERS
from incidents.models import ColumnMapping, IncidentType
from incidents.stages import Channel, Severity
from people.models import Person, time_zones

#: Values of one column that can be assigned on the page; rarer ones are recognised or take the default.
MAX_VALUES = 40


class UploadForm(forms.Form):
    file = forms.FileField(
        label=_("File"),
        help_text=_(
            "CSV (also packed as .csv.gz) or XLSX, the first sheet; the first row names the columns."
        ),
        widget=forms.ClearableFileInput(attrs={"accept": ".csv,.tsv,.txt,.gz,.xlsx,.xlsm"}),
    )
    mapping = forms.ModelChoiceField(
        label=_("Saved mapping"), queryset=ColumnMapping.objects.none(), required=False,
        empty_label=_("Recognise the columns"),
    )  # fmt: skip
    events = forms.BooleanField(
        label=_("An event log: each row is one event of a case"), required=False,
        help_text=_("The events become the history of one incident per case number."),
    )  # fmt: skip

    def __init__(self, *args, person: Person, **kwargs):
        super().__init__(*args, **kwargs)
        self.fields["mapping"].queryset = ColumnMapping.objects.filter(owner=person)

    def clean_file(self):
        file = self.cleaned_data["file"]
        if file.size > settings.UPLOAD_MAX_BYTES:
            limit = settings.UPLOAD_MAX_BYTES // (1024 * 1024)
            raise forms.ValidationError(_("The file is larger than %(limit)s MiB.") % {"limit": limit})
        return file


class MappingForm(forms.Form):
    """What the columns mean, as one form: `col_<field>`, `val_<field>_<n>`, and the options by their names.

    The choices of values depend on the columns chosen, so the form is built from a mapping: what was sent, or stored.
    Which fields there are says the mapping; a subclass says what their values are taken from.
    """

    CHOICES: ClassVar[Sequence[str]] = CHOICES

    source = forms.CharField(
        label=_("Name of the source"), max_length=60,
        help_text=_("The system that the file comes from. Numbers are unique within it."),
    )  # fmt: skip
    unit = forms.ChoiceField(label=_("Unit"), required=False)
    type = forms.ChoiceField(label=_("Type"), required=False)
    severity = forms.ChoiceField(label=_("Severity"), required=False)
    channel = forms.ChoiceField(label=_("Channel"), required=False, choices=Channel.choices)
    occurred_at = forms.DateField(
        label=_("Date"), required=False, widget=forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d"),
        help_text=_("Only for files without dates."),
    )  # fmt: skip
    date_order = forms.ChoiceField(
        label=_("Order of dates"),
        choices=[("auto", _("Find out")), *ORDERS.items()],
    )
    zone = forms.ChoiceField(label=_("Time zone"), help_text=_("Of times that name none."))
    missing = forms.CharField(
        label=_("Marks for “missing”"),
        required=False,
        help_text=_("Separated by spaces. An empty cell always is."),
    )
    zero_is_missing = forms.BooleanField(label=_("A figure of 0 means “not stated”"), required=False)
    encoding = forms.ChoiceField(
        label=_("Characters"), required=False,
        choices=[
            ("", _("Find out")), ("utf-8", "UTF-8"), ("gb18030", "GB18030 / GBK"), ("big5", "Big5"),
            ("utf-16", "UTF-16"), ("windows-1252", "Windows-1252"),
        ],
    )  # fmt: skip
    also = forms.MultipleChoiceField(
        label=_("Add to the description"), required=False, widget=forms.CheckboxSelectMultiple,
        help_text=_("Columns that are kept as lines under what happened."),
    )  # fmt: skip
    save_as = forms.CharField(
        label=_("Save this mapping as"),
        max_length=60,
        required=False,
        help_text=_("To use it again with the next file."),
    )

    def __init__(self, *args, mapping: Mapping, sample: Sample, person: Person, **kwargs):
        self.mapping, self.sample, self.person = mapping, sample, person
        kwargs.setdefault("initial", self._initial())
        super().__init__(*args, **kwargs)
        self.fields["unit"].choices = [("", "—"), *self._units]
        self.fields["type"].choices = [("", "—"), *self._types]
        if "severity" in self.fields:
            self.fields["severity"].choices = [("", "—"), *Severity.choices]
        self.fields["zone"].choices = time_zones()
        used = set(mapping.columns.values())
        self.fields["also"].choices = [
            (h, h) for h in sample.headings if h not in used or h in mapping.options.also
        ]
        columns = [("", _("Not in the file")), *((heading, heading) for heading in sample.headings)]
        for field in self.offered:
            self.fields[f"col_{field.name}"] = forms.ChoiceField(
                label=field.label, help_text=field.hint, choices=columns, required=False, widget=_select(),
                initial=mapping.columns.get(field.name, ""),
            )  # fmt: skip
        for name in self.CHOICES:
            for position, (value, count) in enumerate(self._values_of(name)):
                self.fields[f"val_{name}_{position}"] = forms.ChoiceField(
                    label=value, choices=self._choices_of(name), required=False, widget=_select(),
                    initial=self._ours(name, value), help_text=str(count),
                )  # fmt: skip

    def _initial(self) -> dict:
        options = asdict(self.mapping.options)
        return options | {"missing": " ".join(options["missing"])}

    @property
    def offered(self) -> list[Field]:
        return [
            field for field in self.mapping.FIELDS if self.mapping.options.events or not field.events_only
        ]

    @cached_property
    def _units(self) -> list[tuple[str, str]]:
        units = self.person.units(*IMPORTERS).active()
        return [(unit.code, f"{'  ' * unit.depth}{unit.name} ({unit.code})") for unit in units]

    @cached_property
    def _types(self) -> list[tuple[str, str]]:
        kinds = list(IncidentType.objects.offered())
        below = {kind.pk: [child for child in kinds if child.parent_id == kind.pk] for kind in kinds}
        return [
            (kind.code, f"{'  ' if kind.parent_id else ''}{kind}")
            for top in kinds
            if top.parent_id is None
            for kind in [top, *below[top.pk]]
        ]

    def _choices_of(self, name: str) -> list:
        nothing = ("", _("The default"))
        if name == "type":
            return [nothing, *self._types]
        if name == "unit":
            return [nothing, *self._units]
        if name == "severity":
            return [nothing, *((str(value), label) for value, label in Severity.choices)]
        if name == "channel":
            return [nothing, *self.fields["channel"].choices]
        return [("open", _("Open")), ("closed", _("Closed"))]

    def _values_of(self, name: str) -> list[tuple[str, int]]:
        heading = self.mapping.columns.get(name)
        return self.sample.values(heading)[:MAX_VALUES] if heading else []

    def _ours(self, name: str, value: str) -> str:
        table = self.mapping.values.get(name, {})
        return table[value] if value in table else self.sample.recognise(name, value)

    # What the page shows ---------------------------------------------------------------------------------------------
    def column_rows(self) -> list[dict]:
        """Our fields, each with its choice of columns and what stands in the chosen one."""
        return [
            {
                "field": field,
                "bound": self[f"col_{field.name}"],
                "example": self.sample.example(self._heading(field.name)),
            }
            for field in self.offered
        ]

    def _heading(self, name: str) -> str:
        return self.mapping.columns.get(name, "")

    def value_tables(self) -> list[dict]:
        """Per chosen column with values from a list of ours: their values, each with its choice."""
        labels = {field.name: field.label for field in self.mapping.FIELDS}
        return [
            {
                "name": name,
                "label": labels[name],
                "heading": self._heading(name),
                "rows": [self[f"val_{name}_{position}"] for position in range(len(self._values_of(name)))],
                "more": max(0, len(self.sample.values(self._heading(name))) - MAX_VALUES),
            }
            for name in self.CHOICES
            if self._values_of(name)
        ]

    def clean_missing(self) -> list[str]:
        return self.cleaned_data["missing"].split()

    def clean_zone(self) -> str:
        name = self.cleaned_data["zone"]
        zoneinfo.ZoneInfo(name)
        return name

    def as_mapping(self) -> Mapping:
        """What was chosen, after `is_valid`."""
        data = self.cleaned_data
        columns = {
            field.name: data[f"col_{field.name}"] for field in self.offered if data.get(f"col_{field.name}")
        }
        values = {
            name: {
                value: data[f"val_{name}_{position}"]
                for position, (value, _count) in enumerate(self._values_of(name))
            }
            for name in self.CHOICES
            if name in columns and columns[name] == self._heading(name) and self._values_of(name)
        }
        kept = asdict(self.mapping.options)
        chosen = {name: data[name] for name in kept if name in data}
        chosen["occurred_at"] = data["occurred_at"].isoformat() if data.get("occurred_at") else ""
        chosen["channel"] = data.get("channel") or self.mapping.OPTIONS().channel
        return type(self.mapping)(columns, values, self.mapping.OPTIONS(**kept | chosen))

    def complain(self) -> bool:
        """Add what the mapping still lacks as errors at the fields; True when nothing does."""
        for name, message in self.as_mapping().lacking().items():
            column = f"col_{name}"
            self.add_error(name if name == "source" or column not in self.fields else column, message)
        return not self.errors


def _select() -> forms.Select:
    return forms.Select(attrs={"class": "inp"})


class StartForm(forms.Form):
    """How the import deals with rows that can't be imported, and how much one transaction holds."""

    LEAVE_OUT, HOLD_BACK = "leave-out", "hold-back"

    on_errors = forms.ChoiceField(
        label=_("Rows with errors"), required=False, widget=forms.RadioSelect,
        choices=[
            (LEAVE_OUT, _("Leave them out and import the others")),
            (HOLD_BACK, _("Import nothing of a batch that has one")),
        ],
    )  # fmt: skip
    batch = forms.TypedChoiceField(
        label=_("One batch, all or nothing"), coerce=int, widget=forms.RadioSelect,
        choices=[("200", _("200 incidents")), ("0", _("The whole file"))],
        help_text=_("With the whole file in one batch, people who report meanwhile may have to wait for it."),
    )  # fmt: skip
