"""The list behind a figure: what exactly was counted, one line for each count, with the case that it belongs to.

The same declaration (`metrics.counted`) makes figures and lists, so that a list is as long as its figure says. What was
entered from elsewhere has no cases here; it is told beside the list.
"""

import base64
import binascii
import datetime as dt
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from django.db.models import F, Model, QuerySet, Sum
from django.urls import reverse
from django.utils.functional import cached_property
from django.utils.http import urlencode
from django.utils.timezone import get_current_timezone_name
from django.utils.translation import gettext as _
from django.utils.translation import pgettext

from complaints.models import Category, Complaint, Response
from complaints.states import Channel as ComplaintChannel
from incidents.models import Incident, IncidentType
from incidents.stages import Channel, Stage
from people.models import Person, Unit

from . import counted, reading
from .access import unit_named
from .case_words import Line, line_of
from .definitions import series_name
from .models import Volume
from .periods import Grain, Period, zone_name

PAGE = 50
#: Counted up to so many, then it is "more than".
MOST_COUNTED = 10_000
#: So many sources of what was entered are named.
MOST_SOURCES = 4
#: Of how many parts a figure is usually entered.
MOST_PARTS = 12
#: No list goes further back, or further than this.
EARLIEST, LATEST = dt.date(1990, 1, 1), dt.date(2200, 12, 31)


class Wrong(ValueError):
    """The address asks for something that isn't there, or not for this person."""


@dataclass(frozen=True)
class Asked:
    """What an address asks for: ?series=stages.due&unit=ER-E&from=2026-10-01&until=2026-10-31&kind=plan"""

    series: str
    unit: Unit
    first: dt.date
    last: dt.date
    channel: str = ""
    kind: str = ""

    @classmethod
    def read(cls, person: Person, query: Mapping[str, str]) -> "Asked":
        """Raises Wrong, also for a unit whose figures the person doesn't see."""
        series = query.get("series", "")
        if not counted.is_counted(series):
            raise Wrong(series)
        unit = unit_named(person, query.get("unit", ""))
        first, last = _day(query.get("from", "")), _day(query.get("until", ""))
        channel, kind = query.get("channel", "")[:20], query.get("kind", "")[:60]
        if unit is None or not EARLIEST <= first <= last <= LATEST or "\x00" in channel + kind:
            raise Wrong(query.get("unit", ""))
        return cls(series, unit, first, last, channel, kind)

    @property
    def tally(self):
        return counted.of(self.series)

    @property
    def sums(self) -> bool:
        """Is the figure a sum of amounts rather than a number of cases?"""
        return self.tally.amount is not None

    # The rows -------------------------------------------------------------------------------------------------------
    def all_rows(self) -> QuerySet:
        """Everything that the figure counts."""
        found = counted.rows(
            self.series, self.unit, self.first, self.last, channel=self.channel, kind=self.kind
        )
        case = self.tally.case
        return found.annotate(
            counted_at=F(self.tally.moment), case_pk=F(case) if isinstance(case, str) else case
        )

    def rows(self, person: Person) -> QuerySet:
        """Of it what this person may see. Answers to surveys are seen with the unit, and name nobody."""
        cases = self.tally.cases
        if cases is Response:
            return self.all_rows()
        return self.all_rows().filter(case_pk__in=cases.objects.visible_to(person).order_by().values("pk"))

    # In words -------------------------------------------------------------------------------------------------------
    @cached_property
    def period(self) -> Period | None:
        """The month, quarter … that is asked for, if it is exactly one."""
        for grain in (Grain.DAY, Grain.WEEK, Grain.MONTH, Grain.QUARTER, Grain.HALF, Grain.YEAR):
            period = Period.containing(self.first, grain)
            if (period.first, period.last) == (self.first, self.last):
                return period
        return None

    @property
    def when(self) -> str:
        if self.period:
            return self.period.label
        return _("%(first)s to %(last)s") % {"first": self.first.isoformat(), "last": self.last.isoformat()}

    @property
    def name(self) -> str:
        name = str(series_name(self.series))
        return name[:1].upper() + name[1:]

    @cached_property
    def limits(self) -> list[tuple[str, str]]:
        """By what the figure is told apart: (word, value)."""
        found = []
        if self.channel:
            choices = {
                **dict(Channel.choices),
                **dict(ComplaintChannel.choices),
                **dict(Response.Channel.choices),
            }
            found.append((_("Channel"), str(choices.get(self.channel, self.channel))))
        if self.kind:
            found.append(self._kind_in_words())
        return found

    def _kind_in_words(self) -> tuple[str, str]:
        start, sign, end = self.kind.partition(">")
        if sign:
            names = dict(Stage.choices)
            return _("Step"), f"{names.get(start, start)} → {names.get(end, end)}"
        if self.tally.source == "deadlines":
            return _("Stage"), str(dict(Stage.choices).get(self.kind, self.kind))
        if self.tally.cases is Complaint:
            return _("Category"), str(Category.objects.filter(code=self.kind).first() or self.kind)
        return _("Type"), str(IncidentType.objects.filter(code=self.kind).first() or self.kind)

    # Elsewhere ------------------------------------------------------------------------------------------------------
    def _volumes(self) -> QuerySet[Volume]:
        """What was entered in this time. It has no channel; its parts stand beside the kinds."""
        parts = reading.PARTS[self.period.grain] if self.period else (Grain.MONTH,)
        rows = Volume.objects.current().filter(
            series=self.series, unit__path__startswith=self.unit.path, value__gt=0, grain__in={Grain.DAY, *parts},
            begins_on__gte=self.first, begins_on__lte=self.last,
        )  # fmt: skip
        return rows.filter(part=self.kind) if self.kind else rows

    def entered(self) -> float:
        """How much of the figure was entered and so has no cases here."""
        if self.channel:
            return 0.0
        sums = self._volumes().order_by().values_list("grain", "begins_on").annotate(total=Sum("value"))
        return float(sum(total for grain, day, total in sums if Period(day, grain).last <= self.last))

    def sources(self) -> list[Volume]:
        """Who entered it from where, the latest first; what was entered at once in parts is said once."""
        rows = self._volumes().select_related("entered_by", "unit").order_by("-entered_at", "-pk")
        latest: dict[tuple, Volume] = {}
        for row in rows[: MOST_SOURCES * MOST_PARTS]:
            latest.setdefault((row.unit_id, row.entered_by_id, row.source), row)
        return list(latest.values())[:MOST_SOURCES]

    def list_url(self) -> str:
        """The list of incidents with the same filter, where it can say the same."""
        stages = {
            "incidents.reported": [stage.value for stage in Stage if stage != Stage.MERGED],
            "incidents.substantiated": [
                stage.value for stage in Stage if stage not in (Stage.MERGED, Stage.IDENTIFY, Stage.DISMISSED)
            ],
            "incidents.closed": [Stage.CLOSED.value],
        }.get(self.series)
        if stages is None or get_current_timezone_name() != zone_name():
            return ""
        if self.kind and IncidentType.objects.filter(parent__code=self.kind).exists():
            return ""  # the list would show the types below it as well
        chosen: dict[str, Any] = {
            "unit": self.unit.code,
            "reported_from": self.first.isoformat(),
            "reported_until": self.last.isoformat(),
            "stage": stages,
        }
        chosen |= {"channel": self.channel} if self.channel else {}
        chosen |= {"type": self.kind} if self.kind else {}
        return f"{reverse('incident-list')}?{urlencode(chosen, doseq=True)}"


def _day(text: str) -> dt.date:
    try:
        return dt.date.fromisoformat(text)
    except ValueError as error:
        raise Wrong(text) from error


# A page of it --------------------------------------------------------------------------------------------------------
@dataclass(frozen=True)
class Page:
    lines: list[Line]
    newer: str = ""
    older: str = ""


def page_of(asked: Asked, person: Person, *, after: str = "", before: str = "", size: int = PAGE) -> Page:
    """The latest first, a page behind a cursor. Two statements more than there are kinds of things to name."""
    backwards = bool(before)
    found = asked.rows(person)
    place = _place(before or after)
    if place and isinstance(place[0], dt.datetime) == asked.tally.by_day:
        place = None  # a day where moments stand, or a moment among days: of another list
    if place:
        moment, pk = place
        side = "gt" if backwards else "lt"
        beyond = found.filter(**{f"counted_at__{side}": moment}) | found.filter(
            counted_at=moment, **{f"pk__{side}": pk}
        )
        found = beyond
    order = ("counted_at", "pk") if backwards else ("-counted_at", "-pk")
    rows = list(found.order_by(*order)[: size + 1])
    more, rows = len(rows) > size, rows[:size]
    if backwards:
        rows.reverse()
    if not rows:
        return Page([])
    has_newer = more if backwards else bool(place)
    has_older = True if backwards and place else more
    return Page(
        lines_of(asked, rows, person),
        newer=_cursor(rows[0]) if has_newer else "",
        older=_cursor(rows[-1]) if has_older else "",
    )


def lines_of(asked: Asked, rows: Sequence[Model], person: Person) -> list[Line]:
    """These rows with their cases; what isn't the person's to see is left out."""
    cases = _cases(asked, {row.case_pk for row in rows}, person)
    return [line_of(row, cases[row.case_pk], asked.tally, person) for row in rows if row.case_pk in cases]


def _cases(asked: Asked, keys: set[int], person: Person) -> dict[int, Any]:
    cases = asked.tally.cases
    if cases is Response:
        found = Response.objects.select_related("unit", "version__survey").defer("comment", "scores")
    elif cases is Complaint:
        found = Complaint.objects.visible_to(person).select_related("unit", "contact")
        found = found.defer("search", "finding", "wish", "text")
    elif cases is Incident:
        found = (
            Incident.objects.visible_to(person)
            .select_related("unit")
            .defer("search", "readers", "description")
        )
    else:
        found = cases.objects.visible_to(person).select_related("unit", "incident__unit", "owner")
    return found.in_bulk(keys)


def _cursor(row: Model) -> str:
    return base64.urlsafe_b64encode(f"{row.counted_at.isoformat()} {row.pk}".encode()).decode().rstrip("=")


def _place(cursor: str) -> tuple[dt.date | dt.datetime, int] | None:
    """The place that a cursor names; one that can't be read is the beginning."""
    try:
        text = base64.b64decode(
            cursor[:200] + "=" * (-len(cursor) % 4), altchars=b"-_", validate=True
        ).decode("ascii")
        moment, _space, pk = text.partition(" ")
        if "T" in moment:
            found = dt.datetime.fromisoformat(moment)
            return None if found.tzinfo is None else (found, int(pk))
        return (dt.date.fromisoformat(moment), int(pk)) if text else None
    except (ValueError, OverflowError, binascii.Error):
        return None


def how_many(found: QuerySet) -> int:
    """Up to MOST_COUNTED + 1."""
    return found.order_by().values("pk")[: MOST_COUNTED + 1].count()


def of_what(asked: Asked) -> str:
    """How the lines of a list are called, by what they are about."""
    return {
        Complaint: pgettext("counted", "complaints"),
        Incident: pgettext("counted", "incidents"),
        Response: pgettext("counted", "answers"),
    }.get(asked.tally.cases, pgettext("counted", "measures"))
