"""Robots and webhooks of one's units, for their quality managers and administrators; and the log of what was sent."""

import functools
from collections.abc import Callable
from http import HTTPStatus

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.core.exceptions import PermissionDenied
from django.db.models import Count, OuterRef, Subquery
from django.db.models.functions import Coalesce
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from history.paging import page

from .. import endpoints as acts
from ..channels import group_label_of
from ..deliveries.leasing import resend
from ..deliveries.log import KEEPERS, deliveries_of, endpoints_of, kind_of, remark_on, with_texts
from ..deliveries.robots import Refused, send_trial
from ..forms.endpoints import EndpointForm
from ..models import Delivery

State = Delivery.State
#: In the order in which the log offers them.
SHOWN = (State.WAITING, State.POISONED, State.SENT, State.DROPPED)


def keepers_only(view: Callable[..., HttpResponse]) -> Callable[..., HttpResponse]:
    @functools.wraps(view)
    @login_required
    def guarded(request: HttpRequest, *args, **kwargs) -> HttpResponse:
        if not request.user.has_any_role(*KEEPERS):
            raise PermissionDenied
        return view(request, *args, **kwargs)

    return guarded


@keepers_only
@require_safe
def endpoint_list(request: HttpRequest) -> HttpResponse:
    own = Delivery.objects.filter(endpoint=OuterRef("pk"))
    given_up = (
        own.filter(state=State.POISONED).order_by().values("endpoint").annotate(n=Count("pk")).values("n")
    )
    found = (
        endpoints_of(request.user)
        .select_related("unit", "set_by")
        .annotate(
            last_sent=Subquery(own.filter(state=State.SENT).order_by("-id").values("sent_at")[:1]),
            given_up=Coalesce(Subquery(given_up), 0),
        )
    )
    shown = page(found, request.GET)
    rows = [
        {
            "endpoint": endpoint,
            "end_id": f"end-{endpoint.pk}",
            "address": acts.masked(endpoint.url),
            "labels": [group_label_of(text) for text in endpoint.texts],
        }
        for endpoint in shown.rows
    ]
    return render(
        request, "reminders/endpoints.html", {"rows": rows, "newer": shown.newer, "older": shown.older}
    )


@keepers_only
@require_http_methods(["GET", "HEAD", "POST"])
def endpoint_add(request: HttpRequest) -> HttpResponse:
    form = EndpointForm(request.POST or None, person=request.user)
    if request.method == "POST" and form.is_valid():
        endpoint = acts.add_endpoint(by=request.user, **form.cleaned_data)
        messages.success(request, _("“%(name)s” is set up. Try it out.") % {"name": endpoint.name})
        return redirect("endpoints")
    return _form_page(request, form)


@keepers_only
@require_http_methods(["GET", "HEAD", "POST"])
def endpoint_edit(request: HttpRequest, pk: int) -> HttpResponse:
    endpoint = get_object_or_404(endpoints_of(request.user).select_related("unit"), pk=pk)
    form = EndpointForm(request.POST or None, person=request.user, endpoint=endpoint)
    if request.method == "POST" and form.is_valid():
        acts.change_endpoint(endpoint, by=request.user, **form.cleaned_data)
        messages.success(request, _("“%(name)s” is changed.") % {"name": form.cleaned_data["name"]})
        return redirect("endpoints")
    return _form_page(request, form, endpoint=endpoint, address=acts.masked(endpoint.url))


def _form_page(request: HttpRequest, form: EndpointForm, **context) -> HttpResponse:
    status = HTTPStatus.UNPROCESSABLE_ENTITY if form.is_bound else HTTPStatus.OK
    return render(request, "reminders/endpoints_form.html", {"form": form, **context}, status=status)


@keepers_only
@require_POST
def endpoint_test(request: HttpRequest, pk: int) -> HttpResponse:
    """Send a greeting there at once, and say what was answered."""
    endpoint = get_object_or_404(endpoints_of(request.user), pk=pk)
    try:
        answer = send_trial(endpoint)
    except Refused as refused:
        messages.error(
            request,
            _("“%(name)s” did not take it: %(answer)s") % {"name": endpoint.name, "answer": refused},
        )
    else:
        messages.success(
            request,
            _("“%(name)s” took it (%(answer)s). Look whether it arrived.")
            % {"name": endpoint.name, "answer": answer},
        )
    return redirect("endpoints")


@keepers_only
@require_POST
def endpoint_end(request: HttpRequest, pk: int) -> HttpResponse:
    endpoint = get_object_or_404(endpoints_of(request.user).select_related("unit"), pk=pk)
    acts.end_endpoint(endpoint, by=request.user)
    messages.success(request, _("Nothing is sent to “%(name)s” any more.") % {"name": endpoint.name})
    return redirect("endpoints")


# The log -------------------------------------------------------------------------------------------------------------
@keepers_only
@require_safe
def deliveries(request: HttpRequest) -> HttpResponse:
    """What was sent to whom and how it went, newest first; ?state= for those that wait or were given up."""
    state = request.GET.get("state", "")
    found = deliveries_of(request.user)
    if state in State.values:
        found = found.filter(state=state)
    shown = page(with_texts(found.select_related("recipient", "endpoint")), request.GET)
    rows = [
        {
            "delivery": delivery,
            "kind": kind_of(delivery),
            "remark": remark_on(delivery),
            "may_resend": _may_resend(delivery),
        }
        for delivery in shown.rows
    ]
    context = {
        "rows": rows,
        "newer": shown.newer,
        "older": shown.older,
        "state": state,
        "states": [("", _("All")), *((state.value, state.label) for state in SHOWN)],
    }
    return render(request, "reminders/deliveries.html", context)


def _may_resend(delivery: Delivery) -> bool:
    if delivery.endpoint_id:
        return delivery.state in (State.SENT, State.POISONED) and delivery.endpoint.ended_at is None
    return delivery.state == State.POISONED


@keepers_only
@require_POST
def delivery_resend(request: HttpRequest, pk: int) -> HttpResponse:
    """Send it again by hand: what was given up, or to an endpoint also what has arrived."""
    delivery = get_object_or_404(deliveries_of(request.user).select_related("endpoint"), pk=pk)
    if _may_resend(delivery) and resend(delivery):
        acts.tell_to_send(delivery)
        messages.success(request, _("It is sent again in a moment."))
    else:
        messages.error(request, _("It can't be sent again."))
    return redirect("deliveries")
