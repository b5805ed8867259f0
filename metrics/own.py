"""Series and indicators that a company defines for itself, without code. What was defined is retired, never deleted."""

from decimal import Decimal
from typing import Any

from django.db import IntegrityError, transaction
from django.utils.translation import gettext_lazy as _

from history.recording import record
from incidents.errors import Invalid, NotAllowed
from people.models import Person, Role, Unit

from . import periods, reading
from .definitions import KPIS, of_own
from .enterable import COMMON, series_of
from .models import OwnKpi, OwnSeries
from .spc.chart import Data

SERIES_FIELDS = ("code", "name", "name_zh_hans", "name_zh_hant", "measured_in", "places", "retired")
KPI_FIELDS = (
    "code", "name", "name_zh_hans", "name_zh_hant", "meaning", "numerator", "denominator", "data", "scale",
    "is_complement", "direction", "measured_in", "places", "grain", "source", "retired",
)  # fmt: skip
#: More places than these say nothing, and fill a page.
MOST_PLACES = 6
TAKEN = _("There is one with this code already.")


def companies_of(person: Person) -> list[Unit]:
    """The companies in which this person may define things: who manages quality for the whole of them."""
    return (
        [unit for unit in person.posted_units(Role.QUALITY) if unit.parent_id is None]
        if person.is_active
        else []
    )


def refuse_unless_definer(person: Person, company: Unit) -> None:
    if company.parent_id is not None or not (person.is_active and person.has_role(Role.QUALITY, company)):
        raise NotAllowed(_("Only a quality manager of the whole company defines its series and indicators."))


@transaction.atomic
def define_series(company: Unit, *, by: Person, row: OwnSeries | None = None, **values: Any) -> OwnSeries:
    """Add a series of the company, or change one. Its figures stay when its name changes."""
    row = _locked(OwnSeries, row, company)
    return _saved(row or OwnSeries(company=company), SERIES_FIELDS, values, by=by, word="series")


@transaction.atomic
def define_kpi(company: Unit, *, by: Person, row: OwnKpi | None = None, **values: Any) -> OwnKpi:
    """Add an indicator of the company, or change one: what it is made of counts for all of its past as well."""
    row = _locked(OwnKpi, row, company)
    wanted = {**({name: getattr(row, name) for name in KPI_FIELDS} if row else {}), **values}
    _refuse_nonsense(company, wanted)
    return _saved(row or OwnKpi(company=company), KPI_FIELDS, values, by=by, word="kpi")


def _refuse_nonsense(company: Unit, wanted: dict[str, Any]) -> None:
    usable = series_of([company.pk], retired=True)
    numerator, denominator = wanted.get("numerator", ""), wanted.get("denominator", "")
    data = str(wanted.get("data", Data.RATE))
    if numerator not in usable:
        raise Invalid({"numerator": _("There is no such series here.")})
    if denominator and denominator not in usable:
        raise Invalid({"denominator": _("There is no such series here.")})
    if numerator == denominator:
        raise Invalid({"denominator": _("A series divided by itself is always one.")})
    if not denominator and data not in (Data.COUNT.value, Data.VALUE.value):
        raise Invalid({"denominator": _("A share or a rate needs a denominator.")})
    if denominator and data == Data.COUNT.value:
        raise Invalid({"denominator": _("A count has no denominator: choose a rate.")})
    if wanted.get("is_complement") and data not in (Data.SHARE.value, Data.VALUE.value):
        raise Invalid({"is_complement": _("Only a share can be taken from one.")})
    if Decimal(wanted.get("scale", 1) or 0) <= 0:
        raise Invalid({"scale": _("This has to be more than zero.")})
    if wanted.get("code", "") in KPIS:
        raise Invalid({"code": TAKEN})


def _locked(model, row, company: Unit):
    if row is None:
        return None
    return model.objects.select_for_update().get(pk=row.pk, company=company)


def _saved(row, fields: tuple[str, ...], values: dict[str, Any], *, by: Person, word: str):
    refuse_unless_definer(by, row.company)
    if not str(values.get("name", row.name)).strip():
        raise Invalid({"name": _("Give it a name.")})
    if not 0 <= values.get("places", row.places) <= MOST_PLACES:
        raise Invalid({"places": _("Between 0 and %(most)s.") % {"most": MOST_PLACES}})
    is_new = row.pk is None
    before = {} if is_new else {name: getattr(row, name) for name in fields}
    for name, value in values.items():
        if name not in fields:
            raise TypeError(name)
        setattr(row, name, value)
    after = {name: getattr(row, name) for name in fields}
    changed = [name for name in fields if is_new or before[name] != after[name]]
    if not changed:
        return row
    row.set_by = by
    try:
        with transaction.atomic():
            row.save(force_insert=is_new)
    except IntegrityError as error:
        raise Invalid({"code": TAKEN}) from error
    company = row.company
    record(
        f"{word}:{company.pk}", f"{word}.define" if is_new else f"{word}.change", label=row.name, by=by, unit=company,
        before={name: before[name] for name in changed if not is_new}, after={name: after[name] for name in changed},
    )  # fmt: skip
    return row


def preview(kpi: OwnKpi, company: Unit) -> reading.Figure | None:
    """The indicator as it stands (saved or not) in the last period that is over."""
    if kpi.numerator not in COMMON and not kpi.numerator.startswith("own:"):
        return None
    figures = reading.read_one(of_own(kpi), company, [periods.last_over(kpi.grain)])
    return figures[0]
