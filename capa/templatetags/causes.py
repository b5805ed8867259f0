"""How causes, their proofs and the words of an analysis are called on the pages."""

import datetime as dt

from django import template
from django.utils.dateparse import parse_datetime
from django.utils.translation import gettext as _

from capa.models import CauseProof, category_label

register = template.Library()

ICONS = {
    CauseProof.Kind.PHOTO: "image",
    CauseProof.Kind.VIDEO: "video",
    CauseProof.Kind.LOG: "scroll-text",
    CauseProof.Kind.INTERVIEW: "message-circle",
    CauseProof.Kind.DOCUMENT: "file-text",
    CauseProof.Kind.MEASUREMENT: "ruler",
    CauseProof.Kind.OTHER: "file-check",
}


@register.filter
def proof_kind(kind: str) -> dict:
    """A kind of proof by name and icon."""
    return {"label": CauseProof.Kind(kind).label, "icon": ICONS[CauseProof.Kind(kind)]}


@register.filter
def moment(text: str) -> dt.datetime | None:
    """A moment that the database gave as text."""
    return parse_datetime(text)


@register.filter
def bone_name(category: str) -> str:
    return category_label(category)


@register.filter
def words_label(field: str) -> dict:
    """What one of the texts of an analysis is called, and what is asked for."""
    return {
        "problem": {
            "title": _("Problem"),
            "hint": _("What went wrong, in one sentence: the head of the fishbone."),
        },
        "escape": {"title": _("Why was it not noticed earlier?"), "hint": ""},
        "why_differs": {
            "title": _("Why did the last analysis fail?"),
            "hint": _("What did the last round overlook, and what is different now?"),
        },
        "report": {
            "title": _("Cause report"),
            "hint": _("How the cause led to the incident, what was looked into, and what it rests on."),
        },
    }[field]
