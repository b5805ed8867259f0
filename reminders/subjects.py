"""Where the cases that are due can be looked at. Apps above say it for their own: what "incident:12" is, they know."""

from collections.abc import Callable, Iterable

Locate = Callable[[set[int]], dict[int, str]]

_LOCATE: dict[str, Locate] = {}


def locate_by(kind: str) -> Callable[[Locate], Locate]:
    """Registers the function that gives the addresses of many cases of a kind, in one query."""

    def register(locate: Locate) -> Locate:
        _LOCATE[kind] = locate
        return locate

    return register


def addresses_of(subjects: Iterable[str]) -> dict[str, str]:
    """Where each of the subjects can be looked at; those that nobody can locate are left out."""
    keys: dict[str, set[int]] = {}
    for subject in subjects:
        kind, _colon, key = subject.partition(":")
        if kind in _LOCATE and key.isdigit():
            keys.setdefault(kind, set()).add(int(key))
    return {
        f"{kind}:{key}": url for kind, wanted in keys.items() for key, url in _LOCATE[kind](wanted).items()
    }
