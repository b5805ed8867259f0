"""What there is to see of a plan: the version that counts, what is weak in it, what changed since, who signed it."""

from collections.abc import Iterable
from typing import Any

from history.models import Signature
from history.signing import is_whole, signed_words, still_says

from . import difference
from .content import plan_said
from .models import Cause, Measure, Plan
from .reading import Case, case_of


def section(incident) -> dict[str, Any]:
    """The version that counts, with its measures; every other version of every round."""
    case = case_of(incident)
    current = case.plan
    measures = case.measures_of(current)
    return {
        **version(case, current),
        "uncovered": uncovered(case.roots, measures),
        "weak_only": is_weak(measures),
        "weakly_covered": weakly_covered(case.roots, measures),
        "earlier": [version(case, row) for row in reversed(case.plans) if row is not current],
        **since_returned(case, current),
    }


def version(case: Case, plan: Plan | None) -> dict[str, Any]:
    """One version with its measures, what they cost together in yuan, and the signatures under it."""
    measures = case.measures_of(plan)
    return {
        "row": plan,
        "measures": measures,
        "cost": sum(measure.cost or 0 for measure in measures),
        "design": design_of(plan),
        "signatures": signatures(case, plan) if plan else [],
        "previous": before(case, plan) if plan else None,
    }


def design_of(plan: Plan | None):
    return getattr(plan, "design", None)


def said(case: Case, plan: Plan) -> dict:
    return plan_said(plan, case.measures_of(plan), design_of(plan))


def names_in(measures: Iterable[Measure]) -> dict[str, str]:
    """How the user names and the unit codes in a version are called."""
    people = {row.owner.username: str(row.owner) for row in measures if row.owner}
    return people | {row.unit.code: str(row.unit) for row in measures if row.unit}


# Weak measures -------------------------------------------------------------------------------------------------------
def uncovered(roots: Iterable[Cause], measures: Iterable[Measure]) -> list[Cause]:
    """The root causes that no measure stands against."""
    covered = {measure.cause_id for measure in measures}
    return [cause for cause in roots if cause.pk not in covered]


def is_weak(measures: list[Measure]) -> bool:
    """Does everything rest on rules, warnings and training?"""
    return bool(measures) and all(measure.tier == "weak" for measure in measures)


def weakly_covered(roots: Iterable[Cause], measures: list[Measure]) -> list[Cause]:
    """The root causes against which only weak measures stand."""
    return [
        cause for cause in roots if is_weak([measure for measure in measures if measure.cause_id == cause.pk])
    ]


# Versions ------------------------------------------------------------------------------------------------------------
def before(case: Case, plan: Plan) -> Plan | None:
    """The version that came before it in the same round."""
    earlier = [row for row in case.plans if row.cycle == plan.cycle and row.revision < plan.revision]
    return earlier[-1] if earlier else None


def since_returned(case: Case, plan: Plan | None) -> dict[str, Any]:
    """What a draft or a submitted version changes in the one that was sent back last, beside the reason for that."""
    if plan is None or plan.status not in (Plan.Status.DRAFT, Plan.Status.SUBMITTED):
        return {"returned": None, "changed": None}
    earlier = [row for row in case.plans if row.cycle == plan.cycle and row.revision < plan.revision]
    returned = [row for row in earlier if row.status == Plan.Status.RETURNED]
    if not returned:
        return {"returned": None, "changed": None}
    return {"returned": returned[-1], "changed": changed(case, returned[-1], plan)}


def changed(case: Case, old: Plan, new: Plan) -> difference.Difference:
    names = names_in([*case.measures_of(old), *case.measures_of(new)])
    return difference.between(said(case, old), said(case, new), names)


# Signatures ----------------------------------------------------------------------------------------------------------
def signatures(case: Case, plan: Plan) -> list[dict[str, Any]]:
    """Each with whether it still says what stands here, and else in a few words what has changed since."""
    signed = case.signatures_of(plan.signed_as)
    if not signed:
        return []
    now, names = said(case, plan), names_in(case.measures_of(plan))
    return [_checked(signature, now, names) for signature in signed]


def _checked(signature: Signature, now: dict, names: dict[str, str]) -> dict[str, Any]:
    stands, whole = still_says(signature, now), is_whole(signature)
    since = [] if stands or not whole else difference.between(signed_words(signature), now, names).summary
    return {"signature": signature, "stands": stands, "forged": not whole, "since": since}
