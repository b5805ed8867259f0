"""One's own access tokens: what opens the API for a program."""

from allauth.account.decorators import reauthentication_required
from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.core.exceptions import ValidationError
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_POST

from history.administration.forms import TokenForm
from history.administration.tokens import create_token, revoke_token
from people.models import ApiToken


@never_cache
@login_required
@reauthentication_required
@require_http_methods(["GET", "HEAD", "POST"])
def tokens(request: HttpRequest) -> HttpResponse:
    """The list, and making a new one, whose secret is shown on this answer only."""
    form, secret = TokenForm(request.POST or None), ""
    if request.method == "POST" and form.is_valid():
        try:
            _token, secret = create_token(request.user, **form.cleaned_data)
        except ValidationError as error:
            form.refuse(error)
        else:
            form = TokenForm()
    context = {"form": form, "secret": secret, "tokens": request.user.tokens.usable()}
    return render(request, "people/tokens.html", context)


@login_required
@require_POST
def revoke(request: HttpRequest, pk: int) -> HttpResponse:
    token = get_object_or_404(ApiToken, pk=pk, person=request.user)
    revoke_token(token)
    messages.success(request, _("The token %(name)s no longer opens anything.") % {"name": token})
    return redirect("tokens")
