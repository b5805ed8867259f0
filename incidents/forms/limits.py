"""The forms with which a quality manager rules time limits, working hours and escalation."""

import datetime as dt
import zoneinfo

from django import forms
from django.utils.dates import WEEKDAYS
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from incidents.models import IncidentType
from incidents.stages import Severity
from people.choices import UnitChoiceField
from people.models import Person
from people.plausible import PlausibleDays
from reminders.models import DeadlinePolicy, EscalationStep, WorkCalendar
from reminders.policies import RULED
from reminders.ruling import ruled_units


class LimitForm(forms.Form):
    """How long one kind of thing may take, in a unit and below it."""

    unit = UnitChoiceField(
        label=_("Unit"), queryset=None, help_text=_("It holds for this unit and those below it.")
    )
    kind = forms.ChoiceField(label=_("What is due"))
    type_code = forms.ChoiceField(label=_("Only for this type"), required=False)
    severity = forms.TypedChoiceField(
        label=_("Only for this severity"), required=False, coerce=int, empty_value=None,
        choices=[("", pgettext_lazy("severity", "Any")), *Severity.choices],
    )  # fmt: skip
    amount = forms.IntegerField(
        label=_("Time limit"), min_value=1, widget=forms.NumberInput(attrs={"inputmode": "numeric"})
    )
    measured_in = forms.ChoiceField(label=_("Measured in"), choices=DeadlinePolicy.Measure.choices)

    def __init__(self, *args, person: Person, **kwargs):
        super().__init__(*args, **kwargs)
        self.fields["unit"].queryset = ruled_units(person).active()
        self.fields["kind"].choices = [(kind, label) for kind, (label, _default) in RULED.items()]
        self.fields["type_code"].choices = [("", pgettext_lazy("type", "Any")), *_types()]


def _types() -> list[tuple[str, str]]:
    """All types in the order of their tree, the finer ones indented."""
    below: dict[int | None, list[IncidentType]] = {}
    for kind in IncidentType.objects.offered():
        below.setdefault(kind.parent_id, []).append(kind)
    found = []
    for kind in below.get(None, []):
        found.append((kind.code, str(kind)))
        found += [(finer.code, f"\u2003{finer}") for finer in below.get(kind.pk, [])]
    return found


class Spans(forms.CharField):
    """Spans of time as people write them: "09:00-12:00, 13:00-18:00"; empty for a day off."""

    def to_python(self, value):
        text = (
            (super().to_python(value) or "")
            .replace("，", ",")
            .replace("、", ",")
            .replace("–", "-")
            .replace("：", ":")
        )
        spans = []
        for part in filter(None, (part.strip() for part in text.split(","))):
            begins, dash, ends = part.partition("-")
            try:
                span = dt.time.fromisoformat(_padded(begins)), dt.time.fromisoformat(_padded(ends))
            except ValueError:
                dash = ""
            if not dash:
                raise forms.ValidationError(
                    _("Write spans like 09:00-12:00, 13:00-18:00, or leave it empty.")
                )
            spans.append(span)
        return spans


def _padded(time: str) -> str:
    """9:00 as 09:00."""
    hour, _colon, minutes = time.strip().partition(":")
    return f"{int(hour):02d}:{minutes or '00'}"


class HoursForm(forms.Form):
    """The working hours of a week."""

    version = forms.IntegerField(widget=forms.HiddenInput)
    keeps_public_holidays = forms.BooleanField(
        label=_("Public holidays are off, make-up days are worked, as published"), required=False
    )
    time_zone = forms.ChoiceField(label=_("Time zone"))

    def __init__(self, *args, calendar: WorkCalendar | None, zone: str, **kwargs):
        super().__init__(*args, **kwargs)
        for day, name in WEEKDAYS.items():
            self.fields[f"day_{day}"] = Spans(label=name, required=False, max_length=80)
        self.order_fields(
            [*(f"day_{day}" for day in WEEKDAYS), "keeps_public_holidays", "time_zone", "version"]
        )
        self.fields["time_zone"].choices = [(name, name) for name in sorted(zoneinfo.available_timezones())]
        kept = calendar.hours if calendar else [[["09:00", "18:00"]]] * 5 + [[], []]
        self.initial = {
            "version": calendar.version if calendar else 0,
            "keeps_public_holidays": calendar.keeps_public_holidays if calendar else True,
            "time_zone": calendar.time_zone if calendar else zone,
            **{f"day_{day}": ", ".join("-".join(span) for span in spans) for day, spans in enumerate(kept)},
        }

    @property
    def days(self):
        return [self[f"day_{day}"] for day in WEEKDAYS]

    def values(self) -> dict:
        given = self.cleaned_data
        return {
            "version": given["version"],
            "hours": [given[f"day_{day}"] for day in WEEKDAYS],
            "keeps_public_holidays": given["keeps_public_holidays"],
            "time_zone": given["time_zone"],
        }


class DayForm(PlausibleDays, forms.Form):
    """A day that a unit itself has made free, or a working day."""

    day = forms.DateField(label=_("Day"), widget=forms.DateInput(attrs={"type": "date"}))
    works = forms.TypedChoiceField(
        label=_("It is"), coerce=lambda value: value == "1",
        choices=[("0", pgettext_lazy("day", "off")), ("1", pgettext_lazy("day", "worked"))],
    )  # fmt: skip
    name = forms.CharField(label=_("What day is it?"), max_length=80)


HOURS = 1, 2, 4, 6, 8, 12, 24, 48, 72, 96, 120, 168, 240, 336


class StepForm(forms.Form):
    """One step of the escalation."""

    when = forms.ChoiceField(
        label=_("When"),
        choices=[
            ("before", _("before it is due")),
            ("at", _("when it is due")),
            ("after", _("after it was due")),
        ],
    )
    hours = forms.IntegerField(label=_("Hours"), required=False, min_value=1, max_value=1440)
    audience = forms.ChoiceField(label=_("Who is told"), choices=EscalationStep.Audience.choices)
    repeat = forms.IntegerField(
        label=_("Again every … hours"),
        required=False,
        min_value=1,
        max_value=1440,
        help_text=_("Empty: once."),
    )

    def clean(self):
        values = super().clean()
        if (
            values.get("when") in ("before", "after")
            and not values.get("hours")
            and "hours" not in self.errors
        ):
            self.add_error("hours", _("How many hours?"))
        return values

    def values(self) -> dict:
        given = self.cleaned_data
        hours = {"before": -1, "at": 0, "after": 1}[given["when"]] * (given["hours"] or 0)
        repeat = given["repeat"]
        return {
            "offset": dt.timedelta(hours=hours),
            "audience": given["audience"],
            "repeat_every": dt.timedelta(hours=repeat) if repeat else None,
        }
