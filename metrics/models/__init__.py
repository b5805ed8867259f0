from .assessment import Consequence, Scheme, SchemeLine, SchemeVersion, Scorecard, ScoreLine
from .indicator import MonthlyReport, Note, OwnKpi, ReportReader, Signal, Target
from .rollup import NO_BIN, Counting, Observation, Stale, Total
from .suggestion import Recognition, Suggestion
from .volume import OwnSeries, Volume
from .watching import Watch

__all__ = [
    "Suggestion",
    "Recognition",
    "Scorecard",
    "ScoreLine",
    "SchemeVersion",
    "SchemeLine",
    "Scheme",
    "Consequence",
    "Counting",
    "NO_BIN",
    "MonthlyReport",
    "Note",
    "Observation",
    "OwnKpi",
    "OwnSeries",
    "ReportReader",
    "Signal",
    "Stale",
    "Target",
    "Total",
    "Volume",
    "Watch",
]
