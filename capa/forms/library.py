"""The filters of the archive and of what works, read from the address like those of the incident list."""

from django import forms
from django.db.models import Exists, OuterRef, Q, QuerySet
from django.utils.functional import cached_property
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from capa.models import Cause, Measure, Plan, Verification
from capa.models.plan import TIERS
from incidents.filters import IncidentFilter
from incidents.listing import Sort
from incidents.models import Incident
from incidents.stages import Stage

#: In the address for every bone that the people who analyse have named themselves.
OWN = "own"
CATEGORIES = [*Cause.Category.choices, (OWN, _("Categories of one's own"))]
TIER_NAMES = [
    ("strong", pgettext_lazy("measures", "Strong")),
    ("intermediate", pgettext_lazy("measures", "Intermediate")),
    ("weak", pgettext_lazy("measures", "Weak")),
]
SHORT_PATH, ELSEWHERE = "short", "elsewhere"
VERDICTS = [
    (Verification.Verdict.EFFECTIVE.value, pgettext_lazy("archive", "Found effective")),
    (Verification.Verdict.NOT_EFFECTIVE.value, pgettext_lazy("archive", "Not effective in some round")),
    (Verification.Verdict.INCONCLUSIVE.value, pgettext_lazy("archive", "Inconclusive for a time")),
    (SHORT_PATH, pgettext_lazy("archive", "Short path: put right on the spot")),
    (ELSEWHERE, pgettext_lazy("archive", "Closed in another system")),
]
LAST_CLOSED = Sort(
    "closed", _("Last closed first"), ("closed_at", "id"), descending=True, only=Q(stage=Stage.CLOSED)
)


def of_category(chosen: list[str], field: str = "category") -> Q:
    """Causes of one of these categories; `OWN` stands for all that aren't of the six."""
    condition = Q(**{f"{field}__in": [key for key in chosen if key != OWN]})
    if OWN in chosen:
        condition |= ~Q(**{f"{field}__in": Cause.Category.values}) & Q(**{f"{field}__isnull": False})
    return condition


class ArchiveFilter(IncidentFilter):
    """Which closed cases. `cause`, `tier`, `strength` and `kind` together mean one measure that is all of these."""

    sort = state = stage = owner = reporter = channel = overdue = again = None
    reported_from = reported_until = occurred_from = occurred_until = None

    verdict = forms.MultipleChoiceField(
        label=_("How it ended"), required=False, choices=VERDICTS, widget=forms.CheckboxSelectMultiple
    )
    cause = forms.MultipleChoiceField(
        label=_("Category of the root cause"), required=False, choices=CATEGORIES,
        widget=forms.CheckboxSelectMultiple,
    )  # fmt: skip
    tier = forms.MultipleChoiceField(
        label=_("Strength of a measure"), required=False, choices=TIER_NAMES,
        widget=forms.CheckboxSelectMultiple,
    )  # fmt: skip
    strength = forms.MultipleChoiceField(
        label=_("Level of a measure"), required=False, choices=Measure.Strength.choices,
        widget=forms.MultipleHiddenInput,
    )  # fmt: skip
    kind = forms.MultipleChoiceField(
        label=_("Kind of a measure"), required=False, choices=Measure.Kind.choices,
        widget=forms.MultipleHiddenInput,
    )  # fmt: skip
    closed_from = forms.DateField(label=_("Closed from"), required=False)
    closed_until = forms.DateField(label=_("Closed until"), required=False)

    DATES = ("closed_from", "closed_until")
    field_order = ["q", "verdict", "cause", "tier", "severity", "type", "unit", "responsible"]
    order = LAST_CLOSED

    def clean(self):
        values = super().clean()
        start, end = values.get("closed_from"), values.get("closed_until")
        if start and end and end < start:
            self.add_error("closed_until", _("This lies before the first day."))
        return values

    @property
    def found(self) -> QuerySet[Incident]:
        return super().found.filter(stage=Stage.CLOSED)

    @cached_property
    def within(self) -> Q:
        """The limits of the day of closing: where a list by that day begins."""
        return self._period("closed") if self.is_valid() else Q()

    def _period(self, what: str) -> Q:
        return super()._period(what) if what == "closed" else Q()

    def _conditions(self):
        yield from super()._conditions()
        values = self.cleaned_data
        if values.get("verdict"):
            yield self._ended(values["verdict"])
        measure = self._measure()
        if measure is not None:
            yield Exists(Measure.objects.filter(measure, incident=OuterRef("pk")))
        elif values.get("cause"):
            roots = Cause.objects.filter(of_category(values["cause"]), is_root=True, incident=OuterRef("pk"))
            yield Exists(roots)

    def _measure(self) -> Q | None:
        """What one of its measures has to be; None where nothing is asked of them."""
        values = self.cleaned_data
        levels = {level for level, tier in TIERS.items() if tier in values.get("tier", ())}
        asked = Q()
        if levels:
            asked &= Q(strength__in=levels)
        if values.get("strength"):
            asked &= Q(strength__in=values["strength"])
        if values.get("kind"):
            asked &= Q(kind__in=values["kind"])
        if not asked:
            return None
        if values.get("cause"):
            asked &= of_category(values["cause"], "cause__category")
        return asked & Q(status=Measure.Status.DONE, plan__status=Plan.Status.APPROVED)

    @staticmethod
    def _ended(chosen: list[str]) -> Q:
        verdicts = Verification.objects.filter(incident=OuterRef("pk"))
        condition = Q(pk__in=[])
        for verdict in set(chosen) & set(Verification.Verdict.values):
            condition |= Q(Exists(verdicts.filter(verdict=verdict)))
        if SHORT_PATH in chosen:
            condition |= Q(short_path=True)
        if ELSEWHERE in chosen:
            condition |= Q(~Exists(verdicts), short_path=False)
        return condition
