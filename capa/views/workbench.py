"""The workbench of the analysis: one page, and the posts of its outline. Each answers with the part that changed to a
script, and with the whole page (or the way back to it) to a browser without one. Nothing that was typed is lost.
"""

import functools
from collections.abc import Callable
from http import HTTPStatus

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from capa import analyse, report_draft, workbench
from capa.forms.analyse import FindingForm
from capa.forms.workbench import NewRowForm, RowForm, WordsForm
from capa.models import Cause
from capa.sides import side_called
from incidents.errors import Invalid, NotAllowed, Refused, Stale
from incidents.lifecycle import refuse_unless_allowed
from incidents.models import Incident
from incidents.views.acts import incident_or_404


@login_required
@require_safe
def page(request: HttpRequest, number: str) -> HttpResponse:
    """The whole page; for a script that asks again (`since`): the tree, or nothing while nobody changed anything."""
    incident = _analysed(request, number)
    if request.htmx and request.GET.get("since") == str(incident.version):
        return HttpResponse(status=HTTPStatus.NO_CONTENT)
    return _show(request, incident)


def writes(view: Callable[..., HttpResponse]) -> Callable[..., HttpResponse]:
    """A post of somebody who may analyse this case, whatever it says."""

    @login_required
    @require_POST
    @functools.wraps(view)
    def guarded(request: HttpRequest, number: str, **more) -> HttpResponse:
        incident = _analysed(request, number)
        try:
            refuse_unless_allowed(incident, "analyse", by=request.user)
        except NotAllowed as refused:
            return _not_now(request, incident, refused)
        return view(request, incident, **more)

    return guarded


@writes
def add(request: HttpRequest, incident: Incident) -> HttpResponse:
    """A new row of the outline."""
    form = NewRowForm(request.POST)
    if not form.is_valid():
        return _refused_row(request, incident, _first_error(form), new=request.POST)
    try:
        row = analyse.add_cause(incident, by=request.user, version=None, **form.values())
    except Invalid as refused:
        return _refused_row(request, incident, str(refused), new=request.POST)
    except Refused as refused:
        return _not_now(request, incident, refused)
    return _done(request, incident, at=row.causes.latest("pk").pk, added=True)


@writes
def row(request: HttpRequest, incident: Incident, pk: int) -> HttpResponse:
    """One row of the outline: what was typed in it is saved, then its button is obeyed."""
    form = RowForm(request.POST)
    if not form.is_valid():
        return _refused_row(request, incident, _first_error(form), pk=pk, mine=request.POST)
    given, cause = form.cleaned_data, Cause(pk=pk)
    seen = {"by": request.user, "version": None, "cause": cause, "seen": given["seen"]}
    if given["do"] == "theirs":
        return _done(request, incident, at=pk)
    try:
        if form.typed:
            analyse.amend_cause(incident, text=given["text"], category=given["category"], **seen)
        _obey(given["do"], incident, seen)
    except Invalid as refused:
        return _refused_row(request, incident, str(refused), pk=pk, mine=given)
    except analyse.Overtaken as refused:
        return _show(
            request, incident, status=HTTPStatus.CONFLICT,
            conflict={"pk": pk, "mine": given, "typed": form.typed, "refused": refused},
        )  # fmt: skip
    except Refused as refused:
        return _not_now(request, incident, refused)
    return _done(request, incident, at=pk)


def _obey(do: str, incident: Incident, seen: dict) -> None:
    if do in analyse.DIRECTIONS:
        analyse.shift_cause(incident, direction=do, **seen)
    elif do == "remove":
        analyse.remove_cause(incident, **seen)
    elif do in ("root", "no_root"):
        analyse.mark_root(incident, is_root=do == "root", **seen)


@writes
def finding(request: HttpRequest, incident: Incident, pk: int) -> HttpResponse:
    """The state of a cause, what was found, and what shows it."""
    form = FindingForm(_about(request, pk), request.FILES, incident=incident, person=request.user)
    if not form.is_valid():
        return _show(request, incident, status=HTTPStatus.UNPROCESSABLE_ENTITY, open_form=form)
    try:
        _decide(incident, form, by=request.user)
    except Invalid as refused:
        for name, message in refused.fields.items():
            form.add_error(name if name in form.fields else None, message)
        return _show(request, incident, status=HTTPStatus.UNPROCESSABLE_ENTITY, open_form=form)
    except analyse.Overtaken as refused:
        return _overtaken_finding(request, incident, pk, refused)
    except Refused as refused:
        return _not_now(request, incident, refused)
    return _done(request, incident, at=pk)


def _about(request: HttpRequest, pk: int):
    data = request.POST.copy()
    data["cause"] = pk
    return data


def _decide(incident: Incident, form: FindingForm, *, by) -> None:
    """Which act is meant follows from what differs: a state and its finding, a proof, a root."""
    given, was = form.cleaned_data, form.about
    common = {"by": by, "version": None, "cause": given["cause"], "seen": given["seen"]}
    decided = given["status"] != was.status or given["finding"] != was.finding
    if given["status"] == Cause.Status.CONFIRMED and decided:
        analyse.confirm_cause(
            incident, finding=given["finding"], is_root=given["is_root"], **form.proofs(), **common
        )
    elif given["status"] == Cause.Status.REFUTED and decided:
        analyse.refute_cause(incident, finding=given["finding"], **form.proofs(), **common)
    else:
        proofs = form.proofs()
        changes_root = was.status == Cause.Status.CONFIRMED and given["is_root"] != was.is_root
        if any(proofs.values()) or not changes_root:
            analyse.prove_cause(incident, **proofs, **common)
        if changes_root:
            analyse.mark_root(incident, is_root=given["is_root"], **common)


def _overtaken_finding(
    request: HttpRequest, incident: Incident, pk: int, refused: analyse.Overtaken
) -> HttpResponse:
    """What was typed, on what the cause says now: sent again, it decides with open eyes."""
    conflict = {"pk": pk, "mine": {}, "typed": False, "finding": True, "refused": refused}
    if refused.now is None:
        return _show(request, incident, status=HTTPStatus.CONFLICT, conflict=conflict)
    data = _about(request, pk)
    data["seen"] = refused.now.version
    form = FindingForm(data, request.FILES, incident=incident, person=request.user)
    form.is_valid()
    return _show(request, incident, status=HTTPStatus.CONFLICT, open_form=form, conflict=conflict)


@writes
def words(request: HttpRequest, incident: Incident) -> HttpResponse:
    """One of the texts: problem, escape, why the last analysis failed, the cause report."""
    form = WordsForm(request.POST)
    if not form.is_valid():
        if "text" not in form.errors:
            return HttpResponse(status=HTTPStatus.BAD_REQUEST)
        mine = request.POST.get("text", "")
        return _show_words(
            request, incident, request.POST["field"], mine=mine, problem=_first_error(form),
            status=HTTPStatus.UNPROCESSABLE_ENTITY,
        )  # fmt: skip
    given = form.cleaned_data
    name, text = given["field"], given["text"]
    if given["do"] in ("draft", "replace"):
        return _show_draft(request, incident, text, replace=given["do"] == "replace", seen=given["seen"])
    if given["do"] == "theirs":
        return _show_words(request, incident, name)
    try:
        analyse.describe(incident, by=request.user, version=None, seen=given["seen"], **{name: text})
    except analyse.Overtaken as refused:
        return _show_words(request, incident, name, mine=text, overtaken=refused, status=HTTPStatus.CONFLICT)
    except Refused as refused:
        return _not_now(request, incident, refused)
    return _show_words(request, incident, name, saved=True)


def _show_draft(
    request: HttpRequest, incident: Incident, typed: str, *, replace: bool, seen: int
) -> HttpResponse:
    """The generated report stands in the field, unsaved; over words that somebody typed only when they say so."""
    draft = report_draft.draft(incident)
    if typed and not replace and typed != draft:
        return _show_words(request, incident, "report", mine=typed, draft=draft, seen=seen)
    return _show_words(request, incident, "report", mine=draft, drafted=True, seen=seen)


@writes
def take_over(request: HttpRequest, incident: Incident, pk: int) -> HttpResponse:
    """A cause of an earlier round is supposed again in this one."""
    old = incident.causes.filter(pk=pk, cycle__lt=incident.cycle).first() or Cause(text="", category="")
    try:
        analyse.add_cause(
            incident, by=request.user, version=None, text=old.text, category=old.category, side=old.side
        )
    except Invalid as refused:
        messages.error(request, str(refused))
    except Refused as refused:
        return _not_now(request, incident, refused)
    return redirect(_address(incident, old.side))


# Answers -------------------------------------------------------------------------------------------------------------
def _analysed(request: HttpRequest, number: str) -> Incident:
    incident = incident_or_404(request, number)
    if not workbench.is_there(incident):
        raise Http404
    return incident


def _address(incident: Incident, side: str, *, at: int | None = None) -> str:
    address = f"{reverse('workbench', args=[incident.number])}?side={side}"
    return f"{address}#cause-{at}" if at else address


def _side(request: HttpRequest) -> str:
    return side_called(request.GET.get("side", ""))


def _done(request: HttpRequest, incident: Incident, *, at: int, added: bool = False) -> HttpResponse:
    if request.htmx:
        return _show(request, incident, added=at if added else None)
    return redirect(_address(incident, _side(request), at=at))


def _show(
    request: HttpRequest, incident: Incident, *, status=HTTPStatus.OK, open_form=None, **more
) -> HttpResponse:
    """The tree as it is now, by itself for a script; with everything around it for a browser without one."""
    incident = incident_or_404(request, incident.number)
    context = {"incident": incident, **workbench.bench(incident, request.user, side=_side(request)), **more}
    opened = request.GET.get("cause", "")
    if open_form is not None:
        context |= {"open_form": open_form, "open_cause": open_form.about.pk if open_form.about else None}
        context["open_fresh"] = False
    elif context["editable"] and opened.isdecimal() and len(opened) < 19:
        form = FindingForm(incident=incident, person=request.user, initial={"cause": opened})
        if form.about:
            context |= {"open_form": form, "open_cause": form.about.pk, "open_fresh": True}
    below = request.GET.get("below", "")
    context["below"] = int(below) if below.isdecimal() and len(below) < 19 else None
    template = "capa/workbench_tree.html" if request.htmx else "capa/workbench.html"
    return render(request, template, context, status=status)


def _show_words(
    request: HttpRequest, incident: Incident, name: str, *, status=HTTPStatus.OK, **more
) -> HttpResponse:
    incident = incident_or_404(request, incident.number)
    context = {"incident": incident, **workbench.bench(incident, request.user, side=_side(request))}
    context |= {"words": {"field": name, **more}}
    if request.htmx:
        return render(request, "capa/workbench_words_alone.html", context, status=status)
    if status == HTTPStatus.OK and more.get("saved"):
        return redirect(f"{_address(incident, _side(request))}#words-{name}")
    return render(request, "capa/workbench.html", context, status=status)


def _refused_row(request: HttpRequest, incident: Incident, problem: str, **row) -> HttpResponse:
    return _show(request, incident, status=HTTPStatus.UNPROCESSABLE_ENTITY, problem={"text": problem, **row})


def _not_now(request: HttpRequest, incident: Incident, refused: Refused) -> HttpResponse:
    """Not this person's to do, or the case has gone on: nothing here can be saved any more."""
    if isinstance(refused, NotAllowed):
        context = {"incident": incident, "message": refused.message, "title": _("This isn't yours to do")}
        return render(request, "incidents/refused.html", context, status=HTTPStatus.FORBIDDEN)
    if not isinstance(refused, Stale):
        raise refused
    if request.htmx:  # what was typed stays on the page, with the reason above it
        return _show(request, incident, status=HTTPStatus.CONFLICT, gone_on=str(refused))
    messages.warning(request, str(refused))
    return redirect(_address(incident, _side(request)))


def _first_error(form) -> str:
    return next(iter(form.errors.values()))[0]
