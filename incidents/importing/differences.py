"""Has the source changed since a row was imported? Told by digests, so that no text need be kept twice."""

from typing import Any

from django.utils.crypto import salted_hmac
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from history.recording import plain

from .cases import Case
from .fields import BY_NAME

_NOT_COMPARED = {"external_source", "external_id", "reporter_kind"}


def digests(case: Case) -> dict[str, str]:
    """A keyed digest per field that says something."""
    told: dict[str, Any] = {name: value for name, value in case.values.items() if name not in _NOT_COMPARED}
    told |= {
        "closed_at": case.closed_at,
        "history": [(happening.at, happening.state, happening.who) for happening in case.history],
    }
    return {name: _digest(value) for name, value in told.items() if value not in (None, "", [])}


def _digest(value: Any) -> str:
    return salted_hmac("incidents.importing", str(plain(value)), algorithm="sha256").hexdigest()[:16]


def changed_fields(before: dict[str, str], now: dict[str, str]) -> list[str]:
    return [name for name in sorted({*before, *now}) if before.get(name) != now.get(name)]


def label_of(name: str) -> str | Promise:
    return _LABELS[name] if name in _LABELS else BY_NAME[name].label


_LABELS: dict[str, Promise] = {"history": _("events"), "contact": _("Contact")}
