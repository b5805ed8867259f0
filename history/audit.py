"""The audit trail: finding events among millions, and taking them away."""

import datetime as dt
import json
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import islice
from typing import Any

from django import forms
from django.db import transaction
from django.db.models import QuerySet
from django.utils import timezone, translation
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from people.choices import UnitChoiceField
from people.fields import PersonField
from people.models import Person, Role, Unit

from .models import Event
from .recording import record
from .timeline import FIELDS, act_names, tell

#: Whoever keeps the records of a unit.
READERS = (Role.QUALITY, Role.ADMINISTRATOR)
#: A workbook is made in one go while somebody waits; CSV flows however long it is.
XLSX_ROWS = 20_000
#: Events told at a time while a file is written.
TOLD_AT_ONCE = 500

SOURCES = {
    "web": pgettext_lazy("source", "Browser"),
    "api": pgettext_lazy("source", "Another system"),
    "import": pgettext_lazy("source", "Import"),
    "mail": pgettext_lazy("source", "E-mail"),
    "system": pgettext_lazy("source", "The system itself"),
}


def readable_events(person: Person) -> QuerySet:
    """The events this person may read, ready to be told."""
    return Event.objects.visible_to(person)


class AuditFilter(forms.Form):
    """The filters of the audit trail, all from the address. What can't be understood filters nothing and says so."""

    q = forms.CharField(
        label=pgettext_lazy("history", "Case"),
        help_text=_("Its number, as SQ-2026-000123, or a name."),
        required=False,
        max_length=120,
    )
    act = forms.ChoiceField(label=_("What was done"), required=False)
    person = PersonField(label=_("Who did it"), required=False)
    unit = UnitChoiceField(
        label=_("Unit"), queryset=Unit.objects.none(), required=False, empty_label=_("All units")
    )
    source = forms.ChoiceField(label=pgettext_lazy("history", "Came from"), required=False)
    since = forms.DateField(
        label=_("From"), required=False, widget=forms.DateInput({"type": "date"}, "%Y-%m-%d")
    )
    until = forms.DateField(
        label=_("Until"), required=False, widget=forms.DateInput({"type": "date"}, "%Y-%m-%d")
    )

    def __init__(self, query, *, reader: Person):
        super().__init__(query)
        everywhere = Unit.objects.within(*Unit.objects.filter(pk__in=reader.company_ids))
        acts = sorted(act_names().items(), key=lambda item: item[1])
        self.fields["act"].choices = [("", _("Everything")), *acts]
        self.fields["source"].choices = [("", _("Everywhere")), *SOURCES.items()]
        self.fields["unit"].queryset = reader.units(*READERS)
        self.fields["person"].queryset = Person.objects.filter(home_unit__in=everywhere)

    def narrow(self, events: QuerySet) -> QuerySet:
        """The events that fit."""
        self.is_valid()
        chosen = {name: value for name, value in self.cleaned_data.items() if value}
        if text := chosen.get("q", "").strip():
            events = (
                events.filter(case=text) if ":" in text else events.filter(label__in={text, text.upper()})
            )
        if "act" in chosen:
            events = events.filter(act=chosen["act"])
        if "person" in chosen:
            events = events.filter(actor=chosen["person"])
        if "unit" in chosen:
            events = events.filter(unit__path__startswith=chosen["unit"].path)
        if "source" in chosen:
            events = events.filter(source=chosen["source"])
        if "since" in chosen:
            events = events.filter(at__gte=_midnight(chosen["since"]))
        if "until" in chosen:
            events = events.filter(at__lt=_midnight(chosen["until"] + dt.timedelta(days=1)))
        return events

    def active(self, label: str = "") -> list[dict]:
        """The filters in force, for the chips; `label` is what people call the case that is asked for."""
        self.is_valid()
        return [
            {"key": name, "value": self.data[name], "label": self._chip(name, label)}
            for name, value in self.cleaned_data.items()
            if value
        ]

    def _chip(self, name: str, label: str) -> str:
        shown = label if name == "q" and label else self._shown(name)
        return _("%(filter)s: %(value)s") % {"filter": self.fields[name].label, "value": shown}

    def _shown(self, name: str) -> Any:
        value = self.cleaned_data[name]
        return dict(self.fields[name].choices)[value] if name in ("act", "source") else value


def _midnight(day: dt.date) -> dt.datetime:
    """The beginning of a day where the reader is."""
    return timezone.make_aware(dt.datetime.combine(day, dt.time()))


@dataclass(frozen=True)
class Kept:
    """A value that an event kept, as it is stored."""

    label: Any
    was: str
    now: str


def told(events: list[Event]) -> list[dict]:
    """The events with their sentences, and with everything that they keep."""
    return [
        {**row, "event": event, "source": SOURCES.get(event.source, event.source), "kept": kept(event)}
        for event, row in zip(events, tell(events), strict=True)
    ]


def kept(event: Event) -> list[Kept]:
    names = dict.fromkeys([*event.before, *event.after])
    return [
        Kept(
            FIELDS[name].label if name in FIELDS else name,
            _stored(event.before, name),
            _stored(event.after, name),
        )
        for name in names
    ]


def _stored(values: dict, name: str) -> str:
    if name not in values:
        return ""
    value = values[name]
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)


# Taking it away ------------------------------------------------------------------------------------------------------
HEADINGS = (
    _("When"), _("Case"), pgettext_lazy("history", "Chain"), "#", _("Who"), _("What was done"), _("Act"), _("Reason"),
    _("Before"), _("After"), _("Unit"), pgettext_lazy("history", "Came from"), _("Request"), _("Hash before"),
    _("Hash"),
)  # fmt: skip


@transaction.atomic
def record_export(by: Person, *, form: AuditFilter, file_format: str, rows: int) -> None:
    """Put on record who takes which events away."""
    record(
        by.case, "audit.export", label=by.display_name, by=by, unit=by.home_unit,
        after={
            "format": file_format, "rows": rows,
            "filters": {name: str(value) for name, value in form.cleaned_data.items() if value},
        },
    )  # fmt: skip


def export_rows(events: QuerySet) -> Iterator[tuple]:
    """Rows for HEADINGS, newest first, a few hundred events at a time."""
    stream = events.order_by("-at", "-id").iterator(chunk_size=TOLD_AT_ONCE)
    while batch := list(islice(stream, TOLD_AT_ONCE)):
        for event, row in zip(batch, tell(batch), strict=True):
            yield (
                event.at, event.label, event.case, event.seq, row["who"], row["text"], event.act, event.reason,
                json.dumps(event.before, ensure_ascii=False), json.dumps(event.after, ensure_ascii=False),
                event.unit.name if event.unit else "", SOURCES.get(event.source, event.source), event.request_id,
                event.previous_hash, event.hash,
            )  # fmt: skip


def in_the_readers_words(pieces: Iterator[bytes]) -> Iterator[bytes]:
    """A response that streams is made when the request is over: give it back language and time zone, piece by piece."""
    language, zone = translation.get_language(), timezone.get_current_timezone()
    while True:
        with translation.override(language), timezone.override(zone):
            piece = next(pieces, None)
        if piece is None:
            return
        yield piece
