"""The design of a verification as a form, and the calculator's own."""

import datetime as dt
from decimal import Decimal

from django import forms
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from capa import design as designs
from capa import watching
from capa.effect import WORTH_HAVING
from capa.measuring import DAYS, INCIDENTS, SOURCES, TYPED, VOLUME, source_of
from capa.models import VerificationDesign
from capa.models.analysis import category_label
from capa.reading import case_of
from incidents.forms.acts import ActForm

from .verify import BASELINE_DAYS, count_field, day_field, exposure_field, understood

OBSERVATION_DAYS = 90
#: What is asked when a field that has to be filled in is empty.
FILL_IN = _("Fill this in.")


class CalculatorForm(forms.Form):
    """What the calculator has to know; nothing of it is kept."""

    data = forms.ChoiceField(
        label=_("Kind of data"), choices=VerificationDesign.Data.choices, initial=VerificationDesign.Data.RATE
    )
    direction = forms.ChoiceField(
        label=_("Direction"),
        choices=VerificationDesign.Direction.choices,
        initial=VerificationDesign.Direction.LOWER,
    )
    events = forms.IntegerField(
        label=_("Events in the baseline"),
        help_text=_("Cases in the time before; for a part of all, the part."),
        min_value=0,
        max_value=10**7,
    )
    exposure = forms.DecimalField(
        label=_("In how many days"),
        help_text=_("Or passengers, trains, calls; for a part of all, how many in all."),
        min_value=Decimal("0.01"),
        max_digits=14,
        decimal_places=2,
        initial=180,
    )
    per_day = forms.DecimalField(
        label=_("Exposure per day"),
        help_text=_("1 if you count in days; else the passengers, trains or answers of an average day."),
        min_value=Decimal("0.001"),
        max_digits=14,
        decimal_places=3,
        initial=1,
    )
    change = forms.DecimalField(
        label=_("Smallest change worth having, in %"),
        help_text=_("Per cent of the rate; for a part of all, percentage points."),
        min_value=Decimal("0.1"),
        max_value=1000,
        max_digits=5,
        decimal_places=1,
        initial=50,
    )
    days = forms.IntegerField(
        label=_("Days of observation"), min_value=1, max_value=watching.LONGEST, initial=OBSERVATION_DAYS
    )

    def clean(self):
        given = super().clean()
        if given.get("data") == VerificationDesign.Data.PROPORTION and given.get("events", 0) > given.get(
            "exposure", Decimal("Infinity")
        ):
            self.add_error("events", _("A part can't be more than the whole."))
        return given

    @property
    def answer(self) -> watching.Answer | None:
        if not self.is_bound or not self.is_valid():
            return None
        given = self.cleaned_data
        question = watching.Question(
            events=given["events"], exposure=float(given["exposure"]), per_day=float(given["per_day"]),
            change=float(given["change"]), data=given["data"], direction=given["direction"],
        )  # fmt: skip
        return watching.Answer(question, given["days"])


class DesignForm(ActForm):
    """How the effect will be verified. What the source can count is counted here already, and can't be typed."""

    source = forms.ChoiceField(
        label=_("Where the numbers come from"), widget=forms.RadioSelect, initial=INCIDENTS
    )
    category = forms.ChoiceField(
        label=_("Only with a cause of this kind"),
        help_text=_("Cases that haven't been analysed yet don't count then."),
        required=False,
    )
    exposure = forms.ChoiceField(
        label=_("Related to"),
        choices=[(DAYS, _("Days")), (VOLUME, _("A volume, typed in: passengers, trains, calls"))],
        widget=forms.RadioSelect,
        initial=DAYS,
        required=False,
    )
    metric = forms.CharField(
        label=_("What is counted"),
        help_text=_("Say it so that anybody would count the same."),
        max_length=200,
        required=False,
    )
    data = forms.ChoiceField(
        label=_("Kind of data"), choices=VerificationDesign.Data.choices, initial=VerificationDesign.Data.RATE
    )
    direction = forms.ChoiceField(
        label=_("Direction"),
        choices=VerificationDesign.Direction.choices,
        initial=VerificationDesign.Direction.LOWER,
    )
    unit_of_exposure = forms.CharField(
        label=_("Per what"), help_text=_("Passengers, trains, calls; answers."), max_length=60, required=False
    )
    baseline_from = day_field(_("Baseline from"))
    baseline_until = day_field(_("Baseline until"))
    baseline_events = count_field(_("Events before"), help_text=_("For a part of all, the part."))
    baseline_exposure = exposure_field(
        _("Exposure before"), help_text=_("For a part of all, how many in all.")
    )
    baseline_source = forms.CharField(
        label=_("Source of the typed numbers"),
        help_text=_("Which log, survey or report, so that anybody can look them up."),
        max_length=300,
        required=False,
    )
    observation_days = forms.IntegerField(
        label=_("Days of observation"),
        help_text=_("From the end of the execution on."),
        min_value=1,
        max_value=designs.LONGEST,
        initial=OBSERVATION_DAYS,
    )
    expected_exposure = exposure_field(
        _("Exposure expected in these days"), help_text=_("For a part of all, how many answers.")
    )
    smallest_change = forms.DecimalField(
        label=_("Smallest change worth having, in %"),
        help_text=_("Per cent of the rate; for a part of all, percentage points."),
        min_value=Decimal("0.1"),
        max_value=100,
        max_digits=5,
        decimal_places=1,
        initial=WORTH_HAVING,
    )

    QUESTION = ("metric", "data", "direction")
    #: Nobody types what the source counts.
    TYPED_ONLY = ("data", "baseline_events")
    VOLUME_ONLY = ("unit_of_exposure", "baseline_exposure", "expected_exposure", "baseline_source")

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        self.fields["source"].choices = [(key, source.label) for key, source in SOURCES.items()]
        self.fields["category"].choices = [("", _("Any cause")), *self._categories()]
        today = timezone.localdate()
        self.initial = {
            "baseline_from": today - dt.timedelta(days=BASELINE_DAYS),
            "baseline_until": today - dt.timedelta(days=1),
            **self._decided(),
            **understood(self, self.initial),
        }
        self.counted = None
        if not self.is_bound:
            self._show_what_is_counted()

    def _show_what_is_counted(self) -> None:
        """The page opens with the system's figures in it, and with the calculator's answer to them."""
        given = {name: field.initial for name, field in self.fields.items() if field.initial is not None}
        given |= self.initial
        source = source_of(given["source"])
        if source.counts:
            self._count(source, given)
            self.initial |= given

    def _categories(self) -> list[tuple[str, str]]:
        """The kinds of the confirmed root causes."""
        found = dict.fromkeys(cause.category for cause in case_of(self.incident).roots if cause.category)
        return [(category, category_label(category)) for category in found]

    def _decided(self) -> dict:
        """What the draft says already."""
        plan = case_of(self.incident).plan
        design = VerificationDesign.objects.filter(plan=plan).first() if plan else None
        if design is None:
            return {}
        decided = {name: getattr(design, name) for name in design.DECIDED if name in self.fields}
        chosen = {name: design.scope.get(name, "") for name in ("category", "exposure") if design.scope}
        return decided | chosen

    # What is counted -------------------------------------------------------------------------------------------------
    @property
    def _only_calculates(self) -> bool:
        """Pressed was the button that asks the calculator, not the one that saves."""
        return self.is_bound and "calculate" in self.data

    def is_valid(self):
        return super().is_valid() and not self._only_calculates

    def clean(self):
        given = super().clean()
        source = source_of(given.get("source", TYPED))
        if source.counts:
            self._count(source, given)
        self._ask_for_the_rest(source, given)
        return given

    def _count(self, source, given: dict) -> None:
        """Put the system's own figures in the place of typed ones."""
        given["data"] = source.data
        given["scope"] = scope = source.scope_of(self.incident, given)
        given["metric"] = given.get("metric") or source.metric_of(self.incident, scope)
        first, last = given.get("baseline_from"), given.get("baseline_until")
        if not first or not last or last < first:
            return
        series = source.read(scope, first, last)
        given["baseline_events"] = self.counted = series.events_between(first, last)
        if (exposure := series.exposure_between(first, last)) is not None:
            given["baseline_exposure"], given["unit_of_exposure"] = exposure, str(source.unit_of_exposure)
            days = Decimal(given.get("observation_days") or OBSERVATION_DAYS)
            if series.exposures is not None:  # as many a day as in the baseline
                days = (exposure * days / ((last - first).days + 1)).quantize(Decimal(1)) or Decimal(1)
            given["expected_exposure"] = days
            given["baseline_source"] = ""

    def _ask_for_the_rest(self, source, given: dict) -> None:
        needed = [
            "metric",
            "unit_of_exposure",
            "baseline_from",
            "baseline_until",
            "baseline_exposure",
            "expected_exposure",
        ]
        if not source.counts:
            needed += ["baseline_events"]
        if not source.counts or (given.get("scope") or {}).get("exposure") == VOLUME:
            needed += ["baseline_source"]
        for name in needed:
            if given.get(name) in (None, "") and name not in self.errors:
                self.add_error(name, FILL_IN)

    @property
    def answer(self) -> watching.Answer | None:
        """What the calculator says, as far as the form is filled in."""
        given = getattr(self, "cleaned_data", {}) if self.is_bound else self.initial
        names = (
            "baseline_events",
            "baseline_exposure",
            "expected_exposure",
            "observation_days",
            "smallest_change",
        )
        if any(given.get(name) is None for name in names) or given["observation_days"] < 1:
            return None
        events, exposure, expected, days, change = (given[name] for name in names)
        data = given.get("data", VerificationDesign.Data.RATE)
        if min(exposure, expected) <= 0 or data == VerificationDesign.Data.PROPORTION and events > exposure:
            return None
        question = watching.Question(
            events=events, exposure=float(exposure), per_day=float(expected) / days, change=float(change), data=data,
            direction=given.get("direction", VerificationDesign.Direction.LOWER),
        )  # fmt: skip
        return watching.Answer(question, days)

    @property
    def mode(self) -> str:
        """Classes that hide what the chosen source doesn't leave to a person."""
        typed = not source_of(self["source"].value() or TYPED).counts
        volume = typed or self["exposure"].value() == VOLUME
        return f"mode-{'typed' if typed else 'counted'} mode-{VOLUME if volume else DAYS}"

    @property
    def windows(self):
        return [self[name] for name in ("baseline_from", "baseline_until")]

    def values(self) -> dict:
        given = super().values()
        scope = given.pop("scope", None) or {}
        for name in ("category", "exposure"):
            given.pop(name, None)
        return given | {"scope": scope}
