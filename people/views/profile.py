"""One's own page, language and theme."""

from allauth.mfa.utils import is_mfa_enabled
from allauth.usersessions.adapter import get_adapter
from allauth.usersessions.models import UserSession
from django.conf import settings
from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse, HttpResponseBadRequest
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone, translation
from django.utils.http import url_has_allowed_host_and_scheme
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST

from people.forms import ProfileForm
from people.models import Person, Post


def _back(request: HttpRequest) -> HttpResponse:
    """To the page the form stood on; never to another host."""
    url = request.POST.get("next", "")
    safe = url_has_allowed_host_and_scheme(url, {request.get_host()}, require_https=request.is_secure())
    return redirect(url if safe else "/")


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def profile(request: HttpRequest) -> HttpResponse:
    person = Person.objects.get(pk=request.user.pk)  # a form that fails must not change the name in the frame
    form = ProfileForm(request.POST or None, instance=person)
    if request.method == "POST" and form.is_valid():
        form.save()
        with translation.override(person.language):
            messages.success(request, _("Your profile is saved."))
        return redirect("profile")
    posts = person.posts.filter(Post.in_force(timezone.localdate())).select_related("unit")
    context = {"form": form, "posts": posts, "has_two_step": is_mfa_enabled(request.user)}
    return render(request, "people/profile.html", context)


@require_POST
def set_language(request: HttpRequest) -> HttpResponse:
    """Remember the language with the person, and in a cookie for the pages before signing in."""
    language = request.POST.get("language", "")
    if language not in dict(settings.LANGUAGES):
        return HttpResponseBadRequest()
    if request.user.is_authenticated:
        Person.objects.filter(pk=request.user.pk).update(language=language)
    response = _back(request)
    response.set_cookie(
        settings.LANGUAGE_COOKIE_NAME,
        language,
        max_age=365 * 24 * 3600,
        secure=settings.LANGUAGE_COOKIE_SECURE,
        samesite=settings.LANGUAGE_COOKIE_SAMESITE,
    )
    return response


@login_required
@require_POST
def set_theme(request: HttpRequest) -> HttpResponse:
    theme = request.POST.get("theme", "")
    if theme not in Person.Theme.values:
        return HttpResponseBadRequest()
    Person.objects.filter(pk=request.user.pk).update(theme=theme)
    return _back(request)


@login_required
@require_POST
def end_session(request: HttpRequest, pk: int) -> HttpResponse:
    """Sign out one of one's other browsers."""
    session = get_object_or_404(UserSession, pk=pk, user=request.user)
    if not session.is_current():
        get_adapter().end_sessions([session])
        messages.success(request, _("That browser is signed out."))
    return redirect("usersessions_list")
