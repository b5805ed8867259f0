"""Writing history. `record` is the only function that makes an Event."""

import datetime as dt
import decimal
import json
import uuid
from collections.abc import Iterable
from typing import Any

from django.db import models
from django.utils import timezone

from people.models import Person, Unit

from .context import current_origin
from .models import Event


def plain(value: Any) -> Any:
    """A value as it is kept in an Event: JSON, with people and things as references."""
    if isinstance(value, models.Model):
        return f"{value._meta.label_lower}:{value.pk}"
    if isinstance(value, dt.datetime):
        return value.astimezone(dt.UTC).isoformat()
    if isinstance(value, dt.date | decimal.Decimal | uuid.UUID):
        return str(value)
    if isinstance(value, dict):
        return {str(key): plain(item) for key, item in value.items()}
    if isinstance(value, list | tuple | set):
        return [plain(item) for item in value]
    return value if isinstance(value, int | float | bool | None.__class__) else str(value)


def record(
    case: str,
    act: str,
    *,
    label: str,
    by: Person | None,
    unit: Unit | None,
    reason: str = "",
    before: dict | None = None,
    after: dict | None = None,
    at: dt.datetime | None = None,
) -> Event:
    """Append what happened to the chain of `case`, in the caller's transaction.

    Never put personal data of customers in `before`, `after` or `reason` keys of the system's own: references only.
    `at` may be given only for what is brought over from another system; it is kept as "happened_at" and the Event
    itself is dated now.
    """
    event = _event(case, act, label=label, by=by, unit=unit, reason=reason, before=before, after=after, at=at)
    event.save(force_insert=True)
    return event


def record_past(
    case: str,
    act: str,
    happenings: Iterable[tuple[dt.datetime, dict]],
    *,
    label: str,
    by: Person,
    unit: Unit,
) -> None:
    """Append what happened to a case in another system, oldest first, in one statement: (when, what it was) each."""
    Event.objects.bulk_create(
        [_event(case, act, label=label, by=by, unit=unit, after=after, at=at) for at, after in happenings]
    )


def _event(
    case: str,
    act: str,
    *,
    label: str,
    by: Person | None,
    unit: Unit | None,
    reason: str = "",
    before: dict | None = None,
    after: dict | None = None,
    at: dt.datetime | None = None,
) -> Event:
    origin = current_origin()
    now = timezone.now()
    after = plain(after or {})
    if at is not None:
        after = {**after, "happened_at": plain(at)}
    content = {
        "case": case,
        "label": label,
        "act": act,
        "at": now.astimezone(dt.UTC).isoformat(timespec="microseconds"),
        "actor": by.pk if by else None,
        "actor_name": by.display_name if by else "",
        "unit": unit.pk if unit else None,
        "source": origin.source,
        "request_id": origin.request_id,
        "reason": reason,
        "before": plain(before or {}),
        "after": after,
    }
    payload = json.dumps(content, ensure_ascii=False, sort_keys=True, separators=(",", ":"))
    columns = {**content, "at": now, "actor_id": content.pop("actor"), "unit_id": content.pop("unit")}
    del columns["actor"], columns["unit"]
    return Event(payload=payload, **columns)
