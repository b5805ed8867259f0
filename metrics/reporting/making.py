"""A monthly report from its draft to its signature.

The worker makes the draft, or a quality manager by hand; its words can be changed part by part, and it can be made
afresh when late figures have come in: what somebody wrote stays. A quality manager of the unit signs it. Who edited may
sign: the figures are nobody's, the words are those of whoever stands by them; a second pair of eyes has the company in
its readers.

After the signature nothing changes. What turns out to be wrong is put right in a corrected report: a new revision with
the same month, which says what it corrects, is signed and sent by itself, and leaves the first one readable beside it.
"""

from django.db import connection, transaction
from django.db.models import Max
from django.utils import timezone, translation
from django.utils.translation import gettext as _

from history.models import Signature
from history.signing import sign as put_name_to
from incidents.errors import Invalid, NotAllowed, Stale
from people.models import Person, Unit

from .. import access
from ..models import MonthlyReport
from ..periods import Grain, Period
from . import collecting, papers, readers, sentences
from .contents import put_on_record, signed_content

Status = MonthlyReport.Status
#: No part is longer; the report is to be read.
LONGEST = 4000
LANGUAGES = ("zh-hans", "zh-hant", "en")
#: For PostgreSQL's advisory lock. Any number that nobody else takes.
LOCK = 61_206


# The draft -----------------------------------------------------------------------------------------------------------
@transaction.atomic
def make(unit: Unit, month: Period, *, by: Person | None, language: str) -> MonthlyReport:
    """The draft of a month that is over, in a language; made afresh where there is one. `by` None: the worker.

    Raises NotAllowed, and Invalid for a month that isn't over or whose report is signed.
    """
    _require_keeper(by, unit)
    one_at_a_time(unit)
    if month.grain != Grain.MONTH or not month.is_over:
        raise Invalid({"month": _("A report is made of a month that is over.")})
    if language not in LANGUAGES:
        raise Invalid({"language": _("There is no report in this language.")})
    of_month = {"unit": unit, "month": month.first, "language": language}
    if not MonthlyReport.objects.filter(**of_month, status=Status.DRAFT).exists():
        if MonthlyReport.objects.filter(**of_month).exists():
            raise Invalid({"month": _("The report of this month is signed. Correct it from its page.")})
        return _begin(MonthlyReport(**of_month), by)
    return _afresh(_locked(MonthlyReport.objects.get(**of_month, status=Status.DRAFT)), by)


@transaction.atomic
def remake(report: MonthlyReport, *, by: Person, version: int) -> MonthlyReport:
    """Make a draft afresh from the figures as they are now. What was written by hand stays, beside what they say now."""
    return _afresh(_held(report, by, version), by)


def _begin(
    report: MonthlyReport, by: Person | None, words: dict[str, str | None] | None = None
) -> MonthlyReport:
    """The first version; `words` are those that somebody wrote in an earlier revision."""
    report.figures, made = _made(report)
    report.parts = [
        {"key": key, "made": text, "text": (words or {}).get(key), "before": None}
        for key, text in made.items()
    ]
    report.made_by, report.made_at = by, timezone.now()
    report.save(force_insert=True)
    about = {"language": report.language, "revision": report.revision}
    put_on_record(
        report,
        "report.correct" if words is not None else "report.make",
        by,
        reason=report.correction,
        after=about,
    )
    return report


def _afresh(row: MonthlyReport, by: Person | None) -> MonthlyReport:
    """`before` of a part is what the figures said when it was last made, where they say something else now."""
    row.figures, made = _made(row)
    old = {part["key"]: part for part in row.parts}
    changed = [key for key, text in made.items() if key in old and old[key]["made"] != text]
    row.parts = [
        {
            "key": key,
            "made": text,
            "text": old[key]["text"] if key in old else None,
            "before": old[key]["made"] if key in changed else None,
        }
        for key, text in made.items()
    ]
    row.made_by, row.made_at = by, timezone.now()
    row.version += 1
    row.save()
    put_on_record(row, "report.remake", by, after={"changed": len(changed)})
    return row


def _made(report: MonthlyReport) -> tuple[dict, dict[str, str]]:
    with translation.override(report.language):
        facts = collecting.collect(report.unit, report.period)
        return facts, sentences.made_of(report.unit, facts)


# Its words -----------------------------------------------------------------------------------------------------------
@transaction.atomic
def amend(report: MonthlyReport, key: str, text: str | None, *, by: Person, version: int) -> MonthlyReport:
    """Write a part in one's own words; None takes the sentences of the figures again, "" leaves the part out.

    Raises NotAllowed, Stale, Invalid.
    """
    row = _held(report, by, version)
    part = next((part for part in row.parts if part["key"] == key), None)
    if part is None:
        raise Invalid({"text": _("There is no such part.")})
    if text is not None:
        text = text.replace("\r\n", "\n").strip()
        if len(text) > LONGEST:
            raise Invalid({"text": _("No part is longer than %(n)s characters.") % {"n": LONGEST}})
        if text == part["made"]:
            text = None
    part["text"], part["before"] = text, None
    row.version += 1
    row.save(update_fields=["parts", "version"])
    put_on_record(
        row, "report.amend", by, after={"part": key, "text": part["made"] if text is None else text}
    )
    return row


# The signature -------------------------------------------------------------------------------------------------------
@transaction.atomic
def sign(
    report: MonthlyReport, *, by: Person, version: int, method: str = Signature.Method.SESSION
) -> MonthlyReport:
    """Stand by the report. From now on nothing in it changes; its paper is made, and its readers get it.

    Raises NotAllowed, Stale.
    """
    row = _held(report, by, version)
    row.status, row.signed_by, row.signed_at = Status.SIGNED, by, timezone.now()
    row.version += 1
    signature = put_name_to(
        row.case, Signature.Meaning.REPORT, of=row.case, content=signed_content(row), by=by, method=method
    )
    row.save()
    put_on_record(row, "report.sign", by, after={"signature": signature.pk, "digest": signature.digest})
    if papers.available():
        papers.ask_for_paper(row, by=by)
    else:
        readers.send(row)
    return row


@transaction.atomic
def correct(report: MonthlyReport, *, by: Person, reason: str) -> MonthlyReport:
    """Begin the corrected report of a signed one, made from today's figures with the words of the first.

    Raises NotAllowed, and Invalid without a reason, for a draft, or while a corrected one is being written.
    """
    row = _locked(report)
    _require_keeper(by, row.unit)
    reason = reason.strip()
    if not reason:
        raise Invalid({"reason": _("Say what is wrong in the signed report.")})
    if len(reason) > 500:
        raise Invalid({"reason": _("Say it in 500 characters.")})
    if not row.is_signed:
        raise Invalid({"reason": _("A draft is changed, not corrected.")})
    one_at_a_time(row.unit)
    all_of_month = MonthlyReport.objects.filter(unit=row.unit, month=row.month, language=row.language)
    if all_of_month.filter(status=Status.DRAFT).exists():
        raise Invalid({"reason": _("A corrected report is being written already.")})
    latest = all_of_month.aggregate(latest=Max("revision"))["latest"]
    if row.revision != latest:
        raise Invalid({"reason": _("This report was corrected already: correct the latest one.")})
    corrected = MonthlyReport(
        unit=row.unit, month=row.month, language=row.language, revision=latest + 1, correction=reason
    )
    return _begin(corrected, by, {part["key"]: part["text"] for part in row.parts})


# The ground under them -----------------------------------------------------------------------------------------------
def _require_keeper(by: Person | None, unit: Unit) -> None:
    if by is not None and not access.keeps(by, unit):
        raise NotAllowed(_("Reports are written by the quality managers of the unit."))


def one_at_a_time(unit: Unit) -> None:
    """Until the transaction ends nobody else begins a report of this unit."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(%s, %s)", [LOCK, unit.pk])


def _locked(report: MonthlyReport) -> MonthlyReport:
    return MonthlyReport.objects.select_for_update(of=("self",)).select_related("unit").get(pk=report.pk)


def _held(report: MonthlyReport, by: Person, version: int) -> MonthlyReport:
    """Lock the draft for writing on it, from the page as it is now."""
    row = _locked(report)
    _require_keeper(by, row.unit)
    if row.is_signed:
        raise Stale(_("The report is signed: nothing in it changes any more."))
    if row.version != version:
        raise Stale(_("Somebody changed this report since you opened it. Look at it again, then decide."))
    return row
