"""Work that passes on with an incident's when somebody leaves, and isn't an incident's. Apps above say what theirs is:

inherit(Kind("complaint", open_work=..., hand_over=..., take_back=..., may_hand_over=...))
"""

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from typing import Any

from django.utils.functional import Promise

from people.models import Person
from reminders.models import Deadline

from .errors import Refused


@dataclass
class Piece:
    """One line of the list: a case and what the person has to do in it."""

    kind: str
    case: Any  # has pk, number, unit, due_at, paused_since and get_absolute_url
    sort: str | Promise  # what it is, for those who may not read it
    title: str
    state: str | Promise
    parts: list[str | Promise] = field(default_factory=list)  # in words
    is_readable: bool = False  # by whoever asks
    refused: Refused | None = None

    @property
    def key(self) -> str:
        return f"{self.kind}-{self.case.pk}"


@dataclass(frozen=True)
class Kind:
    """What a kind of case does when work of it passes on."""

    name: str  # how the subject of its deadlines begins
    open_work: Callable[[Person, Person], list[Piece]]  # (whose, who asks), the most urgent first
    may_hand_over: Callable[[Person, Person, Any], bool]  # (by, giver, case)
    hand_over: Callable[
        ..., tuple[Any, dict]
    ]  # (case, by=, giver=, taker=, reason=) -> case, what was passed on
    take_back: Callable[..., Any]  # (pk, by=, giver=, taker=, parts=, version=)


_KINDS: dict[str, Kind] = {}


def inherit(kind: Kind) -> None:
    _KINDS[kind.name] = kind


def kind_of(name: str) -> Kind:
    return _KINDS[name]


def open_work(person: Person, *, asks: Person) -> list[Piece]:
    """Everything of the registered kinds that waits for this person."""
    return [piece for kind in _KINDS.values() for piece in kind.open_work(person, asks)]


def may_hand_over(by: Person, giver: Person, piece: Piece) -> bool:
    return _KINDS[piece.kind].may_hand_over(by, giver, piece.case)


def hand_over_all(
    choices: Iterable[tuple[Piece, Person]], *, by: Person, giver: Person, reason: str
) -> list[dict]:
    """Hand over each to its successor; one that is refused says so in its piece and doesn't stop the others.

    Gives what is needed to take them back.
    """
    done = []
    for piece, taker in choices:
        try:
            row, parts = _KINDS[piece.kind].hand_over(
                piece.case, by=by, giver=giver, taker=taker, reason=reason
            )
        except Refused as refused:
            piece.refused = refused
        else:
            done.append(
                {
                    "kind": piece.kind,
                    "case": row.pk,
                    "version": row.version,
                    "taker": taker.pk,
                    "parts": parts,
                }
            )
    return done


def without_inherited(deadlines):
    """Deadlines (a queryset) of things that nobody here passes on."""
    for name in _KINDS:
        deadlines = deadlines.exclude(subject__startswith=f"{name}:")
    return deadlines


def deadlines_of(person: Person, kind: str):
    """The open deadlines of a kind of case that this person owns."""
    return Deadline.objects.filter(owner=person, closed_at=None, subject__startswith=f"{kind}:")
