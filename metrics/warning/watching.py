"""The worker's look at every watched indicator, once a night: what changed is opened as an early warning, once."""

import datetime as dt
import logging
from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from itertools import groupby

from django.db import IntegrityError, transaction
from django.db.models import Q
from django.utils import timezone

from history.recording import record
from metrics import reading
from metrics.definitions import KPIS, Kpi
from metrics.models import Note, Signal
from metrics.periods import Grain, Period, zone
from metrics.spc.chart import Rule
from metrics.targets import value_of
from people.models import Unit
from reminders.deadlines import open_deadline
from reminders.notices import notify
from reminders.policies import Limit, asking_once, ground_of

from . import evidence
from .judging import Finding, judge, series_of
from .pairs import Pair, watched

logger = logging.getLogger(__name__)

#: How many periods are read, by grain: what limits rest on.
WINDOW = {Grain.DAY: 120, Grain.WEEK: 104, Grain.MONTH: 60, Grain.QUARTER: 40, Grain.HALF: 30, Grain.YEAR: 25}
#: How many of the latest are judged: figures come late, or are corrected.
LOOKED_BACK = {Grain.DAY: 7, Grain.WEEK: 4, Grain.MONTH: 3}
#: How many units are read in one statement.
BATCH = 100
#: Time to find out what happened, unless a unit has set another limit.
LIMIT = Limit(5)
#: The kind of its deadline and of its limits.
KIND = "signal"


def look(now: dt.datetime | None = None, units: Iterable[Unit] | None = None) -> int:
    """Judge what is watched (in these units only, if given) and open what is to be told. Gives how many were opened.

    Each pair costs the same whatever the archive holds; a run that is repeated, or that runs twice at once, opens
    nothing twice. `now` is when it happens: the demo tells a past.
    """
    now = now or timezone.now()
    with asking_once():
        return sum(_look_at_batch(kpi, pairs, now) for kpi, pairs in _in_batches(watched(units)))


def _look_at_batch(kpi: Kpi, pairs: list[Pair], now: dt.datetime) -> int:
    first, last = _window(kpi, now)
    units = [pair.unit for pair in pairs]
    figures = reading.read([kpi], units, last.back(WINDOW[kpi.grain]))
    notes, known = _notes(kpi, units), _known(kpi, units, first)
    opened = 0
    for pair in pairs:
        key = pair.unit.pk
        try:
            opened += _look_at(pair, figures[kpi.code, key], notes[key], known[key], now)
        except Exception:  # one indicator that can't be judged holds up no other
            logger.exception("Couldn't judge %s of unit %s", kpi.code, key)
    return opened


def _in_batches(pairs: Sequence[Pair]) -> Iterator[tuple[Kpi, list[Pair]]]:
    for kpi, found in groupby(pairs, key=lambda pair: pair.kpi):
        rows = list(found)
        for start in range(0, len(rows), BATCH):
            yield kpi, rows[start : start + BATCH]


def _window(kpi: Kpi, now: dt.datetime) -> tuple[dt.date, Period]:
    """The first day of what is read, and the latest period that is over."""
    last = Period.containing(timezone.localdate(now, zone()), kpi.grain).shifted(-1)
    return last.shifted(1 - WINDOW[kpi.grain]).first, last


def _notes(kpi: Kpi, units: list[Unit]) -> dict[int, list[Note]]:
    rows = Note.objects.filter(
        Q(rebases=True) | Q(leaves_out=True), kpi=kpi.code, unit__in=units, withdrawn_at=None
    )
    found: dict[int, list[Note]] = defaultdict(list)
    for note in rows:
        found[note.unit_id].append(note)
    return found


def _known(kpi: Kpi, units: list[Unit], since: dt.date) -> dict[int, list[Signal]]:
    rows = Signal.objects.filter(Q(closed_at=None) | Q(ends_on__gte=since), kpi=kpi.code, unit__in=units)
    found: dict[int, list[Signal]] = defaultdict(list)
    for signal in rows.order_by("pk"):
        found[signal.unit_id].append(signal)
    return found


def what_of(kpi: Kpi) -> str:
    """How a notice names it: by the key under which every language has its name, or as its company calls it."""
    return f"kpi.{kpi.code}" if kpi.code in KPIS else str(kpi)


# One indicator of one unit --------------------------------------------------------------------------------------------
def _look_at(
    pair: Pair, figures: list[reading.Figure], notes: list[Note], known: list[Signal], now: dt.datetime
) -> int:
    series = series_of(pair.kpi, figures, notes, value_of(pair.target))
    settled = [place for place, one in enumerate(figures) if not one.is_open]
    places = settled[-LOOKED_BACK.get(pair.kpi.grain, 2) :]
    opened = 0
    for place in places:
        finding = judge(series, place)
        if finding is None or _is_told(finding, known):
            continue
        open_one = next((s for s in known if s.closed_at is None and s.side == finding.side), None)
        if open_one is not None:
            _grow(open_one, finding)
        elif (signal := _open(pair, finding, known, now)) is not None:
            known.append(signal)
            opened += 1
    return opened


def _is_told(finding: Finding, known: Iterable[Signal]) -> bool:
    """Was this period told before, or is it only the same run that goes on?"""
    for signal in known:
        if signal.side != finding.side:
            continue
        days = evidence.told_days(signal)
        if signal.begins_on <= finding.noticed_on <= max(days) or finding.noticed_on in days:
            return True
        is_same_run = finding.begins_on <= max(days) and Rule.SHIFT in evidence.told_rules(signal)
        if is_same_run and signal.closed_at is not None and finding.rules == (Rule.SHIFT,):
            return True
    return False


@transaction.atomic
def _grow(signal: Signal, finding: Finding) -> None:
    """It goes on: the period is added to what is open. Nobody's page becomes stale by it."""
    row = Signal.objects.select_for_update().get(pk=signal.pk)
    if row.closed_at is None and finding.noticed_on not in evidence.told_days(row):
        row.evidence["later"] = [*row.evidence.get("later", []), evidence.later(finding)]
        row.save(update_fields=["evidence"])
        record(
            row.case, "signal.grow", label=row.number, by=None, unit=signal.unit,
            after={"kpi": row.kpi, "period": finding.point.label, "value": finding.point.value},
        )  # fmt: skip
    signal.evidence = row.evidence


def _open(pair: Pair, finding: Finding, known: Iterable[Signal], now: dt.datetime) -> Signal | None:
    """Open it, have its owner told, and give it a day; None where another worker was faster."""
    closed = [max(evidence.told_days(one)) for one in known if one.side == finding.side]
    begins_on = (
        finding.noticed_on if finding.begins_on <= max(closed, default=dt.date.min) else finding.begins_on
    )
    due = ground_of(pair.unit).due(KIND, now, LIMIT)
    signal = Signal(
        kpi=pair.kpi.code, unit=pair.unit, grain=pair.kpi.grain, rule=finding.rule, side=finding.side,
        is_concern=finding.is_concern, begins_on=begins_on, ends_on=finding.noticed_on,
        evidence=evidence.kept(pair.kpi, finding), owner=pair.owner, due_at=due.at, opened_at=now,
    )  # fmt: skip
    try:
        with transaction.atomic():
            signal.save(force_insert=True)
            open_deadline(
                signal.case, KIND, cycle=1, label=signal.number, owner=pair.owner, unit=pair.unit, due_at=due.at,
                opened_at=now, reckoning=due.reckoning,
            )  # fmt: skip
            point = finding.point
            record(
                signal.case, "signal.open", label=signal.number, by=None, unit=pair.unit,
                after={
                    "kpi": signal.kpi, "rule": signal.rule, "side": signal.side, "period": point.label,
                    "value": point.value, "centre": point.center, "owner": pair.owner,
                },
            )  # fmt: skip
            notify(
                [pair.owner], "signal-concern" if signal.is_concern else "signal-better",
                occasion=f"{signal.case}:opened", subject=signal.case, url=signal.get_absolute_url(),
                params={
                    "label": signal.number, "what": what_of(pair.kpi), "unit": pair.unit.name,
                    "due": due.at.astimezone(dt.UTC).isoformat(),
                },
            )  # fmt: skip
    except IntegrityError:
        return None
    return signal
