"""Cases that named people only may know of: that there is one, when it moved, by whose hand.

Apps above register how their cases are kept close:

    @kept_close_by("complaint")
    def _named(keys): ...    # of these cases (None: of all) the close ones, each with the keys of those who may know

Whatever shows or sends something about cases without asking their own app (the audit trail, announcements, deputies,
robots of a unit) asks here.
"""

from collections.abc import Callable, Iterable

Named = Callable[[set[int] | None], dict[int, frozenset[int]]]

_NAMED: dict[str, Named] = {}


def kept_close_by(kind: str) -> Callable[[Named], Named]:
    """Registers the function that tells which cases of a kind are kept close, in one query."""

    def register(named: Named) -> Named:
        _NAMED[kind] = named
        return named

    return register


def named_people(cases: Iterable[str]) -> dict[str, frozenset[int]]:
    """Of these cases those that are kept close, each with the keys of the people who may know of it."""
    keys: dict[str, set[int]] = {}
    for case in cases:
        kind, _colon, key = case.partition(":")
        if kind in _NAMED and key.isdigit():
            keys.setdefault(kind, set()).add(int(key))
    return {
        f"{kind}:{key}": people
        for kind, wanted in keys.items()
        for key, people in _NAMED[kind](wanted).items()
    }


def hidden_from(person) -> list[str]:
    """Every case that is kept close and of which this person may not know."""
    return [
        f"{kind}:{key}"
        for kind, named in _NAMED.items()
        for key, people in named(None).items()
        if person.pk not in people
    ]
