"""Importing people: send a file, look at what it would do, then do all of it."""

from django.contrib import messages
from django.core import signing
from django.core.exceptions import ValidationError
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from history.administration import roster
from history.administration.forms import UploadForm
from people.models import Role, Unit
from people.tables import TableError, write_csv

from .access import administrators_only

#: How long a preview may be looked at before it is carried out, in seconds.
PREVIEW_LASTS = 3600
_SALT = "people-import"
_PASSWORDS_SALT = "people-import-passwords"
MAX_BYTES = 5 * 1024 * 1024


@administrators_only
@require_http_methods(["GET", "HEAD", "POST"])
def people_import(request: HttpRequest) -> HttpResponse:
    """Step 1 sends the file; the answer is step 2, the preview. Nothing is written."""
    form = UploadForm(request.POST or None, request.FILES or None)
    if request.method == "POST" and form.is_valid():
        upload = form.cleaned_data["file"]
        try:
            if upload.size > MAX_BYTES:
                raise TableError(_("The file is too large."))
            sheet = roster.read(upload, upload.name)
        except TableError as error:
            form.add_error("file", str(error))
        else:
            return _preview(request, sheet, upload.name)
    context = {
        "form": form,
        "columns": roster.COLUMNS.values(),
        "limit": roster.MAX_ROWS,
        "roles": Role.choices,
    }
    return render(request, "people/import.html", context)


def _preview(request: HttpRequest, sheet: roster.Sheet, name: str) -> HttpResponse:
    rows = roster.check(sheet.rows, by=request.user)
    counts = {
        state: sum(row.state == state for row in rows) for state in ("new", "changed", "unchanged", "problem")
    }
    token = signing.dumps({"by": request.user.pk, "rows": sheet.rows}, salt=_SALT, compress=True)
    shown = [row for row in rows if row.state == "problem"] if counts["problem"] else rows
    context = {
        "rows": shown, "counts": counts, "unused": sheet.unused, "name": name,
        "token": token, "has_work": counts["new"] or counts["changed"],
    }  # fmt: skip
    return render(request, "people/import_preview.html", context)


@never_cache
@administrators_only
@require_POST
def people_import_confirm(request: HttpRequest) -> HttpResponse:
    """Step 3: all rows or none. The new one-time passwords are seen once, in the answer."""
    try:
        seen = signing.loads(request.POST.get("token", ""), salt=_SALT, max_age=PREVIEW_LASTS)
        if seen["by"] != request.user.pk:
            raise signing.BadSignature
    except signing.BadSignature:
        messages.error(request, _("This preview is too old. Send the file again."))
        return redirect("people-import")
    rows = [(number, values) for number, values in seen["rows"]]
    try:
        outcome = roster.carry_out(rows, by=request.user)
    except ValidationError as error:
        messages.error(
            request, _("Nothing was imported. %(problem)s") % {"problem": " ".join(error.messages)}
        )
        return redirect("people-import")
    passwords = [[person.username, person.display_name, password] for person, password in outcome.added]
    token = signing.dumps(passwords, salt=_PASSWORDS_SALT, compress=True)
    context = {"outcome": outcome, "token": token}
    return render(request, "people/import_done.html", context)


@never_cache
@administrators_only
@require_POST
def people_import_passwords(request: HttpRequest) -> HttpResponse:
    """The list just seen, as a file; kept nowhere."""
    try:
        rows = signing.loads(request.POST.get("token", ""), salt=_PASSWORDS_SALT, max_age=PREVIEW_LASTS)
    except signing.BadSignature:
        messages.error(
            request, _("These passwords are no longer shown. Give new ones on the people's pages.")
        )
        return redirect("people")
    headings = [_("User name"), _("Name"), _("One-time password")]
    response = HttpResponse(b"".join(write_csv(headings, rows)), content_type="text/csv; charset=utf-8")
    response["Content-Disposition"] = f'attachment; filename="passwords-{timezone.localdate():%Y-%m-%d}.csv"'
    return response


@administrators_only
@require_safe
def people_import_template(request: HttpRequest) -> HttpResponse:
    """An empty table with one example, in the reader's language."""
    unit = Unit.objects.administered_by(request.user).active().first()
    example = [
        "zhang.wei", "张伟", _("Conductor"), unit.code if unit else "", Role.REPORTER.label, "zhang.wei@example.com",
        "13800000000", dict(request.user._meta.get_field("language").choices)[request.user.language],
        request.user.time_zone,
    ]  # fmt: skip
    body = b"".join(write_csv(list(roster.COLUMNS.values()), [example]))
    response = HttpResponse(body, content_type="text/csv; charset=utf-8")
    response["Content-Disposition"] = 'attachment; filename="people.csv"'
    return response
