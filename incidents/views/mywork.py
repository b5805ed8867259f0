"""My work, the home page: what waits for the reader, until when, and what has become of the rest."""

from dataclasses import dataclass
from http import HTTPStatus

from django import forms
from django.contrib.auth.decorators import login_required
from django.db.models import Q, QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.utils.functional import Promise, cached_property
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext, pgettext_lazy
from django.views.decorators.http import require_safe

from incidents import worklist
from incidents.filtering import QuickSelect, company_units
from incidents.listing import NEWEST, BadCursor, Place, open_work, page_of
from incidents.models import Incident
from incidents.stages import Stage
from incidents.worklist import Group, Item
from people.models import Person, Unit
from people.units import in_tree_order
from reminders.models import Deadline

TODO, DONE, STARTED, COPIED = "todo", "done", "started", "copied"
TABS = (
    (TODO, gettext_lazy("To do")),
    (DONE, pgettext_lazy("my work", "Done")),
    (STARTED, gettext_lazy("Started by me")),
    (COPIED, gettext_lazy("Copied to me")),
)
KINDS = (
    *((stage.value, stage.label) for stage in Stage if stage in worklist.BUTTONS),
    ("measure", gettext_lazy("Measure")),
)


class WorkFilter(forms.Form):
    """By place and by what is to be done."""

    unit = forms.ChoiceField(label=gettext_lazy("Unit"), required=False, widget=QuickSelect)
    kind = forms.ChoiceField(
        label=gettext_lazy("What is to be done"), required=False, widget=QuickSelect,
        choices=[("", gettext_lazy("All")), *KINDS],
    )  # fmt: skip

    def __init__(self, query, *, person: Person):
        super().__init__(query, auto_id="filter_%s")
        self.person = person
        indented = ((unit.code, "\u2003" * unit.depth + unit.name) for unit in self.units.values())
        self.fields["unit"].choices = [("", _("All")), *indented]

    @cached_property
    def units(self) -> dict[str, Unit]:
        return {unit.code: unit for unit in in_tree_order(company_units(self.person))}

    def _unit_condition(self) -> Q:
        code = self.cleaned_data.get("unit")
        if not code:
            return Q()
        top = self.units[code]
        return Q(unit__in=[unit.pk for unit in self.units.values() if unit.path.startswith(top.path)])

    def work(self, deadlines: QuerySet[Deadline]) -> QuerySet[Deadline]:
        if not self.is_valid():
            return deadlines.none()
        kind = self.cleaned_data.get("kind")
        if kind == "measure":
            deadlines = deadlines.filter(kind__startswith="measure:")
        elif kind:
            deadlines = deadlines.filter(kind=kind)
        return deadlines.filter(self._unit_condition())

    def cases(self, incidents: QuerySet[Incident]) -> QuerySet[Incident]:
        if not self.is_valid():
            return incidents.none()
        kind = self.cleaned_data.get("kind")
        if kind == "measure":
            return incidents.none()
        return incidents.filter(self._unit_condition(), **({"stage": kind} if kind else {}))

    @property
    def chips(self) -> list[dict]:
        found = []
        for name in self.fields:
            if raw := self.data.get(name, "").strip():
                words = self.units.get(raw, raw) if name == "unit" else dict(KINDS).get(raw, raw)
                label = _("%(filter)s: %(value)s") % {"filter": self.fields[name].label, "value": words}
                found.append({"key": name, "value": raw, "label": label})
        return found

    @property
    def problems(self) -> list[tuple[str, str]]:
        return [(self.fields[name].label, error) for name, errors in self.errors.items() for error in errors]


@dataclass(frozen=True)
class Tile:
    """A figure above the list that leads to its rows."""

    count: int
    label: str | Promise
    query: str
    tone: str = ""
    is_current: bool = False


@login_required
@require_safe
def mywork(request: HttpRequest) -> HttpResponse:
    person, now = request.user, timezone.now()
    filters = WorkFilter(request.GET, person=person)
    problems = filters.problems
    spans = worklist.groups(now)
    everything = open_work(person)
    numbers = worklist.counts(everything, spans)
    approvals = worklist.awaiting_approval(person)
    involvement = worklist.involvement(person)
    tab = request.GET.get("tab") if request.GET.get("tab") in dict(TABS) else TODO
    context = {
        "tab": tab,
        "tabs": _tabs(tab, numbers, involvement),
        "tiles": _tiles(request, numbers, approvals, involvement),
        "greeting": _greeting(person, now),
        "news": _news(numbers),
        "filters": filters,
        "problems": problems,
    }
    try:
        if tab == TODO:
            context |= _todo(request, filters, spans, approvals)
        elif tab == DONE:
            place = Place.of(("closed_at", "id"), after=request.GET.get("after", ""))
            context["items"], context["older"] = worklist.done(
                person, filters.work(worklist.done_work(person)), place
            )
        else:
            found = worklist.started_by(person) if tab == STARTED else worklist.copied_to(person)
            context |= _cases(request, filters.cases(found))
    except BadCursor:
        problems.append(
            (_("Page"), _("This page of the list doesn't exist. Begin again with the first one."))
        )
    context["may_select"] = any(
        item.may_hand_over for group in context.get("groups", ()) for item in group.items
    )
    status = HTTPStatus.BAD_REQUEST if problems else HTTPStatus.OK
    return render(request, "incidents/mywork.html", context, status=status)


def _todo(request: HttpRequest, filters: WorkFilter, spans: list[Group], approvals: set[int]) -> dict:
    """What waits for the reader: all groups by their first rows, or one of the tiles at length."""
    person, work = request.user, filters.work(open_work(request.user))
    if request.GET.get("waiting"):
        return _cases(request, filters.cases(worklist.waiting_for_others(person)))
    if request.GET.get("role") == "approver":
        subjects = [f"{worklist.INCIDENT}{pk}" for pk in approvals]
        whole = Group("approval", _("Need my approval"), None, None)
        place = Place.of(("due_at", "id"), after=request.GET.get("after", ""))
        group = worklist.one_group(
            person, work.filter(kind=Stage.PLAN, subject__in=subjects), whole, place, approvals
        )
        return {"groups": [group] if group.items else [], "older": group.older}
    chosen = next((span for span in spans if span.key == request.GET.get("due")), None)
    if chosen:
        place = Place.of(("due_at", "id"), after=request.GET.get("after", ""))
        group = worklist.one_group(person, work, chosen, place, approvals)
        return {"groups": [group] if group.items else [], "older": group.older}
    return {"groups": worklist.grouped(person, work, spans, approvals), "in_short": True}


def _cases(request: HttpRequest, found: QuerySet[Incident]) -> dict:
    place = Place.of(NEWEST.columns, after=request.GET.get("after", ""), before=request.GET.get("before", ""))
    page = page_of(found, NEWEST, place)
    return {
        "items": [Item(row) for row in page.rows],
        "newer": page.newer,
        "older": page.older,
        "as_cases": True,
    }


def _tabs(tab: str, numbers: dict[str, int], involvement: dict[str, int]) -> list[dict]:
    figures = {TODO: sum(numbers.values()), STARTED: involvement["started"], COPIED: involvement["copied"]}
    return [
        {
            "query": f"?tab={key}" if key != TODO else "?",
            "label": label,
            "count": figures.get(key),
            "is_current": key == tab,
        }
        for key, label in TABS
    ]


def _tiles(request: HttpRequest, numbers, approvals: set[int], involvement) -> list[Tile]:
    figures = (
        (numbers["overdue"], pgettext_lazy("tile", "overdue"), "due=overdue", "hot"),
        (numbers["today"], pgettext_lazy("tile", "due today"), "due=today", "warm"),
        (len(approvals), pgettext_lazy("tile", "need my approval"), "role=approver", ""),
        (numbers["week"], pgettext_lazy("tile", "due this week"), "due=week", ""),
        (involvement["waiting"], pgettext_lazy("tile", "waiting for others"), "waiting=1", ""),
    )
    return [
        Tile(
            count,
            label,
            f"?{query}",
            tone if count else "",
            request.GET.get(query.split("=")[0]) == query.split("=")[1],
        )
        for count, label, query, tone in figures
    ]


def _greeting(person: Person, now) -> str:
    hour = timezone.localtime(now).hour
    if hour < 5 or hour >= 18:
        return _("Good evening, %(name)s.") % {"name": person}
    if hour < 12:
        return _("Good morning, %(name)s.") % {"name": person}
    return _("Good afternoon, %(name)s.") % {"name": person}


def _news(numbers: dict[str, int]) -> list[str]:
    """Whole sentences: how much is overdue and due today, and what to begin with."""
    sentences = []
    if numbers["overdue"]:
        sentences.append(
            ngettext("%(count)d item is overdue.", "%(count)d items are overdue.", numbers["overdue"])
            % {"count": numbers["overdue"]}
        )
    if numbers["today"]:
        sentences.append(
            ngettext("%(count)d is due today.", "%(count)d are due today.", numbers["today"])
            % {"count": numbers["today"]}
        )
    if numbers["overdue"]:
        sentences.append(_("Start with the red ones."))
    elif not numbers["today"]:
        sentences.append(
            _("Nothing has to be done today.") if any(numbers.values()) else _("Nothing is waiting for you.")
        )
    return sentences
