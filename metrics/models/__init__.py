from .indicator import MonthlyReport, Note, OwnKpi, ReportReader, Signal, Target
from .rollup import NO_BIN, Observation, Stale, Total
from .volume import OwnSeries, Volume

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
]
