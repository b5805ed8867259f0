"""The archive (异常档案库)."""

from incidents.models import Incident
from incidents.search import vector_of


def enter(incident: Incident) -> None:
    """A case that has just ended is also found by its root causes, its measures, its correction and its lessons."""
    causes = incident.causes.filter(is_root=True).values_list("text", flat=True)
    measures = incident.measures.filter(status="done").values_list("text", flat=True)
    incident.search = vector_of(incident, *causes, *measures, incident.correction, incident.lessons)
    incident.save(update_fields=["search"])
