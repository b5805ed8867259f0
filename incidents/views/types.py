"""Administration of catalogues: the incident types, and other lists of the same make."""

from dataclasses import dataclass
from http import HTTPStatus

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_http_methods, require_safe

from incidents import types
from incidents.errors import Invalid
from incidents.forms.types import TypeForm
from people.models import Role


@dataclass(frozen=True)
class CataloguePages:
    """The pages of one catalogue. `list_url`, `add_url`, `edit_url` and `change_url` name its addresses."""

    catalogue: types.Catalogue
    list_url: str
    add_url: str
    edit_url: str
    change_url: str
    title: Promise
    text: Promise
    add_label: Promise
    who: Promise  # changes it

    def refuse_strangers(self, request: HttpRequest, *, to_change: bool) -> bool:
        """Quality managers and administrators may read the list; it is changed for the whole company."""
        may_change = self.catalogue.office(request.user) is not None
        may_read = request.user.has_any_role(Role.QUALITY, Role.ADMINISTRATOR)
        if not (may_change if to_change else may_read):
            raise Http404
        return may_change

    def show(self, request: HttpRequest) -> HttpResponse:
        """The entries as a tree in their order."""
        may_change = self.refuse_strangers(request, to_change=False)
        below: dict[int | None, list] = {}
        for kind in self.catalogue.model.objects.all():
            below.setdefault(getattr(kind, "parent_id", None), []).append(kind)
        tree = [(kind, below.get(kind.pk, [])) for kind in below.get(None, [])]
        context = {"tree": tree, "may_change": may_change, "pages": self}
        return render(request, "incidents/types.html", context)

    def add(self, request: HttpRequest) -> HttpResponse:
        """A new entry; `?below=CODE` for a finer one."""
        self.refuse_strangers(request, to_change=True)
        code = request.GET.get("below") if self.catalogue.levels else None
        parent = get_object_or_404(self.catalogue.model, code=code, parent=None) if code else None
        form = TypeForm(request.POST or None, initial={"icon": parent.icon} if parent else None)
        if request.method == "POST" and form.is_valid():
            try:
                kind = self.catalogue.add(
                    by=request.user, names=form.names(), icon=form.cleaned_data["icon"], parent=parent
                )
            except Invalid as refused:
                _put(refused, form)
            else:
                messages.success(request, _("“%(name)s” is offered from now on.") % {"name": kind})
                return redirect(self.list_url)
        return self._form_page(request, form, parent=parent)

    def edit(self, request: HttpRequest, pk: int) -> HttpResponse:
        """Other names, another icon."""
        self.refuse_strangers(request, to_change=True)
        kind = get_object_or_404(self.catalogue.model, pk=pk)
        form = TypeForm(request.POST) if request.method == "POST" else TypeForm.of(kind)
        if request.method == "POST" and form.is_valid():
            try:
                names, icon = form.names(), form.cleaned_data["icon"]
                kind = self.catalogue.rename(kind, by=request.user, names=names, icon=icon)
            except Invalid as refused:
                _put(refused, form)
            else:
                messages.success(request, _("“%(name)s” is changed.") % {"name": kind})
                return redirect(self.list_url)
        return self._form_page(request, form, kind=kind, parent=getattr(kind, "parent", None))

    def change(self, request: HttpRequest, pk: int) -> HttpResponse:
        """up, down, retire or bring-back: the buttons of the list."""
        self.refuse_strangers(request, to_change=True)
        kind = get_object_or_404(self.catalogue.model, pk=pk)
        change = request.POST.get("change")
        try:
            if change in {"up", "down"}:
                self.catalogue.shift(kind, by=request.user, up=change == "up")
            elif change == "retire":
                self.catalogue.retire(kind, by=request.user)
                text = _("“%(name)s” is no longer offered. Its cases keep it.") % {"name": kind}
                messages.success(request, text)
            elif change == "bring-back":
                self.catalogue.bring_back(kind, by=request.user)
                messages.success(request, _("“%(name)s” is offered again.") % {"name": kind})
            else:
                raise Http404
        except Invalid as refused:
            messages.error(request, str(refused))
        return redirect(self.list_url)

    def _form_page(self, request: HttpRequest, form: TypeForm, **context) -> HttpResponse:
        status = HTTPStatus.UNPROCESSABLE_ENTITY if form.is_bound and form.errors else HTTPStatus.OK
        context |= {"form": form, "icons": list(types.ICONS.items()), "pages": self}
        return render(request, "incidents/types_form.html", context, status=status)


def _put(refused: Invalid, form: TypeForm) -> None:
    for name, message in refused.fields.items():
        form.add_error(name if name in form.fields else None, message)


PAGES = CataloguePages(
    types.TYPES,
    list_url="incident-types",
    add_url="incident-type-add",
    edit_url="incident-type",
    change_url="incident-type-change",
    title=gettext_lazy("Incident types"),
    text=gettext_lazy(
        "What a reporter chooses from. A type that is no longer needed is retired: its cases keep it."
    ),
    add_label=gettext_lazy("Add a type"),
    who=gettext_lazy("You can read this list. It is changed by administrators of the whole company."),
)


@login_required
@require_safe
def type_list(request: HttpRequest) -> HttpResponse:
    return PAGES.show(request)


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def type_add(request: HttpRequest) -> HttpResponse:
    return PAGES.add(request)


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def type_edit(request: HttpRequest, pk: int) -> HttpResponse:
    return PAGES.edit(request, pk)


@login_required
@require_http_methods(["POST"])
def type_change(request: HttpRequest, pk: int) -> HttpResponse:
    return PAGES.change(request, pk)
