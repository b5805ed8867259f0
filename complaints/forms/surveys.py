"""The forms of those who make surveys and type in answers. What customers answer is read in `complaints.surveys.asking`."""

from decimal import Decimal
from typing import Any

from django import forms
from django.conf import settings
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from complaints.models import Item, Response, Survey, SurveyVersion
from complaints.surveys.answering import KEEPERS
from complaints.surveys.starts import STARTS
from people.choices import UnitChoiceField
from people.models import Person, Unit
from people.plausible import PlausibleDays

LANGUAGES = settings.LANGUAGES
#: Rows for the answers of a choice.
CHOICES = 8


class SettingsForm(forms.Form):
    """What can be changed of a survey while it runs."""

    name = forms.CharField(
        label=pgettext_lazy("survey", "Name"),
        max_length=120,
        help_text=_("For your colleagues; customers don't see it."),
    )
    valid_days = forms.IntegerField(
        label=_("An invitation is valid for (days)"), min_value=1, max_value=365, initial=14
    )
    rest_days = forms.IntegerField(
        label=_("Ask a customer at most once in (days)"), min_value=0, max_value=365, initial=30
    )
    bad_below = forms.IntegerField(
        label=_("Raise a complaint below an index of"), min_value=1, max_value=100, required=False,
        help_text=_("0 is the worst and 100 the best. Empty: a bad rating raises nothing."),
    )  # fmt: skip


class SurveyForm(SettingsForm):
    """A new survey."""

    unit = UnitChoiceField(
        label=_("Unit"), queryset=None, empty_label=_("Choose a unit"),
        help_text=_("It is asked in this unit and those below it."),
    )  # fmt: skip
    purpose = forms.ChoiceField(label=_("When it is asked"), choices=Survey.Purpose.choices)
    start = forms.ChoiceField(
        label=_("Begin with"), widget=forms.RadioSelect, initial="five",
        choices=[(key, start.name) for key, start in STARTS.items()],
    )  # fmt: skip
    field_order = ("name", "unit", "purpose", "start", "valid_days", "rest_days", "bad_below")

    def __init__(self, *args, person: Person, **kwargs):
        super().__init__(*args, **kwargs)
        self.fields["unit"].queryset = person.units(*KEEPERS).active()


class WordsForm(forms.Form):
    """In which languages a version is asked, and what stands around its questions."""

    languages = forms.MultipleChoiceField(
        label=_("Asked in"), choices=LANGUAGES, widget=forms.CheckboxSelectMultiple,
        error_messages={"required": _("Choose at least one language.")},
    )  # fmt: skip

    def __init__(self, *args, version: SurveyVersion, **kwargs):
        initial = {"languages": version.languages}
        for code, _name in LANGUAGES:
            initial |= {
                f"intro_{code}": version.intro.get(code, ""),
                f"thanks_{code}": version.thanks.get(code, ""),
            }
        super().__init__(*args, initial=initial, **kwargs)
        for words, label in (("intro", _("Above the questions")), ("thanks", _("After the answer"))):
            for code, name in LANGUAGES:
                self.fields[f"{words}_{code}"] = _text(label, code, name, rows=2, required=False)

    def values(self) -> dict[str, Any]:
        given = self.cleaned_data
        return {
            "languages": given["languages"],
            **{
                words: {code: given[f"{words}_{code}"] for code, _name in LANGUAGES}
                for words in ("intro", "thanks")
            },
        }

    def intros(self) -> list:
        return [self[f"intro_{code}"] for code, _name in LANGUAGES]

    def thanks(self) -> list:
        return [self[f"thanks_{code}"] for code, _name in LANGUAGES]


class QuestionForm(forms.Form):
    """One question in the three languages, with the answers of a choice."""

    kind = forms.ChoiceField(label=_("Answered by"), choices=Item.Kind.choices)
    dimension = forms.ChoiceField(
        label=_("Dimension"), choices=[("", _("None")), *Item.Dimension.choices], required=False
    )
    weight = forms.DecimalField(
        label=_("Weight"), min_value=0, max_value=999, max_digits=7, decimal_places=4, initial=1,
        help_text=_("In the index, beside the other questions. 0: it doesn't count."),
    )  # fmt: skip
    required = forms.BooleanField(label=_("Must be answered"), required=False)

    def __init__(self, *args, item: Item | None = None, **kwargs):
        super().__init__(*args, initial=_initial(item), **kwargs)
        for code, name in LANGUAGES:
            self.fields[f"text_{code}"] = _text(_("Question"), code, name, rows=2, required=False)
        for row in range(CHOICES):
            self.fields[f"value_{row}"] = forms.IntegerField(
                label=_("Value (0 to 100)"), min_value=0, max_value=100, required=False,
                widget=forms.NumberInput(attrs={"inputmode": "numeric"}),
            )  # fmt: skip
            for code, name in LANGUAGES:
                self.fields[f"choice_{row}_{code}"] = forms.CharField(
                    label=name,
                    max_length=120,
                    required=False,
                    widget=forms.TextInput(attrs={"lang": _tag(code)}),
                )

    def texts(self) -> list:
        return [self[f"text_{code}"] for code, _name in LANGUAGES]

    def rows(self) -> list[list]:
        """The fields of each choice: its value, then its words."""
        return [
            [self[f"value_{row}"], *(self[f"choice_{row}_{code}"] for code, _name in LANGUAGES)]
            for row in range(CHOICES)
        ]

    def clean(self) -> dict[str, Any]:
        given = super().clean()
        if given.get("kind") == Item.Kind.CHOICE:
            for row in range(CHOICES):
                written = any(given.get(f"choice_{row}_{code}") for code, _name in LANGUAGES)
                if written and given.get(f"value_{row}") is None and f"value_{row}" not in self.errors:
                    self.add_error(f"value_{row}", _("Give this choice a value."))
        if not any(given.get(f"text_{code}") for code, _name in LANGUAGES):
            self.add_error(f"text_{LANGUAGES[0][0]}", _("Write the question."))
        return given

    def values(self) -> dict[str, Any]:
        given = self.cleaned_data
        choices = [
            {
                "code": str(given[f"value_{row}"]),
                "texts": {code: text for code, _name in LANGUAGES if (text := given[f"choice_{row}_{code}"])},
                "value": given[f"value_{row}"],
            }
            for row in range(CHOICES)
            if given[f"value_{row}"] is not None
        ]
        return {
            "kind": given["kind"], "dimension": given["dimension"], "weight": given["weight"],
            "required": given["required"], "choices": choices,
            "texts": {code: given[f"text_{code}"] for code, _name in LANGUAGES},
        }  # fmt: skip


def _initial(item: Item | None) -> dict[str, Any]:
    if item is None:
        return {"kind": Item.Kind.LIKERT5, "weight": 1}
    initial = {
        "kind": item.kind, "dimension": item.dimension, "weight": _plain(item.weight), "required": item.required,
    }  # fmt: skip
    initial |= {f"text_{code}": text for code, text in item.texts.items()}
    for row, choice in enumerate(item.choices[:CHOICES]):
        initial[f"value_{row}"] = choice["value"]
        initial |= {f"choice_{row}_{code}": text for code, text in choice["texts"].items()}
    return initial


def _plain(weight: Decimal) -> Decimal:
    """1 rather than 1.0000."""
    return weight.normalize() if weight != weight.to_integral() else weight.quantize(Decimal(1))


class PlaceForm(forms.Form):
    """Where a link of its own is put up."""

    unit = UnitChoiceField(label=_("Unit"), queryset=None, empty_label=_("Choose a unit"))
    place = forms.CharField(
        label=_("Exact place"), help_text=_("Counter 3, exit hall, coach 8"), max_length=120, required=False
    )

    def __init__(self, *args, survey: Survey, **kwargs):
        super().__init__(*args, **kwargs)
        self.fields["unit"].queryset = Unit.objects.within(survey.unit).active()


class BatchForm(PlausibleDays, forms.Form):
    """What holds for a pile of questionnaires that are typed in one after another."""

    unit = UnitChoiceField(label=_("Unit"), queryset=None, empty_label=_("Choose a unit"))
    day = forms.DateField(label=_("Answered on"), widget=forms.DateInput({"type": "date"}, "%Y-%m-%d"))
    channel = forms.ChoiceField(
        label=_("How"),
        choices=[
            (channel.value, channel.label) for channel in (Response.Channel.PAPER, Response.Channel.INTERVIEW)
        ],
    )

    def __init__(self, *args, survey: Survey, person: Person, **kwargs):
        super().__init__(*args, **kwargs)
        within = Unit.objects.within(survey.unit)
        self.fields["unit"].queryset = person.units(*KEEPERS).filter(pk__in=within).active()

    def clean_day(self):
        day = self.cleaned_data["day"]
        if day > timezone.localdate():
            raise forms.ValidationError(_("This lies in the future."))
        return day


class EndForm(forms.Form):
    reason = forms.CharField(label=_("Why"), max_length=300, required=False)


def _text(label, code: str, name, *, rows: int, required: bool) -> forms.CharField:
    return forms.CharField(
        label=_("%(what)s (%(language)s)") % {"what": label, "language": name}, max_length=500, required=required,
        widget=forms.Textarea(attrs={"rows": rows, "lang": _tag(code)}),
    )  # fmt: skip


def _tag(code: str) -> str:
    """The language as HTML names it: zh-hans is zh-Hans."""
    return {"zh-hans": "zh-Hans", "zh-hant": "zh-Hant"}.get(code, code)
