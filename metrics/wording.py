"""How acts on figures are told in the audit trail, and what the reminders call what is due with them."""

from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from history.timeline import describe, name_field

from .assessment import wording as _assessment  # noqa: F401 - scorecards, too
from .definitions import KPIS, series_name
from .models import OwnKpi
from .reporting import wording as _reports  # noqa: F401 - monthly reports, too
from .suggestions import wording as _suggestions  # noqa: F401 - suggestions and thanks, too
from .warning import wording as _warnings  # noqa: F401 - early warnings say their own


def _series_names(codes: list[str]) -> str:
    return ", ".join(str(series_name(code)) for code in codes[:SERIES_NAMED]) + (
        "…" if len(codes) > SERIES_NAMED else ""
    )


def _kpi_name(code: str) -> str:
    if code in KPIS:
        return str(KPIS[code])
    own = OwnKpi.objects.filter(pk=code.removeprefix("own-")).first() if code[4:].isdigit() else None
    return str(own or code)


#: As many series of a batch are named.
SERIES_NAMED = 3

# Volumes, targets, series and indicators of one's own: metrics/volumes.py, targets.py, own.py
describe(
    "volumes.enter",
    _(
        "entered figures of %(series)s, %(first)s to %(last)s: %(new)s new, %(revised)s revised, %(taken_back)s taken back"
    ),
    series=_series_names,
)
describe(
    "volumes.import",
    _(
        "imported figures of %(series)s from %(file)s, %(first)s to %(last)s: %(new)s new, %(revised)s revised, "
        "%(taken_back)s taken back"
    ),
    series=_series_names,
)
_TARGET_SHOWS = ("target", "threshold", "answerable")
describe("target.set", _("set the target of %(kpi)s for %(year)s"), shows=_TARGET_SHOWS, kpi=_kpi_name)
describe("target.drop", _("took back the target of %(kpi)s for %(year)s"), shows=_TARGET_SHOWS, kpi=_kpi_name)
name_field("answerable", pgettext_lazy("field", "owner"))
name_field("threshold", pgettext_lazy("field", "acceptable up to"))
describe("series.define", _("defined a series of figures: %(name)s"))
describe("series.change", _("changed a series of figures"), shows=("name", "retired"))
describe("kpi.define", _("defined an indicator: %(name)s"))
describe(
    "kpi.change", _("changed an indicator"), shows=("name", "numerator", "denominator", "scale", "retired")
)
for _name, _label in (
    ("numerator", pgettext_lazy("field", "numerator")), ("denominator", pgettext_lazy("field", "denominator")),
    ("scale", pgettext_lazy("field", "times")), ("retired", pgettext_lazy("field", "no longer shown")),
):  # fmt: skip
    name_field(_name, _label, series_name if _name in ("numerator", "denominator") else None)

# Charts: metrics/notes.py
describe("chart.note", _("wrote on the chart of %(kpi)s: %(text)s"), shows=("day", "measure"), kpi=_kpi_name)
describe("chart.withdraw_note", _("took a note from the chart of %(kpi)s: %(text)s"), kpi=_kpi_name)

# The lists behind figures: metrics/case_export.py
describe("figures.export", _("exported the cases behind a figure: %(rows)s rows"), icon="download")
