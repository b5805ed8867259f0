"""One way to answer a form that does an act: the page, or what comes of it; what was typed is never lost."""

from collections.abc import Callable
from dataclasses import dataclass
from http import HTTPStatus

from django import forms
from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.functional import Promise
from django.utils.translation import gettext as _

from incidents.errors import Invalid, NotAllowed, NotYet, Stale

READ_WRITE = ["GET", "HEAD", "POST"]
TEMPLATE = "metrics/assessment/form.html"


@dataclass(frozen=True)
class Step:
    """Something that is done to a row, on a page of its own. `may` decides whether it is offered; the act checks again."""

    slug: str
    title: Promise
    button: Promise
    icon: str
    form: type[forms.Form]
    perform: Callable
    done: Promise
    may: Callable  # (person, row) -> bool
    text: Promise | str = ""
    main: bool = False  # drawn as what is to be done next


@dataclass(frozen=True)
class Page:
    """The page around a form: its heading, where it leads, what is said above it."""

    title: str
    button: str
    url: str  # back, and onwards when it is done
    done: str | Promise
    icon: str = "check"
    text: str | Promise = ""
    crumbs: tuple[tuple[str, str], ...] = ()
    template: str = TEMPLATE


def answer(
    request: HttpRequest,
    page: Page,
    form: forms.Form,
    perform: Callable,
    *,
    version_of: Callable | None = None,
) -> HttpResponse:
    """`perform` gets nothing and does the act; the address that it gives, if any, comes before the page's own."""
    context = {"page": page, "form": form}
    if request.method != "POST":
        return render(request, page.template, context)
    if not form.is_valid():
        return render(request, page.template, context, status=HTTPStatus.UNPROCESSABLE_ENTITY)
    try:
        onwards = perform()
    except NotAllowed as refused:
        return refuse(request, refused.message)
    except Invalid as refused:
        for name, message in refused.fields.items():
            form.add_error(name if name in form.fields else None, message)
        return render(request, page.template, context, status=HTTPStatus.UNPROCESSABLE_ENTITY)
    except NotYet as refused:
        context["missing"] = refused.missing
    except Stale as refused:
        context["stale"] = str(refused)
        if version_of and "version" in form.fields:  # sent again, it counts for what stands there now
            form.data = form.data.copy()
            form.data["version"] = version_of()
    else:
        messages.success(request, page.done)
        return redirect(onwards if isinstance(onwards, str) else page.url)
    return render(request, page.template, context, status=HTTPStatus.CONFLICT)


def refuse(request: HttpRequest, message: str | Promise) -> HttpResponse:
    context = {"title": _("This isn't yours to do"), "message": message}
    return render(request, "metrics/assessment/refused.html", context, status=HTTPStatus.FORBIDDEN)
