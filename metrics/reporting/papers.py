"""The report on paper: as a page to be printed from the browser, and as PDF, printed by the worker's Chromium.

The PDF of a signed report is made once and kept with its SHA-256; that of a draft is marked as one and is kept by its
job only. A page of figures is printed by the same way (see `pages`).
"""

import functools
import hashlib
import re
import uuid

from django.conf import settings
from django.core.files.base import ContentFile
from django.db import transaction
from django.template.loader import render_to_string
from django.utils import timezone, translation
from django.utils.safestring import SafeString, mark_safe
from django.utils.translation import gettext as _

from capa.papers.printing import NoChromium, available, print_to_pdf
from capa.papers.rendering import LANGUAGES, sheet_margins, stylesheet
from incidents.jobs import JobFailed, Work, enqueue
from incidents.models import Job
from people.models import Person

from ..drawing.control import control_chart
from ..models import MonthlyReport
from . import contents, pages, readers

__all__ = [
    "available",
    "ask_for_page",
    "ask_for_paper",
    "bundled",
    "context_of",
    "make",
    "margins",
    "whole_file",
]

#: Reading, printing, keeping.
STEPS = 3
_IMPORT = re.compile(r'@import url\("([a-z-]+\.css)"\)(?: layer\(([a-z]+)\))?;')


# Asking for it -------------------------------------------------------------------------------------------------------
def ask_for_paper(report: MonthlyReport, *, by: Person) -> Job:
    """Let the worker print the report. While it is being printed for the same person, that is the job."""
    return _ask({"report": report.pk, "version": report.version}, file_name(report), by)


def ask_for_page(address: str, *, by: Person) -> Job:
    """Let the worker print a page of figures, in the language and theme of whoever asks.

    Raises Invalid for an address that isn't a page of figures.
    """
    pages.view_of(address)
    return _ask({"page": address}, pages.file_name(address), by)


@transaction.atomic
def _ask(options: dict, name: str, by: Person) -> Job:
    if not available():
        raise NoChromium()
    waiting = Job.objects.filter(
        owner=by, kind=Job.Kind.REPORT, status__in=Job.UNFINISHED, options=options, cancel_requested=False
    ).first()
    return waiting or enqueue(Job.Kind.REPORT, owner=by, name=name, options=options)


def file_name(report: MonthlyReport) -> str:
    """ER-E-2026-10-2.pdf: unit, month, and the revision of a corrected one."""
    revision = f"-{report.revision}" if report.revision > 1 else ""
    draft = "" if report.is_signed else "-draft"
    return f"{report.unit.code}-{report.period.key}{revision}{draft}.pdf"


# Making it -----------------------------------------------------------------------------------------------------------
def make(work: Work) -> None:
    """Print what was asked for. What its owner may see is asked now, not when they asked for it."""
    work.progress(0, STEPS, now=True)
    report = None
    if address := work.options.get("page"):
        html = pages.whole_file(address, work.by)
    else:
        report = (
            contents.visible_to(work.by)
            .select_related("unit", "signed_by")
            .filter(pk=work.options["report"])
            .first()
        )
        if report is None:
            raise JobFailed(_("You may no longer see this report."))
        html = whole_file(report, work.by)
    work.progress(1, STEPS, now=True)
    content = print_to_pdf(html, look_up=lambda: work.progress(1, STEPS))
    work.progress(2, STEPS, now=True)
    with work.batch(upto=STEPS):
        work.summary["bytes"] = len(content)
        work.job.result_file.save(work.job.name, ContentFile(content), save=False)
        if report is None:
            pages.put_on_record(address, work.by)
        elif report.is_signed:
            keep(report, content)
        else:
            contents.put_on_record(report, "report.print", work.by)


def keep(report: MonthlyReport, content: bytes) -> None:
    """The paper of a signed report is kept once, and then its readers are told."""
    row = MonthlyReport.objects.select_for_update(of=("self",)).select_related("unit").get(pk=report.pk)
    if not row.sha256:
        row.file.save(f"{uuid.uuid4().hex}.pdf", ContentFile(content), save=False)
        row.sha256 = hashlib.sha256(content).hexdigest()
        row.save(update_fields=["file", "sha256"])
        contents.put_on_record(
            row, "report.keep_paper", None, after={"sha256": row.sha256, "bytes": len(content)}
        )
    readers.send(row)


# What it looks like --------------------------------------------------------------------------------------------------
def context_of(report: MonthlyReport) -> dict:
    """What the paper shows: every passage that isn't empty, with its chart."""
    return {
        "report": report,
        "html_lang": LANGUAGES[report.language],
        "passages": [
            {"passage": passage, "chart": drawn(passage)}
            for passage in contents.passages(report)
            if passage.text or passage.indicator
        ],
        "address": settings.BASE_URL + report.get_absolute_url(),
        "digest": contents.signed_content(report)["figures"],
    }


def drawn(passage: contents.Passage, *, narrow: bool = False) -> SafeString | str:
    """The chart of an indicator, empty where there is none."""
    one = passage.indicator
    if one is None or not one.chart.points:
        return ""
    return control_chart(
        one.chart,
        title=str(one.kpi),
        key=f"{one.kpi.code}{'-s' if narrow else ''}",
        unit=str(one.kpi.measured_in),
        places=one.kpi.places,
        marks=[(note.day, note.text) for note in one.notes],
        narrow=narrow,
    )


def margins(report: MonthlyReport, person: Person) -> str:
    """The margins of every sheet: which report, whether a draft, page of pages, printed when and by whom."""
    about = f"{_('Report of service quality')} · {report.unit.name} · {report.period.label}"
    if not report.is_signed:
        about += f" · {report.get_status_display()}"
    return sheet_margins(about, person, now=timezone.now())


def whole_file(report: MonthlyReport, person: Person) -> str:
    """The report as one HTML file in its own language: styles inside, nothing to fetch, nothing to run."""
    with translation.override(report.language):
        styles = f"{bundled('css/report-paper.css')}\n{margins(report, person)}"
        # Our own rules; what comes from the report stands in them as CSS strings, which nothing in it can end.
        return render_to_string(
            "metrics/reports/file.html", {**context_of(report), "styles": mark_safe(styles)}
        )


@functools.cache
def bundled(name: str) -> str:
    """A stylesheet with what it imports put in its place."""

    def put_in(found: re.Match) -> str:
        imported, layer = stylesheet(f"css/{found[1]}"), found[2]
        return f"@layer {layer} {{\n{imported}\n}}" if layer else imported

    return _IMPORT.sub(put_in, stylesheet(name))
