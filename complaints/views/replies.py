"""Templates of replies, for those who answer customers; and the rules of approval, for quality managers."""

import functools
from collections.abc import Callable
from http import HTTPStatus

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from complaints import reply_rules, reply_templates, templating
from complaints.forms.replies import RuleForm, TemplateForm
from history.paging import page
from incidents.errors import Invalid, NotAllowed, Refused


def only(*roles: str) -> Callable:
    """Only for holders of one of these roles somewhere; whose rows they are is said by each view."""

    def guard(view: Callable[..., HttpResponse]) -> Callable[..., HttpResponse]:
        @functools.wraps(view)
        @login_required
        def guarded(request: HttpRequest, *args, **kwargs) -> HttpResponse:
            if not request.user.has_any_role(*roles):
                raise PermissionDenied
            return view(request, *args, **kwargs)

        return guarded

    return guard


# Templates -----------------------------------------------------------------------------------------------------------
@only(*reply_templates.KEEPERS)
@require_safe
def template_list(request: HttpRequest) -> HttpResponse:
    found = reply_templates.templates_of(request.user).select_related("unit", "category", "set_by")
    shown = page(found, request.GET)
    context = {"rows": shown.rows, "newer": shown.newer, "older": shown.older}
    return render(request, "complaints/reply_templates.html", context | _tabs(request))


@only(*reply_templates.KEEPERS)
@require_http_methods(["GET", "HEAD", "POST"])
def template_add(request: HttpRequest) -> HttpResponse:
    form = TemplateForm(request.POST or None, person=request.user)
    if request.method == "POST" and form.is_valid() and "preview" not in request.POST:
        if _do(form, reply_templates.add_template, by=request.user, **form.cleaned_data):
            messages.success(request, _("“%(name)s” is set up.") % {"name": form.cleaned_data["name"]})
            return redirect("reply-templates")
    return _template_page(request, form)


@only(*reply_templates.KEEPERS)
@require_http_methods(["GET", "HEAD", "POST"])
def template_edit(request: HttpRequest, pk: int) -> HttpResponse:
    row = get_object_or_404(reply_templates.templates_of(request.user).select_related("unit"), pk=pk)
    form = TemplateForm(request.POST or None, person=request.user, template=row)
    if request.method == "POST" and form.is_valid() and "preview" not in request.POST:
        if _do(form, reply_templates.change_template, row, by=request.user, **form.cleaned_data):
            messages.success(request, _("“%(name)s” is changed.") % {"name": form.cleaned_data["name"]})
            return redirect("reply-templates")
    return _template_page(request, form)


def _do(form, act: Callable, *args, **values) -> bool:
    """Do it; what was refused stands in the form."""
    try:
        act(*args, **values)
    except Invalid as refused:
        for name, message in refused.fields.items():
            form.add_error(name if name in form.fields else None, message)
        return False
    except NotAllowed as refused:
        raise PermissionDenied from refused
    except Refused as refused:
        form.add_error(None, str(refused))
        return False
    return True


def _template_page(request: HttpRequest, form: TemplateForm) -> HttpResponse:
    preview = ""
    if form.is_bound and form.is_valid():
        unit = form.template.unit if form.template else form.cleaned_data["unit"]
        values = form.cleaned_data
        preview = templating.sample(values["text"], values["language"], unit, request.user)
    status = HTTPStatus.UNPROCESSABLE_ENTITY if form.is_bound and form.errors else HTTPStatus.OK
    context = {"form": form, "template": form.template, "preview": preview}
    return render(request, "complaints/reply_template_form.html", context, status=status)


@only(*reply_templates.KEEPERS)
@require_POST
def template_retire(request: HttpRequest, pk: int) -> HttpResponse:
    row = get_object_or_404(reply_templates.templates_of(request.user).select_related("unit"), pk=pk)
    reply_templates.retire_template(row, by=request.user)
    messages.success(request, _("“%(name)s” is out of use.") % {"name": row.name})
    return redirect("reply-templates")


# Rules ---------------------------------------------------------------------------------------------------------------
@only(*reply_rules.KEEPERS)
@require_http_methods(["GET", "HEAD", "POST"])
def rules(request: HttpRequest) -> HttpResponse:
    """The rules in force, and the form for one more."""
    form = RuleForm(request.POST or None, person=request.user)
    if request.method == "POST" and form.is_valid():
        if _do(form, reply_rules.set_rule, by=request.user, **form.cleaned_data):
            messages.success(request, _("The rule holds from now on."))
            return redirect("reply-rules")
    found = reply_rules.rules_of(request.user).select_related("unit", "category", "set_by")
    shown = page(found, request.GET)
    context = {"form": form, "rows": shown.rows, "newer": shown.newer, "older": shown.older}
    status = HTTPStatus.UNPROCESSABLE_ENTITY if form.is_bound and form.errors else HTTPStatus.OK
    return render(request, "complaints/reply_rules.html", context | _tabs(request), status=status)


@only(*reply_rules.KEEPERS)
@require_POST
def rule_end(request: HttpRequest, pk: int) -> HttpResponse:
    row = get_object_or_404(reply_rules.rules_of(request.user).select_related("unit"), pk=pk)
    reply_rules.end_rule(row, by=request.user)
    messages.success(request, _("The rule holds no longer."))
    return redirect("reply-rules")


def _tabs(request: HttpRequest) -> dict:
    return {"sees_rules": request.user.has_any_role(*reply_rules.KEEPERS)}
