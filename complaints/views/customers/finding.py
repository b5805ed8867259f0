"""Finding one's case again without the link, and asking for a new link."""

from http import HTTPStatus

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_http_methods

from complaints import finding_again, links, throttling
from complaints.forms.customers import LookupForm, RenewForm

from .frame import for_customers

#: One answer, whether the reference, the ending or both are wrong.
NOT_FOUND = _(
    "We found no complaint with this reference and this ending. Check both, or ask for a new link below."
)
TOO_MANY = _(
    "There were too many tries. Please wait until tomorrow, or open the link you kept; you can also have a new one sent "
    "to your e-mail address."
)


@for_customers
@require_http_methods(["GET", "HEAD", "POST"])
def lookup(request: HttpRequest) -> HttpResponse:
    """By reference and phone ending. Wrong tries are counted; a right one leads to the page, as the link does."""
    form = LookupForm(request.POST if request.method == "POST" else None, initial=_initial(request))
    status = HTTPStatus.OK
    if form.is_bound:
        status = HTTPStatus.UNPROCESSABLE_ENTITY
        if form.is_valid():
            reference, ending = form.cleaned_data["reference"], form.cleaned_data["ending"]
            tries = (
                (throttling.TRIES_FOR_REFERENCE, reference),
                (throttling.TRIES_FOR_REFERENCE_IN_A_MONTH, reference),
                (throttling.TRIES_FROM_NETWORK, throttling.network_of(request)),
                (throttling.TRIES, "all"),
                (throttling.TRIES_IN_A_DAY, "all"),
            )
            if any(limit.is_reached(who) for limit, who in tries):
                form.add_error(None, TOO_MANY)
                status = HTTPStatus.TOO_MANY_REQUESTS
            elif (complaint := finding_again.find(reference, ending)) and (
                token := links.token_for_visit(complaint)
            ):
                return redirect("customer-page", token)
            else:
                for limit, who in tries:
                    limit.count(who)
                form.add_error(None, NOT_FOUND)
    return render(request, "customers/lookup.html", {"form": form}, status=status)


@for_customers
@require_http_methods(["GET", "HEAD", "POST"])
def renew(request: HttpRequest) -> HttpResponse:
    """A link by mail to the address on file. The answer is the same whether there is such a case or not."""
    form = RenewForm(request.POST if request.method == "POST" else None, initial=_initial(request))
    if not form.is_bound:
        return render(request, "customers/renew.html", {"form": form})
    if not form.is_valid():
        return render(request, "customers/renew.html", {"form": form}, status=HTTPStatus.UNPROCESSABLE_ENTITY)
    reference, network = form.cleaned_data["reference"], throttling.network_of(request)
    asked = (throttling.LINKS_FOR_REFERENCE, reference), (throttling.LINKS_FROM_NETWORK, network)
    if any(limit.is_reached(who) for limit, who in asked):
        form.add_error(None, TOO_MANY_LINKS)
        return render(request, "customers/renew.html", {"form": form}, status=HTTPStatus.TOO_MANY_REQUESTS)
    for limit, who in asked:
        limit.count(who)
    if complaint := finding_again.find_addressee(reference, form.cleaned_data["ending"]):
        finding_again.send_link(complaint)
    return render(request, "customers/renew.html", {"sent": True})


TOO_MANY_LINKS = _(
    "A link was asked for several times already. Look into your mailbox, also among the spam; or try again tomorrow."
)


def _initial(request: HttpRequest) -> dict[str, str]:
    return {"reference": request.GET.get("reference", "")[:30]}
