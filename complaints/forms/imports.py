"""Forms of the imports: what the columns of a file of complaints, or of survey answers, mean."""

from dataclasses import asdict

from django import forms
from django.core.validators import MaxValueValidator, MinValueValidator
from django.utils.functional import cached_property
from django.utils.translation import gettext_lazy as _

from complaints.importing.answers.mapping import FIELDS, AnswerMapping, Options, Question
from complaints.importing.cases.fields import CHOICES
from complaints.models import Category, Item, Survey
from complaints.states import Channel
from complaints.surveys.answering import KEEPERS
from incidents.forms.imports import MappingForm, UploadForm
from incidents.importing.catalogues import IMPORTERS
from incidents.importing.mapping import MappingError
from incidents.importing.sample import Sample
from incidents.importing.stamps import ORDERS
from people.models import Person, time_zones

#: Different answers of a choice that can be given their worth on the page.
MOST_VALUES = 12
#: Columns that can be questions.
MOST_COLUMNS = 200


class FileForm(forms.Form):
    """A file and nothing else."""

    file = UploadForm.base_fields["file"]
    clean_file = UploadForm.clean_file


class ComplaintMappingForm(MappingForm):
    CHOICES = CHOICES

    type = forms.ChoiceField(label=_("Category"), required=False)
    severity = None
    channel = forms.ChoiceField(label=_("Channel"), required=False, choices=Channel.choices)
    zero_is_missing = None
    save_as = None

    @cached_property
    def _types(self) -> list[tuple[str, str]]:
        return [(kind.code, str(kind)) for kind in Category.objects.offered()]


class AnswerMappingForm(forms.Form):
    """Which columns are questions: `kind_<n>`, `dimension_<n>`, `weight_<n>`, or `code_<n>` where a survey is chosen."""

    source = MappingForm.base_fields["source"]
    survey = forms.ChoiceField(
        label=_("Survey"), required=False, help_text=_("Or name a new one, with these questions.")
    )
    name = forms.CharField(label=_("Name of the new survey"), max_length=120, required=False)
    unit = forms.ChoiceField(label=_("Unit"), required=False)
    answered_at = forms.DateField(
        label=_("Date"), required=False, widget=forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d"),
        help_text=_("Only for files without dates."),
    )  # fmt: skip
    date_order = forms.ChoiceField(
        label=_("Order of dates"), choices=[("auto", _("Find out")), *ORDERS.items()]
    )
    zone = forms.ChoiceField(label=_("Time zone"), help_text=_("Of times that name none."))
    missing = MappingForm.base_fields["missing"]
    zero_is_missing = forms.BooleanField(label=_("0 means “not applicable”"), required=False)
    encoding = MappingForm.base_fields["encoding"]

    def __init__(self, *args, mapping: AnswerMapping, sample: Sample, person: Person, **kwargs):
        self.mapping, self.sample, self.person = mapping, sample, person
        options = asdict(mapping.options)
        kwargs.setdefault("initial", options | {"missing": " ".join(options["missing"])})
        super().__init__(*args, **kwargs)
        units = person.units(*IMPORTERS).active()
        self.fields["unit"].choices = [
            ("", "—"), *((unit.code, f"{'  ' * unit.depth}{unit.name} ({unit.code})") for unit in units)
        ]  # fmt: skip
        surveys = Survey.objects.filter(unit__in=person.units(*KEEPERS), ended_at=None)
        self.fields["survey"].choices = [("", _("A new one")), *((str(row.pk), row.name) for row in surveys)]
        self.fields["zone"].choices = time_zones()
        columns = [("", _("Not in the file")), *((heading, heading) for heading in sample.headings)]
        for known in FIELDS:
            self.fields[f"col_{known.name}"] = forms.ChoiceField(
                label=known.label, help_text=known.hint, choices=columns, required=False, widget=_select(),
                initial=mapping.columns.get(known.name, ""),
            )  # fmt: skip
        self._add_questions()

    @cached_property
    def survey_items(self) -> list[Item]:
        """The questions of the survey that is chosen; none of a new one."""
        chosen = str(self.data.get("survey", "") if self.is_bound else self.mapping.options.survey)
        if not chosen.isdecimal():
            return []
        survey = Survey.objects.filter(pk=chosen, unit__in=self.person.units(*KEEPERS)).first()
        version = survey.versions.exclude(published_at=None).last() if survey else None
        return list(version.items.all()) if version else []

    @cached_property
    def _headings(self) -> list[str]:
        taken = set(self.mapping.columns.values())
        return [heading for heading in self.sample.headings if heading not in taken][:MOST_COLUMNS]

    def _add_questions(self) -> None:
        known = {question.heading: question for question in self.mapping.questions}
        kinds = [("", _("No question")), *Item.Kind.choices]
        dimensions = [("", "—"), *Item.Dimension.choices]
        items = [("", _("No question")), *((item.code, str(item)) for item in self.survey_items)]
        for number, heading in enumerate(self._headings):
            question = known.get(heading)
            self.fields[f"kind_{number}"] = forms.ChoiceField(
                label=heading, choices=kinds, required=False, widget=_select(),
                initial=question.kind if question else "",
            )  # fmt: skip
            if self.survey_items:
                self.fields[f"code_{number}"] = forms.ChoiceField(
                    label=heading, choices=items, required=False, widget=_select(),
                    initial=question.code if question else "",
                )  # fmt: skip
            else:
                self.fields[f"dimension_{number}"] = forms.ChoiceField(
                    label=heading, choices=dimensions, required=False, widget=_select(),
                    initial=question.dimension if question else "",
                )  # fmt: skip
                self.fields[f"weight_{number}"] = forms.DecimalField(
                    label=heading, required=False, max_digits=7, decimal_places=4,
                    initial=question.weight if question else "1",
                    validators=[MinValueValidator(0), MaxValueValidator(999)],
                    widget=forms.NumberInput(attrs={"class": "inp", "step": "any", "min": "0"}),
                )  # fmt: skip
            for place, (value, count) in enumerate(self._values_of(number, heading)):
                self.fields[f"worth_{number}_{place}"] = forms.IntegerField(
                    label=value, required=False, min_value=0, max_value=100, help_text=str(count),
                    initial=question.values.get(value) if question else None,
                    widget=forms.NumberInput(attrs={"class": "inp", "min": "0", "max": "100"}),
                )  # fmt: skip

    def _values_of(self, number: int, heading: str) -> list[tuple[str, int]]:
        """The answers of a column that is a choice."""
        known = next((q.kind for q in self.mapping.questions if q.heading == heading), "")
        kind = self.data.get(f"kind_{number}", "") if self.is_bound else known
        return self.sample.values(heading)[:MOST_VALUES] if kind == Item.Kind.CHOICE else []

    # What the page shows ---------------------------------------------------------------------------------------------
    def column_rows(self) -> list[dict]:
        return [
            {
                "field": known,
                "bound": self[f"col_{known.name}"],
                "example": self.sample.example(self.mapping.columns.get(known.name, "")),
            }
            for known in FIELDS
        ]

    def question_rows(self) -> list[dict]:
        def bound(name: str):
            return self[name] if name in self.fields else None

        return [
            {
                "heading": heading,
                "example": ", ".join(value for value, _count in self.sample.values(heading)[:6]),
                **{part: bound(f"{part}_{number}") for part in ("kind", "code", "dimension", "weight")},
            }
            for number, heading in enumerate(self._headings)
        ]

    def choice_tables(self) -> list[dict]:
        return [
            {"heading": heading, "rows": [self[f"worth_{number}_{place}"] for place in range(len(values))]}
            for number, heading in enumerate(self._headings)
            if (values := self._values_of(number, heading))
        ]

    @property
    def question_count(self) -> int:
        return len(self.mapping.questions)

    def clean_missing(self) -> list[str]:
        return self.cleaned_data["missing"].split()

    def as_mapping(self) -> AnswerMapping:
        """What was chosen, after `is_valid`."""
        data = self.cleaned_data
        columns = {known.name: data[f"col_{known.name}"] for known in FIELDS if data.get(f"col_{known.name}")}
        kept = asdict(self.mapping.options)
        chosen = {name: data[name] for name in kept if name in data}
        chosen["answered_at"] = data["answered_at"].isoformat() if data.get("answered_at") else ""
        questions = [
            question
            for number, heading in enumerate(self._headings)
            if heading not in columns.values() and (question := self._question(number, heading))
        ]
        return AnswerMapping(columns, questions, Options(**kept | chosen))

    def _question(self, number: int, heading: str) -> Question | None:
        data = self.cleaned_data
        kind, code = data.get(f"kind_{number}", ""), data.get(f"code_{number}", "")
        if self.survey_items:
            item = next((item for item in self.survey_items if item.code == code), None)
            if item is None:
                return None
            kind = item.kind
        if not kind:
            return None
        weight = data.get(f"weight_{number}")
        values = {
            value: data[f"worth_{number}_{place}"]
            for place, (value, _count) in enumerate(self._values_of(number, heading))
            if data.get(f"worth_{number}_{place}") is not None
        }
        written = "1" if weight is None else f"{weight.normalize():f}"
        return Question(heading, kind, code, data.get(f"dimension_{number}", ""), written, values)

    def complain(self) -> bool:
        """Add what the mapping still lacks as errors at the fields; True when nothing does."""
        mapping = self.as_mapping()
        for name, message in mapping.lacking().items():
            self.add_error(name if name in self.fields else None, message)
        try:
            if not self.errors:
                mapping.check(self.sample.headings)
        except MappingError as error:
            self.add_error(None, str(error.message) % error.params if error.params else str(error.message))
        return not self.errors


def _select() -> forms.Select:
    return forms.Select(attrs={"class": "inp"})
