"""What a version of a plan says, in plain values: this is what is signed, and what two versions are compared by."""

import datetime as dt

from history.recording import plain

from .models import Measure, Plan, VerificationDesign

#: The fields of a measure in the order in which a person reads them.
OF_A_MEASURE = (
    "text", "cause", "kind", "strength", "owner", "unit", "due_on", "target", "baseline_value", "expected_value",
    "value_unit", "cost",
)  # fmt: skip
#: Of the version itself.
OF_A_PLAN = ("feasibility", "expected_effect")


def ordered_by(measure: Measure) -> dt.date | None:
    """The day that the plan gave: an extension that was granted later is another decision, kept in the ledger."""
    return measure.original_due_on or measure.due_on


def measure_said(measure: Measure) -> dict:
    """One measure, people and units by the names that don't change: user name and code."""
    said = {name: getattr(measure, name) for name in OF_A_MEASURE}
    said |= {
        "cause": measure.cause.text if measure.cause else None,
        "owner": measure.owner.username if measure.owner else None,
        "unit": measure.unit.code if measure.unit else None,
        "due_on": ordered_by(measure),
    }
    return plain(said)


def design_said(design: VerificationDesign | None) -> dict | None:
    return plain({name: getattr(design, name) for name in design.DECIDED}) if design else None


def plan_said(plan: Plan, measures: list[Measure], design: VerificationDesign | None) -> dict:
    """The whole version. `measures` in their order, with cause, owner and unit; everything as the database has it."""
    return {
        "round": plan.cycle,
        "version": plan.revision,
        **{name: getattr(plan, name) for name in OF_A_PLAN},
        "measures": [measure_said(measure) for measure in measures],
        "design": design_said(design),
    }


def read_out(plan: Plan) -> dict:
    """`plan_said`, read from the database as it is now."""
    measures = plan.measures.select_related("cause", "owner", "unit").order_by("pk")
    return plan_said(plan, list(measures), VerificationDesign.objects.filter(plan=plan).first())
