"""What similar cases have taught: their confirmed root causes, the measures taken, and whether these worked."""

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, field

from django.db.models import Count, F, Q

from incidents.models import Incident, Link
from incidents.similar import Similar, similar_to
from incidents.stages import Stage
from people.models import Person

from .library import Effect, effect_of
from .models import Cause, Measure, Plan, Recurrence, Verification

#: How many similar cases are shown, and how many causes and measures of each.
MOST, MOST_ROOTS, MOST_MEASURES = 6, 3, 4


@dataclass
class Known:
    """A similar case with what is known of it. Causes and measures are those of the round that the verdict is about."""

    found: Similar
    roots: list[Cause] = field(default_factory=list)
    measures: list[Measure] = field(default_factory=list)
    verdict: Verification | None = None  # the last one
    came_back: int = 0  # recurrences that people confirmed
    is_linked: bool = False

    @property
    def incident(self) -> Incident:
        return self.found.incident

    @property
    def effect(self) -> Effect | None:
        return effect_of(self.verdict) if self.verdict else None

    @property
    def was_reopened(self) -> bool:
        """Judged effective, and yet in a later round now."""
        return self.verdict is not None and self.verdict.verdict == "effective" and (
            self.incident.cycle > self.verdict.cycle
        )  # fmt: skip

    @property
    def was_closed_elsewhere(self) -> bool:
        """Nobody here judged whether its measures worked."""
        is_closed = self.incident.stage == Stage.CLOSED
        return is_closed and self.verdict is None and not self.incident.short_path

    @property
    def was_put_right(self) -> bool:
        return self.incident.stage == Stage.CLOSED and self.incident.short_path and self.verdict is None

    @property
    def shown_roots(self) -> list[Cause]:
        return self.roots[:MOST_ROOTS]

    @property
    def shown_measures(self) -> list[Measure]:
        return self.measures[:MOST_MEASURES]

    @property
    def more(self) -> int:
        """Causes and measures that are not shown."""
        return len(self.roots[MOST_ROOTS:]) + len(self.measures[MOST_MEASURES:])


def known_like(incident: Incident, person: Person) -> list[Known]:
    """The cases most like this one that the person sees, with what is known of them. Eight queries for any number."""
    rows = [Known(found) for found in similar_to(incident, person, limit=MOST)]
    by_pk = {row.incident.pk: row for row in rows}
    for verdict in Verification.objects.filter(incident__in=by_pk).order_by("judged_at", "pk"):
        by_pk[verdict.incident_id].verdict = verdict
    for pk, causes in _by_incident(Cause.objects.filter(incident__in=by_pk, is_root=True)).items():
        by_pk[pk].roots = _of_the_round(by_pk[pk], causes)
    ordered = Measure.objects.filter(incident__in=by_pk, plan__status=Plan.Status.APPROVED)
    ordered = ordered.exclude(status=Measure.Status.WITHDRAWN).annotate(cycle=F("plan__cycle"))
    for pk, measures in _by_incident(ordered).items():
        by_pk[pk].measures = _of_the_round(by_pk[pk], measures)
    confirmed = Recurrence.objects.filter(earlier__in=by_pk, status=Recurrence.Status.CONFIRMED)
    for pk, count in confirmed.values_list("earlier").annotate(count=Count("pk")).order_by():
        by_pk[pk].came_back = count
    for older, newer in Link.objects.filter(
        Q(older=incident, newer__in=by_pk) | Q(newer=incident, older__in=by_pk)
    ).values_list("older", "newer"):
        by_pk[older if newer == incident.pk else newer].is_linked = True
    return rows


def _of_the_round(known: Known, rows: list) -> list:
    """Those of the round that the verdict is about; without one, of the last round that has any."""
    judged = known.verdict.cycle if known.verdict else max(row.cycle for row in rows)
    return [row for row in rows if row.cycle == judged]


def _by_incident(rows: Iterable) -> dict[int, list]:
    found = defaultdict(list)
    for row in rows:
        found[row.incident_id].append(row)
    return found
