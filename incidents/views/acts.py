"""One view for every act: GET shows its page, POST does it; what was typed is never lost when it is refused."""

from http import HTTPStatus

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_http_methods

from incidents import acts, gates, permissions
from incidents.errors import Invalid, NotAllowed, NotYet, Stale
from incidents.forms.acts import ActForm
from incidents.lifecycle import refuse_unless_allowed
from incidents.models import Incident


def incident_or_404(request: HttpRequest, number: str, **asked) -> Incident:
    """The incident if this person may see it; what isn't theirs doesn't exist for them.

    `asked` are further things to know of it, in the same statement.
    """
    visible = Incident.objects.visible_to(request.user).select_related(
        "type", "type__parent", "unit", "reporter", "owner", "contact", "responsible_unit", "responsible_person",
        "merged_into",
    )  # fmt: skip
    return get_object_or_404(visible.annotate(**asked), number=number)


@sensitive_post_parameters("password")
@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def act(request: HttpRequest, number: str, slug: str) -> HttpResponse:
    """Show or do one act of the register on one incident."""
    incident = incident_or_404(request, number)
    chosen = acts.find(slug)
    if chosen is None:
        raise Http404
    try:
        refuse_unless_allowed(incident, chosen.permission, by=request.user)
    except NotAllowed as refused:
        return _refused(request, incident, chosen, refused)
    if request.method != "POST":
        form = chosen.form(incident=incident, person=request.user, initial=request.GET.dict())
        return _page(request, incident, chosen, form)
    form = chosen.form(request.POST, request.FILES, incident=incident, person=request.user)
    if not form.is_valid():
        return _page(request, incident, chosen, form, status=HTTPStatus.UNPROCESSABLE_ENTITY)
    try:
        chosen.perform(incident, by=request.user, version=form.seen_version(), **form.values())
    except Invalid as refused:
        for name, message in refused.fields.items():
            form.add_error(name if name in form.fields and name != "version" else None, message)
        return _page(request, incident, chosen, form, status=HTTPStatus.UNPROCESSABLE_ENTITY)
    except NotYet as refused:
        return _page(request, incident, chosen, form, status=HTTPStatus.CONFLICT, missing=refused.missing)
    except NotAllowed as refused:
        return _refused(request, incident, chosen, refused)
    except Stale as refused:
        return _stale(request, incident.number, chosen, refused)
    if chosen.done:
        messages.success(request, chosen.done % {"number": incident.number})
    page = reverse(chosen.back, args=[incident.number])
    return redirect(f"{page}#{chosen.anchor}" if chosen.anchor else page)


def _page(request, incident: Incident, chosen: acts.Act, form: ActForm, *, status=HTTPStatus.OK, **context):
    gate = gates.gate(incident, chosen.step) if chosen.step else []
    context |= {"incident": incident, "act": chosen, "form": form, "gate": gate}
    return render(request, chosen.template, context, status=status)


def _stale(request, number: str, chosen: acts.Act, refused: Stale) -> HttpResponse:
    """Show the case as it is now beside what the person typed; sending it again decides with open eyes."""
    current = incident_or_404(request, number)
    if current.stage not in chosen.stages or not permissions.allowed(
        request.user, chosen.permission, current
    ):
        messages.warning(request, str(refused))
        return redirect(current)
    typed = request.POST.copy()
    typed["version"] = current.version
    form = chosen.form(typed, request.FILES, incident=current, person=request.user)
    form.is_valid()
    return _page(request, current, chosen, form, status=HTTPStatus.CONFLICT, stale=refused.message)


def _refused(request, incident: Incident, chosen: acts.Act, refused: NotAllowed) -> HttpResponse:
    context = {
        "incident": incident,
        "act": chosen,
        "message": refused.message,
        "title": _("This isn't yours to do"),
    }
    return render(request, "incidents/refused.html", context, status=HTTPStatus.FORBIDDEN)
