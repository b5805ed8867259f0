"""The form of stage 6: windows, counts, exposures, and a verdict."""

import datetime as dt

from django import forms
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from capa import evaluation
from capa.models import Verification
from incidents.forms.acts import ActForm


def _day(label, **more) -> forms.DateField:
    return forms.DateField(
        label=label, widget=forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d"), **more
    )


class JudgeForm(ActForm):
    """Filled in with what the system itself has counted; a better figure can replace each, with its source."""

    metric = forms.CharField(label=_("What is counted"), max_length=200)
    unit_of_exposure = forms.CharField(
        label=_("Per what"),
        help_text=_("Days, passengers, trains: what the counts are related to."),
        max_length=60,
    )
    before_from = _day(_("Baseline from"))
    before_until = _day(_("Baseline until"))
    before_events = forms.IntegerField(label=_("Events before"), min_value=0)
    before_exposure = forms.DecimalField(
        label=_("Exposure before"), min_value=0, max_digits=16, decimal_places=2
    )
    after_from = _day(_("Observation from"))
    after_until = _day(_("Observation until"))
    after_events = forms.IntegerField(label=_("Events after"), min_value=0)
    after_exposure = forms.DecimalField(
        label=_("Exposure after"), min_value=0, max_digits=16, decimal_places=2
    )
    source = forms.CharField(label=_("Where the numbers come from"), max_length=300)
    recurrences = forms.IntegerField(
        label=_("Recurrences of the same type since then"), min_value=0, initial=0, required=False
    )
    satisfaction = forms.CharField(
        label=_("Change in satisfaction"), max_length=2000, required=False,
        widget=forms.Textarea(attrs={"rows": 2}),
    )  # fmt: skip
    verdict = forms.ChoiceField(
        label=_("Verdict"),
        choices=Verification.Verdict.choices,
        widget=forms.RadioSelect,
        error_messages={"required": _("Choose a verdict.")},
    )
    watch_until = _day(
        _("Watch until"),
        required=False,
        help_text=_("For an inconclusive verdict: when it is looked at again."),
    )
    reasons = forms.CharField(
        label=_("Reasons"),
        help_text=_("Also why you differ from what the data say, if you do."),
        max_length=4000,
        widget=forms.Textarea(attrs={"rows": 4}),
    )

    #: How the page groups the fields.
    WINDOWS = {
        "before": ("before_from", "before_until", "before_events", "before_exposure"),
        "after": ("after_from", "after_until", "after_events", "after_exposure"),
    }

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        self.suggestion = evaluation.suggest(self.incident, self.person)
        self.initial = {**self.suggestion, **self.initial}
        self.initial.setdefault("watch_until", timezone.localdate() + dt.timedelta(days=90))

        if self._only_compares:
            for name in ("verdict", "reasons"):
                self.fields[name].required = False

    @property
    def _only_compares(self) -> bool:
        """Pressed was the button that shows what the figures say, not the one that judges."""
        return self.is_bound and "compare" in self.data

    def is_valid(self):
        return super().is_valid() and not self._only_compares

    @property
    def compared(self):
        """What the figures in the form say, as far as they make sense."""
        given = self.cleaned_data if self.is_bound else self.initial
        names = [*self.WINDOWS["before"], *self.WINDOWS["after"]]
        if not all(given.get(name) is not None for name in names):
            return None
        row = Verification(
            **{name: given[name] for name in names}, unit_of_exposure=given.get("unit_of_exposure", "")
        )
        if min(row.before_exposure, row.after_exposure) <= 0:
            return None
        return evaluation.compared(row)

    @property
    def before(self):
        return [self[name] for name in self.WINDOWS["before"]]

    @property
    def after(self):
        return [self[name] for name in self.WINDOWS["after"]]

    def values(self) -> dict:
        given = super().values()
        return {**given, "recurrences": given["recurrences"] or 0}
