"""Where an act comes from: set once per request, task or command; read when an Event is written."""

import contextlib
import contextvars
import uuid
from collections.abc import Iterator
from dataclasses import dataclass


@dataclass(frozen=True)
class Origin:
    source: str = "system"  # web, api, import, mail, system
    request_id: str = ""


_origin: contextvars.ContextVar[Origin] = contextvars.ContextVar(
    "origin",
    default=Origin(),  # noqa: B039 - frozen
)


def current_origin() -> Origin:
    return _origin.get()


@contextlib.contextmanager
def acting_from(source: str, request_id: str = "") -> Iterator[Origin]:
    """Every Event written inside says that it came from `source`."""
    token = _origin.set(Origin(source, request_id or uuid.uuid4().hex))
    try:
        yield _origin.get()
    finally:
        _origin.reset(token)
