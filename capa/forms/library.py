"""The filters of the archive and of what works, read from the address like those of the incident list."""

from django import forms
from django.db.models import Exists, OuterRef, Q, QuerySet
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from capa import pareto, works
from capa.models import Cause, Measure, Plan, Verification
from capa.models.plan import TIERS
from capa.works import CATEGORIES, OWN, TIER_NAMES
from incidents.filters import IncidentFilter
from incidents.listing import Sort
from incidents.models import Incident
from incidents.stages import Stage

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
        label=_("Category of the root cause"), required=False, choices=list(CATEGORIES.items()),
        widget=forms.CheckboxSelectMultiple,
    )  # fmt: skip
    tier = forms.MultipleChoiceField(
        label=_("Strength of a measure"), required=False, choices=list(TIER_NAMES.items()),
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

    SPANS = ("closed",)
    field_order = ["q", "verdict", "cause", "tier", "severity", "type", "unit", "responsible"]
    order = LAST_CLOSED
    #: What a new search keeps.
    KEPT = (*field_order[1:], "strength", "kind", "closed_from", "closed_until")

    @property
    def found(self) -> QuerySet[Incident]:
        return super().found.filter(stage=Stage.CLOSED)

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
        if not asked and not values.get("kind"):
            return None
        kinds = values.get("kind") or set(Measure.Kind.values) - {Measure.Kind.CONTAINMENT}
        asked &= Q(kind__in=kinds)  # containment has a strength, too, but isn't meant to remove the cause
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


class WorksFilter(IncidentFilter):
    """Which judged rounds: of which incidents, judged when, and by what their measures are put together (`by`)."""

    q = sort = state = stage = owner = reporter = channel = overdue = again = None
    reported_from = reported_until = occurred_from = occurred_until = None

    by = forms.ChoiceField(required=False, choices=list(works.WAYS.items()), widget=forms.HiddenInput)
    judged_from = forms.DateField(label=_("Judged from"), required=False)
    judged_until = forms.DateField(label=_("Judged until"), required=False)

    SPANS = ("judged",)
    within = Q()  # an incident has no day of judging: its rounds have

    @property
    def way(self) -> str:
        return self._value("by") or works.BY_TIER

    def in_archive(self, cell: works.Cell) -> str:
        """The address in the archive of the closed cases among those of a cell."""
        kept = self.data.copy()
        for name in ("by", *self.dates):
            kept.pop(name, None)
        kept["cause"], kept[self.way] = cell.category, cell.sort
        return kept.urlencode()

    @property
    def judged(self) -> Q:
        """The limits of the day of the verdict, for a query of verifications."""
        return self._period("judged")

    def _in_words(self, name: str, raw: str) -> str:
        return "" if name == "by" else super()._in_words(name, raw)


class ParetoFilter(IncidentFilter):
    """The filters of the incident list, and what the bars are (`by`)."""

    by = forms.ChoiceField(required=False, choices=list(pareto.WAYS.items()), widget=forms.HiddenInput)

    @property
    def way(self) -> str:
        return self._value("by") or pareto.BY_CATEGORY

    def _in_words(self, name: str, raw: str) -> str:
        return "" if name == "by" else super()._in_words(name, raw)
