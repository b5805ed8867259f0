"""What a report consists of, what it is called, and who may read it."""

import hashlib
from dataclasses import dataclass

from django.db.models import QuerySet

from history.recording import record
from history.signing import canonical
from people.models import Person

from .. import access
from ..models import MonthlyReport
from . import collecting, sentences
from .collecting import Indicator

Status = MonthlyReport.Status


def visible_to(person: Person) -> QuerySet[MonthlyReport]:
    """The reports of the units whose figures this person sees; drafts only where they keep the figures."""
    signed = MonthlyReport.objects.filter(unit__in=access.units_of(person), status=Status.SIGNED)
    drafts = MonthlyReport.objects.filter(unit__in=access.kept_units(person), status=Status.DRAFT)
    return signed | drafts


def words_of(part: dict) -> str:
    """What stands in the report: as somebody wrote it, else as the figures say it."""
    return part["made"] if part["text"] is None else part["text"]


@dataclass(frozen=True)
class Passage:
    """A part of a report with what belongs to it: the chart of an indicator."""

    key: str
    title: str
    text: str
    part: dict
    place: int
    indicator: Indicator | None = None

    @property
    def is_edited(self) -> bool:
        return self.part["text"] is not None


def passages(report: MonthlyReport) -> list[Passage]:
    """The parts in their order; the charts are drawn up again from the figures that were kept."""
    charts = {one.kpi.code: one for one in collecting.indicators(report.unit, report.figures)}
    return [
        Passage(
            part["key"], sentences.title_of(part["key"]), words_of(part), part, place,
            charts.get(part["key"].removeprefix("kpi:")),
        )
        for place, part in enumerate(report.parts)
    ]  # fmt: skip


def signed_content(report: MonthlyReport) -> dict:
    """Everything that the signature is under: every word, and a digest of the figures behind them."""
    return {
        "unit": report.unit.code,
        "month": report.period.key,
        "language": report.language,
        "revision": report.revision,
        "correction": report.correction,
        "parts": [{"key": part["key"], "text": words_of(part)} for part in report.parts],
        "figures": hashlib.sha256(canonical(report.figures).encode()).hexdigest(),
    }


def label_of(report: MonthlyReport) -> str:
    """As history and reminders call it: East Division 2026-10."""
    return f"{report.unit.name[:100]} {report.period.key}"


def put_on_record(
    report: MonthlyReport, act: str, by: Person | None, *, reason: str = "", after: dict | None = None
) -> None:
    record(report.case, act, label=label_of(report), by=by, unit=report.unit, reason=reason, after=after)
