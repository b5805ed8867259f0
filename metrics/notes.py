"""What is written on a chart: what happened on a day, and whether the limits begin anew there. Quality managers write;
nothing is deleted: a note that was wrong is withdrawn, with a reason, and stays readable.
"""

import datetime as dt

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from capa.models import Measure
from history.recording import record
from incidents.errors import Invalid, NotAllowed, Stale
from people.models import Person, Unit

from .access import keeps
from .definitions import Kpi
from .models import Note
from .periods import today

TEXT_LIMIT, REASON_LIMIT = 120, 300
#: Earlier days are mistakes in typing.
FIRST_YEAR = 1990


def refuse_unless_keeper(person: Person, unit: Unit) -> None:
    if not keeps(person, unit):
        raise NotAllowed(_("Only quality managers of the unit write on its charts."))


@transaction.atomic
def add(
    kpi: Kpi,
    unit: Unit,
    *,
    by: Person,
    day: dt.date,
    text: str,
    rebases: bool = False,
    leaves_out: bool = False,
    measure: Measure | None = None,
) -> Note:
    """Write a note on the chart of an indicator of a unit.

    `rebases` begins new limits with the period of that day; `leaves_out` takes that period out of the limits, since its
    cause is known. Raises NotAllowed, Invalid.
    """
    refuse_unless_keeper(by, unit)
    text = " ".join(text.split())
    if not text:
        raise Invalid({"text": _("Say in a few words what happened.")})
    if len(text) > TEXT_LIMIT:
        raise Invalid({"text": _("At most %(most)s characters.") % {"most": TEXT_LIMIT}})
    if day > today():
        raise Invalid({"day": _("This day is still to come.")})
    if day.year < FIRST_YEAR:
        raise Invalid({"day": _("This day is too long ago.")})
    if rebases and leaves_out:
        raise Invalid({"leaves_out": _("A period can't both begin new limits and be left out of them.")})
    note = Note.objects.create(
        kpi=kpi.code,
        unit=unit,
        day=day,
        text=text,
        rebases=rebases,
        leaves_out=leaves_out,
        measure=measure,
        by=by,
    )
    after = {"kpi": kpi.code, "day": day, "text": text, "rebases": rebases, "leaves_out": leaves_out}
    if measure is not None:
        after["measure"] = measure.number
    record(case_of(note), "chart.note", label=unit.name, by=by, unit=unit, after=after)
    return note


@transaction.atomic
def withdraw(note: Note, *, by: Person, reason: str) -> Note:
    """Take a note from its chart; it stays in the history. Raises NotAllowed, Invalid, Stale where it is gone already."""
    note = Note.objects.select_for_update(of=("self",)).select_related("unit").get(pk=note.pk)
    refuse_unless_keeper(by, note.unit)
    if note.withdrawn_at is not None:
        raise Stale(_("This note has been withdrawn already."))
    reason = reason.strip()
    if not reason:
        raise Invalid({"reason": _("Say why it is withdrawn.")})
    if len(reason) > REASON_LIMIT:
        raise Invalid({"reason": _("At most %(most)s characters.") % {"most": REASON_LIMIT}})
    note.withdrawn_at, note.withdrawn_by, note.withdrawn_reason = timezone.now(), by, reason
    note.save(update_fields=["withdrawn_at", "withdrawn_by", "withdrawn_reason"])
    record(
        case_of(note), "chart.withdraw_note", label=note.unit.name, by=by, unit=note.unit, reason=reason,
        before={"kpi": note.kpi, "day": note.day, "text": note.text},
    )  # fmt: skip
    return note


def case_of(note: Note) -> str:
    """The name of a chart in history: all its notes are one story."""
    return f"chart:{note.unit_id}:{note.kpi}"
