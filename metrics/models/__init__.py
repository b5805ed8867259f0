from .indicator import MonthlyReport, Note, OwnKpi, ReportReader, Signal, Target
from .rollup import NO_BIN, Observation, Stale, Total
from .volume import OwnSeries, Volume
from .watching import Watch

__all__ = [
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
