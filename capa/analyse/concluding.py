"""The root cause is found: the cause report is signed, and the case goes on to the plan."""

from django.db import transaction
from django.utils import timezone

from capa.models import Analysis
from capa.reading import Case
from history.models import Signature
from history.signing import is_whole, sign, still_says
from incidents.lifecycle import hold_in, move
from incidents.models import Incident
from incidents.stages import Stage
from people.models import Person


@transaction.atomic
def conclude(
    incident: Incident,
    *,
    by: Person,
    version: int | None,
    note: str = "",
    method: str = Signature.Method.SESSION,
) -> Incident:
    """Sign the cause report and go on to the plan. `method` is how we know who signs (Signature.Method)."""
    row = hold_in(Stage.ANALYSE, incident, "conclude", by=by, version=version)
    analysis = row.analyses.filter(cycle=row.cycle).first()
    signed = {}
    if analysis is not None:  # else the gate refuses, and nothing is signed
        signature = sign(
            row.case, Signature.Meaning.CAUSE_REPORT, of=signed_as(analysis), content=content(Case(row), analysis),
            by=by, method=method,
        )  # fmt: skip
        signed = {"signature": signature.pk, "digest": signature.digest}
    row = move(row, "conclude", by=by, version=row.version, note=note, after=signed)
    row.analyses.filter(cycle=row.cycle).update(concluded_by=by, concluded_at=timezone.now())
    return row


def signed_as(analysis: Analysis) -> str:
    """How the signature names what it is of."""
    return f"analysis:{analysis.pk}"


def content(case: Case, analysis: Analysis) -> dict:
    """What is signed: the words, the root causes, and what proves them (files by their SHA-256)."""
    roots = [cause for cause in case.causes_in(analysis.cycle) if cause.is_root]
    return {
        "round": analysis.cycle,
        "problem": analysis.problem,
        "escape": analysis.escape,
        "why_differs": analysis.why_differs,
        "report": analysis.report,
        "roots": [
            {"cause": root.pk, "side": root.side, "category": root.category, "text": root.text, "finding": root.finding}
            for root in roots
        ],
        "proofs": [
            {
                "cause": root.pk,
                **{name: proof[name] for name in ("kind", "note", "source", "mark", "sha256")},
            }
            for root in roots
            for proof in root.shown_proofs
        ],
    }  # fmt: skip


def report_signature(case: Case, cycle: int) -> dict | None:
    """The last signature under a round's cause report, and whether the report still says what was signed."""
    analysis = case.analyses.get(cycle)
    signature = case.report_signatures.get(signed_as(analysis)) if analysis else None
    return signature and {
        "signature": signature,
        "stands": still_says(signature, content(case, analysis)),
        "forged": not is_whole(signature),
    }
