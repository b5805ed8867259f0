"""The rules by which a plan needs one more signature."""

from http import HTTPStatus

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST

from capa import cosigning
from capa.forms.cosigning import RuleForm
from capa.models import CoSignRule
from incidents.errors import Invalid
from people.models import Person, Role

#: How many ended rules the page shows.
LATEST_ENDED = 50


def _readable(person: Person):
    """The rules of the companies in which this person holds one of the roles that they speak to."""
    companies = {
        post.unit.company_id for post in person.current_posts if post.role in (Role.QUALITY, Role.EXECUTIVE)
    }
    if not companies:
        raise Http404
    return CoSignRule.objects.filter(company__in=companies).select_related("company", "set_by", "ended_by")


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def cosign_rules(request: HttpRequest) -> HttpResponse:
    """The rules in force and those that ended; a quality manager of the whole company adds one here."""
    rules = _readable(request.user)
    may_change = cosigning.office(request.user) is not None
    if request.method == "POST" and not may_change:
        raise Http404
    form = RuleForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        try:
            cosigning.add_rule(by=request.user, **form.cleaned_data)
        except Invalid as refused:
            for name, message in refused.fields.items():
                form.add_error(name if name in form.fields else None, message)
        else:
            messages.success(request, _("The rule counts for every plan that is submitted from now on."))
            return redirect("cosign-rules")
    context = {
        "form": form,
        "may_change": may_change,
        "rules": list(rules.filter(ended_at=None)),
        "ended": list(rules.exclude(ended_at=None).order_by("-ended_at")[:LATEST_ENDED]),
    }
    status = HTTPStatus.UNPROCESSABLE_ENTITY if form.is_bound else HTTPStatus.OK
    return render(request, "capa/cosign_rules.html", context, status=status)


@login_required
@require_POST
def end_rule(request: HttpRequest, pk: int) -> HttpResponse:
    """The rule no longer counts."""
    rules = _readable(request.user)
    company = cosigning.office(request.user)
    if company is None:
        raise Http404
    rule = get_object_or_404(rules.filter(company=company), pk=pk)
    try:
        cosigning.end_rule(rule, by=request.user)
    except Invalid as refused:
        messages.error(request, str(refused))
    else:
        messages.success(request, _("The rule has ended. What was submitted before is still judged by it."))
    return redirect("cosign-rules")
