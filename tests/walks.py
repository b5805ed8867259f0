"""Bringing an incident to a stage through the real functions, for the stories that begin there."""

import datetime as dt

from django.db.models import F
from django.utils import timezone

from capa import analyse, design, improve, plan, track, verify
from capa.models import Measure, VerificationDesign
from incidents import confirm, identify
from incidents.confirm import Share
from incidents.models import Incident, IncidentType
from incidents.stages import Attributable, Severity, Stage
from reminders.models import Deadline


def report(cast, units, **details) -> Incident:
    """Zhou reports a broken air conditioning on her train: of today, at whatever hour these stories are told."""
    midnight = timezone.localtime().replace(hour=0, minute=0, second=0, microsecond=0)
    values = {
        "by": cast.reporter,
        "type": IncidentType.objects.get(code="facility-climate"),
        "description": "The air conditioning of car 3 failed on G1027. It rose to 33.8 °C and passengers complained.",
        "unit": units.crew,
        "place": "Car 3",
        "occurred_at": max(timezone.now() - dt.timedelta(hours=2), midnight),
        "people_affected": 86,
    }
    return identify.report(**values | details)


def substantiate(incident, cast, severity=Severity.SERIOUS, **details) -> Incident:
    """Li, the site manager, confirms that it is real."""
    return identify.substantiate(
        incident, by=cast.site_manager, version=incident.version, severity=severity, **details
    )


def confirmed(cast, units, **details) -> Incident:
    """Sun and Wang agree that the workshop answers for it, with Chen in the lead: it waits for his analysis."""
    incident = substantiate(report(cast, units, **details), cast)
    incident = confirm.attribute(
        incident,
        by=cast.supervisor,
        version=incident.version,
        facts="Log of the air conditioning read out; two passengers interviewed.",
        shares=[Share(Attributable.EQUIPMENT, units.workshop, cast.owner)],
    )
    return confirm.agree(incident, by=cast.quality, version=incident.version)


def analysed(cast, units, incident: Incident | None = None, **details) -> Incident:
    """Chen finds the worn fan bearing, and why nobody noticed it: on to the plan."""
    incident = incident or confirmed(cast, units, **details)
    chen = {"by": cast.owner}
    incident = analyse.describe(
        incident, **chen, version=incident.version,
        problem="Car 3 was not cooled for 165 minutes.",
        escape="The weekly card checks the outlet temperature only.",
        why_differs="The filter was replaced, the bearing was not looked at." if incident.cycle > 1 else "",
        report="The bearing of the condenser fan had worn out; nothing on the weekly card looks at it.",
    )  # fmt: skip
    incident = analyse.add_cause(
        incident, **chen, version=incident.version, text="Condenser fan bearing worn", category="machine"
    )
    bearing = incident.causes.get(cycle=incident.cycle, text="Condenser fan bearing worn")
    incident = analyse.add_cause(
        incident, **chen, version=incident.version, text="Not on the weekly card", parent=bearing
    )
    card = bearing.children.get()
    for cause, is_root, note in [(bearing, False, "Strip-down photos"), (card, True, "Weekly card V3.2")]:
        incident = analyse.confirm_cause(
            incident, **chen, version=incident.version, cause=cause, finding="Seen on the spot.", notes=[note],
            is_root=is_root,
        )  # fmt: skip
    return analyse.conclude(incident, **chen, version=incident.version)


#: The observation of every plan in these stories, in days.
OBSERVATION = 180


def designed(incident: Incident, by, **values) -> Incident:
    """How the effect will be verified: failures per train day, a baseline of 200 days, watched for 180 days."""
    today = timezone.localdate()
    values = {
        "metric": "Failures of the air conditioning",
        "unit_of_exposure": "train days",
        "baseline_from": today - dt.timedelta(days=400),
        "baseline_until": today - dt.timedelta(days=200),
        "baseline_events": 48,
        "baseline_exposure": 1_200_000,
        "baseline_source": "Fault log of the depot",
        "observation_days": OBSERVATION,
        "expected_exposure": 1_100_000,
    } | {"version": incident.version, **values}
    return design.fix_design(incident, by=by, **values)


def drafted(cast, units, incident: Incident | None = None, **details) -> Incident:
    """Chen writes a plan with one measure for himself and one for Liu: ready to be submitted."""
    incident = incident or analysed(cast, units, **details)
    root = incident.causes.get(cycle=incident.cycle, is_root=True)
    incident = plan.write(
        incident, by=cast.owner, version=incident.version,
        feasibility="Spare parts are in stock; two nights of work.", expected_effect="Half as many failures.",
    )  # fmt: skip
    today = timezone.localdate()
    for text, owner, days in [
        ("Put the fan bearing on the weekly card", cast.owner, 10),
        ("Replace the bearings of the batch", cast.depot_manager, 20),
    ]:
        incident = plan.add_measure(
            incident, by=cast.owner, version=incident.version, text=text, cause=root, owner=owner,
            due_on=today + dt.timedelta(days=days), target="Every card of the month signed",
        )  # fmt: skip
    return designed(incident, cast.owner)


def planned(cast, units, incident: Incident | None = None, **details) -> Incident:
    """Wang approves the plan that Chen wrote: its measures are being carried out."""
    incident = drafted(cast, units, incident, **details)
    incident = plan.submit(incident, by=cast.owner, version=incident.version)
    return plan.approve(incident, by=cast.quality, version=incident.version)


def open_measures(incident: Incident) -> list[Measure]:
    """The measures that are being carried out, in the order of the plan."""
    return list(
        incident.measures.filter(plan__cycle=incident.cycle, plan__status="approved").exclude(
            status__in=["done", "withdrawn"]
        )
    )


def tracked(cast, units, incident: Incident | None = None, **details) -> Incident:
    """Both measures are done with proof, Wang has checked them, half a year has passed: the effect can be judged."""
    incident = incident or planned(cast, units, **details)
    for measure in open_measures(incident):
        track.complete_measure(measure, by=measure.owner, text="Done.", notes=["Work order 4711"])
        track.check(measure, by=cast.quality, text="Looked at five cards.")
    return observed(incident)


def observed(incident: Incident) -> Incident:
    """As if the days had passed: the window of observation ended yesterday, and the verdict is due soon."""
    passed = dt.timedelta(days=OBSERVATION + 1)
    VerificationDesign.objects.filter(plan__incident=incident, plan__cycle=incident.cycle).update(
        observed_from=F("observed_from") - passed, observed_until=F("observed_until") - passed
    )
    Incident.objects.filter(pk=incident.pk).update(due_at=F("due_at") - passed)
    Deadline.objects.filter(subject=incident.case, kind=Stage.VERIFY, cycle=incident.cycle).update(
        due_at=F("due_at") - passed, original_due_at=F("due_at") - passed
    )
    return Incident.objects.select_related("unit", "responsible_unit").get(pk=incident.pk)


def verdict(verdict: str, before: int = 48, after: int = 22, **values) -> dict:
    """What a judge fills in: by default the textbook example of half as many events."""
    today = timezone.localdate()
    return {
        "verdict": verdict,
        "reasons": "The figures of both windows were counted the same way.",
        "metric": "Failures of the air conditioning",
        "unit_of_exposure": "train days",
        "before_from": today - dt.timedelta(days=400),
        "before_until": today - dt.timedelta(days=200),
        "before_events": before,
        "before_exposure": 1_200_000,
        "after_from": today - dt.timedelta(days=OBSERVATION),
        "after_until": today - dt.timedelta(days=1),
        "after_events": after,
        "after_exposure": 1_100_000,
        "source": "Fault log of the depot",
        **values,
    }


def verified(cast, units, incident: Incident | None = None, **details) -> Incident:
    """Wang judges the measures effective: what is left is to learn from it."""
    incident = incident or tracked(cast, units, **details)
    return verify.judge(incident, by=cast.quality, version=incident.version, **verdict("effective"))


def improved(cast, units, incident: Incident | None = None, **details) -> Incident:
    """Lessons drawn, the manual changed, the case closed."""
    incident = incident or verified(cast, units, **details)
    incident = improve.write_lessons(
        incident,
        by=cast.quality,
        version=incident.version,
        lessons="Look at what turns, not only at what it blows.",
    )
    incident = improve.add_improvement(
        incident, by=cast.quality, version=incident.version, kind="manual", text="Weekly card V4",
        owner=cast.depot_manager, due_on=timezone.localdate() + dt.timedelta(days=30),
    )  # fmt: skip
    incident = improve.finish_improvement(
        incident, by=cast.depot_manager, version=incident.version, improvement=incident.improvements.get(done_at=None),
        proof="Manual 12, page 4",
    )  # fmt: skip
    return improve.archive(incident, by=cast.quality, version=incident.version)
