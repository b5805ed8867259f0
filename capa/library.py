"""The archive (异常档案库): what closed cases teach. Their causes, their measures, and whether these worked."""

from collections import defaultdict
from dataclasses import dataclass, field

from django.db.models import F

from incidents.models import Incident
from incidents.search import vector_of

from .effect import PROPORTION, Difference, RateRatio, difference_of_proportions, rate_ratio
from .models import Cause, Measure, Plan, Verification

#: How much of each a result names; the case's own page has all of it.
MOST_ROOTS, MOST_MEASURES = 3, 4


def enter(incident: Incident) -> None:
    """A case that has just ended is also found by its root causes, its measures, its correction and its lessons."""
    causes = incident.causes.filter(is_root=True).values_list("text", flat=True)
    measures = incident.measures.filter(status=Measure.Status.DONE).values_list("text", flat=True)
    incident.search = vector_of(incident, *causes, *measures, incident.correction, incident.lessons)
    incident.save(update_fields=["search"])


@dataclass(frozen=True)
class Effect:
    """A verdict, and what its figures say: a ratio of rates or a difference of proportions with its 95 % interval."""

    row: Verification
    found: RateRatio | Difference

    @property
    def is_rate(self) -> bool:
        return isinstance(self.found, RateRatio)

    @property
    def has_figures(self) -> bool:
        """Not where nothing was counted before: no ratio can be made of that."""
        return not self.is_rate or self.found.ratio is not None

    @property
    def points(self) -> tuple[float, float, float]:
        """Of proportions: the difference and its limits in percentage points."""
        return tuple(100 * value for value in (self.found.difference, self.found.lower, self.found.upper))


def effect_of(row: Verification) -> Effect:
    """What the figures of one verdict say."""
    counted = (row.after_events, row.after_exposure, row.before_events, row.before_exposure)
    compare = difference_of_proportions if row.data == PROPORTION else rate_ratio
    return Effect(row, compare(*counted))


@dataclass
class Entry:
    """One closed case as the archive shows it; causes and measures are those of the round that ended it."""

    incident: Incident
    lessons: str = ""
    correction: str = ""
    roots: list[Cause] = field(default_factory=list)
    measures: list[Measure] = field(default_factory=list)
    verdicts: list[Verification] = field(default_factory=list)  # of every round, oldest first

    @property
    def effect(self) -> Effect | None:
        """What the last verdict says."""
        return effect_of(self.verdicts[-1]) if self.verdicts else None

    @property
    def failed_rounds(self) -> int:
        return sum(row.verdict == Verification.Verdict.NOT_EFFECTIVE for row in self.verdicts)

    @property
    def was_closed_elsewhere(self) -> bool:
        return not self.verdicts and not self.incident.short_path

    @property
    def shown_roots(self) -> list[Cause]:
        return self.roots[:MOST_ROOTS]

    @property
    def shown_measures(self) -> list[Measure]:
        return self.measures[:MOST_MEASURES]

    @property
    def more_roots(self) -> int:
        return len(self.roots[MOST_ROOTS:])

    @property
    def more_measures(self) -> int:
        return len(self.measures[MOST_MEASURES:])


def entries(incidents: list[Incident]) -> list[Entry]:
    """The closed cases of one page with all that it shows of them: four statements for any number."""
    if not incidents:
        return []
    chosen = {incident.pk: incident for incident in incidents}
    words = Incident.objects.filter(pk__in=chosen).values_list("pk", "lessons", "correction")
    made = {pk: Entry(chosen[pk], lessons, correction) for pk, lessons, correction in words}
    roots = Cause.objects.filter(incident__in=chosen, is_root=True)
    done = Measure.objects.filter(
        incident__in=chosen, status=Measure.Status.DONE, plan__status=Plan.Status.APPROVED
    ).annotate(round=F("plan__cycle"))
    for pk, rows in _by_incident(roots).items():
        made[pk].roots = [row for row in rows if row.cycle == chosen[pk].cycle]
    for pk, rows in _by_incident(done).items():
        made[pk].measures = [row for row in rows if row.round == chosen[pk].cycle]
    for pk, rows in _by_incident(Verification.objects.filter(incident__in=chosen)).items():
        made[pk].verdicts = rows
    return [made[incident.pk] for incident in incidents]


def _by_incident(rows) -> dict[int, list]:
    found = defaultdict(list)
    for row in rows:
        found[row.incident_id].append(row)
    return found
