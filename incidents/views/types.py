"""Administration of the incident types."""

from http import HTTPStatus

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_safe

from incidents import types
from incidents.errors import Invalid
from incidents.forms.types import TypeForm
from incidents.models import IncidentType
from people.models import Role


def _refuse_strangers(request: HttpRequest, *, to_change: bool) -> bool:
    """Quality managers and administrators may read the list; it is changed by administrators of the whole company."""
    may_change = types.office(request.user) is not None
    may_read = request.user.has_any_role(Role.QUALITY, Role.ADMINISTRATOR)
    if not (may_change if to_change else may_read):
        raise Http404
    return may_change


@login_required
@require_safe
def type_list(request: HttpRequest) -> HttpResponse:
    """The types as a tree in their order."""
    may_change = _refuse_strangers(request, to_change=False)
    below: dict[int | None, list[IncidentType]] = {}
    for kind in IncidentType.objects.all():
        below.setdefault(kind.parent_id, []).append(kind)
    tree = [(kind, below.get(kind.pk, [])) for kind in below.get(None, [])]
    return render(request, "incidents/types.html", {"tree": tree, "may_change": may_change})


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def type_add(request: HttpRequest) -> HttpResponse:
    """A new type; `?below=CODE` for a finer one."""
    _refuse_strangers(request, to_change=True)
    code = request.GET.get("below")
    parent = get_object_or_404(IncidentType, code=code, parent=None) if code else None
    form = TypeForm(request.POST or None, initial={"icon": parent.icon} if parent else None)
    if request.method == "POST" and form.is_valid():
        try:
            kind = types.add(
                by=request.user, names=form.names(), icon=form.cleaned_data["icon"], parent=parent
            )
        except Invalid as refused:
            _put(refused, form)
        else:
            messages.success(request, _("“%(name)s” is offered from now on.") % {"name": kind})
            return redirect("incident-types")
    return _form_page(request, form, parent=parent)


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def type_edit(request: HttpRequest, pk: int) -> HttpResponse:
    """Other names, another icon."""
    _refuse_strangers(request, to_change=True)
    kind = get_object_or_404(IncidentType.objects.select_related("parent"), pk=pk)
    form = TypeForm(request.POST) if request.method == "POST" else TypeForm.of(kind)
    if request.method == "POST" and form.is_valid():
        try:
            kind = types.rename(kind, by=request.user, names=form.names(), icon=form.cleaned_data["icon"])
        except Invalid as refused:
            _put(refused, form)
        else:
            messages.success(request, _("“%(name)s” is changed.") % {"name": kind})
            return redirect("incident-types")
    return _form_page(request, form, kind=kind, parent=kind.parent)


def _put(refused: Invalid, form: TypeForm) -> None:
    for name, message in refused.fields.items():
        form.add_error(name if name in form.fields else None, message)


def _form_page(request: HttpRequest, form: TypeForm, **context) -> HttpResponse:
    status = HTTPStatus.UNPROCESSABLE_ENTITY if form.is_bound and form.errors else HTTPStatus.OK
    icons = [(name, label) for name, label in types.ICONS.items()]
    return render(
        request, "incidents/types_form.html", {"form": form, "icons": icons, **context}, status=status
    )


@login_required
@require_http_methods(["POST"])
def type_change(request: HttpRequest, pk: int) -> HttpResponse:
    """up, down, retire or bring-back: the buttons of the list."""
    _refuse_strangers(request, to_change=True)
    kind = get_object_or_404(IncidentType.objects.select_related("parent"), pk=pk)
    change = request.POST.get("change")
    try:
        if change in {"up", "down"}:
            types.shift(kind, by=request.user, up=change == "up")
        elif change == "retire":
            types.retire(kind, by=request.user)
            messages.success(
                request, _("“%(name)s” is no longer offered. Its cases keep it.") % {"name": kind}
            )
        elif change == "bring-back":
            types.bring_back(kind, by=request.user)
            messages.success(request, _("“%(name)s” is offered again.") % {"name": kind})
        else:
            raise Http404
    except Invalid as refused:
        messages.error(request, str(refused))
    return redirect("incident-types")
