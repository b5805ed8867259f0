"""The form of stage 6: what the design prescribes with what was counted, a verdict, a signature."""

import datetime as dt
import json
from decimal import Decimal

from django import forms
from django.core.exceptions import ValidationError
from django.core.validators import MaxValueValidator, MinValueValidator
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from capa import design as designs
from capa import evaluation, observing
from capa.measuring import INCIDENTS, SOURCES, incident_scope, metric_of_incidents, read_incidents
from capa.models import Verification, VerificationDesign
from capa.reading import case_of
from incidents.forms.acts import SignedActForm

#: How far back a baseline reaches where no design says it, in days.
BASELINE_DAYS = 365


#: Days that can be meant: none of them lies at the end of the calendar, where reckoning stops.
EARLIEST, LATEST = dt.date(1990, 1, 1), dt.date(2199, 12, 31)


def day_field(label, **more) -> forms.DateField:
    return forms.DateField(
        label=label, required=False, validators=[MinValueValidator(EARLIEST), MaxValueValidator(LATEST)],
        widget=forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d"), **more,
    )  # fmt: skip


def count_field(label, **more) -> forms.IntegerField:
    return forms.IntegerField(label=label, min_value=0, max_value=2**31 - 1, required=False, **more)


class PlainDecimalField(forms.DecimalField):
    """Shows 1920, not 1920.00."""

    def prepare_value(self, value):
        return format(value.normalize(), "f") if isinstance(value, Decimal) and value.is_finite() else value


def exposure_field(label, **more) -> forms.DecimalField:
    return PlainDecimalField(
        label=label, min_value=0, max_digits=16, decimal_places=2, required=False, **more
    )


def understood(form: forms.Form, initial: dict) -> dict:
    """What an address wants a form to begin with, as values; what makes no sense is left out."""
    values = {}
    for name, value in initial.items():
        if name in form.fields:
            try:
                values[name] = form.fields[name].clean(value)
            except (ValidationError, ValueError, TypeError):
                continue
    return values


class JudgeForm(SignedActForm):
    """Filled in by the design with what its source counts; other figures are a departure, which needs a reason."""

    seen = forms.CharField(widget=forms.HiddenInput, required=False)  # the figures that the page showed
    metric = forms.CharField(label=_("What is counted"), max_length=200, required=False)
    unit_of_exposure = forms.CharField(
        label=_("Per what"),
        help_text=_("Days, passengers, trains: what the counts are related to."),
        max_length=60,
        required=False,
    )
    source_key = forms.ChoiceField(label=_("How they are got"), required=False)
    data = forms.ChoiceField(label=_("Kind of data"), choices=VerificationDesign.Data.choices, required=False)
    direction = forms.ChoiceField(
        label=_("Direction"), choices=VerificationDesign.Direction.choices, required=False
    )
    before_from = day_field(_("Baseline from"))
    before_until = day_field(_("Baseline until"))
    before_events = count_field(_("Events before"))
    before_exposure = exposure_field(_("Exposure before"))
    after_from = day_field(_("Observation from"))
    after_until = day_field(_("Observation until"))
    after_events = count_field(_("Events after"))
    after_exposure = exposure_field(_("Exposure after"))
    departure = forms.CharField(
        label=_("Why it departs from the design"),
        help_text=_("It is shown beside the verdict for ever."),
        max_length=2000, required=False, widget=forms.Textarea(attrs={"rows": 3}),
    )  # fmt: skip
    source = forms.CharField(
        label=_("Where the numbers come from"),
        help_text=_("Which log, survey or report, so that anybody can look them up."),
        max_length=300,
        required=False,
    )
    satisfaction = forms.CharField(
        label=_("Change in satisfaction"),
        help_text=_("Beside the figure that counts: a score or a share before and after, of how many answers, from where."),
        max_length=2000, required=False, widget=forms.Textarea(attrs={"rows": 2}),
    )  # fmt: skip
    verdict = forms.ChoiceField(
        label=_("Verdict"),
        choices=Verification.Verdict.choices,
        widget=forms.RadioSelect,
        error_messages={"required": _("Choose a verdict.")},
    )
    watch_until = day_field(
        _("Watch until"), help_text=_("For an inconclusive verdict: when it is looked at again.")
    )
    reasons = forms.CharField(label=_("Reasons"), max_length=4000, widget=forms.Textarea(attrs={"rows": 4}))

    #: How the page groups the fields.
    QUESTION = ("metric", "unit_of_exposure", "source_key", "data", "direction")
    BEFORE = ("before_from", "before_until", "before_events", "before_exposure")
    AFTER = ("after_from", "after_until", "after_events", "after_exposure")

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        self.design = designs.design_of(self.incident)
        self.asked = evaluation.prescription(self.design)
        self.fields["source_key"].choices = [(key, source.label) for key, source in SOURCES.items()]
        self.figures = self.asked.figures if self.asked else self._like_this()
        asked_for = understood(self, self.initial)
        self.initial = {**self.figures, "seen": self._written(self.figures), **asked_for}
        if self.asked and self.asked.source.counts:
            self.initial.setdefault("source", self.asked.source.label)
        if row := self._row(self.initial):
            self.initial.setdefault("watch_until", evaluation.watch_until(row, self.design))
        elif self.design and self.design.observed_until:
            self.initial.setdefault("watch_until", max(self.design.observed_until, tomorrow()))
        if self._only_compares:
            for name in ("verdict", "reasons", "password"):
                if name in self.fields:
                    self.fields[name].required = False
        self.has_moved = self.is_bound and self._take_over_new_counts()

    def _like_this(self) -> dict:
        """Approved without a design, by an earlier release: incidents like this one, the year before and since."""
        today = timezone.localdate()
        done = [day for day, _words in observing.done_days(case_of(self.incident))]
        begins = min(max(done, default=today), today)
        first, last = begins - dt.timedelta(days=BASELINE_DAYS), begins - dt.timedelta(days=1)
        scope = incident_scope(self.incident, {})
        series = read_incidents(scope, first, today)
        return {
            "source_key": INCIDENTS, "data": VerificationDesign.Data.RATE,
            "direction": VerificationDesign.Direction.LOWER,
            "metric": metric_of_incidents(self.incident, scope), "unit_of_exposure": _("days"),
            "before_from": first, "before_until": last, "before_events": series.events_between(first, last),
            "before_exposure": series.exposure_between(first, last), "after_from": begins, "after_until": today,
            "after_events": series.events_between(begins, today),
            "after_exposure": series.exposure_between(begins, today),
        }  # fmt: skip

    # What was counted meanwhile --------------------------------------------------------------------------------------
    @staticmethod
    def _written(figures: dict) -> str:
        return json.dumps({name: str(value) for name, value in figures.items() if value is not None})

    def _take_over_new_counts(self) -> bool:
        """Has the source counted on since the page was made? Then what the page showed is replaced, and told."""
        now = self._written(self.figures)
        try:
            seen = json.loads(self.data.get("seen") or now)
        except ValueError:
            seen = {}
        current = json.loads(now)
        moved = [
            name
            for name, value in current.items()
            if isinstance(seen, dict) and seen.get(name, value) != value
        ]
        if not moved:
            return False
        self.data = self.data.copy()
        for name in moved:
            if str(self.data.get(name, "")) in ("", seen[name]):
                self.data[name] = current[name]
        self.data["seen"] = now
        return True

    def clean_password(self) -> str:
        return "" if self._only_compares else super().clean_password()

    def clean(self):
        cleaned = super().clean()
        if self.has_moved and not self._only_compares:
            raise ValidationError(
                _("Since you opened this page more was counted. Look at the new figures, then judge.")
            )
        return cleaned

    # What the page shows ---------------------------------------------------------------------------------------------
    @property
    def _only_compares(self) -> bool:
        """Pressed was the button that shows what the figures say, not the one that judges."""
        return self.is_bound and "compare" in self.data

    def is_valid(self):
        return super().is_valid() and not self._only_compares

    def _row(self, given: dict) -> Verification | None:
        """The figures as a verdict to be, as far as they make sense."""
        names = (*evaluation.PRESCRIBED,)
        values = {
            name: given.get(name) if given.get(name) not in (None, "") else self.figures.get(name)
            for name in names
        }
        if any(values[name] is None for name in names):
            return None
        row = Verification(**values)
        if min(row.before_exposure, row.after_exposure) <= 0 or row.after_until < row.after_from:
            return None
        if row.data == VerificationDesign.Data.PROPORTION and (
            row.before_events > row.before_exposure or row.after_events > row.after_exposure
        ):
            return None
        row.departure = "?" if self.asked and self.asked.departures(values) else ""
        return row

    @property
    def compared(self):
        """What the figures in the form say."""
        row = self._row(getattr(self, "cleaned_data", {}) if self.is_bound else self.initial)
        return evaluation.by_design(row, self.design) if row else None

    @property
    def proposed_until(self) -> dt.date | None:
        """Until when to watch on, if the figures in the form can't tell yet."""
        item = self.compared
        return evaluation.watch_until(item.row, self.design) if item else None

    @property
    def is_open(self) -> bool:
        """Is the part unfolded in which one departs from the design?"""
        row = self._row(getattr(self, "cleaned_data", {})) if self.is_bound else None
        return bool(row and row.departure) or "departure" in self.errors

    @property
    def typed(self):
        """The figures that the design leaves to whoever judges."""
        return [self[name] for name in self.asked.to_be_typed] if self.asked else []

    def _bound(self, names) -> list:
        return [self[name] for name in names if not self.asked or name not in self.asked.to_be_typed]

    @property
    def question(self):
        return self._bound(self.QUESTION)

    @property
    def before(self):
        return self._bound(self.BEFORE)

    @property
    def after(self):
        return self._bound(self.AFTER)

    @property
    def recurrences(self):
        return observing.recurrences(self.asked, self.person)

    def values(self) -> dict:
        given = super().values()
        given.pop("seen", None)
        return {name: value if value != "" or name in KEPT_EMPTY else None for name, value in given.items()}


#: Words that may be left empty; an empty figure means: as the design prescribes it.
KEPT_EMPTY = ("departure", "source", "satisfaction")


def tomorrow() -> dt.date:
    return timezone.localdate() + dt.timedelta(days=1)
