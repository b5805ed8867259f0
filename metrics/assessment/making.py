"""Making scorecards: drafts from the figures of a period, by the worker or by hand, as often as needed until issued."""

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal

from django.db import transaction
from django.utils.translation import gettext_lazy as _

from incidents.errors import Invalid, NotAllowed
from metrics import reading, targets
from metrics.definitions import Kpi, kpis_of
from metrics.models import Scheme, SchemeLine, SchemeVersion, Scorecard, ScoreLine, Target
from metrics.periods import Period, last_over, today
from people.models import Person, Role, Unit
from reminders.notices import notify

from . import ground, personal, rules, schemes, scoring
from .personal import PERSONAL, Counted

#: Days after the end of a period until the worker makes the drafts: volumes come in late.
DRAFT_AFTER = 5
#: Figures are read with the periods before: one without a complaint isn't taken for one before the counting began.
LOOK_BACK = 12
MOST_PEOPLE = 500
_CENT = Decimal("0.01")


@dataclass(frozen=True)
class Found:
    """The figure of a line, of a unit or a person alike."""

    value: float | None
    lower: float | None = None
    upper: float | None = None
    numerator: float | None = None
    denominator: float | None = None
    evidence: Sequence[dict] = ()


def units_of(scheme: Scheme) -> list[Unit]:
    """The units that a scheme of units assesses: those so many levels below its own."""
    depth = scheme.unit.depth + scheme.level
    return [unit for unit in Unit.objects.within(scheme.unit).active() if unit.depth == depth]


def people_of(scheme: Scheme) -> list[Person]:
    """The people who work in the unit of a scheme of persons."""
    staff = Person.objects.active().filter(home_unit__in=Unit.objects.within(scheme.unit))
    return list(staff.select_related("home_unit").order_by("pk")[:MOST_PEOPLE])


@transaction.atomic
def make(scheme: Scheme, period: Period, *, by: Person | None) -> list[Scorecard]:
    """The drafts of a period that aren't there yet. Persons of whom nothing was due get none. `by` None: the worker."""
    row = Scheme.objects.select_for_update(of=("self",)).select_related("unit").get(pk=scheme.pk)
    if by is not None and not rules.may_set(by, row.unit):
        raise NotAllowed(_("Only a quality manager of the unit makes scorecards there."))
    if row.retired_at:
        raise Invalid({"period": _("This scheme isn't used any more.")})
    if period.grain != row.grain:
        raise Invalid({"period": _("Choose a period of this scheme.")})
    if not period.is_over:
        raise Invalid({"period": _("This period isn't over yet.")})
    cards = _cards(row, schemes.current(row), period, by)
    for card in cards:
        ground.record_about(card, "scorecard.make", by=by)
    if cards and by is None:
        _tell_keepers(row, period, len(cards))
    return cards


@transaction.atomic
def reckon_again(card: Scorecard, *, by: Person, version: int) -> Scorecard:
    """Figures were corrected: read them once more. Lines that were left out with a reason stay out."""
    row = ground.hold(card, Scorecard.State.DRAFT, version=version)
    if not rules.may_assess(by, row):
        raise NotAllowed(_("Your role doesn't allow this here."))
    left_out = {line.kpi: line.reason for line in row.lines.filter(left=ScoreLine.Left.DECIDED)}
    row.lines.all().delete()
    _fill([row], row.basis, row.period)
    for kpi, reason in left_out.items():
        row.lines.filter(kpi=kpi).update(left=ScoreLine.Left.DECIDED, reason=reason)
    sum_up(row)
    ground.save(row)
    ground.record_about(row, "scorecard.reckon", by=by)
    return row


def make_due() -> int:
    """What the worker does each day: the drafts of the last period, once its volumes had time to come in."""
    made = 0
    for scheme in Scheme.objects.filter(retired_at=None).select_related("unit"):
        period = last_over(scheme.grain)
        is_time = (today() - period.last).days >= DRAFT_AFTER and period.first >= scheme.begins_on
        if is_time and not scheme.cards.filter(begins_on=period.first).exists():
            made += len(make(scheme, period, by=None))
    return made


def sum_up(card: Scorecard) -> None:
    """The total and the bonus from the card's lines; not saved."""
    lines = list(card.lines.all())
    total = scoring.total(
        [
            scoring.Scored(line.weight, line.points, line.points_lower, line.points_upper)
            for line in lines
            if not line.left and not line.is_bonus
        ]
    )
    card.points = _rounded(total and total.points)
    card.lower, card.upper = _rounded(total and total.lower), _rounded(total and total.upper)
    card.bonus = _rounded(sum(line.points for line in lines if line.is_bonus and not line.left))


# The ground under them ------------------------------------------------------------------------------------------------
def _rounded(value: float | None) -> Decimal | None:
    return None if value is None else Decimal(str(value)).quantize(_CENT)


def _cards(scheme: Scheme, basis: SchemeVersion, period: Period, by: Person | None) -> list[Scorecard]:
    standing = scheme.cards.filter(begins_on=period.first)
    base = {"scheme": scheme, "basis": basis, "grain": period.grain, "begins_on": period.first, "made_by": by}
    if scheme.is_of_people:
        there = set(standing.values_list("person", flat=True))
        people = [person for person in people_of(scheme) if person.pk not in there]
        counted = personal.count(people, period)
        cards = [
            Scorecard(person=person, unit=person.home_unit, **base)
            for person in people
            if personal.anything_of(counted, person)
        ]
    else:
        there = set(standing.values_list("unit", flat=True))
        cards = [Scorecard(unit=unit, **base) for unit in units_of(scheme) if unit.pk not in there]
    Scorecard.objects.bulk_create(cards)
    _fill(cards, basis, period)
    for card in cards:
        sum_up(card)
    Scorecard.objects.bulk_update(cards, ["points", "lower", "upper", "bonus"])
    return cards


def _fill(cards: list[Scorecard], basis: SchemeVersion, period: Period) -> None:
    """The lines of the cards; one reading of the figures for all of them."""
    lines = list(basis.lines.all())
    found = _of_people(cards, period) if basis.scheme.is_of_people else _of_units(cards, lines, period)
    held = (
        {}
        if basis.scheme.is_of_people
        else targets.holding([card.unit for card in cards], period.first.year, [line.kpi for line in lines])
    )
    ScoreLine.objects.bulk_create(
        _line(card, line, found.get((line.kpi, card.person_id or card.unit_id)), held.get((line.kpi, card.unit_id)))
        for card in cards
        for line in lines
    )  # fmt: skip


def _of_units(
    cards: list[Scorecard], lines: list[SchemeLine], period: Period
) -> dict[tuple[str, int], Found]:
    units = [card.unit for card in cards]
    known: dict[str, Kpi] = kpis_of(units)
    wanted = [known[line.kpi] for line in lines if line.kpi in known]
    figures = reading.read(wanted, units, period.back(LOOK_BACK))
    return {
        key: Found(one.value, one.lower, one.upper, one.numerator, one.denominator)
        for key, row in figures.items()
        for one in row[-1:]
    }


def _of_people(cards: list[Scorecard], period: Period) -> dict[tuple[str, int], Found]:
    counted = personal.count([card.person for card in cards], period)
    return {key: _of_person(PERSONAL[key[0]].is_bonus, one) for key, one in counted.items()}


def _of_person(is_bonus: bool, counted: Counted) -> Found:
    if is_bonus:
        return Found(float(counted.numerator), numerator=counted.numerator)
    return Found(
        counted.value, *counted.bounds, numerator=counted.numerator, denominator=counted.denominator,
        evidence=counted.evidence,
    )  # fmt: skip


def _line(card: Scorecard, line: SchemeLine, found: Found | None, target: Target | None) -> ScoreLine:
    full = line.full if line.full is not None else target and target.value
    none = line.none if line.none is not None else target and target.threshold
    found = found or Found(None)
    made = ScoreLine(
        card=card, position=line.position, kpi=line.kpi, weight=line.weight, is_bonus=line.is_bonus, full=full,
        none=none, numerator=found.numerator, denominator=found.denominator, value=found.value, lower=found.lower,
        upper=found.upper, evidence=list(found.evidence),
    )  # fmt: skip
    if found.value is None:
        made.left = ScoreLine.Left.FIGURE
    elif full is None or none is None or full == none:
        made.left = ScoreLine.Left.TARGET
    else:
        scored = scoring.score(
            found.value, found.lower, found.upper, weight=line.weight, full=float(full), none=float(none)
        )
        made.points, made.points_lower, made.points_upper = scored.points, scored.lower, scored.upper
    return made


def _tell_keepers(scheme: Scheme, period: Period, count: int) -> None:
    notify(
        rules.nearest(Role.QUALITY, scheme.unit), "scorecards-made",
        occasion=f"{scheme.case}:made:{period.key}", subject=scheme.case, url=scheme.get_absolute_url(),
        params={"label": scheme.name, "period": period.key, "count": count},
    )  # fmt: skip
