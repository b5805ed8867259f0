"""Customers' personal data: shown for a reason, found, handed out, erased, kept for a time."""

from http import HTTPStatus

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from complaints import customers, erasing, handing_out, identity, retention, revealing
from complaints.forms import personal as forms
from complaints.lifecycle import refuse_unless_allowed
from complaints.models import Complaint, Erasure
from incidents.errors import Invalid, NotAllowed, Refused

from .acts import complaint_or_404

#: Rows on a page of requests.
PAGE = 100


def deals_with_customers(view):
    """Only people whose post it is to deal with customers; anybody else is told so."""

    @login_required
    @never_cache
    def guarded(request: HttpRequest, *args, **kwargs) -> HttpResponse:
        if not request.user.has_any_role(*Erasure.ROLES):
            raise PermissionDenied
        return view(request, *args, **kwargs)

    return guarded


# The contact of one complaint ----------------------------------------------------------------------------------------
@login_required
@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def contact(request: HttpRequest, number: str) -> HttpResponse:
    """GET asks what for; POST shows the contact, on this page only."""
    complaint = complaint_or_404(request, number)
    form = forms.RevealForm(request.POST or None)
    shown = None
    try:
        refuse_unless_allowed(complaint, "reveal", by=request.user)
        if complaint.contact_id is None:
            raise Http404
        if request.method == "POST" and form.is_valid():
            shown = revealing.reveal(complaint, by=request.user, **form.cleaned_data)
    except NotAllowed as refused:
        return _refused(request, complaint, refused)
    except Refused as refused:
        _say(form, refused)
    return render(
        request,
        "complaints/contact.html",
        {"complaint": complaint, "form": form, "contact": shown, "here": True},
        status=_status(form),
    )


# One customer --------------------------------------------------------------------------------------------------------
@deals_with_customers
@require_http_methods(["GET", "HEAD", "POST"])
def find(request: HttpRequest) -> HttpResponse:
    """Find a customer. What is typed comes by POST, so that it stands in no address and in no log."""
    form = forms.FindForm(request.POST or None)
    found, too_many = None, ""
    if request.method == "POST" and form.is_valid():
        try:
            found = customers.find(request.user, form.cleaned_data["q"])
        except Refused as refused:
            too_many = refused.message
    context = {
        "form": form,
        "found": found,
        "too_many": too_many,
        "limit": customers.LIMIT,
        "may_rule": bool(retention.ruled_by(request.user)),
    }
    return render(
        request, "complaints/customers.html", context,
        status=HTTPStatus.TOO_MANY_REQUESTS if too_many else _status(form),
    )  # fmt: skip


def _customer_or_404(request: HttpRequest, number: str) -> tuple[Complaint, identity.Customer]:
    complaint = complaint_or_404(request, number)
    if complaint.contact_id is None:
        raise Http404
    return complaint, identity.customer_of(complaint, request.user)


@login_required
@never_cache
@require_safe
def customer(request: HttpRequest, number: str) -> HttpResponse:
    """What is held about the customer of a complaint, and what can be done with it."""
    try:
        complaint, found = _customer_or_404(request, number)
    except NotAllowed as refused:
        return _refused(request, complaint_or_404(request, number), refused)
    cases = found.complaints.select_related("unit", "category").order_by("-received_at", "-pk")
    waiting = Erasure.objects.visible_to(request.user).filter(
        state=Erasure.State.ASKED, contacts__overlap=sorted(found.contacts)
    )
    context = {
        "complaint": complaint,
        "here": True,
        "counts": found.counts(),
        "cases": list(cases[:PAGE]),
        "perhaps": list(
            found.perhaps().select_related("unit", "contact").order_by("-received_at", "-pk")[:PAGE]
        ),
        "open_cases": found.open_cases(),
        "waiting": waiting.select_related("asked_by").first(),
        "is_shared": len(found.contacts) > identity.MANY,
    }
    return render(request, "complaints/customer.html", context)


@login_required
@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def hand_out(request: HttpRequest, number: str) -> HttpResponse:
    """Have the customer's data packed: a page with a reason, then the job."""
    form = forms.HandOutForm(request.POST or None)
    complaint = complaint_or_404(request, number)
    try:
        _complaint, found = _customer_or_404(request, number)
        if request.method == "POST" and form.is_valid():
            return redirect(handing_out.ask(complaint, by=request.user, **form.cleaned_data))
    except NotAllowed as refused:
        return _refused(request, complaint, refused)
    except Refused as refused:
        _say(form, refused)
        found = identity.customer_of(complaint, request.user)
    context = {"complaint": complaint, "form": form, "counts": found.counts(), "here": True}
    return render(request, "complaints/hand_out.html", context, status=_status(form))


@login_required
@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def erase(request: HttpRequest, number: str) -> HttpResponse:
    """Ask for the erasure of a customer's data; somebody else confirms."""
    form = forms.EraseForm(request.POST or None)
    complaint = complaint_or_404(request, number)
    try:
        _complaint, found = _customer_or_404(request, number)
        if request.method == "POST" and form.is_valid():
            erasure = erasing.ask(complaint, by=request.user, **form.cleaned_data)
            messages.success(request, _("Asked for. Somebody else has to confirm it."))
            return redirect("erasure", erasure.pk)
    except NotAllowed as refused:
        return _refused(request, complaint, refused)
    except Refused as refused:
        _say(form, refused)
        found = identity.customer_of(complaint, request.user)
    context = {
        "complaint": complaint, "form": form, "counts": found.counts(), "open_cases": found.open_cases(), "here": True,
    }  # fmt: skip
    return render(request, "complaints/erase.html", context, status=_status(form))


# Erasures ------------------------------------------------------------------------------------------------------------
def _erasure_or_404(request: HttpRequest, pk: int) -> Erasure:
    visible = Erasure.objects.visible_to(request.user).select_related("unit", "asked_by", "decided_by")
    return get_object_or_404(visible, pk=pk)


@deals_with_customers
@require_safe
def erasures(request: HttpRequest) -> HttpResponse:
    """Requests for erasure in the reader's companies, what waits first."""
    rows = Erasure.objects.visible_to(request.user).select_related("asked_by", "decided_by")
    waiting = list(rows.filter(state=Erasure.State.ASKED)[:PAGE])
    decided = list(rows.exclude(state=Erasure.State.ASKED)[:PAGE])
    return render(request, "complaints/erasures.html", {"waiting": waiting, "decided": decided})


@login_required
@never_cache
@require_safe
def erasure(request: HttpRequest, pk: int) -> HttpResponse:
    return _erasure_page(request, _erasure_or_404(request, pk), forms.DeclineForm())


def _erasure_page(request: HttpRequest, row: Erasure, form, status=HTTPStatus.OK) -> HttpResponse:
    asked = row.state == Erasure.State.ASKED
    found = identity.of_contacts(row.contacts, row.unit.company_id, request.user) if asked else None
    context = {
        "erasure": row,
        "counts": found.counts() if found else row.counts,
        "cases": list(found.complaints.order_by("pk").values_list("number", flat=True)[:PAGE])
        if found
        else [],
        "form": form,
        "is_mine": row.asked_by_id == request.user.pk,
    }
    return render(request, "complaints/erasure.html", context, status=status)


@login_required
@require_POST
def confirm(request: HttpRequest, pk: int) -> HttpResponse:
    row = _erasure_or_404(request, pk)
    try:
        erasing.confirm(row, by=request.user)
    except Refused as refused:
        messages.error(request, refused.message)
    else:
        messages.success(request, _("Everything personal of this customer is erased."))
    return redirect("erasure", row.pk)


@login_required
@require_POST
def decline(request: HttpRequest, pk: int) -> HttpResponse:
    row = _erasure_or_404(request, pk)
    form = forms.DeclineForm(request.POST)
    if not form.is_valid():
        return _erasure_page(request, row, form, HTTPStatus.UNPROCESSABLE_ENTITY)
    try:
        erasing.decline(row, by=request.user, **form.cleaned_data)
    except Refused as refused:
        messages.error(request, refused.message)
    return redirect("erasure", row.pk)


# For how long --------------------------------------------------------------------------------------------------------
@login_required
@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def keeping(request: HttpRequest) -> HttpResponse:
    """For how long each of the reader's companies keeps personal data: looked at by GET, set by POST.

    `?months=`, or a post with `look`, shows how many complaints a rule would reach at once, before it is set.
    """
    companies = retention.ruled_by(request.user)
    if not companies:
        raise PermissionDenied
    asked = request.POST.get("company") or request.GET.get("company") or str(companies[0].pk)
    company = next((unit for unit in companies if str(unit.pk) == asked), None)
    if company is None:
        raise Http404
    rule = retention.rule_of(company)
    sent = request.POST if request.method == "POST" else request.GET if "months" in request.GET else None
    form = forms.RetentionForm(sent, initial={"months": rule.months})
    months = form.cleaned_data["months"] if sent is not None and form.is_valid() else None
    if request.method == "POST" and months is not None and "look" not in request.POST:
        retention.set_rule(company, by=request.user, months=months)
        messages.success(request, _("Set. It is carried out every night."))
        return redirect(f"{request.path}?company={company.pk}")
    context = {
        "companies": companies,
        "company": company,
        "rule": rule,
        "form": form,
        "months": months,
        "due_now": retention.due(company, rule.months).count(),
        "would_be": retention.due(company, months).count() if months else None,
    }
    return render(request, "complaints/retention.html", context, status=_status(form))


# -----------------------------------------------------------------------------------------------------------------------
def _say(form, refused: Refused) -> None:
    """Why it was refused, beside the field it is about."""
    for field, message in (refused.fields if isinstance(refused, Invalid) else {"": refused.message}).items():
        form.add_error(field if field in form.fields else None, message)


def _status(form) -> HTTPStatus:
    return HTTPStatus.UNPROCESSABLE_ENTITY if form.is_bound and form.errors else HTTPStatus.OK


def _refused(request: HttpRequest, complaint: Complaint, refused: NotAllowed) -> HttpResponse:
    context = {"complaint": complaint, "message": refused.message, "title": _("This isn't yours to do")}
    return render(request, "complaints/refused.html", context, status=HTTPStatus.FORBIDDEN)
