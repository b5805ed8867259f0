"""What the system itself can count for the verdict: incidents of the same type in the same unit, before and after."""

import datetime as dt
import math
from dataclasses import dataclass

from django.db.models import Count, Q
from django.db.models.functions import TruncMonth
from django.utils import timezone
from django.utils.translation import gettext as _

from incidents.models import Incident
from incidents.stages import Stage

from .effect import RateRatio, baseline_needed, propose, rate_ratio
from .models import Measure, Verification
from .reading import case_of

#: How far back a baseline reaches, in days, and a chart, in months.
BASELINE_DAYS = 365
CHART_MONTHS = 18


def of_the_same_kind(incident: Incident, person):
    """Incidents of this type in this unit, as far as the person may see them."""
    return (
        Incident.objects.visible_to(person)
        .filter(type=incident.type_id, unit=incident.unit_id)
        .exclude(stage__in=[Stage.DISMISSED, Stage.MERGED])
    )


def counts_by_month(incident: Incident, person) -> list[tuple[dt.date, int]]:
    """How many occurred in each of the last months, months without any included: one query."""
    months = _months_until(timezone.localdate(incident.closed_at or timezone.now()))
    begin = timezone.make_aware(dt.datetime.combine(months[0], dt.time()))
    rows = of_the_same_kind(incident, person).filter(occurred_at__gte=begin).order_by()
    found = dict(
        rows.annotate(month=TruncMonth("occurred_at")).values_list("month").annotate(count=Count("pk"))
    )
    counts = {timezone.localdate(month): count for month, count in found.items()}
    return [(month, counts.get(month, 0)) for month in months]


def _months_until(day: dt.date) -> list[dt.date]:
    last = day.year * 12 + day.month - 1
    return [dt.date(*divmod_month(number)) for number in range(last - CHART_MONTHS + 1, last + 1)]


def divmod_month(number: int) -> tuple[int, int, int]:
    """Months counted from year 0 as year, month, first day."""
    return number // 12, number % 12 + 1, 1


def suggest(incident: Incident, person) -> dict:
    """Windows, counts and exposures for the form: the year before the plan was approved, the days since it was done."""
    case = case_of(incident)
    done = [m.done_at for m in case.measures_of(case.plan) if m.status == Measure.Status.DONE and m.done_at]
    today = timezone.localdate()
    finished = max(done, default=timezone.now())
    after_from = timezone.localdate(finished)
    approved = case.plan.decided_at if case.plan and case.plan.decided_at else None
    before_until = min(timezone.localdate(approved) if approved else today, after_from) - dt.timedelta(days=1)
    before_from = before_until - dt.timedelta(days=BASELINE_DAYS - 1)
    counted = of_the_same_kind(incident, person).aggregate(
        before=Count("pk", filter=Q(occurred_at__date__range=(before_from, before_until))),
        after=Count("pk", filter=Q(occurred_at__gte=finished)),
    )
    return {
        "metric": _("Incidents “%(type)s” in %(unit)s") % {"type": incident.type, "unit": incident.unit},
        "unit_of_exposure": _("days"),
        "before_from": before_from, "before_until": before_until,
        "before_events": counted["before"], "before_exposure": BASELINE_DAYS,
        "after_from": after_from, "after_until": today,
        "after_events": counted["after"], "after_exposure": (today - after_from).days + 1,
        "source": _("Incidents on record in this system"),
        "recurrences": counted["after"],
    }  # fmt: skip


@dataclass(frozen=True)
class Compared:
    """A verdict with what its figures say."""

    row: Verification
    ratio: RateRatio
    needed: int  # events that the baseline would have had to hold for anything to be provable

    @property
    def has_ratio(self) -> bool:
        return self.ratio.ratio is not None

    @property
    def has_upper(self) -> bool:
        return math.isfinite(self.ratio.upper)

    @property
    def change(self) -> int:
        """The change of the rate in whole per cent, without its sign."""
        return round(abs(self.ratio.change or 0))

    @property
    def is_same(self) -> bool:
        """No more and no fewer, as far as whole per cent show it."""
        return self.has_ratio and self.change == 0

    @property
    def is_fewer(self) -> bool:
        return self.has_ratio and self.ratio.ratio < 1

    @property
    def differs(self) -> bool:
        return self.row.verdict != self.row.proposal

    @property
    def too_few(self) -> bool:
        """Even none afterwards could not have proven anything."""
        return self.row.before_events < self.needed


def compared(row: Verification) -> Compared:
    """What the figures of a verdict say, given already or about to be."""
    ratio = rate_ratio(row.after_events, row.after_exposure, row.before_events, row.before_exposure)
    row.proposal = row.proposal or propose(ratio)
    needed = baseline_needed(float(row.before_exposure), float(row.after_exposure), alpha=0.025)
    return Compared(row, ratio, needed)
