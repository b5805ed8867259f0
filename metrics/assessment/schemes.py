"""Setting how units or persons are assessed. A change makes a new version; cards keep the one they were made with."""

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal

from django.db import transaction
from django.db.models import QuerySet
from django.utils import timezone
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from history.recording import record
from incidents.errors import Invalid, NotAllowed, Stale
from metrics.definitions import HIGHER, LOWER, NEITHER, Kpi, kpi_of, kpis_of
from metrics.models import Scheme, SchemeLine, SchemeVersion
from metrics.periods import Grain, Period
from people.models import CASE_ROLES, Person, Unit

from .personal import PERSONAL, Personal
from .rules import may_set

MOST_LINES = 12
GRAINS = (Grain.MONTH, Grain.QUARTER, Grain.HALF, Grain.YEAR)
#: Counts of what people report. Points for few of them would be points for silence (000 §5).
REPORTS = ("incidents.reported", "incidents.substantiated")


@dataclass(frozen=True)
class Line:
    """What a line of a scheme says; see SchemeLine."""

    kpi: str
    weight: int
    full: Decimal | None = None
    none: Decimal | None = None


def schemes_for(person: Person) -> QuerySet[Scheme]:
    """The schemes of the units that the person oversees."""
    return Scheme.objects.filter(unit__in=person.units(*CASE_ROLES)).select_related("unit")


def refusal(kpi: Kpi) -> str | Promise | None:
    """Why an indicator may not be scored; None where it may."""
    if not kpi.may_be_scored or _rewards_silence(kpi):
        return _(
            "“%(name)s” can't be scored: points for few reports teach people not to report. Thank them for reports "
            "instead."
        ) % {"name": kpi.name}
    if kpi.direction == NEITHER:
        return _("“%(name)s” is only to be watched: neither more nor less of it is better.") % {
            "name": kpi.name
        }
    return None


def _rewards_silence(kpi: Kpi) -> bool:
    """Does it get better when fewer report? Directly, as one minus a share of them, or as something for every report."""
    better = -kpi.direction if kpi.is_complement else kpi.direction
    if kpi.numerator in REPORTS:
        return better == LOWER
    return kpi.denominator in REPORTS and better == HIGHER and not kpi.numerator.startswith("incidents.")


def offered(unit: Unit, assessed: str) -> dict[str, Kpi | Personal]:
    """The indicators that can stand in a scheme."""
    if assessed == Scheme.Assessed.PEOPLE:
        return dict(PERSONAL)
    return {code: kpi for code, kpi in kpis_of([unit]).items() if refusal(kpi) is None}


def indicator(code: str, unit: Unit) -> Kpi | Personal | None:
    """The indicator behind a line."""
    return PERSONAL.get(code) or kpi_of(code, unit)


@transaction.atomic
def set_scheme(
    *,
    by: Person,
    unit: Unit,
    name: str,
    assessed: str,
    grain: str,
    lines: Sequence[Line],
    level: int = 1,
    objection_days: int = 5,
    begins_on: dt.date | None = None,
) -> Scheme:
    """A new scheme of a unit. Weights of the lines that aren't a bonus add up to 100."""
    if not may_set(by, unit):
        raise NotAllowed(_("Only a quality manager of the unit sets how it is assessed."))
    if not name.strip():
        raise Invalid({"name": _("Give it a name.")})
    if grain not in GRAINS or assessed not in Scheme.Assessed.values:
        raise Invalid({"grain": _("Choose month, quarter, half-year or year.")})
    if not 1 <= objection_days <= 60:
        raise Invalid({"objection_days": _("Give between 1 and 60 working days.")})
    _refuse_bad(unit, assessed, lines)
    begins_on = begins_on or Period.containing(timezone.localdate(), grain).first
    scheme = Scheme.objects.create(
        unit=unit, name=name.strip(), assessed=assessed, level=level, grain=grain, begins_on=begins_on,
        objection_days=objection_days, set_by=by,
    )  # fmt: skip
    _add_version(scheme, 1, lines, by=by, reason="")
    record(
        scheme.case, "scheme.set", label=scheme.name, by=by, unit=unit,
        after={"name": scheme.name, "lines": _told(lines)},
    )  # fmt: skip
    return scheme


@transaction.atomic
def change_lines(
    scheme: Scheme, *, by: Person, version: int, lines: Sequence[Line], reason: str
) -> SchemeVersion:
    """Other indicators or weights from now on. Cards that were made keep what they were made with."""
    row = _hold(scheme, by=by, version=version)
    if not reason.strip():
        raise Invalid({"reason": _("Say why.")})
    _refuse_bad(row.unit, row.assessed, lines)
    before = current(row)
    made = _add_version(row, before.number + 1, lines, by=by, reason=reason.strip())
    row.version += 1
    row.save(update_fields=["version"])
    record(
        row.case, "scheme.change", label=row.name, by=by, unit=row.unit, reason=reason.strip(),
        before={"lines": _told(before.lines.all())}, after={"lines": _told(lines)},
    )  # fmt: skip
    return made


@transaction.atomic
def retire(scheme: Scheme, *, by: Person, version: int, reason: str) -> Scheme:
    """No more cards are made by it; those that are there go on."""
    row = _hold(scheme, by=by, version=version)
    if not reason.strip():
        raise Invalid({"reason": _("Say why.")})
    row.retired_at = timezone.now()
    row.version += 1
    row.save(update_fields=["retired_at", "version"])
    record(row.case, "scheme.retire", label=row.name, by=by, unit=row.unit, reason=reason.strip())
    return row


def current(scheme: Scheme) -> SchemeVersion:
    return scheme.versions.prefetch_related("lines").order_by("-number").first()


# The ground under them ------------------------------------------------------------------------------------------------
def _hold(scheme: Scheme, *, by: Person, version: int) -> Scheme:
    row = Scheme.objects.select_for_update(of=("self",)).select_related("unit").get(pk=scheme.pk)
    if not may_set(by, row.unit):
        raise NotAllowed(_("Only a quality manager of the unit sets how it is assessed."))
    if row.retired_at:
        raise Stale(_("This scheme isn't used any more."))
    if row.version != version:
        raise Stale(_("Somebody changed this scheme since you opened it. Look at it again, then decide."))
    return row


def _add_version(
    scheme: Scheme, number: int, lines: Sequence[Line], *, by: Person, reason: str
) -> SchemeVersion:
    made = SchemeVersion.objects.create(scheme=scheme, number=number, set_by=by, reason=reason)
    SchemeLine.objects.bulk_create(
        SchemeLine(
            of=made, position=place, kpi=line.kpi, weight=line.weight, full=line.full, none=line.none,
            is_bonus=line.kpi in PERSONAL and PERSONAL[line.kpi].is_bonus,
        )
        for place, line in enumerate(lines, start=1)
    )  # fmt: skip
    return made


def _refuse_bad(unit: Unit, assessed: str, lines: Sequence[Line]) -> None:
    if not lines:
        raise Invalid({"lines": _("Choose at least one indicator.")})
    if len(lines) > MOST_LINES:
        raise Invalid({"lines": _("At most %(n)s lines: a long list steers nobody.") % {"n": MOST_LINES}})
    if len({line.kpi for line in lines}) < len(lines):
        raise Invalid({"lines": _("An indicator stands there twice.")})
    base = 0
    for line in lines:
        found = PERSONAL.get(line.kpi) if assessed == Scheme.Assessed.PEOPLE else kpi_of(line.kpi, unit)
        if found is None:
            raise Invalid({"lines": _("Choose indicators from the list.")})
        _refuse_bad_line(found, line)
        base += 0 if isinstance(found, Personal) and found.is_bonus else line.weight
    if base != 100:
        raise Invalid({"lines": _("The weights add up to %(sum)s. They have to be 100.") % {"sum": base}})


def _refuse_bad_line(found: Kpi | Personal, line: Line) -> None:
    if not 1 <= line.weight <= 100:
        raise Invalid({"lines": _("Give each line a weight between 1 and 100.")})
    if isinstance(found, Kpi) and (why := refusal(found)):
        raise Invalid({"lines": why})
    if (line.full is None) != (line.none is None):
        raise Invalid({"lines": _("“%(name)s” needs both ends, or neither.") % {"name": found}})
    if line.full is None:
        if isinstance(found, Personal):
            raise Invalid({"lines": _("“%(name)s” needs both ends.") % {"name": found}})
        return
    if line.full == line.none or (line.full > line.none) != (found.direction > 0):
        words = (
            _("All points lie above no points.")
            if found.direction > 0
            else _("All points lie below no points.")
        )
        raise Invalid({"lines": _("“%(name)s”: %(why)s") % {"name": found, "why": words}})
    if isinstance(found, Personal) and found.is_bonus and line.none < 0:
        raise Invalid({"lines": _("A bonus begins at 0.")})


def _told(lines) -> list[str]:
    """For history: the code and the weight of each line."""
    return [f"{line.kpi} {line.weight}" for line in lines]
