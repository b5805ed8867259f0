"""My unit's week, for everybody who works there: what was reported, what became of it, and what is mine.

Numbers of the unit only, never of a person; nothing here leads to a case that its reader may not see.
"""

import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass

from django.db.models import Count, Q, QuerySet
from django.http import Http404
from django.urls import reverse
from django.utils.http import urlencode
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from capa.models import Measure
from incidents.listing import UNSHOWN
from incidents.models import Incident
from incidents.stages import LOOP, Stage
from metrics import counted, reading
from metrics.access import sees
from metrics.definitions import Kpi
from metrics.periods import Grain, Period, today
from metrics.reading import Figure
from metrics.spc.chart import Data
from people.models import Person, Unit

from .saying import run_on
from .waiting import Waiting, waiting_for

#: So many of the reader's own reports are named, of the last so many weeks.
MOST_REPORTS, WEEKS = 5, 8
FIRST_YEAR = 1990
#: What is read of the totals of the week.
SERIES = (
    "complaints.received",
    "complaints.asked",
    "complaints.content",
    "answers.rated",
    "answers.satisfied",
)


@dataclass(frozen=True)
class Number:
    """A number of the unit in words, and where it leads for those who may see the cases."""

    count: int
    label: str
    url: str = ""


@dataclass(frozen=True)
class Week:
    unit: Unit
    period: Period
    sentence: str
    reported: list[Number]
    heard: list[Number]
    measures: list[Number]
    own_reports: list[Incident]
    waiting: list[Waiting]

    @property
    def earlier(self) -> Period:
        return self.period.shifted(-1)

    @property
    def later(self) -> Period | None:
        found = self.period.shifted(1)
        return found if found.first <= today() else None


def gathered(person: Person, query: Mapping[str, str]) -> Week:
    """The week of the address, or this one. Raises Http404 without a unit, or for a week that can't be."""
    unit = person.home_unit
    if unit is None:
        raise Http404
    period = _period(query.get("period", ""))
    reported = _reported(person, unit, period)
    return Week(
        unit=unit,
        period=period,
        sentence=_sentence(reported),
        reported=[number for number in reported if number.count or number is reported[0]],
        heard=_heard(unit, period),
        measures=_measures(person, unit),
        own_reports=list(_own_reports(person, period)),
        waiting=waiting_for(person),
    )


def _period(key: str) -> Period:
    if not key:
        return Period.containing(today(), Grain.WEEK)
    try:
        period = Period.parse(key)
    except (ValueError, OverflowError) as error:
        raise Http404 from error
    if period.grain != Grain.WEEK or period.first.year < FIRST_YEAR or period.first > today():
        raise Http404
    return period


def _reported(person: Person, unit: Unit, period: Period) -> list[Number]:
    """How many were reported in the week, and where these stand now; joined ones count once. One statement."""
    begins, ends = counted.window(period.first, period.last)
    work = [stage.value for stage in LOOP if stage != Stage.IDENTIFY]
    found = (
        Incident.objects.filter(
            unit__path__startswith=unit.path, reported_at__gte=begins, reported_at__lt=ends
        )
        .exclude(stage=Stage.MERGED)
        .order_by()
        .aggregate(
            all=Count("pk"),
            waiting=Count("pk", filter=Q(stage=Stage.IDENTIFY)),
            work=Count("pk", filter=Q(stage__in=work)),
            closed=Count("pk", filter=Q(stage=Stage.CLOSED)),
            dismissed=Count("pk", filter=Q(stage=Stage.DISMISSED)),
        )
    )
    may_open = sees(person, unit)

    def number(key: str, label: str, *stages: str) -> Number:
        return Number(found[key], label, _list_url(unit, period, stages) if may_open and found[key] else "")

    everything = [stage.value for stage in Stage if stage != Stage.MERGED]
    return [
        number("all", _("reported in this unit"), *everything),
        number("waiting", _("wait to be judged"), Stage.IDENTIFY.value),
        number("work", _("are being worked on"), *work),
        number("closed", _("are closed"), Stage.CLOSED.value),
        number("dismissed", _("turned out to be no incident"), Stage.DISMISSED.value),
    ]


def _list_url(unit: Unit, period: Period, stages: tuple[str, ...]) -> str:
    chosen = {
        "unit": unit.code, "reported_from": period.first.isoformat(), "reported_until": period.last.isoformat(),
        "stage": list(stages),
    }  # fmt: skip
    return f"{reverse('incident-list')}?{urlencode(chosen, doseq=True)}"


def _heard(unit: Unit, period: Period) -> list[Number]:
    """What customers said in the week: complaints, and thanks in words of the follow-up and of surveys."""
    kpis = {code: Kpi(code, "", "", "", code, data=Data.COUNT, scale=1) for code in SERIES}
    read = reading.read(kpis.values(), [unit], [period])
    counts = {code: _count(read[code, unit.pk][0]) for code in SERIES}
    content = _("customers content with our answer, of %(asked)s asked") % {
        "asked": counts["complaints.asked"]
    }
    satisfied = _("satisfied answers in surveys, of %(rated)s") % {"rated": counts["answers.rated"]}
    numbers = [
        Number(counts["complaints.received"], _("complaints received")),
        Number(counts["complaints.content"], content),
        Number(counts["answers.satisfied"], satisfied),
    ]
    wanted = (True, bool(counts["complaints.asked"]), bool(counts["answers.rated"]))
    return [number for number, is_shown in zip(numbers, wanted, strict=True) if is_shown]


def _count(of: Figure) -> int:
    return round(of.numerator or 0)


def _measures(person: Person, unit: Unit) -> list[Number]:
    """The unit's open measures: all, this week's, those that are late. One statement."""
    day = today()
    sunday = Period.containing(day, Grain.WEEK).last
    found = (
        Measure.objects.exclude(number=None)
        .unfinished()
        .filter(unit__path__startswith=unit.path)
        .order_by()
        .aggregate(
            all=Count("pk"),
            week=Count("pk", filter=Q(due_on__gte=day, due_on__lte=sunday)),
            late=Count("pk", filter=Q(due_on__lt=day)),
            own=Count("pk", filter=Q(owner=person)),
        )
    )
    return [
        Number(found["all"], _("open measures of this unit")),
        Number(found["week"], _("due by Sunday")),
        Number(found["late"], _("late")),
        Number(found["own"], _("of them yours"), reverse("measure-list") if found["own"] else ""),
    ]


def _own_reports(person: Person, period: Period) -> QuerySet[Incident]:
    """What became of the reader's own reports of the last weeks."""
    since, _until = counted.window(period.first - dt.timedelta(weeks=WEEKS - 1), period.last)
    rows = Incident.objects.visible_to(person).filter(reporter=person, reported_at__gte=since)
    return rows.select_related("unit").defer(*UNSHOWN).order_by("-reported_at", "-pk")[:MOST_REPORTS]


def _sentence(reported: list[Number]) -> str:
    """12 incidents were reported here this week; 3 wait to be judged. Thank you: …"""
    everything, waiting, _work, closed, _dismissed = (number.count for number in reported)
    if not everything:
        return _(
            "Nothing was reported here in this week. Whoever notices something: a report takes a minute."
        )
    parts = [
        ngettext(
            "%(count)s incident was reported here in this week.",
            "%(count)s incidents were reported here in this week.",
            everything,
        )
        % {"count": everything}
    ]
    if closed:
        parts.append(
            ngettext("%(count)s of them is closed already.", "%(count)s of them are closed already.", closed)
            % {"count": closed}
        )
    if waiting:
        parts.append(
            ngettext("%(count)s still waits to be judged.", "%(count)s still wait to be judged.", waiting)
            % {"count": waiting}
        )
    parts.append(_("Thank you: what is reported can be put right."))
    return run_on(parts)
