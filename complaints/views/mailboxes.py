"""Mailboxes that complaints come in by, for administrators of their units; and what became of each mail."""

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
from django.utils.translation import ngettext
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from complaints.forms.mailboxes import MailboxForm
from complaints.mailbox import keeping, polling, server, taking
from complaints.models import Complaint, IncomingMail, Mailbox
from history.paging import page
from incidents.errors import Invalid
from people.models import Role

Outcome = IncomingMail.Outcome
#: Rows of the list.
SIZE = 24
#: How a row of the log stands out.
CHIPS = {
    Outcome.COMPLAINT: "chip-accent",
    Outcome.JOINED: "chip-accent",
    Outcome.TOO_BIG: "chip-accent",
    Outcome.FAILED: "chip-orange",
    Outcome.UNREADABLE: "chip-orange",
    Outcome.FLOOD: "chip-orange",
}
HELD_BACK = (Outcome.FAILED, Outcome.UNREADABLE, Outcome.FLOOD)


def administrators_only(view: Callable[..., HttpResponse]) -> Callable[..., HttpResponse]:
    @functools.wraps(view)
    @login_required
    def guarded(request: HttpRequest, *args, **kwargs) -> HttpResponse:
        if not request.user.has_any_role(Role.ADMINISTRATOR):
            raise PermissionDenied
        return view(request, *args, **kwargs)

    return guarded


def _kept(request: HttpRequest, pk: int) -> Mailbox:
    found = keeping.kept_by(request.user).select_related("unit", "set_by")
    return get_object_or_404(found, pk=pk, ended_at=None)


@administrators_only
@require_safe
def mailbox_list(request: HttpRequest) -> HttpResponse:
    own = IncomingMail.objects.filter(mailbox=OuterRef("pk"), outcome__in=HELD_BACK)
    count = own.order_by().values("mailbox").annotate(n=Count("pk")).values("n")
    found = keeping.kept_by(request.user).filter(ended_at=None).select_related("unit")
    found = found.annotate(held_back=Coalesce(Subquery(count), 0))
    shown = page(found, request.GET, size=SIZE)
    silent = set(polling.silent().filter(pk__in=[row.pk for row in shown.rows]).values_list("pk", flat=True))
    rows = []
    for mailbox in shown.rows:
        words, detail = server.in_words(mailbox.last_error)
        rows.append(
            {
                "mailbox": mailbox,
                "end_id": f"end-{mailbox.pk}",
                "is_silent": mailbox.pk in silent,
                "error": words,
                "detail": detail,
            }
        )
    return render(
        request, "complaints/mailboxes.html", {"rows": rows, "newer": shown.newer, "older": shown.older}
    )


@administrators_only
@require_http_methods(["GET", "HEAD", "POST"])
def mailbox_add(request: HttpRequest) -> HttpResponse:
    form = MailboxForm(request.POST or None, person=request.user)
    if request.method == "POST" and form.is_valid():
        try:
            mailbox = keeping.add_mailbox(by=request.user, **form.cleaned_data)
        except Invalid as invalid:
            _put_errors(form, invalid)
        else:
            messages.success(
                request, _("%(name)s is set up. Test the connection.") % {"name": mailbox.address}
            )
            return redirect("mailboxes")
    return _form_page(request, form)


@administrators_only
@require_http_methods(["GET", "HEAD", "POST"])
def mailbox_edit(request: HttpRequest, pk: int) -> HttpResponse:
    mailbox = _kept(request, pk)
    form = MailboxForm(request.POST or None, person=request.user, mailbox=mailbox)
    if request.method == "POST" and form.is_valid():
        try:
            keeping.change_mailbox(mailbox, by=request.user, **form.cleaned_data)
        except Invalid as invalid:
            _put_errors(form, invalid)
        else:
            messages.success(request, _("%(name)s is changed.") % {"name": form.cleaned_data["address"]})
            return redirect("mailboxes")
    return _form_page(request, form, mailbox=mailbox)


def _put_errors(form: MailboxForm, invalid: Invalid) -> None:
    for name, message in invalid.fields.items():
        form.add_error(name if name in form.fields else None, message)


def _form_page(request: HttpRequest, form: MailboxForm, **context) -> HttpResponse:
    status = HTTPStatus.UNPROCESSABLE_ENTITY if form.is_bound else HTTPStatus.OK
    return render(request, "complaints/mailboxes_form.html", {"form": form, **context}, status=status)


@administrators_only
@require_POST
def mailbox_test(request: HttpRequest, pk: int) -> HttpResponse:
    """Sign in there now and say in words how it went."""
    mailbox = _kept(request, pk)
    try:
        count = keeping.try_out(mailbox)
    except server.Trouble as trouble:
        words, detail = server.in_words(str(trouble))
        said = f"{words} ({detail})" if detail else words
        messages.error(request, _("%(name)s: %(problem)s") % {"name": mailbox.address, "problem": said})
    else:
        words = ngettext(
            "it works. %(count)d mail lies there.", "it works. %(count)d mails lie there.", count
        )
        messages.success(request, f"{mailbox.address}: {words % {'count': count}}")
    return redirect("mailboxes")


@administrators_only
@require_POST
def mailbox_end(request: HttpRequest, pk: int) -> HttpResponse:
    mailbox = _kept(request, pk)
    keeping.end_mailbox(mailbox, by=request.user)
    messages.success(request, _("%(name)s is not read any more.") % {"name": mailbox.address})
    return redirect("mailboxes")


# The log -------------------------------------------------------------------------------------------------------------
@administrators_only
@require_safe
def mailbox_log(request: HttpRequest, pk: int) -> HttpResponse:
    """What became of each mail, newest first; ?show=held for what was held back or failed. Nothing of what they say."""
    mailbox = _kept(request, pk)
    found = keeping.log_of(mailbox)
    show = request.GET.get("show", "")
    if show == "held":
        found = found.filter(outcome__in=HELD_BACK)
    shown = page(found, request.GET, moment="at")
    numbers = _numbers(request, shown.rows)
    rows = [
        {
            "mail": mail,
            "chip": CHIPS.get(mail.outcome, "chip-line"),
            "notes": taking.notes_in_words(mail.note),
            "number": numbers.get(mail.complaint_id, ("", False))[0],
            "is_visible": numbers.get(mail.complaint_id, ("", False))[1],
            "may_try_again": polling.may_try_again(mail),
        }
        for mail in shown.rows
    ]
    context = {"mailbox": mailbox, "rows": rows, "show": show, "newer": shown.newer, "older": shown.older}
    return render(request, "complaints/mailboxes_log.html", context)


def _numbers(request: HttpRequest, mails: list[IncomingMail]) -> dict[int, tuple[str, bool]]:
    """References by complaint, and whether it may be opened. One for named people only isn't even named to others."""
    keys = {mail.complaint_id for mail in mails if mail.complaint_id}
    visible = set(
        Complaint.objects.visible_to(request.user).filter(pk__in=keys).order_by().values_list("pk", flat=True)
    )
    return {
        mail.complaint_id: (mail.complaint.number, mail.complaint_id in visible)
        for mail in mails
        if mail.complaint_id and (mail.complaint_id in visible or not mail.complaint.sensitive)
    }


@administrators_only
@require_POST
def mail_again(request: HttpRequest, pk: int) -> HttpResponse:
    """Have a mail that failed, or was held back, taken with the next poll."""
    mine = keeping.kept_by(request.user).filter(ended_at=None)
    mail = get_object_or_404(IncomingMail.objects.filter(mailbox__in=mine), pk=pk)
    if polling.try_again(mail):
        messages.success(request, _("It is tried again within a minute or two."))
    else:
        messages.error(request, _("There is nothing to try again."))
    return redirect("mailbox-log", mail.mailbox_id)
