"""How one wants to be told: what by e-mail, when the digest comes, when there is quiet. And the digest's way out."""

from http import HTTPStatus

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.utils.translation import override
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_http_methods

from ..deliveries.unsubscribing import person_of, switch_digest_off
from ..forms.preferences import PreferencesForm
from ..preferring import choose


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def preferences(request: HttpRequest) -> HttpResponse:
    form = PreferencesForm(request.POST or None, person=request.user)
    if request.method == "POST" and form.is_valid():
        choose(request.user, **form.values())
        messages.success(request, _("From now on you are told as you chose."))
        return redirect("preferences")
    status = HTTPStatus.UNPROCESSABLE_ENTITY if form.is_bound else HTTPStatus.OK
    return render(request, "reminders/preferences.html", {"form": form}, status=status)


@csrf_exempt  # one click in a mail program: RFC 8058. The token says who, and it can do nothing but this
@require_http_methods(["GET", "HEAD", "POST"])
def digest_off(request: HttpRequest, token: str) -> HttpResponse:
    """Switch that person's digest off, without signing in. Asking changes nothing: programs open links in mails."""
    person = person_of(token)
    if person is None:
        raise Http404
    with override(person.language):
        if request.method == "POST":
            switch_digest_off(person)
        return render(request, "reminders/digest_off.html", {"is_off": request.method == "POST"})
