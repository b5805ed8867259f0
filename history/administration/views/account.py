"""What an administrator does to somebody's account and posts: one small POST each, back to the person's page."""

from django.contrib import messages
from django.core.exceptions import ValidationError
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.utils.http import url_has_allowed_host_and_scheme
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_POST

from history.administration import posts, staff
from history.administration.forms import EndPostForm, PostForm, ReasonForm
from people.models import Person, Post, Unit
from people.passwords import one_time_password

from .access import administrators_only, say_no
from .people import render_person, show_password


def _person(request: HttpRequest, pk: int) -> Person:
    people = Person.objects.administered_by(request.user).select_related("home_unit")
    return get_object_or_404(people, pk=pk)


def _reason(request: HttpRequest) -> str:
    form = ReasonForm(request.POST)
    return form.cleaned_data["reason"] if form.is_valid() else ""


@never_cache
@administrators_only
@require_POST
def set_password(request: HttpRequest, pk: int) -> HttpResponse:
    person, password = _person(request, pk), one_time_password()
    try:
        staff.set_password(person, by=request.user, password=password)
    except ValidationError as error:
        say_no(request, error)
        return redirect("person", pk)
    return show_password(request, person, password)


@administrators_only
@require_POST
def reset_two_step(request: HttpRequest, pk: int) -> HttpResponse:
    person = _person(request, pk)
    try:
        staff.reset_two_step(person, by=request.user, reason=_reason(request))
    except ValidationError as error:
        say_no(request, error)
    else:
        messages.success(request, _("%(person)s signs in with the password alone now.") % {"person": person})
    return redirect("person", pk)


@administrators_only
@require_POST
def leave(request: HttpRequest, pk: int) -> HttpResponse:
    person = _person(request, pk)
    try:
        staff.leave(person, by=request.user, reason=_reason(request))
    except ValidationError as error:
        say_no(request, error)
    else:
        messages.success(request, _("The account of %(person)s is closed.") % {"person": person})
    return redirect("person", pk)


@never_cache
@administrators_only
@require_POST
def readmit(request: HttpRequest, pk: int) -> HttpResponse:
    person, password = _person(request, pk), one_time_password()
    try:
        staff.readmit(person, by=request.user, password=password, reason=_reason(request))
    except ValidationError as error:
        say_no(request, error)
        return redirect("person", pk)
    return show_password(request, person, password)


@administrators_only
@require_POST
def appoint(request: HttpRequest, pk: int) -> HttpResponse:
    person = _person(request, pk)
    form = PostForm(request.POST, units=Unit.objects.administered_by(request.user).active())
    if form.is_valid():
        try:
            post = posts.appoint(person, by=request.user, **form.cleaned_data)
        except ValidationError as error:
            form.refuse(error)
        else:
            message = _("%(person)s is %(role)s in %(unit)s.")
            messages.success(
                request, message % {"person": person, "role": post.get_role_display(), "unit": post.unit}
            )
            return redirect("person", pk)
    return render_person(request, person, post_form=form)


@administrators_only
@require_POST
def end_post(request: HttpRequest, pk: int) -> HttpResponse:
    """End a post, from the person's or the unit's page."""
    units = Unit.objects.administered_by(request.user)
    post = get_object_or_404(Post.objects.filter(unit__in=units).select_related("unit", "person"), pk=pk)
    form = EndPostForm(request.POST)
    if form.is_valid():
        try:
            posts.end(post, by=request.user, **form.cleaned_data)
        except ValidationError as error:
            say_no(request, error)
        else:
            messages.success(request, _("The post ends."))
    else:
        messages.error(request, _("Write the last day as a date."))
    back = request.POST.get("next", "")
    if url_has_allowed_host_and_scheme(back, {request.get_host()}, require_https=request.is_secure()):
        return redirect(back)
    return redirect("person", post.person_id)
