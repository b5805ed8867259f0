"""Taking a call, and what is told on site or on paper: one page, with the customer's earlier complaints beside it."""

import uuid
from http import HTTPStatus

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_http_methods, require_POST

from complaints import calls, customers, duplicates
from complaints.forms.calls import CHANNELS, CallForm
from complaints.models import Complaint
from complaints.permissions import ACTS
from history.submissions import KeyReused
from incidents.errors import Invalid, NotAllowed

#: From so many characters on it is looked for something alike.
SHORTEST = 8


@sensitive_post_parameters()
@login_required
@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def call(request: HttpRequest) -> HttpResponse:
    """Take down a call, a visit or a letter."""
    person = request.user
    if not person.has_any_role(*ACTS["receive"].roles):
        raise Http404
    if request.method != "POST":
        channel = request.GET.get("channel", "")
        return _page(
            request, CallForm.fresh(person=person, channel=channel if channel in CHANNELS else CHANNELS[0])
        )
    if "find" in request.POST:  # without a script: the same page with what was found, nothing is judged yet
        return _page(request, _as_typed(request))
    form = CallForm(request.POST, request.FILES, person=person)
    if not form.is_valid():
        return _page(request, form, status=HTTPStatus.UNPROCESSABLE_ENTITY)
    try:
        taken, complaint = calls.take_down(by=person, **form.values())
    except Invalid as refused:
        for name, message in refused.fields.items():
            form.add_error(name if name in form.fields else None, message)
    except NotAllowed as refused:
        form.add_error(None, refused.message)
    except KeyReused:
        form.data = form.data.copy()
        form.data["key"] = str(uuid.uuid4())
        form.add_error(
            None, _("This form was sent before with other words. Send it again to take down another one.")
        )
    else:
        return _done(request, taken, complaint)
    return _page(request, form, status=HTTPStatus.UNPROCESSABLE_ENTITY)


def _done(request: HttpRequest, taken, complaint: Complaint | None) -> HttpResponse:
    if complaint is None:
        messages.success(request, _("The call is on record."))
        return redirect("complaint-call")
    text = _("%(number)s is on record. Tell the customer this number.") % {"number": complaint.number}
    messages.success(request, text)
    if Complaint.objects.visible_to(request.user).filter(pk=complaint.pk).exists():
        return redirect(complaint)
    return redirect("complaint-call")


def _as_typed(request: HttpRequest) -> CallForm:
    """The form with what was typed, not judged."""
    typed = {name: request.POST.get(name, "") for name in CallForm.base_fields if name != "files"}
    for name in ("anonymous", "repeated_back"):
        typed[name] = name in request.POST
    return CallForm(person=request.user, initial=typed)


def _page(request: HttpRequest, form: CallForm, *, status: int = HTTPStatus.OK) -> HttpResponse:
    context = {
        "form": form,
        "channels": [(c.value, c.label) for c in CHANNELS],
        **_found(request, form),
        **_told(form),
    }
    return render(request, "complaints/call.html", context, status=status)


@sensitive_post_parameters()
@login_required
@never_cache
@require_POST
def find(request: HttpRequest) -> HttpResponse:
    """The customer's earlier complaints, fetched while one types. By POST: what is asked must not stand in a log."""
    form = _as_typed(request)
    return render(request, "complaints/_call_found.html", {"form": form, **_found(request, form)})


@sensitive_post_parameters()
@login_required
@never_cache
@require_POST
def told(request: HttpRequest) -> HttpResponse:
    """The facts in a sentence to repeat back, and what tells the same: fetched while one writes."""
    form = _as_typed(request)
    return render(request, "complaints/_call_told.html", {"form": form, **_told(form)})


def _found(request: HttpRequest, form: CallForm) -> dict:
    """What the search for the customer finds, with what is chosen among it already."""
    query, (_way, number) = str(form["query"].value() or ""), form.chosen
    found, too_many = [], ""
    if request.method == "POST" and query.strip():
        try:
            found = customers.find(request.user, query)
        except customers.TooMany as refused:
            too_many = refused.message
    if number and number not in {row.number for row in found}:
        visible = Complaint.objects.visible_to(request.user).select_related("contact", "unit", "category")
        found = [*visible.filter(number=number), *found]
    return {
        "found": found,
        "asked": bool(query.strip()),
        "too_many": too_many,
        "chosen": str(form["earlier"].value() or ""),
    }


def _told(form: CallForm) -> dict:
    """The facts as they were typed, and complaints that tell the same."""

    def typed(name: str) -> str:
        return str(form[name].value() or "").strip()

    text, unit_key = typed("text"), typed("unit")
    unit = form.units.get(int(unit_key)) if unit_key.isascii() and unit_key.isdigit() else None
    contact = {"phone": typed("phone"), "email": typed("email")}
    likely = []
    if len(text) >= SHORTEST or len(contact["phone"]) > 6 or "@" in contact["email"]:
        likely = duplicates.likely(form.person, text=text, unit=unit, contact=contact)
    occurred = form["occurred_at"].value()
    facts = {
        "unit": unit, "place": typed("place"), "when": occurred if isinstance(occurred, str) else "",
        "text": text, "wish": typed("wish"), "name": typed("name"), "phone": typed("phone"), "email": typed("email"),
    }  # fmt: skip
    return {"facts": facts, "likely": likely}
