"""Entering figures in a table: one unit with several series, or one series with several units."""

from dataclasses import dataclass
from http import HTTPStatus

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.core.exceptions import PermissionDenied
from django.core.paginator import Paginator
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_http_methods

from metrics import access
from metrics.definitions import VOLUMES
from metrics.enterable import Series, series_of
from metrics.forms.volumes import MOST_SERIES, SERIES, UNITS_A_PAGE, TableForm
from metrics.grid import Cell, cells_of, given_by, read_sent
from metrics.periods import Grain, Period
from metrics.volumes import BadEntries, enter_many
from people.models import Person, Role, Unit
from people.units import in_tree_order

#: Shown where a unit gives nothing yet.
FIRST_SERIES = ("customers.served", "calls.offered", "calls.answered")


@dataclass
class Table:
    """What was chosen, and the cells of it in rows."""

    form: TableForm
    unit: Unit
    series: list[Series]
    periods: list[Period]
    rows: list[tuple[object, list[Cell]]]
    cells: dict[str, Cell]
    by_series: bool
    page: object = None

    @property
    def heads(self) -> list:
        return self.periods if self.by_series else self.series

    @property
    def missing(self) -> int:
        return sum(cell.is_missing for cell in self.cells.values())

    @property
    def wrong(self) -> list[Cell]:
        return [cell for cell in self.cells.values() if cell.error]

    @property
    def is_open(self) -> bool:
        return any(cell.is_open for cell in self.cells.values())


def refuse_others(request: HttpRequest) -> Person:
    if not access.sees_figures(request.user):
        raise PermissionDenied
    return request.user


def is_keeper(person: Person) -> bool:
    """Does this person keep the figures of any unit?"""
    return person.is_active and person.has_any_role(Role.QUALITY)


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def volumes(request: HttpRequest) -> HttpResponse:
    """The table; a POST enters every cell that was changed, all or none."""
    person = refuse_others(request)
    table = _table(request, person)
    if request.method != "POST":
        return _page(request, table)
    if not (table.is_open or access.keeps(person, table.unit)):
        raise PermissionDenied
    changed, entries = read_sent(table.cells, request.POST)
    if not table.wrong:
        try:
            outcome = enter_many(entries, by=person)
        except BadEntries as error:
            for place, problem in error.problems.items():
                changed[place].error = str(problem)
        else:
            n = outcome.written
            said = ngettext("%(n)s figure saved.", "%(n)s figures saved.", n) % {"n": n}
            messages.success(request, said if n else _("Nothing was changed."))
            return redirect(request.get_full_path())
    return _page(request, table, status=HTTPStatus.UNPROCESSABLE_ENTITY)


def _table(request: HttpRequest, person: Person) -> Table:
    unit = access.chosen_unit(person, request.GET.get("unit"))
    seen = list(in_tree_order(access.units_of(person).active()))
    known = series_of([unit.company_id])
    form = TableForm({**_first_choice(unit, known), **_chosen(request)}, units=seen, series=known)
    form.is_valid()
    data = form.cleaned_data
    if "periods" not in data:
        raise Http404
    by_series = data.get("by") == SERIES
    chosen = [known[code] for code in data.get("series", [])] or [known[FIRST_SERIES[0]]]
    chosen = chosen[: 1 if by_series else MOST_SERIES]
    below = [one for one in seen if one.path.startswith(unit.path)]
    page = Paginator(below, UNITS_A_PAGE).get_page(request.GET.get("page")) if by_series else None
    units = list(page.object_list) if by_series else [unit]
    kept = set(
        access.kept_units(person).filter(pk__in=[one.pk for one in units]).values_list("pk", flat=True)
    )
    cells = cells_of(units, chosen, data["periods"], may=kept)
    return Table(form, unit, chosen, data["periods"], _rows(units, chosen, data["periods"], cells, by_series), cells,
                 by_series, page)  # fmt: skip


def _chosen(request: HttpRequest) -> dict:
    """What the address says; a form that was sent with nothing ticked means what it says."""
    told = {
        name: request.GET[name] for name in ("by", "unit", "grain", "first", "last") if request.GET.get(name)
    }
    return told | ({"series": request.GET.getlist("series")} if request.GET.get("series") else {})


def _first_choice(unit: Unit, known: dict[str, Series]) -> dict:
    """What the unit gives, as finely as it gives most of it."""
    given = [row for row in given_by(unit) if row["series"] in known]
    codes = list(dict.fromkeys(row["series"] for row in given))
    codes.sort(key=lambda code: (code not in VOLUMES, list(known).index(code)))
    grains = [row["grain"] for row in given]
    return {
        "unit": unit.code,
        "series": codes[:MOST_SERIES] or list(FIRST_SERIES),
        "grain": max(grains, key=grains.count) if grains else str(Grain.MONTH),
    }


def _rows(
    units: list[Unit], series: list[Series], periods: list[Period], cells: dict[str, Cell], by_series: bool
):
    def cell(unit: Unit, period: Period, one: Series) -> Cell:
        return cells[f"c-{unit.pk}-{period.key}-{one.code}"]

    if by_series:
        return [(unit, [cell(unit, period, series[0]) for period in periods]) for unit in units]
    return [(period, [cell(units[0], period, one) for one in series]) for period in reversed(periods)]


def _page(request: HttpRequest, table: Table, status: int = HTTPStatus.OK) -> HttpResponse:
    first = next(iter(table.cells.values()))
    context = {
        "table": table,
        "form": table.form,
        "tab": "volumes",
        "tabs_of_keepers": is_keeper(request.user),
        "keeps": access.keeps(request.user, table.unit),
        "heads": [] if table.by_series else [(cell.series, cell.giver) for cell in table.rows[0][1]],
        "grain": first.period.grain,
        "span": [table.periods[0], table.periods[-1]],
    }
    return render(request, "metrics/volumes/table.html", context, status=status)
