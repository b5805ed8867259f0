"""Stage 3, analyse: the tree of causes, what each finding rests on, and the cause report."""

from .concluding import conclude, content, report_signature, signed_as
from .findings import STANDING, confirm_cause, evidence_of, mark_root, prove_cause, refute_cause
from .held import Overtaken, bone
from .tree import DIRECTIONS, add_cause, amend_cause, move_cause, remove_cause, shift_cause
from .words import WORDS, describe

__all__ = [
    "DIRECTIONS",
    "STANDING",
    "WORDS",
    "Overtaken",
    "add_cause",
    "amend_cause",
    "bone",
    "conclude",
    "confirm_cause",
    "content",
    "describe",
    "evidence_of",
    "mark_root",
    "move_cause",
    "prove_cause",
    "refute_cause",
    "remove_cause",
    "report_signature",
    "shift_cause",
    "signed_as",
]
