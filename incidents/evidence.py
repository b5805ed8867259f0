"""Evidence: taking files in, attaching them to an incident, withdrawing them. Nothing is ever replaced."""

import datetime as dt
import uuid
from collections.abc import Iterable

from django.conf import settings
from django.core.files.base import ContentFile, File
from django.db import IntegrityError, connection, transaction
from django.db.models import Sum
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from history.recording import record
from people.models import Person

from . import files
from .errors import Invalid, NotAllowed
from .lifecycle import hold
from .models import Evidence, Incident
from .stages import Stage

#: How long an upload may wait for its report.
ABANDONED_AFTER = dt.timedelta(hours=48)

_GONE = _("Some of the files are no longer there. Add them again.")


def store_upload(file: File, *, by: Person, name: str = "", key: uuid.UUID | None = None) -> Evidence:
    """Check a file and keep it as the person's own upload, until a report or an act takes it up.

    With `key` (a form's idempotency key) the same file sent twice is kept once. Raises Invalid({"file": ...}).
    """
    if not by.is_active:
        raise NotAllowed(_("Your role doesn't allow this here."))
    _refuse_over_quota(by, file.size or 0)
    checked = files.check(file, name=name or file.name or "")
    ident = uuid.uuid5(key, checked.sha256) if key else uuid.uuid4()  # nothing in it leads to the person
    with checked.content:
        if key and (known := Evidence.objects.filter(pk=ident).first()):
            return known
        return _keep(checked, ident, by)


def _refuse_over_quota(by: Person, size: int) -> None:
    since = timezone.now() - dt.timedelta(days=1)
    used = (
        Evidence.objects.filter(uploaded_by=by, uploaded_at__gte=since).aggregate(sum=Sum("size"))["sum"] or 0
    )
    if used + size > settings.UPLOAD_QUOTA_PER_DAY:
        raise Invalid({"file": _("You have sent too much within a day. Try again tomorrow, or send less.")})


def _keep(checked: files.Checked, ident: uuid.UUID, by: Person) -> Evidence:
    upload = Evidence(
        id=ident, kind=checked.kind, content_type=checked.content_type, name=checked.name, size=checked.size,
        sha256=checked.sha256, stored_sha256=checked.stored_sha256, width=checked.width, height=checked.height,
        taken_at=checked.taken_at, uploaded_by=by,
    )  # fmt: skip
    try:
        upload.file.save("file", File(checked.content), save=False)
        if checked.thumbnail:
            upload.thumbnail.save("thumbnail", ContentFile(checked.thumbnail), save=False)
        with transaction.atomic():
            upload.save(force_insert=True)
    except IntegrityError:  # the same form was sent twice at once, and the other one was faster
        _delete_files(upload)
        return Evidence.objects.get(pk=ident)
    except BaseException:
        _delete_files(upload)
        raise
    return upload


def _delete_files(upload: Evidence) -> None:
    for file in (upload.file, upload.thumbnail):
        if file:
            file.storage.delete(file.name)


def attach(
    incident: Incident, uploads: Iterable[str], *, by: Person | None, forget: bool = False
) -> list[dict]:
    """Make the person's own uploads evidence of the incident, and say what they are, for the Event.

    One statement, so that an upload can't be taken up twice. `forget` cuts the link to the person. Raises Invalid.
    """
    wanted = sorted({str(upload) for upload in uploads})
    if not wanted:
        return []
    if len(wanted) > settings.UPLOAD_MAX_FILES:
        raise Invalid({"uploads": _too_many()})
    with connection.cursor() as cursor:
        cursor.execute(
            "UPDATE incidents_evidence SET incident_id = %s, stage = %s, cycle = %s, "
            "uploaded_by_id = CASE WHEN %s THEN NULL ELSE uploaded_by_id END "
            "WHERE id = ANY(%s::uuid[]) AND incident_id IS NULL AND uploaded_by_id = %s "
            "RETURNING id, kind, size, sha256",
            [incident.pk, incident.stage, incident.cycle, forget, wanted, by.pk if by else None],
        )
        found = cursor.fetchall()
    if len(found) != len(wanted):
        raise Invalid({"uploads": _GONE})
    return [
        {"evidence": str(pk), "kind": kind, "size": size, "sha256": sha256}
        for pk, kind, size, sha256 in sorted(found, key=lambda row: str(row[0]))
    ]


def _too_many():
    return _("Too many files: %(limit)s at most.") % {"limit": settings.UPLOAD_MAX_FILES}


@transaction.atomic
def add_evidence(
    incident: Incident, uploads: Iterable[uuid.UUID | str], *, by: Person, caption: str = ""
) -> list[Evidence]:
    """Attach the person's own uploads to an incident that is already on record: one Event for each.

    The incident's version stays: evidence makes no page stale. Raises NotAllowed, Invalid.
    """
    row = hold(incident, "add_evidence", by=by, version=None)
    if row.stage in (Stage.CLOSED, Stage.MERGED):
        raise Invalid({"uploads": _("This case has ended. Nothing can be added to it any more.")})
    details = attach(row, uploads, by=by)
    if not details:
        raise Invalid({"uploads": _("Choose at least one file.")})
    if caption:
        Evidence.objects.filter(pk__in=[detail["evidence"] for detail in details]).update(
            caption=caption[:200]
        )
    for detail in details:
        record(
            row.case, "incident.add_evidence", label=row.number, by=by, unit=row.unit,
            after={**detail, "stage": row.stage, "cycle": row.cycle, **({"caption": caption} if caption else {})},
        )  # fmt: skip
    return list(Evidence.objects.filter(pk__in=[detail["evidence"] for detail in details]))


def add_files(
    incident: Incident, *, by: Person, files: Iterable[File], caption: str = "", version: int | None = None
) -> list[Evidence]:
    """Take files in and attach them, all or none: the act behind the incident page's form."""
    uploads: list[Evidence] = []
    try:
        for file in files:
            uploads.append(store_upload(file, by=by))
        return add_evidence(incident, [upload.pk for upload in uploads], by=by, caption=caption)
    except (Invalid, NotAllowed) as refused:
        for upload in uploads:
            discard(upload, by=by)
        if isinstance(refused, Invalid):
            raise Invalid({"files": next(iter(refused.fields.values()))}) from refused
        raise


@transaction.atomic
def withdraw(evidence: Evidence, *, by: Person, reason: str) -> Evidence:
    """Take evidence out of sight, with a reason; file and checksums stay. Raises NotAllowed, Invalid."""
    incident = hold(evidence.incident, "withdraw_evidence", by=by, version=None)
    row = Evidence.objects.select_for_update().get(pk=evidence.pk)
    if row.withdrawn_at is not None:
        raise Invalid({"reason": _("This was already withdrawn.")})
    if not reason.strip():
        raise Invalid({"reason": _("Say why it is withdrawn.")})
    row.withdrawn_at, row.withdrawn_reason = timezone.now(), reason.strip()[:300]
    row.save(update_fields=["withdrawn_at", "withdrawn_reason"])
    record(
        incident.case, "incident.withdraw_evidence", label=incident.number, by=by, unit=incident.unit,
        reason=row.withdrawn_reason,
        after={"evidence": str(row.pk), "kind": row.kind, "size": row.size, "sha256": row.sha256},
    )  # fmt: skip
    return row


@transaction.atomic
def discard(upload: Evidence, *, by: Person) -> bool:
    """Throw away an own upload that no report has taken up. False when it is no longer there or in use."""
    mine = Evidence.objects.select_for_update().filter(pk=upload.pk, incident=None, uploaded_by=by)
    return _discard(mine) == 1


def discard_abandoned(now: dt.datetime | None = None) -> int:
    """Throw away uploads that nobody took up in time, with their files; says how many."""
    before = (now or timezone.now()) - ABANDONED_AFTER
    total = 0
    while True:
        with transaction.atomic():
            batch = Evidence.objects.filter(incident=None, uploaded_at__lt=before).order_by("uploaded_at")
            done = _discard(batch.select_for_update(skip_locked=True)[:200])
        total += done
        if not done:
            return total


def _discard(uploads) -> int:
    """Delete rows, and their files once the rows are gone for good."""
    rows = list(uploads)
    Evidence.objects.filter(pk__in=[row.pk for row in rows]).delete()
    for row in rows:
        transaction.on_commit(lambda row=row: _delete_files(row))
    return len(rows)
