"""Reporting an incident: the form, its uploads, and the page of thanks."""

import uuid
from http import HTTPStatus

from django.conf import settings
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse, JsonResponse, QueryDict
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_safe

from history.submissions import KeyReused
from incidents import identify, limits
from incidents.errors import Invalid, NotAllowed
from incidents.evidence import discard, store_upload
from incidents.files.refusing import megabytes
from incidents.forms.report import ReportForm, again, blank, with_new_key
from incidents.models import Evidence, Incident
from incidents.stages import ReporterKind, Stage
from incidents.views.similar import likely_same
from people.models import Person
from reminders.policies import ground_of

UNPROCESSABLE = HTTPStatus.UNPROCESSABLE_ENTITY


@login_required
@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def report(request: HttpRequest) -> HttpResponse:
    """The report form. What was typed and every file that arrived survive a refusal, with and without JavaScript."""
    if request.method != "POST":
        form = blank(request.user, unit_code=request.GET.get("unit", ""), place=request.GET.get("place", ""))
        return _page(request, form)
    data, problems = _with_files(request)
    if "remove" in data:  # without JavaScript: take one upload back, keep the rest
        return _page(request, _without(data, request.user))
    if "similar" in data:  # without JavaScript: show what may be the same, keep all that is written
        form = again(data, person=request.user)
        return _page(request, form, same=likely_same(data, request.user), asked=True)
    form = ReportForm(data, person=request.user)
    if form.is_valid() and not problems:
        try:
            incident = identify.report(by=request.user, **form.values())
        except Invalid as refused:
            problems = refused.fields
        except NotAllowed as refused:
            problems = {"unit": refused.message}
        except KeyReused as reused:
            return _sent_before(request, data, reused)
        else:
            return _thanks(incident, form.cleaned_data["key"])
    for name, message in problems.items():
        form.add_error(name if name in form.fields else None, message)
    return _page(request, form, problems=problems, status=UNPROCESSABLE)


def _with_files(request: HttpRequest) -> tuple[QueryDict, dict[str, str | Promise]]:
    """The post with its files taken in: each becomes an upload like those that a script sent before."""
    data, refusals = request.POST.copy(), list(_oversized(request))
    key = _uuid(data.get("key"))
    for file in request.FILES.getlist("files"):
        try:
            data.appendlist("uploads", str(store_upload(file, by=request.user, key=key).pk))
        except Invalid as refused:
            refusals.append(
                _("%(name)s: %(problem)s") % {"name": file.name, "problem": refused.fields["file"]}
            )
    return data, {"uploads": " ".join(refusals)} if refusals else {}


def _without(data: QueryDict, person: Person) -> ReportForm:
    unwanted = data.pop("remove")
    for upload in Evidence.objects.filter(
        pk__in=filter(None, map(_uuid, unwanted)), incident=None, uploaded_by=person
    ):
        discard(upload, by=person)
    data.setlist("uploads", [ident for ident in data.getlist("uploads") if ident not in unwanted])
    return again(data, person=person)


def _oversized(request: HttpRequest):
    for name in getattr(request, "oversized", []):
        yield _("%(name)s is larger than %(limit)s MB.") % {
            "name": name,
            "limit": megabytes(settings.UPLOAD_MAX_BYTES),
        }


def _uuid(text: str | None) -> uuid.UUID | None:
    try:
        return uuid.UUID(text or "")
    except ValueError:
        return None


def _sent_before(request: HttpRequest, data: QueryDict, reused: KeyReused) -> HttpResponse:
    """The same form came back with other words: say so, and offer to send them as a report of their own."""
    form = ReportForm(with_new_key(data), person=request.user)
    form.is_valid()
    earlier = Incident.objects.visible_to(request.user).filter(number=reused.result).first()
    return _page(request, form, earlier=earlier, reused=True, status=UNPROCESSABLE)


def _page(request: HttpRequest, form: ReportForm, *, status: int = HTTPStatus.OK, **context) -> HttpResponse:
    mine = Evidence.objects.filter(pk__in=form.uploads, incident=None, uploaded_by=request.user)
    context |= {
        "form": form,
        "shots": list(mine) if form.uploads else [],
        "max_files": settings.UPLOAD_MAX_FILES,
        "max_bytes": settings.UPLOAD_MAX_BYTES,
        "max_megabytes": megabytes(settings.UPLOAD_MAX_BYTES),
    }
    return render(request, "incidents/report.html", context, status=status)


def _thanks(incident: Incident, key: uuid.UUID) -> HttpResponse:
    if incident.reporter_kind == ReporterKind.ANONYMOUS:
        return redirect(f"{reverse('follow', args=[identify.follow_token(key)])}?sent=1")
    return redirect("report-sent", incident.number)


@login_required
@require_safe
def sent(request: HttpRequest, number: str) -> HttpResponse:
    """The page of thanks, for the reporter: the number, what happens next and by when, and what was sent."""
    visible = Incident.objects.visible_to(request.user).select_related("type", "unit", "owner", "contact")
    incident = get_object_or_404(visible, number=number, reporter=request.user)
    return render(
        request,
        "incidents/report_sent.html",
        {"incident": incident, "files": incident.evidence.shown().count(), **what_happens_next(incident)},
    )


def what_happens_next(incident: Incident) -> dict:
    """Until when the next steps usually take, before a severity is known."""
    ground = ground_of(incident.unit)
    judged_by = incident.due_at or limits.due(incident, Stage.IDENTIFY, incident.reported_at, ground).at
    return {
        "judged_by": judged_by,
        "confirmed_by": limits.due(incident, Stage.CONFIRM, judged_by, ground).at,
        "closed_by": limits.due(incident, limits.LOOP_KIND, incident.reported_at, ground).at,
    }


@require_http_methods(["POST"])
def uploads(request: HttpRequest) -> JsonResponse:
    """Take one file in: 201 with what it became, or 4xx with {"error": why not}."""
    if not request.user.is_authenticated:
        return _error(HTTPStatus.UNAUTHORIZED, _("You are signed out. Sign in again; nothing is lost."))
    file = request.FILES.get("file")  # reads the request: only now is known what was too large
    if too_big := list(_oversized(request)):
        return _error(HTTPStatus.REQUEST_ENTITY_TOO_LARGE, too_big[0])
    if file is None:
        return _error(UNPROCESSABLE, _("Choose at least one file."))
    try:
        upload = store_upload(file, by=request.user)
    except Invalid as refused:
        return _error(UNPROCESSABLE, refused.fields["file"])
    except NotAllowed as refused:
        return _error(HTTPStatus.FORBIDDEN, refused.message)
    thumbnail = reverse("evidence-thumbnail", args=[upload.pk]) if upload.thumbnail else ""
    answer = {
        "id": str(upload.pk), "name": upload.name, "kind": upload.kind, "thumbnail": thumbnail, "size": upload.size,
    }  # fmt: skip
    return JsonResponse(answer, status=HTTPStatus.CREATED)


@require_http_methods(["DELETE"])
def upload(request: HttpRequest, pk: uuid.UUID) -> HttpResponse:
    """Take an own upload back before it is sent."""
    if not request.user.is_authenticated:
        return _error(HTTPStatus.UNAUTHORIZED, _("You are signed out. Sign in again; nothing is lost."))
    mine = get_object_or_404(Evidence, pk=pk, incident=None, uploaded_by=request.user)
    discard(mine, by=request.user)
    return HttpResponse(status=HTTPStatus.NO_CONTENT)


def _error(status: HTTPStatus, message: str | Promise) -> JsonResponse:
    return JsonResponse({"error": str(message)}, status=status)
