"""Early warnings: the list, the page of one, what is done about it; and what would have been signalled in the past."""

from collections.abc import Callable
from dataclasses import dataclass
from http import HTTPStatus
from typing import Any

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils.functional import Promise
from django.utils.http import urlencode
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from history import paging
from history.timeline import timeline
from incidents.errors import Invalid, NotAllowed, Refused, Stale
from incidents.models import Incident
from incidents.views.listing import tidy_address
from metrics import access
from metrics.access import chosen_unit, keeps, sees_figures
from metrics.definitions import Kpi, kpi_of, kpis_of
from metrics.forms import signals as forms
from metrics.models import Signal
from metrics.periods import Grain
from metrics.targets import holding, value_of
from metrics.warning import acts, listing, pairs, permissions
from metrics.warning.page import page_of, stories_shown
from metrics.warning.past import past_of
from metrics.warning.picture import described

READ_WRITE = ["GET", "HEAD", "POST"]
PAGE = 25


@dataclass(frozen=True)
class Step:
    """Something that is done about a warning, on a page of its own."""

    slug: str
    title: Promise
    button: Promise
    icon: str
    form: type[forms.WarningForm]
    perform: Callable
    done: Promise
    text: Promise | str = ""
    for_better: bool = True  # offered where it got better, too


STEPS = {
    step.slug: step
    for step in (
        Step(
            "take", gettext_lazy("Look into it yourself"), gettext_lazy("I look into it"), "hand", forms.TakeForm,
            acts.take, gettext_lazy("It is yours."), gettext_lazy("From now on it stands in your work."),
        ),
        Step(
            "annotate", gettext_lazy("Write down what was found so far"), gettext_lazy("Save"),
            "notebook-pen", forms.AnnotateForm, acts.annotate, gettext_lazy("Saved."),
        ),
        Step(
            "hand-over", gettext_lazy("Hand it over"), gettext_lazy("Hand over"), "user-round-plus",
            forms.HandOverForm, acts.hand_over, gettext_lazy("It is handed over."), gettext_lazy("The due date stays."),
        ),
        Step(
            "incident", gettext_lazy("Raise an incident"), gettext_lazy("Report the incident"), "clipboard-list",
            forms.RaiseForm, acts.raise_incident, gettext_lazy("The incident is reported, with the chart as evidence."),
            gettext_lazy("For what has to be put right. The warning stays open until you say what was found."),
            for_better=False,
        ),
        Step(
            "close", gettext_lazy("Say what it was, and close it"), gettext_lazy("Close the warning"), "check",
            forms.CloseForm, acts.close, gettext_lazy("The warning is closed."),
        ),
    )
}  # fmt: skip


def open_steps(person, signal: Signal) -> list[Step]:
    """What this person may do about it now. The functions check it again."""
    if signal.status == Signal.Status.CLOSED or not permissions.may_act(person, signal):
        return []
    return [
        step
        for step in STEPS.values()
        if (signal.is_concern or step.for_better)
        and not (step.slug == "incident" and signal.incident_id)
        and not (
            step.slug == "take" and signal.status == Signal.Status.TAKEN and signal.owner_id == person.pk
        )
    ]


# Reading --------------------------------------------------------------------------------------------------------------
@login_required
@require_safe
def warning_list(request: HttpRequest) -> HttpResponse:
    """The warnings that this person sees, the newest first."""
    if not sees_figures(request.user) and not Signal.objects.filter(owner=request.user).exists():
        return _refused(request, _("Early warnings are read by whoever oversees a unit."))
    if address := tidy_address(request):
        return redirect(address)
    asked = listing.Asked(request.user, request.GET)
    page = paging.page(asked.rows, request.GET, moment="opened_at", size=PAGE)
    form, active = _filters(asked)
    context = {
        "rows": listing.shown(page.rows),
        "newer": page.newer,
        "older": page.older,
        "states": [(key, label) for key, (label, _condition) in listing.STATES.items()],
        "state": asked.state,
        "filter_form": form,
        "active_filters": active,
    }
    return render(request, "metrics/signals/list.html", context)


def _filters(asked: listing.Asked) -> tuple[forms.FilterForm, list[dict]]:
    """The form of the filters, and those in force."""
    offered = asked.offered
    names = kpis_of(access.units_of(asked.person)[:1]) if offered else {}
    every = [("", _("All"))]
    choices = {
        "kpi": every
        + [(code, str(names.get(code, code))) for code in dict.fromkeys(row[0] for row in offered)],
        "unit": every + list(dict.fromkeys((row[1], row[2]) for row in offered)),
    }
    form = forms.FilterForm(asked.query)
    for name, options in choices.items():
        form.fields[name].choices = options
    active = []
    for name, field in form.fields.items():
        value = asked.query.get(name, "")
        label = dict(field.choices).get(value)
        if value and label is not None:
            active.append({"key": name, "value": value, "label": f"{field.label}: {label}"})
    return form, active


def _found_or_404(request: HttpRequest, pk: int) -> tuple[Signal, Kpi]:
    signal = get_object_or_404(permissions.visible_to(request.user), pk=pk)
    kpi = kpi_of(signal.kpi, signal.unit)
    if kpi is None:
        raise Http404
    return signal, kpi


@login_required
@require_safe
def warning(request: HttpRequest, pk: int) -> HttpResponse:
    """One warning: the chart as it was and as it is now, what the rule means, what was done."""
    signal, kpi = _found_or_404(request, pk)
    steps = open_steps(request.user, signal)
    incident = (
        signal.incident_id and Incident.objects.visible_to(request.user).filter(pk=signal.incident_id).first()
    )
    sees_figures_there = access.sees(
        request.user, signal.unit
    )  # who looks into it may have lost their post since
    context = {
        "signal": signal,
        "kpi": kpi,
        "page": page_of(signal, kpi, only_then=not sees_figures_there),
        "steps": [step for step in steps if step.slug not in ("close", "take")],
        "take": forms.TakeForm(person=request.user, signal=signal) if _has(steps, "take") else None,
        "may_close": _has(steps, "close"),
        "incident": incident,
        "may_see_figures": sees_figures_there,
        "timeline": timeline(signal.case),
    }
    return render(request, "metrics/signals/page.html", context)


def _has(steps: list[Step], slug: str) -> bool:
    return any(step.slug == slug for step in steps)


# Acting ---------------------------------------------------------------------------------------------------------------
@login_required
@require_http_methods(READ_WRITE)
def warning_act(request: HttpRequest, pk: int, slug: str) -> HttpResponse:
    """Do something about a warning. What was typed is never lost when it is refused."""
    signal, kpi = _found_or_404(request, pk)
    step = STEPS.get(slug)
    if step is None:
        raise Http404
    if not permissions.may_act(request.user, signal):
        return _refused(request, _("Your role doesn't allow this here."))
    if step not in open_steps(request.user, signal):
        closed = signal.status == Signal.Status.CLOSED
        messages.warning(
            request, _("This warning is closed.") if closed else _("This has been done already.")
        )
        return redirect(signal)
    more: dict[str, Any] = {}
    if step.slug == "incident":
        more["description"] = described(signal, kpi, page_of(signal, kpi, only_then=True).said.sentences)
    form = step.form(request.POST or None, person=request.user, signal=signal, **more)
    context = {"signal": signal, "kpi": kpi, "step": step, "form": form}
    return _answer(request, context, form, step, signal)


def _answer(
    request: HttpRequest, context: dict, form: forms.WarningForm, step: Step, signal: Signal
) -> HttpResponse:
    """The page; or what comes of doing it, with the reason beside the words when it was refused."""
    template = "metrics/signals/act.html"
    if request.method != "POST":
        return render(request, template, context)
    status = HTTPStatus.UNPROCESSABLE_ENTITY
    if not form.is_valid():
        return render(request, template, context, status=status)
    try:
        done = step.perform(signal, by=request.user, **form.values())
    except NotAllowed as refused:
        return _refused(request, refused.message)
    except Invalid as refused:
        for name, message in refused.fields.items():
            form.add_error(name if name in form.fields else None, message)
    except Stale as refused:
        context["stale"], status = str(refused), HTTPStatus.CONFLICT
        form.data = form.data.copy()
        form.data["version"] = Signal.objects.values_list("version", flat=True).get(pk=signal.pk)
    else:
        messages.success(request, step.done)
        return redirect(done if isinstance(done, Incident) and _sees(request, done) else signal)
    return render(request, template, context, status=status)


def _sees(request: HttpRequest, incident: Incident) -> bool:
    return Incident.objects.visible_to(request.user).filter(pk=incident.pk).exists()


def _refused(request: HttpRequest, message: str) -> HttpResponse:
    context = {"message": message, "title": _("This isn't yours to do")}
    return render(request, "metrics/signals/refused.html", context, status=HTTPStatus.FORBIDDEN)


# The past, and switching it on ----------------------------------------------------------------------------------------
def _asked(request: HttpRequest, code: str) -> tuple[Kpi, Any]:
    unit = chosen_unit(request.user, request.GET.get("unit"))
    kpi = kpi_of(code, unit)
    if kpi is None:
        raise Http404
    return kpi, unit


@login_required
@require_safe
def backtest(request: HttpRequest, code: str) -> HttpResponse:
    """What would have been signalled of an indicator of a unit, period by period with what was known then."""
    kpi, unit = _asked(request, code)
    return _past(request, kpi, unit)


def _past(
    request: HttpRequest, kpi: Kpi, unit, form: forms.WatchForm | None = None, status: int = HTTPStatus.OK
) -> HttpResponse:
    grain = request.GET.get("grain") or kpi.grain
    if grain not in Grain.values:
        raise Http404
    standing = pairs.standing(kpi, unit)
    target = holding([unit], _year(), [kpi.code]).get((kpi.code, unit.pk))
    past = past_of(kpi, unit, grain, target=value_of(target))
    keeper = keeps(request.user, unit)
    context = {
        "kpi": kpi,
        "unit": unit,
        "grain": grain,
        "grains": [(value, label, _query(unit, value, kpi)) for value, label in Grain.choices],
        "past": past,
        "stories": stories_shown(past),
        "standing": standing,
        "form": form or (forms.WatchForm(initial={"on": not standing.is_on}) if keeper else None),
        "address": _query(unit, grain, kpi),
    }
    return render(request, "metrics/signals/backtest.html", context, status=status)


def _year() -> int:
    return pairs.today().year


def _query(unit, grain: str, kpi: Kpi) -> str:
    return "?" + urlencode({"unit": unit.code} | ({"grain": grain} if grain != kpi.grain else {}))


@login_required
@require_POST
def watch(request: HttpRequest, code: str) -> HttpResponse:
    """Switch early warning on or off for an indicator of a unit."""
    kpi, unit = _asked(request, code)
    if not keeps(request.user, unit):
        return _refused(request, _("Only a quality manager of the unit decides what is watched there."))
    form = forms.WatchForm(request.POST)
    back = reverse("backtest", args=[kpi.code]) + _query(unit, request.GET.get("grain") or kpi.grain, kpi)
    if not form.is_valid():
        return _past(request, kpi, unit, form, HTTPStatus.UNPROCESSABLE_ENTITY)
    try:
        pairs.switch(
            kpi, unit, by=request.user, on=form.cleaned_data["on"], reason=form.cleaned_data["reason"]
        )
    except Refused as refused:
        messages.warning(request, refused.message)
    else:
        on = form.cleaned_data["on"]
        messages.success(request, _("Early warning is on.") if on else _("Early warning is off."))
    return redirect(back)
