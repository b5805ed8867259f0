"""A line of the list behind a figure: the case, and what of it was counted, in words."""

import datetime as dt
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from django.db.models import Model
from django.utils import formats
from django.utils.timezone import localtime
from django.utils.translation import gettext as _
from django.utils.translation import pgettext

from capa.models import Measure, RecurrenceWatch, Verification
from complaints.masking import words_for
from complaints.models import Complaint, FollowUp, Response
from history.models import Event
from incidents.stages import Stage
from people.models import Person
from reminders.durations import duration_in_words
from reminders.models import Deadline
from reminders.notices import words_of_what

from .counted.declared import Tally
from .periods import zone
from .spc.percentiles import middle


@dataclass(frozen=True)
class Line:
    """One count. `at`: the moment or day by which it is counted; `amount`: minutes of a duration, or what is summed."""

    number: str
    title: str
    url: str  # "" where nothing can be opened
    unit: str
    at: dt.datetime | dt.date
    state: str
    detail: str = ""
    amount: float | None = None


def line_of(row: Model, case: Model, tally: Tally, person: Person) -> Line:
    """A counted row with its case, as this person may read it: of a complaint never what names the customer."""
    number, title, url, state = _named(case, person)
    unit = case.unit or case.incident.unit
    said = _SAID.get(type(row))
    minutes = middle(row.cell_bin) if tally.bin is not None else None
    amount = float(row.cell_amount) if tally.amount is not None else minutes
    detail = said(row) if said else ""
    if minutes is not None:
        lasted = duration_in_words(dt.timedelta(minutes=minutes))
        detail = f"{detail}{pgettext('punctuation', ': ')}{lasted}" if detail else lasted
    elif tally.amount is not None:
        detail = formats.number_format(round(amount, 2), use_l10n=True)
    return Line(number, title, url, str(unit), row.counted_at, state, detail, amount)


def _named(case: Model, person: Person) -> tuple[str, str, str, str]:
    """Number, title, address and state."""
    if isinstance(case, Response):
        return "", str(case.version.survey), "", case.get_channel_display()
    if isinstance(case, Complaint):
        title = words_for(person, case)(case.title)
        return case.number, title, case.get_absolute_url(), case.get_state_display()
    if isinstance(case, Measure):
        return case.number, case.text, case.get_absolute_url(), case.get_status_display()
    return case.number, case.title, case.get_absolute_url(), case.get_stage_display()


def _of_deadline(row: Deadline) -> str:
    """Plan measures, due 2026-10-20 15:26: done 2026-10-19 10:02."""
    name = words_of_what(row.kind) or str(dict(Stage.choices).get(row.kind, row.kind))
    told = {"what": name, "due": _moment(row.due_at), "done": _moment(row.closed_at) if row.closed_at else ""}
    if not row.closed_at:
        return _("%(what)s, due %(due)s: not done") % told
    if row.closed_at > row.due_at:
        return _("%(what)s, due %(due)s: late, %(done)s") % told
    return _("%(what)s, due %(due)s: in time, %(done)s") % told


def _of_measure(row: Measure) -> str:
    """What was first agreed, and when it was done."""
    told = {"due": row.original_due_on.isoformat(), "done": _moment(row.done_at) if row.done_at else ""}
    if row.done_at:
        return _("due %(due)s, done %(done)s") % told
    return _("due %(due)s, not done") % told


def _of_step(row: Event) -> str:
    names = {value: str(label) for value, label in Stage.choices}
    start, end = row.before.get("stage", ""), (row.after or {}).get("stage", "")
    return f"{names.get(start, start)} → {names.get(end, end)}"


def _of_watch(row: RecurrenceWatch) -> str:
    return _("watched until %(day)s") % {"day": f"{localtime(row.ends_at, zone()):%Y-%m-%d}"}


def _moment(moment: dt.datetime) -> str:
    return formats.date_format(localtime(moment), "Y-m-d H:i")


#: What a row says beside its case, by what is counted.
_SAID: dict[type[Model], Callable[[Any], str]] = {
    Deadline: _of_deadline,
    Measure: _of_measure,
    Event: _of_step,
    RecurrenceWatch: _of_watch,
    Verification: lambda row: row.get_verdict_display(),
    FollowUp: lambda row: row.get_outcome_display(),
}
