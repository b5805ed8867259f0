"""Time limits, working hours and escalation of one's units: read by everybody in charge, ruled by quality managers."""

import datetime as dt
import functools
from collections.abc import Callable
from http import HTTPStatus

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from incidents.forms.limits import DayForm, HoursForm, LimitForm, StepForm
from incidents.models import IncidentType
from incidents.stages import Severity
from incidents.trying_limits import try_limit
from people.models import Unit
from reminders import escalation, ruling
from reminders.durations import duration_in_words
from reminders.models import CalendarDay, DeadlinePolicy, EscalationStep, WorkCalendar
from reminders.policies import RULED, Limit, ground_of

#: How many policies that ended the page shows, and days of a unit's own.
LATEST_ENDED, MOST_DAYS = 20, 200


def rulers_only(view: Callable[..., HttpResponse]) -> Callable[..., HttpResponse]:
    """For quality managers; everybody else finds nothing here."""

    @functools.wraps(view)
    @login_required
    def guarded(request: HttpRequest, *args, **kwargs) -> HttpResponse:
        request.ruled = ruling.ruled_units(request.user).active()
        if not request.ruled.exists():
            raise Http404
        return view(request, *args, **kwargs)

    return guarded


def _chosen_unit(request: HttpRequest) -> Unit:
    """The unit of the address, or the highest that the person rules."""
    given = request.GET.get("unit", "")
    if given:
        if not (given.isascii() and given.isdigit() and len(given) < 19):
            raise Http404
        return get_object_or_404(request.ruled, pk=int(given))
    return request.ruled.order_by("path")[0]


@rulers_only
@require_safe
def limit_list(request: HttpRequest) -> HttpResponse:
    """What holds in a unit: each kind with its limit, from where it comes, and what is different for some."""
    unit = _chosen_unit(request)
    names = {kind.code: str(kind) for kind in IncidentType.objects.all()}
    policies = list(
        DeadlinePolicy.objects.filter(unit__in=unit.lineage, ended_at=None).select_related("unit", "set_by")
    )
    ground = ground_of(unit)
    rows = []
    for kind, (label, default) in RULED.items():
        own = [_shown(policy, names, unit) for policy in policies if policy.kind == kind]
        rows.append({
            "kind": kind,
            "label": label,
            "limits": [
                (Severity(level).label, ground.limit(kind, default(level), severity=level).in_words)
                for level in Severity.values
            ],
            "policies": own,
        })  # fmt: skip
    for row in rows:
        words = {limit for _severity, limit in row["limits"]}
        row["same"] = words.pop() if len(words) == 1 else ""
    ended = DeadlinePolicy.objects.filter(unit=unit).exclude(ended_at=None).select_related("ended_by", "unit")
    context = {
        "unit": unit,
        "units": list(request.ruled.order_by("path")[:500]),
        "rows": rows,
        "ended": [_shown(policy, names, unit) for policy in ended.order_by("-ended_at")[:LATEST_ENDED]],
        "tab": "limits",
    }
    return render(request, "incidents/limits.html", context)


def _shown(policy: DeadlinePolicy, names: dict[str, str], unit: Unit) -> dict:
    return {
        "row": policy,
        "limit": Limit(policy.amount, policy.measured_in).in_words,
        "kind": RULED[policy.kind][0] if policy.kind in RULED else policy.kind,
        "type": names.get(policy.type_code, policy.type_code),
        "severity": Severity(policy.severity).label if policy.severity else "",
        "is_own": policy.unit_id == unit.pk,
    }


@rulers_only
@require_http_methods(["GET", "HEAD", "POST"])
def limit_set(request: HttpRequest) -> HttpResponse:
    """A new limit; “Try it” holds it against real cases before it is set."""
    form = LimitForm(request.POST or None, person=request.user, initial=_prefilled(request))
    trial = None
    if request.method == "POST" and form.is_valid():
        if "try" in request.POST:
            trial = _tried(request, form.cleaned_data)
        else:
            given = form.cleaned_data
            try:
                ruling.set_policy(by=request.user, **given)
            except ruling.Unruly as refused:
                _put(refused, form)
            else:
                messages.success(request, _("The limit holds for everything that begins from now on."))
                return redirect(f"/limits/?unit={given['unit'].pk}")
    status = HTTPStatus.UNPROCESSABLE_ENTITY if form.is_bound and not trial else HTTPStatus.OK
    template = "incidents/_limit_trial.html" if request.htmx and trial else "incidents/limit_form.html"
    return render(request, template, {"form": form, "trial": trial, "tab": "limits"}, status=status)


def _prefilled(request: HttpRequest) -> dict:
    unit = _chosen_unit(request)
    kind = request.GET.get("kind", "")
    default = RULED[kind][1](None) if kind in RULED else Limit(1)
    return {"unit": unit.pk, "kind": kind, "amount": default.amount, "measured_in": default.measured_in}


def _tried(request: HttpRequest, given: dict):
    limit = Limit(given["amount"], given["measured_in"])
    return try_limit(
        request.user,
        given["unit"],
        given["kind"],
        limit,
        type_code=given["type_code"],
        severity=given["severity"],
    )


def _put(refused: ruling.Unruly, form) -> None:
    for name, message in refused.fields.items():
        form.add_error(name if name in form.fields and name != "version" else None, message)


@rulers_only
@require_POST
def limit_end(request: HttpRequest, pk: int) -> HttpResponse:
    policy = get_object_or_404(DeadlinePolicy.objects.select_related("unit"), pk=pk, unit__in=request.ruled)
    ruling.end_policy(policy, by=request.user)
    messages.success(request, _("It has ended. What is open keeps the limit it was given."))
    return redirect(f"/limits/?unit={policy.unit_id}")


# Working hours -------------------------------------------------------------------------------------------------------
@rulers_only
@require_http_methods(["GET", "HEAD", "POST"])
def hours(request: HttpRequest) -> HttpResponse:
    """The working hours of a unit, and its days of its own."""
    unit = _chosen_unit(request)
    calendar = WorkCalendar.objects.filter(unit=unit).select_related("set_by").first()
    work = ground_of(unit).work
    form = HoursForm(request.POST or None, calendar=calendar, zone=work.zone.key)
    if request.method == "POST" and form.is_valid():
        try:
            ruling.set_hours(unit, by=request.user, **form.values())
        except ruling.Unruly as refused:
            _put(refused, form)
        else:
            messages.success(request, _("The working hours hold for everything that begins from now on."))
            return redirect(f"{request.path}?unit={unit.pk}")
    context = {
        "unit": unit,
        "units": list(request.ruled.order_by("path")[:500]),
        "calendar": calendar,
        "form": form,
        "day_form": DayForm(),
        "days": list(calendar.days.order_by("-day")[:MOST_DAYS]) if calendar else [],
        "tab": "hours",
    }
    status = HTTPStatus.UNPROCESSABLE_ENTITY if form.is_bound else HTTPStatus.OK
    return render(request, "incidents/limits_hours.html", context, status=status)


@rulers_only
@require_POST
def day_set(request: HttpRequest, pk: int) -> HttpResponse:
    calendar = get_object_or_404(WorkCalendar.objects.select_related("unit"), pk=pk, unit__in=request.ruled)
    form = DayForm(request.POST)
    if form.is_valid():
        try:
            ruling.set_day(calendar, by=request.user, **form.cleaned_data)
        except ruling.Unruly as refused:
            _put(refused, form)
    for problems in form.errors.values():
        messages.error(request, " ".join(problems))
    return redirect(f"/limits/hours/?unit={calendar.unit_id}")


@rulers_only
@require_POST
def day_drop(request: HttpRequest, pk: int) -> HttpResponse:
    row = get_object_or_404(
        CalendarDay.objects.select_related("calendar__unit"), pk=pk, calendar__unit__in=request.ruled
    )
    ruling.drop_day(row, by=request.user)
    return redirect(f"/limits/hours/?unit={row.calendar.unit_id}")


# Escalation ----------------------------------------------------------------------------------------------------------
@rulers_only
@require_http_methods(["GET", "HEAD", "POST"])
def steps(request: HttpRequest) -> HttpResponse:
    """Who is told how long before and after something is due in this unit."""
    unit = _chosen_unit(request)
    form = StepForm(request.POST or None, initial={"when": "after", "hours": 24})
    if request.method == "POST" and form.is_valid():
        try:
            ruling.add_step(unit, by=request.user, **form.values())
        except ruling.Unruly as refused:
            for name, message in refused.fields.items():
                form.add_error({"offset": "hours", "repeat_every": "repeat"}.get(name, name), message)
        else:
            messages.success(request, _("The step holds from the next announcement on."))
            return redirect(f"{request.path}?unit={unit.pk}")
    own = list(EscalationStep.objects.filter(unit=unit).select_related("set_by"))
    names = dict(EscalationStep.Audience.choices)
    context = {
        "unit": unit,
        "units": list(request.ruled.order_by("path")[:500]),
        "form": form,
        "own": own,
        "steps": [
            {
                "step": step,
                "when": _moment(step.offset),
                "audience": names[step.audience],
                "own": next(
                    (row for row in own if (row.offset, row.audience) == (step.offset, step.audience)), None
                ),
            }
            for step in sorted(escalation.steps_of([unit])[unit.pk], key=lambda step: step.offset)
        ],
        "tab": "steps",
    }
    status = HTTPStatus.UNPROCESSABLE_ENTITY if form.is_bound else HTTPStatus.OK
    return render(request, "incidents/limits_steps.html", context, status=status)


def _moment(offset: dt.timedelta) -> str:
    """When a step comes, in words."""
    if not offset:
        return _("when it is due")
    words = {"span": duration_in_words(abs(offset))}
    return (_("%(span)s before") if offset < dt.timedelta() else _("%(span)s after")) % words


@rulers_only
@require_POST
def step_drop(request: HttpRequest, pk: int) -> HttpResponse:
    step = get_object_or_404(EscalationStep.objects.select_related("unit"), pk=pk, unit__in=request.ruled)
    ruling.drop_step(step, by=request.user)
    return redirect(f"/limits/steps/?unit={step.unit_id}")
