"""The series that can be entered: volumes, what the system counts itself (as counted elsewhere), and a company's own."""

from collections.abc import Iterable
from dataclasses import dataclass

from django.utils.functional import Promise
from django.utils.translation import gettext as _

from .definitions import COUNTED, VOLUMES
from .models import OwnSeries

#: Kept as histograms of durations, which nobody can add to by hand; and steps, which are counted only to be drawn.
_NOT_BY_HAND = ("incidents.response", "incidents.loop", "complaints.reply", "moves")


@dataclass(frozen=True)
class Series:
    """A series by its code, as it is offered. `company` is the pk of the company whose own it is, 0 of a common one."""

    code: str
    name: str | Promise
    measured_in: str | Promise = ""
    places: int = 0
    company: int = 0
    group: str = "volume"  # volume, own, counted
    short: str = ""  # the company's own code, by which files may name it

    def __str__(self):
        return str(self.name)


def _common() -> dict[str, Series]:
    found = {
        code: Series(code, volume.name, volume.measured_in, volume.places) for code, volume in VOLUMES.items()
    }
    return found | {
        code: Series(code, name, group="counted")
        for code, name in COUNTED.items()
        if code not in _NOT_BY_HAND and not code.startswith("stage.")
    }


COMMON = _common()


def series_of(companies: Iterable[int], *, retired: bool = False) -> dict[str, Series]:
    """Code -> every series that can be entered in these companies (by pk), the companies' own after the volumes."""
    own = OwnSeries.objects.filter(company__in=set(companies))
    if not retired:
        own = own.filter(retired=False)
    theirs = {
        row.key: Series(row.key, str(row), row.measured_in, row.places, row.company_id, "own", row.code)
        for row in own
    }
    volumes = {code: series for code, series in COMMON.items() if series.group == "volume"}
    return volumes | theirs | COMMON


def grouped(series: Iterable[Series]) -> list[tuple[str, list[tuple[str, str]]]]:
    """The series as choices under headings."""
    headings = {
        "volume": _("Volumes"),
        "own": _("Series of the company"),
        "counted": _("Counted by the system: what was counted elsewhere is added"),
    }
    kept = list(series)
    return [
        (heading, [(one.code, str(one)) for one in kept if one.group == group])
        for group, heading in headings.items()
        if any(one.group == group for one in kept)
    ]
