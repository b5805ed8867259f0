"""The organisation tree, a unit's page, and its poster with the QR code."""

from collections import defaultdict

from django.conf import settings
from django.contrib import messages
from django.core.exceptions import ValidationError
from django.db.models import Count, Q
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.http import urlencode
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from history.administration import units as acts
from history.administration.forms import EndPostForm, ReasonForm, RenameForm, UnitForm
from history.timeline import timeline
from people.models import Person, Post, Role, Unit
from people.units import as_tree, in_tree_order

from .access import administrators_only, say_no

#: Posters printed at once.
MAX_POSTERS = 200


def _managed(request: HttpRequest):
    return Unit.objects.administered_by(request.user)


def _weight(post: Post) -> tuple:
    """The weightiest role first, then by name."""
    return -Role.values.index(post.role), post.person.display_name


def _posted(units) -> dict[int, list[tuple[Person, list[str]]]]:
    """Who is posted in each unit today, the weightiest roles first; plain employees are left out."""
    posts = Post.objects.filter(
        Post.in_force(timezone.localdate()), unit__in=units, person__is_active=True
    ).exclude(role=Role.REPORTER)
    by_unit: dict[int, dict[Person, list[str]]] = defaultdict(dict)
    for post in sorted(posts.select_related("person"), key=_weight):
        by_unit[post.unit_id].setdefault(post.person, []).append(post.get_role_display())
    return {unit: list(people.items()) for unit, people in by_unit.items()}


@administrators_only
@require_safe
def units(request: HttpRequest) -> HttpResponse:
    """The tree. A search shows what fits and what stands above it; closed units only when asked for."""
    shown = _managed(request)
    with_closed = request.GET.get("closed") == "1"
    if not with_closed:
        shown = shown.active()
    shown = list(shown.annotate(people=Count("staff", filter=Q(staff__is_active=True))))
    total = len(shown)
    text = request.GET.get("q", "").strip()
    if text:
        folded = text.casefold()
        found = [unit for unit in shown if folded in unit.name.casefold() or folded in unit.code.casefold()]
        kept = {pk for unit in found for pk in unit.lineage}
        shown = [unit for unit in shown if unit.pk in kept]
        for unit in found:
            unit.is_found = True
    posted = _posted([unit.pk for unit in shown])
    for unit in shown:
        unit.posted = posted.get(unit.pk, [])
    context = {
        "tree": as_tree(shown), "query": text, "with_closed": with_closed, "total": total,
        "found": len(found) if text else None,
    }  # fmt: skip
    return render(request, "people/units.html", context)


@administrators_only
@require_safe
def unit_page(request: HttpRequest, pk: int) -> HttpResponse:
    unit = get_object_or_404(_managed(request).select_related("parent"), pk=pk)
    return _render_unit(request, unit)


def _render_unit(request: HttpRequest, unit: Unit, **forms) -> HttpResponse:
    today = timezone.localdate()
    posts = unit.posts.filter(Q(ends_on=None) | Q(ends_on__gte=today), person__is_active=True)
    managed_people = set(
        Person.objects.administered_by(request.user).filter(posts__in=posts).values_list("pk", flat=True)
    )
    posts = sorted(posts.select_related("person"), key=_weight)
    for post in posts:
        post.begins_later = post.starts_on > today
        post.person_is_managed = post.person_id in managed_people
    above = Unit.objects.filter(pk__in=unit.lineage[:-1]).order_by("path")
    managed_above = set(_managed(request).filter(pk__in=unit.lineage[:-1]).values_list("pk", flat=True))
    context = {
        "unit": unit,
        "above": [(parent, parent.pk in managed_above) for parent in above],
        "children": sorted(unit.children.all(), key=lambda child: child.name.casefold()),
        "posts": posts,
        "people": unit.staff.active().count(),
        "people_below": Person.objects.active().filter(home_unit__path__startswith=unit.path).count(),
        "report_url": report_url(unit),
        "timeline": timeline(unit.case),
        "end_form": EndPostForm(auto_id=False),
        "reason_form": ReasonForm(auto_id=False),
        "rename_form": RenameForm(initial={"name": unit.name}),
        **forms,
    }
    return render(request, "people/unit.html", context)


def report_url(unit: Unit) -> str:
    """What the QR code of a place says: the report form with the place filled in."""
    return f"{settings.BASE_URL}/report/?{urlencode({'unit': unit.code})}"


@administrators_only
@require_http_methods(["GET", "HEAD", "POST"])
def found(request: HttpRequest) -> HttpResponse:
    parent = request.GET.get("parent", "")
    initial = {"parent": parent if parent.isdecimal() else None}
    form = UnitForm(request.POST or None, units=_managed(request).active(), initial=initial)
    if request.method == "POST" and form.is_valid():
        try:
            unit = acts.found(by=request.user, **form.cleaned_data)
        except ValidationError as error:
            form.refuse(error)
        else:
            messages.success(request, _("%(unit)s is added.") % {"unit": unit})
            return redirect("unit", unit.pk)
    return render(request, "people/unit_add.html", {"form": form})


@administrators_only
@require_POST
def rename(request: HttpRequest, pk: int) -> HttpResponse:
    unit = get_object_or_404(_managed(request), pk=pk)
    form = RenameForm(request.POST)
    if form.is_valid():
        try:
            acts.rename(unit, name=form.cleaned_data["name"], by=request.user)
        except ValidationError as error:
            form.refuse(error)
        else:
            messages.success(
                request, _("The unit is called %(unit)s now.") % {"unit": form.cleaned_data["name"]}
            )
            return redirect("unit", pk)
    return _render_unit(request, unit, rename_form=form)


@administrators_only
@require_POST
def close(request: HttpRequest, pk: int) -> HttpResponse:
    unit = get_object_or_404(_managed(request), pk=pk)
    form = ReasonForm(request.POST)
    try:
        acts.close(unit, by=request.user, reason=form.cleaned_data["reason"] if form.is_valid() else "")
    except ValidationError as error:
        say_no(request, error)
    else:
        messages.success(request, _("%(unit)s is closed.") % {"unit": unit})
    return redirect("unit", pk)


@administrators_only
@require_POST
def reopen(request: HttpRequest, pk: int) -> HttpResponse:
    unit = get_object_or_404(_managed(request), pk=pk)
    try:
        acts.reopen(unit, by=request.user)
    except ValidationError as error:
        say_no(request, error)
    else:
        messages.success(request, _("%(unit)s is open again.") % {"unit": unit})
    return redirect("unit", pk)


@administrators_only
@require_safe
def poster(request: HttpRequest, pk: int) -> HttpResponse:
    """An A4 sheet to hang up: scanning it opens the report form with the place filled in. `below=1`: one for each."""
    unit = get_object_or_404(_managed(request), pk=pk)
    places = Unit.objects.within(unit).active() if request.GET.get("below") else [unit]
    company = Unit.objects.get(pk=unit.company_id)
    posters = [(place, report_url(place)) for place in in_tree_order(places)][:MAX_POSTERS]
    below = Unit.objects.within(unit).active().count() - (unit.closed_on is None)
    context = {"unit": unit, "company": company, "posters": posters, "below": below}
    return render(request, "people/poster.html", context)
