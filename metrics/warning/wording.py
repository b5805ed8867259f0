"""How early warnings are told in their history, how they stand in My work, in reminders and beside an incident."""

from django.db.models import Exists, OuterRef
from django.urls import reverse
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from history.timeline import describe, name_field
from incidents.asides import beside
from incidents.models import Incident
from incidents.otherwork import OtherWork, show_by
from metrics.definitions import KPIS, kpis_of
from metrics.models import OwnKpi, Signal
from people.models import Person
from reminders.models import Deadline
from reminders.notices import name_what
from reminders.policies import rule_kind
from reminders.subjects import locate_by

from . import succession  # noqa: F401 - what passes on with somebody's work
from .permissions import visible_to
from .saying import LIMITS
from .watching import KIND, LIMIT


def _kpi_name(code: str) -> str:
    if code in KPIS:
        return str(KPIS[code])
    key = code.removeprefix("own-")
    return str((key.isdigit() and OwnKpi.objects.filter(pk=key).first()) or code)


def _rounded(value: float) -> str:
    return f"{value:,.2f}"


_WHO = ("owner", "status")
describe(
    "signal.open", _("noticed in %(period)s: %(kpi)s at %(value)s, usually about %(centre)s"), icon="activity",
    kpi=_kpi_name, value=_rounded, centre=_rounded,
)  # fmt: skip
describe(
    "signal.grow", _("noticed it again in %(period)s: %(kpi)s at %(value)s"), icon="activity",
    kpi=_kpi_name, value=_rounded,
)  # fmt: skip
describe("signal.take", _("looks into it"), shows=_WHO)
describe("signal.hand_over", _("handed it over to %(owner)s"), shows=_WHO)
describe("signal.annotate", _("wrote down what was found so far"), said="annotation")
describe("signal.raise_incident", _("raised an incident from it"), shows=("incident",))
describe(
    "signal.close", _("closed it: %(finding)s. Limits of the chart: %(limits)s"), said="text",
    finding=lambda value: Signal.Finding(value).label, limits=lambda value: LIMITS[value],
)  # fmt: skip
describe("incident.from_warning", _("raised it from the early warning %(warning)s"))
describe("watch.on", _("switched early warning on: %(kpi)s"), kpi=_kpi_name)
describe("watch.off", _("switched early warning off: %(kpi)s"), kpi=_kpi_name)

name_field("annotation", pgettext_lazy("field", "what was found so far"))

#: What is to be done, and how long it may take.
name_what(KIND, _("Find out what is behind an early warning"))
rule_kind(KIND, _("Find out what is behind an early warning"), lambda severity: LIMIT)
for _kpi in KPIS.values():
    name_what(f"kpi.{_kpi.code}", _kpi.name)


@locate_by(KIND)
def addresses(keys: set[int]) -> dict[int, str]:
    return {pk: reverse("warning", args=[pk]) for pk in keys}


@show_by(KIND)
def warnings(person: Person, deadlines: list[Deadline]) -> dict[int, OtherWork]:
    """The warnings of these deadlines as far as the person sees them: three statements at most."""
    keys = {deadline.pk: int(deadline.subject.partition(":")[2]) for deadline in deadlines}
    rows = visible_to(person).defer("evidence").in_bulk(set(keys.values()))
    kpis = kpis_of({row.unit for row in rows.values()}) if rows else {}
    sort, button = pgettext_lazy("my work", "Early warning"), pgettext_lazy("button", "Look into it")
    return {
        pk: OtherWork(
            sort, found.number, str(kpis.get(found.kpi, found.kpi)), str(found.unit), found.get_absolute_url(),
            button=button,
        )
        for pk, key in keys.items()
        if (found := rows.get(key))
    }  # fmt: skip


@beside("metrics/signals/_of_incident.html", there_are=Exists(Signal.objects.filter(incident=OuterRef("pk"))))
def of_incident(incident: Incident, person: Person) -> dict | None:
    """The early warnings that it was raised from, as far as this person sees them."""
    rows = list(visible_to(person).filter(incident=incident).order_by("pk"))
    kpis = kpis_of({row.unit for row in rows}) if rows else {}
    known = [(row, kpis[row.kpi]) for row in rows if row.kpi in kpis]
    return {"warnings": known} if known else None
