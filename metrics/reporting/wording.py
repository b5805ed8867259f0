"""How acts on monthly reports are told in the audit trail, and where a report can be looked at."""

from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from history.timeline import describe
from reminders.subjects import locate_by

from .sentences import title_of

LANGUAGES = {"zh-hans": "简体中文", "zh-hant": "繁體中文", "en": "English"}


def _language(code: str) -> str:
    return LANGUAGES.get(code, code)


describe(
    "report.make", _("made the draft of the monthly report (%(language)s)"), icon="file-chart-column", language=_language
)  # fmt: skip
describe(
    "report.remake", _("made the report afresh: %(changed)s parts say something else"), icon="file-chart-column"
)  # fmt: skip
describe("report.amend", _("rewrote a part of the report: %(part)s"), said="text", part=title_of)
describe("report.sign", _("signed the report"))
describe("report.correct", _("began the corrected report, revision %(revision)s"), language=_language)
describe("report.keep_paper", _("kept the report as PDF, SHA-256 %(sha256)s"), icon="file-check")
describe("report.print", _("took a draft away as PDF"), icon="file-down")
describe("report.send", _("sent the report to %(readers)s readers"), icon="send")
describe("unit.add_report_reader", _("named %(reader)s as a reader of the monthly report"), icon="user-plus")
describe(
    "unit.remove_report_reader", _("no longer sends the monthly report to %(reader)s"), icon="user-minus"
)
describe("figures.print", _("took a page of figures away as PDF: %(page)s"), icon="file-down")


@locate_by("report")
def _addresses(keys: set[int]) -> dict[int, str]:
    return {key: reverse("report-page", args=[key]) for key in keys}
