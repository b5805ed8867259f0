from .analysis import Analysis, Cause, CauseProof
from .improvement import Improvement
from .ledger import EntryProof, LedgerEntry
from .plan import Measure, Plan
from .verification import Verification

__all__ = [
    "Analysis",
    "Cause",
    "CauseProof",
    "EntryProof",
    "Improvement",
    "LedgerEntry",
    "Measure",
    "Plan",
    "Verification",
]
