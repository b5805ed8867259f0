from .analysis import Analysis, Cause, CauseProof, ElsewhereCheck, category_label
from .improvement import Improvement
from .ledger import EntryProof, LedgerEntry
from .meeting import AgendaItem, Decision, Meeting
from .plan import TIERS, CoSignature, CoSignRule, Measure, Plan, VerificationDesign
from .recurrence import Recurrence, RecurrenceWatch
from .verification import Verification

__all__ = [
    "TIERS",
    "AgendaItem",
    "Analysis",
    "Cause",
    "CauseProof",
    "CoSignRule",
    "CoSignature",
    "Decision",
    "ElsewhereCheck",
    "EntryProof",
    "Improvement",
    "LedgerEntry",
    "Measure",
    "Meeting",
    "Plan",
    "Recurrence",
    "RecurrenceWatch",
    "Verification",
    "VerificationDesign",
    "category_label",
]
