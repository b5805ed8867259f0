"""What the papers of one incident say: every row read once, as far as the person who asks may see it."""

import datetime as dt
from collections.abc import Callable
from dataclasses import dataclass, field
from functools import cached_property

from django.conf import settings
from django.db.models import Q
from django.urls import reverse
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _

from history.models import ChainHead, Event, Signature
from history.timeline import tell, timeline
from incidents.models import Evidence, Incident
from incidents.parts import VERDICTS
from incidents.stages import Stage
from people.models import Person

from .. import evaluation, fishbone, observing
from ..models import Analysis, Cause, CoSignature, ElsewhereCheck, Measure, Plan, VerificationDesign
from ..reading import Case, case_of
from . import schedule


@dataclass(frozen=True)
class Exhibit:
    """A piece of evidence as the papers number it; `src` is its small picture, empty where there is none."""

    label: str  # E1
    row: Evidence
    src: str


@dataclass(frozen=True)
class Tracked:
    """A measure with its ledger, oldest first, and what it removes: the label of a root cause (R1), or words."""

    measure: Measure
    entries: list
    against: str


@dataclass
class Round:
    """One pass through the stages 3 to 6."""

    number: int
    analysis: Analysis | None
    causes: list[Cause]
    nodes: list[fishbone.Node]
    chains: list[list[Cause]]
    roots: list[tuple[str, Cause]]
    effect: str
    plans: list[Plan]
    plan: Plan | None
    measures: list[Tracked]
    design: VerificationDesign | None
    cosignatures: list[CoSignature]
    elsewhere: list[ElsewhereCheck]
    verdicts: list[evaluation.Compared]
    improvements: list
    incident: Incident
    signatures: list[Signature] = field(default_factory=list)

    @property
    def drawing(self) -> SafeString:
        return fishbone.draw(self.causes, self.effect, key=f"fish-{self.number}")

    @cached_property
    def counted(self) -> dict:
        """The chart of what was counted before and after (`chart`), and its `title`."""
        asked = evaluation.prescription(self.design)
        return observing.chart(
            self.incident, asked, observing.done_days(case_of(self.incident)), key=f"effect-{self.number}"
        )

    @property
    def gantt(self) -> SafeString:
        return schedule.draw(
            [tracked.measure for tracked in self.measures], self.plan, key=f"plan-{self.number}"
        )

    @property
    def verdict(self) -> evaluation.Compared | None:
        return self.verdicts[-1] if self.verdicts else None

    @property
    def cost(self):
        """What the plan says that it costs, in yuan."""
        return sum(tracked.measure.cost or 0 for tracked in self.measures)

    @property
    def containments(self) -> list[Tracked]:
        return [row for row in self.measures if row.measure.kind == Measure.Kind.CONTAINMENT]

    @property
    def lasting(self) -> list[Tracked]:
        return [row for row in self.measures if row.measure.kind != Measure.Kind.CONTAINMENT]


class Facts:
    """Everything that a paper can say about one incident. `picture` gives the address of a small picture."""

    def __init__(
        self, incident: Incident, person: Person, *, picture: Callable[[Evidence], str], now: dt.datetime
    ):
        self.incident, self.person, self.picture = incident, person, picture
        self.now = now

    @cached_property
    def case(self) -> Case:
        return case_of(self.incident)

    # 1 and 2: the report and who answers for it ------------------------------------------------------------------
    @cached_property
    def exhibits(self) -> list[Exhibit]:
        """The evidence that was not withdrawn, oldest first."""
        rows = self.incident.evidence.shown().select_related("uploaded_by")
        return [
            Exhibit(f"E{place}", row, self.picture(row) if row.thumbnail else "")
            for place, row in enumerate(rows, start=1)
        ]

    @cached_property
    def exhibit_labels(self) -> dict[str, str]:
        """The labels of the exhibits, by key: proofs refer to them."""
        return {str(exhibit.row.pk): exhibit.label for exhibit in self.exhibits}

    @cached_property
    def pictures(self) -> list[Exhibit]:
        return [exhibit for exhibit in self.exhibits if exhibit.src]

    @cached_property
    def attributions(self) -> list:
        rows = self.incident.attributions.filter(attempt=self.incident.attempt)
        return list(rows.select_related("unit", "person"))

    @cached_property
    def agreements(self) -> list:
        rows = self.incident.agreements.filter(attempt=self.incident.attempt)
        return list(rows.select_related("person"))

    @cached_property
    def objections(self) -> list:
        return list(self.incident.objections.select_related("raised_by", "decided_by"))

    @cached_property
    def judgement(self) -> dict | None:
        """What became of the report: who found it true, or not, and when."""
        events = Event.objects.of(self.incident.case).filter(act__in=VERDICTS).select_related("actor")
        return next(iter(tell(events.order_by("-seq")[:1])), None)

    @property
    def contact(self):
        """Who told of it, without an account: always masked (revealing it asks for a reason, paper doesn't)."""
        return self.incident.contact

    # 3 to 7: the rounds ---------------------------------------------------------------------------------------------
    @cached_property
    def rounds(self) -> list[Round]:
        """Every round that there was, oldest first; always at least one, if only an empty one."""
        return [self._round(cycle) for cycle in range(1, self.incident.cycle + 1)]

    def _round(self, cycle: int) -> Round:
        case, causes = self.case, self.case.causes_in(cycle)
        analysis = case.analyses.get(cycle)
        roots = [
            (f"R{place}", cause) for place, cause in enumerate((c for c in causes if c.is_root), start=1)
        ]
        plans = [plan for plan in case.plans if plan.cycle == cycle]
        plan = next(iter(sorted(plans, key=_counts_most, reverse=True)), None)
        design = getattr(plan, "design", None) if plan else None
        verdicts = [evaluation.by_design(row, design) for row in case.verifications if row.cycle == cycle]
        of = {f"analysis:{analysis.pk}" if analysis else "", *(f"plan:{row.pk}" for row in plans)}
        of |= {f"verification:{item.row.pk}" for item in verdicts}
        return Round(
            number=cycle,
            analysis=analysis,
            causes=causes,
            nodes=list(fishbone.walk(fishbone.tree(causes))),
            chains=fishbone.chains(causes),
            roots=roots,
            effect=(analysis.problem if analysis else "") or self.incident.title,
            plans=plans,
            plan=plan,
            measures=[self._tracked(row, roots) for row in case.measures_of(plan)],
            design=design,
            cosignatures=[row for row in self._cosignatures if plan and row.plan_id == plan.pk],
            elsewhere=[row for row in self._elsewhere if row.cycle == cycle],
            verdicts=verdicts,
            improvements=[row for row in case.improvements if row.cycle == cycle],
            incident=self.incident,
            signatures=[row for row in self.signatures if row.of in of],
        )

    def _tracked(self, measure: Measure, roots: list[tuple[str, Cause]]) -> Tracked:
        labels = {cause.pk: label for label, cause in roots}
        against = labels.get(measure.cause_id) or (measure.cause.text if measure.cause else "")
        return Tracked(measure, [e for e in self.case.entries if e.measure_id == measure.pk], against)

    @cached_property
    def _cosignatures(self) -> list[CoSignature]:
        return list(CoSignature.objects.filter(plan__incident=self.incident).select_related("person"))

    @cached_property
    def _elsewhere(self) -> list[ElsewhereCheck]:
        return list(self.incident.elsewhere_checks.select_related("unit", "owner", "checked_by", "raised"))

    @cached_property
    def last_round(self) -> Round:
        return self.rounds[-1]

    # Across ---------------------------------------------------------------------------------------------------------
    @cached_property
    def signatures(self) -> list[Signature]:
        return list(Signature.objects.filter(case=self.incident.case))

    @cached_property
    def story(self) -> list[dict]:
        """The whole timeline, oldest first."""
        return list(reversed(timeline(self.incident.case, limit=None)))

    @cached_property
    def head(self) -> ChainHead | None:
        """Where the chain of the case's history ends at this moment."""
        return ChainHead.objects.filter(case=self.incident.case).first()

    @cached_property
    def watch(self):
        return self.incident.watches.last()

    @cached_property
    def links(self) -> list[Incident]:
        """Other cases that this one is tied to, as far as the reader may see them."""
        tied = Q(links_to_newer__newer=self.incident) | Q(links_to_older__older=self.incident)
        tied |= Q(merged_into=self.incident) | Q(pk=self.incident.merged_into_id)
        return list(Incident.objects.visible_to(self.person).filter(tied).distinct().order_by("pk")[:50])

    @cached_property
    def team(self) -> list[tuple[Person, str]]:
        """Who worked on the case, each with every part, in the order of the stages."""
        parts: dict[int, tuple[Person, list[str]]] = {}

        def add(person: Person | None, part: str) -> None:
            if person is not None:
                known = parts.setdefault(person.pk, (person, []))[1]
                if part not in known:
                    known.append(part)

        add(self.incident.reporter, _("reporter"))
        if self.judgement:
            add(self.judgement["person"], _("judge of the report"))
        for agreement in self.agreements:
            add(agreement.person, agreement.get_role_display())
        add(self.incident.responsible_person, _("responsible person"))
        for cycle in self.rounds:
            if cycle.plan:
                add(cycle.plan.author, _("plan author"))
                if cycle.plan.status == Plan.Status.APPROVED:
                    add(cycle.plan.decided_by, _("approved the plan"))
            for row in cycle.measures:
                add(row.measure.owner, _("measure owner"))
            for item in cycle.verdicts:
                add(item.row.judged_by, _("verified the effect"))
        return [(person, " · ".join(known)) for person, known in parts.values()]

    @property
    def address(self) -> str:
        """Where the case stands in the system."""
        return settings.BASE_URL + reverse("incident", args=[self.incident.number])

    @property
    def is_closed(self) -> bool:
        return self.incident.stage == Stage.CLOSED


def _counts_most(plan: Plan) -> tuple[bool, int]:
    """An approved version before all others, else the latest."""
    return plan.status == Plan.Status.APPROVED, plan.revision
