"""One view for every act of a register: GET shows its page, POST does it; what was typed is never lost."""

from collections.abc import Callable
from dataclasses import dataclass
from http import HTTPStatus

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _

from incidents.errors import Invalid, NotAllowed, NotYet, Stale
from incidents.forms.acts import CaseForm
from incidents.register import Act, Register


@dataclass(frozen=True)
class ActPages:
    """The pages of the acts on one kind of case. Refusals of the acts become words here, nowhere else."""

    register: Register
    case_or_404: Callable  # (request, number) -> the case, if the person may see it
    refuse: Callable  # (case, act, by=person): raises NotAllowed
    allowed: Callable  # (person, act, case) -> bool
    gate: Callable  # (case, step) -> conditions
    name: str  # what the templates call the case
    refused: str  # the template that says why not

    def respond(self, request: HttpRequest, number: str, slug: str) -> HttpResponse:
        """Show or do one act on one case."""
        case = self.case_or_404(request, number)
        chosen = self.register.find(slug)
        if chosen is None:
            raise Http404
        try:
            self.refuse(case, chosen.permission, by=request.user)
        except NotAllowed as refused:
            return self._refused(request, case, chosen, refused)
        if request.method != "POST":
            form = chosen.form_of(case, request.user, initial=request.GET.dict())
            return self._page(request, case, chosen, form)
        form = chosen.form_of(case, request.user, request.POST, request.FILES)
        if not form.is_valid():
            return self._page(request, case, chosen, form, status=HTTPStatus.UNPROCESSABLE_ENTITY)
        try:
            chosen.perform(case, by=request.user, version=form.seen_version(), **form.values())
        except Invalid as refused:
            for name, message in refused.fields.items():
                form.add_error(name if name in form.fields and name != "version" else None, message)
            return self._page(request, case, chosen, form, status=HTTPStatus.UNPROCESSABLE_ENTITY)
        except NotYet as refused:
            return self._page(
                request, case, chosen, form, status=HTTPStatus.CONFLICT, missing=refused.missing
            )
        except NotAllowed as refused:
            return self._refused(request, case, chosen, refused)
        except Stale as refused:
            return self._stale(request, case.number, chosen, refused)
        if chosen.done:
            messages.success(request, chosen.done % {"number": case.number})
        page = reverse(chosen.back, args=[case.number])
        return redirect(f"{page}#{chosen.anchor}" if chosen.anchor else page)

    def _page(self, request, case, chosen: Act, form: CaseForm, *, status=HTTPStatus.OK, **context):
        gate = self.gate(case, chosen.step) if chosen.step else []
        context |= {self.name: case, "act": chosen, "form": form, "gate": gate}
        return render(request, chosen.template, context, status=status)

    def _stale(self, request, number: str, chosen: Act, refused: Stale) -> HttpResponse:
        """Show the case as it is now beside what the person typed; sending it again decides with open eyes."""
        current = self.case_or_404(request, number)
        if not chosen.fits(current) or not self.allowed(request.user, chosen.permission, current):
            messages.warning(request, str(refused))
            return redirect(current)
        typed = request.POST.copy()
        typed["version"] = current.version
        form = chosen.form_of(current, request.user, typed, request.FILES)
        form.is_valid()
        return self._page(request, current, chosen, form, status=HTTPStatus.CONFLICT, stale=refused.message)

    def _refused(self, request, case, chosen: Act, refused: NotAllowed) -> HttpResponse:
        context = {
            self.name: case,
            "act": chosen,
            "message": refused.message,
            "title": _("This isn't yours to do"),
        }
        return render(request, self.refused, context, status=HTTPStatus.FORBIDDEN)
