"""The list of people, one person's page, and adding somebody."""

from allauth.mfa.utils import is_mfa_enabled
from django.contrib import messages
from django.core.exceptions import ValidationError
from django.core.paginator import Paginator
from django.db.models import Prefetch
from django.http import FileResponse, HttpRequest, HttpResponse, StreamingHttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_safe

from history.administration import roster, staff
from history.administration.forms import EndPostForm, HireForm, PeopleFilter, PersonForm, PostForm, ReasonForm
from history.administration.scope import posts_beyond
from history.timeline import timeline
from people.models import Person, Post, Unit
from people.passwords import one_time_password
from people.tables import write_csv, write_xlsx

from .access import administrators_only

PER_PAGE = 50


def _managed(request: HttpRequest):
    return Person.objects.administered_by(request.user).select_related("home_unit")


def _units(request: HttpRequest):
    return Unit.objects.administered_by(request.user)


def with_current_posts(people):
    """The people with today's posts in `posts_now`, in one query more."""
    posts = Post.objects.filter(Post.in_force(timezone.localdate())).select_related("unit")
    return people.prefetch_related(Prefetch("posts", posts, to_attr="posts_now"))


@administrators_only
@require_safe
def people_list(request: HttpRequest) -> HttpResponse:
    filters = PeopleFilter(request.GET, units=_units(request))
    people = with_current_posts(filters.narrow(_managed(request)))
    page = Paginator(people, PER_PAGE).get_page(request.GET.get("page"))
    context = {
        "page": page,
        "filters": filters,
        "states": PeopleFilter.STATES,
        "query": request.GET.get("q", ""),
    }
    return render(request, "people/list.html", context)


@administrators_only
@require_safe
def people_export(request: HttpRequest, kind: str) -> HttpResponse | StreamingHttpResponse:
    """What the list shows, all pages of it, as a file that can be imported again."""
    people = with_current_posts(PeopleFilter(request.GET, units=_units(request)).narrow(_managed(request)))
    headings, rows = roster.as_table(people.iterator(chunk_size=500))
    name = f"people-{timezone.localdate():%Y-%m-%d}.{kind}"
    if kind == "xlsx":
        return FileResponse(write_xlsx(headings, rows, _("People")), as_attachment=True, filename=name)
    response = StreamingHttpResponse(write_csv(headings, list(rows)), content_type="text/csv; charset=utf-8")
    response["Content-Disposition"] = f'attachment; filename="{name}"'
    return response


@never_cache
@administrators_only
@require_http_methods(["GET", "HEAD", "POST"])
def hire(request: HttpRequest) -> HttpResponse:
    units = _units(request).active()
    initial = {
        "home_unit": request.GET.get("unit", "") if request.GET.get("unit", "").isdecimal() else None,
        "language": request.user.language,
        "time_zone": request.user.time_zone,
    }
    form = HireForm(request.POST or None, units=units, initial=initial)
    if request.method == "POST" and form.is_valid():
        password = one_time_password()
        try:
            person = staff.hire(by=request.user, password=password, **form.cleaned_data)
        except ValidationError as error:
            form.refuse(error)
        else:
            return show_password(request, person, password)
    return render(request, "people/hire.html", {"form": form})


def show_password(request: HttpRequest, person: Person, password: str) -> HttpResponse:
    """The one time that the password is seen: in the answer to the post itself, kept nowhere."""
    return render(request, "people/password.html", {"person": person, "password": password})


@administrators_only
@require_safe
def person_page(request: HttpRequest, pk: int) -> HttpResponse:
    person = get_object_or_404(_managed(request), pk=pk)
    return render_person(request, person)


def render_person(request: HttpRequest, person: Person, **forms) -> HttpResponse:
    """The person's page; `forms` are those that came back with errors."""
    today = timezone.localdate()
    posts = list(person.posts.select_related("unit").order_by("-starts_on", "unit__path", "role"))
    open_posts = [
        post for post in posts if person.is_active and (post.ends_on is None or post.ends_on >= today)
    ]
    for post in open_posts:
        post.may_end = request.user.has_role("administrator", post.unit)
        post.begins_later = post.starts_on > today
    is_self = person == request.user
    context = {
        "person": person,
        "open_posts": open_posts,
        "past_posts": [post for post in posts if post not in open_posts],
        "is_self": is_self,
        "reaches_beyond": posts_beyond(request.user, posts),
        "has_two_step": is_mfa_enabled(person),
        "open_work": person.deadlines.filter(closed_at=None).count(),
        "timeline": timeline(person.case),
        "post_form": PostForm(units=_units(request).active(), initial={"unit": person.home_unit_id}),
        "end_form": EndPostForm(auto_id=False),
        "reason_form": ReasonForm(auto_id=False),
        **forms,
    }
    context["may_manage"] = not context["reaches_beyond"]
    return render(request, "people/person.html", context)


@administrators_only
@require_http_methods(["GET", "HEAD", "POST"])
def amend(request: HttpRequest, pk: int) -> HttpResponse:
    person = get_object_or_404(_managed(request), pk=pk)
    initial = {name: getattr(person, name) for name in staff.AMENDABLE}
    units = _units(request).active() | Unit.objects.filter(pk=person.home_unit_id)
    form = PersonForm(request.POST or None, units=units, initial=initial)
    if request.method == "POST" and form.is_valid():
        try:
            staff.amend(person, by=request.user, **form.cleaned_data)
        except ValidationError as error:
            form.refuse(error)
        else:
            messages.success(
                request, _("%(person)s is saved.") % {"person": form.cleaned_data["display_name"]}
            )
            return redirect("person", pk)
    return render(request, "people/amend.html", {"form": form, "person": person})
