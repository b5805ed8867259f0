"""The first start in the browser."""

from allauth.account.utils import perform_login
from django.core.exceptions import ValidationError
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import get_language
from django.views.decorators.cache import never_cache
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_http_methods

from history.administration import founding
from history.administration.forms import SetupForm


@sensitive_post_parameters("password", "again")
@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def setup(request: HttpRequest) -> HttpResponse:
    """Asks for the company and its administrator while nobody exists; then it isn't there any more."""
    if not founding.is_open():
        raise Http404
    form = SetupForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        values = {name: value for name, value in form.cleaned_data.items() if name != "again"}
        try:
            person = founding.found_company(**values, language=get_language())
        except founding.AlreadyFounded as error:
            raise Http404 from error
        except ValidationError as error:
            form.refuse(error)
        else:
            return perform_login(request, person, redirect_url=reverse("units"))
    return render(request, "people/setup.html", {"form": form})
