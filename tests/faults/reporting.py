"""Filing reports through the real web server, as people do while something breaks."""

import http.client
import time
import uuid

from django.urls import reverse
from django.utils import timezone

from incidents.models import Incident
from people.models import Unit
from tests.faults.stack import Stack


def file_report(stack: Stack, session: str, unit: Unit, *, timeout: float = 60) -> tuple[str | None, float]:
    """One report with words of its own: those words if it was acknowledged, else None; and the seconds it took."""
    words = f"The queue at the gate took half an hour ({uuid.uuid4().hex})."
    form = {
        "key": str(uuid.uuid4()), "type": "delay", "description": words, "unit": unit.pk, "reporter_kind": "self",
        "channel": "system", "occurred_at": timezone.localtime().strftime("%Y-%m-%dT%H:%M"),
    }  # fmt: skip
    began = time.monotonic()
    try:
        status, _leads_to = stack.post(reverse("report"), form, session=session, timeout=timeout)
    except (OSError, http.client.HTTPException):
        status = 0
    return (words if status == 302 else None), time.monotonic() - began


def lost(acknowledged: list[str]) -> list[str]:
    """Those of the acknowledged reports that are not on record, or there twice."""
    on_record: dict[str, int] = {}
    for words in Incident.objects.values_list("description", flat=True):
        on_record[words] = on_record.get(words, 0) + 1
    return [words for words in acknowledged if on_record.get(words) != 1]
