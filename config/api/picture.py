"""What the API shows of one incident: its own fields, and what hangs on it in every stage."""

from functools import cached_property

from capa import planned
from capa.reading import case_of
from incidents import gates
from incidents.acts import Offer, open_to
from incidents.models import Incident
from people.models import Person


class Picture:
    """An incident as one person may read it. Each table is asked once; other names are the incident's own."""

    def __init__(self, incident: Incident, person: Person):
        self.incident = incident
        self.person = person
        self._case = case_of(incident)

    def __getattr__(self, name: str):
        return getattr(self.incident, name)

    @cached_property
    def gate(self) -> list[gates.Condition]:
        return gates.gate(self.incident, gates.FORWARD[self.incident.stage]) if self.incident.is_open else []

    @cached_property
    def acts(self) -> list[Offer]:
        return list(open_to(self.person, self.incident, self.gate).values())

    @cached_property
    def attributions(self) -> list:
        return list(self._of_this_attempt("attributions").select_related("unit", "person"))

    @cached_property
    def agreements(self) -> list:
        return list(self._of_this_attempt("agreements").select_related("person"))

    def _of_this_attempt(self, name: str):
        return getattr(self.incident, name).filter(attempt=self.incident.attempt)

    @cached_property
    def objections(self) -> list:
        return list(self.incident.objections.select_related("raised_by", "decided_by"))

    @cached_property
    def evidence(self) -> list:
        return list(self.incident.evidence.shown().select_related("uploaded_by"))

    @property
    def analyses(self) -> list:
        return list(self._case.analyses.values())

    @property
    def causes(self) -> list:
        return self._case.causes

    @cached_property
    def plans(self) -> list:
        """With the signatures under each."""
        for plan in self._case.plans:
            plan.shown_signatures = planned.signatures(self._case, plan)
        return self._case.plans

    @cached_property
    def measures(self) -> list:
        """With the round and version of the plan that each belongs to."""
        plans = {plan.pk: plan for plan in self._case.plans}
        for measure in self._case.measures:
            measure.plan = plans[measure.plan_id]
        return self._case.measures

    @property
    def verifications(self) -> list:
        return self._case.verifications

    @property
    def improvements(self) -> list:
        return self._case.improvements
