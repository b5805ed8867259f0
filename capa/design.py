"""How the effect of a plan will be judged: fixed with the plan, before anybody can know the outcome; and the window of
observation, which begins when the last measure is finished.
"""

import datetime as dt
import decimal

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from incidents import limits
from incidents.errors import Invalid
from incidents.lifecycle import change, tell_whose_turn
from incidents.models import Incident
from incidents.stages import Stage
from people.models import Person

from .models import Plan, VerificationDesign
from .plan import business_end, draft_of, hold_plan

#: The longest observation, in days: two years.
LONGEST = 730


@transaction.atomic
def fix_design(
    incident: Incident,
    *,
    by: Person,
    version: int | None,
    metric: str,
    unit_of_exposure: str,
    baseline_from: dt.date,
    baseline_until: dt.date,
    baseline_events: int,
    baseline_exposure: decimal.Decimal,
    observation_days: int,
    expected_exposure: decimal.Decimal,
    source: str = "typed",
    scope: dict | None = None,
    data: str = VerificationDesign.Data.RATE,
    direction: str = VerificationDesign.Direction.LOWER,
    baseline_source: str = "",
    smallest_change: decimal.Decimal = decimal.Decimal(20),
) -> Incident:
    """Say in the draft what will be compared, over which windows, and which change is worth having.

    With the plan's approval it is fixed. Raises Invalid, field by field, for windows and figures that can't be.
    """
    row = hold_plan(incident, by=by, version=version)
    plan = draft_of(row, by=by)
    design = VerificationDesign.objects.filter(plan=plan).first() or VerificationDesign(plan=plan)
    before = _described(design) if design.pk else {}
    design.source, design.scope, design.data, design.direction = source, scope or {}, data, direction
    design.metric, design.unit_of_exposure = metric.strip(), unit_of_exposure.strip()
    design.baseline_from, design.baseline_until = baseline_from, baseline_until
    design.baseline_events, design.baseline_exposure = baseline_events, baseline_exposure
    design.baseline_source = baseline_source.strip()
    design.observation_days, design.expected_exposure = observation_days, expected_exposure
    design.smallest_change = smallest_change
    _examine(design)
    design.save()
    return change(row, "fix_design", by=by, before=before, after=_described(design))


def _examine(design: VerificationDesign) -> None:
    wrong = {}
    if design.data not in VerificationDesign.Data.values:
        wrong["data"] = _("Choose what kind of data it is.")
    if design.direction not in VerificationDesign.Direction.values:
        wrong["direction"] = _("Choose whether less or more is better.")
    for field in ("metric", "unit_of_exposure"):
        if not getattr(design, field):
            wrong[field] = _("Say what will be counted, and per what.")
    if design.baseline_until < design.baseline_from:
        wrong["baseline_until"] = _("This lies before the beginning of the baseline.")
    elif design.baseline_until > timezone.localdate():
        wrong["baseline_until"] = _("The baseline is what was before: it ends today at the latest.")
    if design.baseline_events < 0:
        wrong["baseline_events"] = _("A count can't be less than nothing.")
    for field in ("baseline_exposure", "expected_exposure"):
        if getattr(design, field) <= 0:
            wrong[field] = _("The exposure must be more than nothing.")
    if (
        design.data == VerificationDesign.Data.PROPORTION
        and design.baseline_events > design.baseline_exposure
    ):
        wrong["baseline_events"] = _("A part can't be more than the whole.")
    if not 1 <= design.observation_days <= LONGEST:
        wrong["observation_days"] = _("Observe for 1 to %(most)s days.") % {"most": LONGEST}
    if not 0 < design.smallest_change <= 100:
        wrong["smallest_change"] = _("Choose a change between 0 and 100 %.")
    if wrong:
        raise Invalid(wrong)


def _described(design: VerificationDesign) -> dict:
    return {
        "metric": design.metric,
        "data": design.data,
        "direction": design.direction,
        "source": design.source,
        "baseline": f"{design.baseline_events} / {design.baseline_exposure} {design.unit_of_exposure}",
        "baseline_from": design.baseline_from,
        "baseline_until": design.baseline_until,
        "observation_days": design.observation_days,
        "smallest_change": design.smallest_change,
    }


# The window of observation -------------------------------------------------------------------------------------------
def design_of(row: Incident) -> VerificationDesign | None:
    """The design that was approved with this round's plan."""
    designs = VerificationDesign.objects.filter(
        plan__incident=row, plan__cycle=row.cycle, plan__status=Plan.Status.APPROVED
    )
    return designs.select_related("plan").first()


def start_observation(row: Incident) -> dt.datetime | None:
    """The last measure is finished: from tomorrow on its effect is observed. Gives when the verdict is due."""
    design = design_of(row)
    if design is None:  # approved by a release that knew no designs
        return None
    design.observed_from = timezone.localdate() + dt.timedelta(days=1)
    design.observed_until = design.observed_from + dt.timedelta(days=design.observation_days - 1)
    design.opened_at = None
    design.save()
    return verdict_due(row, design.observed_until)


def verdict_due(row: Incident, observed_until: dt.date) -> dt.datetime:
    """When the verdict is due: as long after the window of observation as the stage may take."""
    return limits.due(row, Stage.VERIFY, business_end(observed_until, row.unit)).at


#: Windows announced in one transaction.
BATCH = 100


def open_ended_observations(today: dt.date | None = None) -> int:
    """Tell the verifiers whose window of observation has passed that it is their turn; gives how many.

    Beat asks every few minutes; a missed run only delays it, and any number of runs may go on at once.
    """
    today, told = today or timezone.localdate(), 0
    while (batch := _open_batch(today)) > 0:
        told += batch
    return told


@transaction.atomic
def _open_batch(today: dt.date) -> int:
    designs = list(
        VerificationDesign.objects.select_for_update(skip_locked=True, of=("self",))
        .filter(opened_at=None, observed_until__lt=today)
        .select_related("plan__incident__owner")
        .order_by("observed_until", "pk")[:BATCH]
    )
    for design in designs:
        incident = design.plan.incident
        if incident.stage == Stage.VERIFY and incident.cycle == design.plan.cycle:
            tell_whose_turn(incident)
    VerificationDesign.objects.filter(pk__in=[design.pk for design in designs]).update(
        opened_at=timezone.now()
    )
    return len(designs)
