from .evidence import Evidence
from .incident import Incident, IncidentType, NumberSeries
from .jobs import ColumnMapping, ImportedRow, Job, RowError
from .links import Link
from .responsibility import Agreement, Attribution, Objection
from .views import SavedView

__all__ = [
    "Agreement",
    "Attribution",
    "ColumnMapping",
    "Evidence",
    "ImportedRow",
    "Incident",
    "IncidentType",
    "Job",
    "Link",
    "NumberSeries",
    "Objection",
    "RowError",
    "SavedView",
]
