"""The customer's page: where their complaint stands, and what is said both ways. Whoever holds the link is the customer."""

import functools
import uuid
from collections.abc import Callable
from http import HTTPStatus

from django.conf import settings
from django.contrib import messages
from django.http import HttpRequest, HttpResponse, QueryDict
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_safe

from complaints import attaching, corresponding, following, letters, links, standing, throttling
from complaints.forms.customers import MessageForm, NotSolvedForm, RenewForm, SatisfiedForm, is_key
from complaints.models import Complaint, Message
from complaints.surveys import inviting
from history.submissions import KeyReused
from incidents.errors import Invalid, Refused
from incidents.files.refusing import megabytes

from .files import taken_in
from .frame import NoCase, case_of, for_customers

UNPROCESSABLE = HTTPStatus.UNPROCESSABLE_ENTITY
#: Messages on one page, the latest first to be found.
SHOWN = 20


def with_case(view: Callable[..., HttpResponse]) -> Callable[..., HttpResponse]:
    """Gives the view the complaint of this link. A link that opens nothing leads to one friendly page."""

    @for_customers
    @functools.wraps(view)
    def opened(request: HttpRequest, token: str) -> HttpResponse:
        try:
            complaint = case_of(token)
        except NoCase as refused:
            return no_case(request, refused.expired)
        return view(request, token, complaint)

    return opened


def no_case(request: HttpRequest, expired: Complaint | None) -> HttpResponse:
    """410 for a link that was right once, 404 for any other: the same page, and nothing of the case on it."""
    form = RenewForm(initial={"reference": expired.number if expired else ""})
    status = HTTPStatus.GONE if expired else HTTPStatus.NOT_FOUND
    return render(request, "customers/no_case.html", {"form": form, "expired": bool(expired)}, status=status)


@require_safe
@with_case
def case(request: HttpRequest, token: str, complaint: Complaint) -> HttpResponse:
    new = corresponding.new_to_customer(complaint) if request.method == "GET" else []
    response = _page(request, token, complaint, MessageForm(initial={"key": uuid.uuid4()}))
    corresponding.read_by_customer(complaint, new)
    return response


@require_http_methods(["POST"])
@with_case
def write(request: HttpRequest, token: str, complaint: Complaint) -> HttpResponse:
    """A message with files. What was typed and sent up survives a refusal."""
    return _say(request, token, complaint, MessageForm, corresponding.customer_writes, _page)


@require_http_methods(["GET", "HEAD", "POST"])
@with_case
def not_solved(request: HttpRequest, token: str, complaint: Complaint) -> HttpResponse:
    """The answer didn't help: what is missing, in the customer's words, and the next round begins.

    Where one has begun while they wrote, their words become a message of it.
    """
    if request.method != "POST":
        if not standing.can_say_not_solved(complaint):
            return redirect("customer-page", token)
        return _not_solved_page(request, token, complaint, NotSolvedForm(initial={"key": uuid.uuid4()}))
    return _say(request, token, complaint, NotSolvedForm, corresponding.not_solved, _not_solved_page)


def _say(request: HttpRequest, token: str, complaint: Complaint, form_class, act, page) -> HttpResponse:
    data, problems = taken_in(request)
    if "remove" in data:  # without JavaScript: take one upload back, keep the rest
        return page(request, token, complaint, _without(data, form_class))
    form = form_class(data)
    if act is corresponding.customer_writes and form.uploads:
        form.fields["text"].required = False  # a photograph says enough
    if form.is_valid() and not problems:
        limits = (
            (throttling.LETTERS, complaint.pk),
            (throttling.LETTERS_FROM_NETWORK, throttling.network_of(request)),
        )
        if any(limit.is_reached(who) for limit, who in limits):
            form.add_error(
                None, _("You have written a lot just now. Please wait an hour; your text is still here.")
            )
            return page(request, token, complaint, form, status=HTTPStatus.TOO_MANY_REQUESTS)
        given = form.cleaned_data
        try:
            act(complaint, text=given["text"], uploads=form.uploads, key=given["key"], way=Message.Way.PAGE)
        except Invalid as refused:
            problems = refused.fields
        except KeyReused:
            problems = {
                "text": _("This form was sent before with other words. Look below, then send it again.")
            }
            form.data = _with_new_key(data)
        except Refused as refused:
            problems = {"text": refused.message}
        else:
            for limit, who in limits:
                limit.count(who)
            messages.success(request, _("Your message has arrived. We have told the people in charge."))
            return redirect(f"{reverse('customer-page', args=[token])}?written=1")
    for name, message in problems.items():
        form.add_error(name if name in form.fields else None, message)
    return page(request, token, complaint, form, status=UNPROCESSABLE)


def _without(data: QueryDict, form_class) -> MessageForm:
    unwanted = data.pop("remove")
    form = form_class(initial={name: data.get(name) for name in data})
    form.data = data
    asked = form_class(data)
    attaching.discard([ident for ident in asked.uploads if str(ident) in unwanted], key=asked.its_key)
    form.uploads = [ident for ident in asked.uploads if str(ident) not in unwanted]
    return form


def _with_new_key(data: QueryDict) -> QueryDict:
    data = data.copy()
    data["key"] = str(uuid.uuid4())
    return data


@require_http_methods(["GET", "HEAD", "POST"])
@with_case
def solved(request: HttpRequest, token: str, complaint: Complaint) -> HttpResponse:
    """The customer says by themselves that it helped: the follow-up call is no longer needed."""
    if not standing.can_say_solved(complaint):
        return redirect("customer-page", token)
    form = SatisfiedForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        try:
            following.customer_is_satisfied(complaint, note=form.cleaned_data["text"])
        except Refused as refused:
            messages.warning(request, refused.message)
        else:
            messages.success(request, _("Thank you. We are glad that it helped."))
        return redirect("customer-page", token)
    context = {"complaint": complaint, "token": token, "form": form}
    return render(
        request, "customers/solved.html", context, status=UNPROCESSABLE if form.errors else HTTPStatus.OK
    )


# The pages --------------------------------------------------------------------------------------------------------------
def _upload_context(form: MessageForm) -> dict:
    return {
        "form": form,
        "shots": attaching.waiting(form.uploads, key=form.its_key),
        "max_files": settings.UPLOAD_MAX_FILES,
        "max_bytes": settings.UPLOAD_MAX_BYTES,
        "max_megabytes": megabytes(settings.UPLOAD_MAX_BYTES),
    }


def _page(
    request: HttpRequest, token: str, complaint: Complaint, form: MessageForm, *, status: int = HTTPStatus.OK
) -> HttpResponse:
    title, words = standing.words_of(complaint)
    before = request.GET.get("before", "")
    said = complaint.messages.prefetch_related("attachments").order_by("-at", "-pk")
    if is_key(before):
        said = said.filter(pk__lt=int(before))
    rows = list(said[: SHOWN + 1])
    other = standing.joined_with(complaint)
    context = {
        "complaint": complaint,
        "token": token,
        "title": title,
        "words": words,
        "steps": standing.steps(complaint),
        "next": letters.next_in_words(complaint),
        "late_since": standing.late_since(complaint),
        "said": rows[:SHOWN][::-1],
        "older": rows[SHOWN - 1].pk if len(rows) > SHOWN else None,
        "is_older": bool(before),
        "can_write": standing.can_write(complaint),
        "can_say_solved": standing.can_say_solved(complaint),
        "can_say_not_solved": standing.can_say_not_solved(complaint),
        "other": other,
        "other_token": links.token_for_letter(other) if other else "",
        "survey": None if complaint.is_open else inviting.offer_for(complaint),
        "just_sent": "sent" in request.GET,
        "just_written": "written" in request.GET,
        "link": request.build_absolute_uri(reverse("customer-page", args=[token])),
        **_upload_context(form),
    }
    return render(request, "customers/case.html", context, status=status)


def _not_solved_page(
    request: HttpRequest, token: str, complaint: Complaint, form: MessageForm, *, status: int = HTTPStatus.OK
) -> HttpResponse:
    context = {"complaint": complaint, "token": token, **_upload_context(form)}
    return render(request, "customers/not_solved.html", context, status=status)
