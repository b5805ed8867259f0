"""Everything that stages 3 to 7 keep about one incident, each table read once: for the incident page and its offers."""

from functools import cached_property

from django.contrib.postgres.expressions import ArraySubquery
from django.db.models import CharField, F, OuterRef, Prefetch, Q, Value, prefetch_related_objects
from django.db.models.functions import Cast, Coalesce, JSONObject, Now, NullIf

from history.models import Signature

from .models import (
    Analysis,
    Cause,
    CauseProof,
    CoSignature,
    CoSignRule,
    EntryProof,
    Improvement,
    LedgerEntry,
    Measure,
    Plan,
    Verification,
)


def proofs_of(model, owner: str, **more: str) -> ArraySubquery:
    """The proofs of each row as a list of {evidence, title, note} and `more`, in the same statement."""
    called = Coalesce(NullIf("evidence__caption", Value("")), "evidence__name")
    rows = model.objects.filter(**{owner: OuterRef("pk")}).order_by("pk")
    facts = {"evidence": "evidence_id", "title": called, "note": F("note"), **more}
    return ArraySubquery(rows.values(json=JSONObject(**facts)))


#: What is known of a cause's proof besides: moments as text, `withdrawn` empty while the evidence stands.
OF_A_CAUSE = {
    "kind": "kind",
    "source": "source",
    "mark": "mark",
    "who": "added_by__display_name",
    "at": "added_at",
    "sha256": "evidence__sha256",
    "withdrawn": "evidence__withdrawn_at",
}


def asked_of_plans(company: int) -> dict[str, ArraySubquery]:
    """Who wrote in a version, who co-signed it, and the rules in force when it was submitted, in the same statement."""
    at = Coalesce(OuterRef("submitted_at"), Now())
    writers = Plan.writers.through.objects.filter(plan=OuterRef("pk"))
    signed = CoSignature.objects.filter(plan=OuterRef("pk"))
    rules = CoSignRule.objects.filter(Q(ended_at=None) | Q(ended_at__gt=at), company=company, set_at__lte=at)
    limits = {"from_severity": F("from_severity"), "from_cost": Cast("from_cost", CharField())}
    return {
        "writer_ids": ArraySubquery(writers.values("person_id")),
        "cosigned": ArraySubquery(signed.values(json=JSONObject(role=F("role"), person=F("person_id")))),
        "rules": ArraySubquery(rules.values(json=JSONObject(role=F("role"), **limits))),
    }


class Case:
    """The rows of one incident. Made for reading: after an act, make a new one."""

    def __init__(self, incident):
        self.incident = incident

    @cached_property
    def analyses(self) -> dict[int, Analysis]:
        """By round."""
        rows = self.incident.analyses.select_related("concluded_by")
        return {analysis.cycle: analysis for analysis in rows}

    @cached_property
    def causes(self) -> list[Cause]:
        rows = Cause.objects.select_related("decided_by", "added_by")
        return self._all("causes", rows.annotate(shown_proofs=proofs_of(CauseProof, "cause", **OF_A_CAUSE)))

    def causes_in(self, cycle: int) -> list[Cause]:
        return [cause for cause in self.causes if cause.cycle == cycle]

    @cached_property
    def signatures(self) -> list[Signature]:
        """All of the case, the oldest first."""
        return list(Signature.objects.filter(case=self.incident.case))

    def signatures_of(self, thing: str) -> list[Signature]:
        """Under one thing: "plan:7"."""
        return [signature for signature in self.signatures if signature.of == thing]

    @property
    def report_signatures(self) -> dict[str, Signature]:
        """The last signature under each round's cause report, by what it is of: "analysis:4"."""
        return {row.of: row for row in self.signatures if row.meaning == Signature.Meaning.CAUSE_REPORT}

    @cached_property
    def roots(self) -> list[Cause]:
        """The confirmed root causes of the present round, in the order in which measures name them: R1, R2 ..."""
        return [cause for cause in self.causes_in(self.incident.cycle) if cause.is_root]

    @cached_property
    def plans(self) -> list[Plan]:
        """Every version of every round, the oldest first, with what `incidents.planning` asks of it."""
        rows = Plan.objects.select_related("author", "decided_by", "design").prefetch_related(
            Prefetch("measures", Measure.objects.select_related("owner", "unit", "cause"))
        )
        return self._all("plans", rows.annotate(**asked_of_plans(self.incident.unit.company_id)))

    @cached_property
    def plan(self) -> Plan | None:
        """The version of the present round that counts: the last one."""
        return next((plan for plan in reversed(self.plans) if plan.cycle == self.incident.cycle), None)

    @property
    def plan_status(self) -> str:
        return self.plan.status if self.plan else ""

    @cached_property
    def measures(self) -> list[Measure]:
        """Of every version; in an approved one they have numbers."""
        rows = sorted((row for plan in self.plans for row in plan.measures.all()), key=lambda row: row.pk)
        for measure in rows:
            measure.incident = self.incident
        return rows

    def measures_of(self, plan: Plan | None) -> list[Measure]:
        return [measure for measure in self.measures if plan and measure.plan_id == plan.pk]

    @cached_property
    def entries(self) -> list[LedgerEntry]:
        """The ledgers of all measures, oldest first."""
        rows = LedgerEntry.objects.filter(measure__incident=self.incident).select_related("by", "answers")
        return list(
            rows.annotate(shown_proofs=proofs_of(EntryProof, "entry", thumbnail="evidence__thumbnail"))
        )

    @cached_property
    def verifications(self) -> list[Verification]:
        return self._all("verifications", Verification.objects.select_related("judged_by"))

    @cached_property
    def improvements(self) -> list[Improvement]:
        rows = Improvement.objects.select_related(
            "owner", "unit", "done_by", "added_by", "acknowledged_by", "proof_evidence"
        )
        return self._all("improvements", rows)

    def _all(self, name: str, rows) -> list:
        """The rows, kept on the incident, so that its gate finds them there."""
        prefetch_related_objects([self.incident], Prefetch(name, rows))
        return list(getattr(self.incident, name).all())


def case_of(incident) -> Case:
    """The rows of this incident object, shared by everything that a page asks about it."""
    if not hasattr(incident, "_capa_case"):
        incident._capa_case = Case(incident)
    return incident._capa_case
