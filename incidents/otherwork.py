"""Rows of My work that aren't an incident's. Apps above say how theirs are shown:

@show_by("meeting")
def decisions(person, deadlines): ...   # the key of each deadline -> OtherWork, in a fixed number of queries
"""

from collections.abc import Callable, Iterable
from dataclasses import dataclass

from django.utils.functional import Promise

from people.models import Person
from reminders.models import Deadline


@dataclass(frozen=True)
class OtherWork:
    """What a row says: of which sort it is, what is to be done, and where. `button`: what is to be done, in a word."""

    sort: str | Promise
    number: str
    title: str
    place: str
    url: str
    button: str | Promise = ""
    task: str | Promise = ""  # where the title is that of the case and not of the task


Show = Callable[[Person, list[Deadline]], dict[int, OtherWork]]

_SHOW: dict[str, Show] = {}


def show_by(kind: str) -> Callable[[Show], Show]:
    """Registers the function for the deadlines whose subject begins with this kind."""

    def register(show: Show) -> Show:
        _SHOW[kind] = show
        return show

    return register


def shown(person: Person, deadlines: Iterable[Deadline]) -> dict[int, OtherWork]:
    """The rows of these deadlines by their key; what nobody can show, or the person may not see, is left out."""
    by_kind: dict[str, list[Deadline]] = {}
    for deadline in deadlines:
        kind = deadline.subject.partition(":")[0]
        if kind in _SHOW:
            by_kind.setdefault(kind, []).append(deadline)
    return {pk: row for kind, rows in by_kind.items() for pk, row in _SHOW[kind](person, rows).items()}
