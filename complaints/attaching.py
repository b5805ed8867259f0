"""Files of complaints: checked and re-encoded as evidence is, taken up once, downloaded through a check of access."""

import datetime as dt
import hashlib
import uuid
from collections.abc import Iterable

from django.conf import settings
from django.core.files.base import ContentFile, File
from django.db import IntegrityError, transaction
from django.db.models import Count, Sum
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from incidents import files
from incidents.errors import Invalid
from people.models import Person

from .models import Attachment, Complaint, Message

#: How long an upload may wait for the form that it belongs to.
ABANDONED_AFTER = dt.timedelta(hours=48)


def store(file: File, *, by: Person | None, key: uuid.UUID | None, name: str = "") -> Attachment:
    """Check a file and keep it until a complaint or a message takes it up; `key` is the form's.

    The same file sent twice with the same key is kept once. A form without an account has its own quota. Raises
    Invalid({"file": ...}).
    """
    if key and (known := Attachment.objects.filter(pk=_ident(key, _digest(file))).first()):
        return known  # before its quota is looked at, of which it is a part already
    if by is None and key:
        _refuse_over_quota(key, file.size or 0)
    checked = files.check(file, name=name or file.name or "")
    ident = _ident(key, checked.sha256) if key else uuid.uuid4()
    with checked.content:
        attachment = Attachment(
            id=ident, kind=checked.kind, content_type=checked.content_type, name=checked.name, size=checked.size,
            sha256=checked.sha256, stored_sha256=checked.stored_sha256, width=checked.width, height=checked.height,
            taken_at=checked.taken_at, uploaded_by=by, upload_key=key,
        )  # fmt: skip
        try:
            attachment.file.save("file", File(checked.content), save=False)
            if checked.thumbnail:
                attachment.thumbnail.save("thumbnail", ContentFile(checked.thumbnail), save=False)
            with transaction.atomic():
                attachment.save(force_insert=True)
        except IntegrityError:  # the same form was sent twice at once, and the other one was faster
            _delete_files(attachment)
            return Attachment.objects.get(pk=ident)
        except BaseException:
            _delete_files(attachment)
            raise
    return attachment


def _ident(key: uuid.UUID, sha256: str) -> uuid.UUID:
    """What a file sent with this key is called, whenever it is sent."""
    return uuid.uuid5(key, sha256)


def _digest(file: File) -> str:
    """SHA-256 of the file as it was sent."""
    digest = hashlib.sha256()
    for block in file.chunks():
        digest.update(block)
    return digest.hexdigest()


def _refuse_over_quota(key: uuid.UUID, size: int) -> None:
    sent = Attachment.objects.filter(upload_key=key, complaint=None).aggregate(n=Count("pk"), sum=Sum("size"))
    if sent["n"] >= settings.UPLOAD_MAX_FILES:
        raise Invalid({"file": _too_many()})
    if (sent["sum"] or 0) + size > settings.UPLOAD_QUOTA_PER_FORM:
        raise Invalid({"file": _("Together the files are too large. Send fewer, or shorter videos.")})


def _too_many():
    return _("Too many files: %(limit)s at most.") % {"limit": settings.UPLOAD_MAX_FILES}


def attach(
    complaint: Complaint,
    message: Message | None,
    uploads: Iterable[str],
    *,
    by: Person | None,
    key: uuid.UUID | None,
) -> list[dict]:
    """Take these uploads up, all or none: those of this person, or of the form with this key. Says what they are.

    Raises Invalid when one is gone, in use or somebody else's.
    """
    wanted = sorted({str(upload) for upload in uploads})
    if not wanted:
        return []
    if len(wanted) > settings.UPLOAD_MAX_FILES:
        raise Invalid({"uploads": _too_many()})
    mine = {"uploaded_by": by} if by is not None else {"uploaded_by": None, "upload_key": key}
    rows = Attachment.objects.select_for_update().filter(pk__in=wanted, complaint=None, **mine)
    found = {str(row.pk): row for row in rows}
    if len(found) != len(wanted) or (by is None and key is None):
        raise Invalid({"uploads": _("Some of the files are no longer there. Add them again.")})
    Attachment.objects.filter(pk__in=found).update(complaint=complaint, message=message, upload_key=None)
    return [
        {"attachment": pk, "kind": row.kind, "size": row.size, "sha256": row.sha256}
        for pk, row in sorted(found.items())
    ]


def waiting(uploads: Iterable[uuid.UUID], *, key: uuid.UUID | None) -> list[Attachment]:
    """Those of these uploads that belong to the form with this key and are not sent yet."""
    wanted = list(uploads)
    if not wanted or key is None:
        return []
    return list(Attachment.objects.filter(pk__in=wanted, complaint=None, uploaded_by=None, upload_key=key))


@transaction.atomic
def discard(uploads: Iterable[uuid.UUID], *, key: uuid.UUID | None) -> int:
    """Throw away uploads of the form with this key that were not sent; says how many."""
    if key is None:
        return 0
    mine = Attachment.objects.filter(pk__in=list(uploads), complaint=None, uploaded_by=None, upload_key=key)
    return _discard(mine.select_for_update())


@transaction.atomic
def discard_own(uploads: Iterable[Attachment], *, by: Person) -> int:
    """Throw away this person's own uploads that nothing has taken up; says how many."""
    mine = Attachment.objects.filter(pk__in=[upload.pk for upload in uploads], complaint=None, uploaded_by=by)
    return _discard(mine.select_for_update())


def discard_abandoned(now: dt.datetime | None = None) -> int:
    """Throw away uploads that no form took up in time, with their files; says how many."""
    before = (now or timezone.now()) - ABANDONED_AFTER
    total = 0
    while True:
        with transaction.atomic():
            batch = Attachment.objects.filter(complaint=None, uploaded_at__lt=before).order_by("uploaded_at")
            done = _discard(batch.select_for_update(skip_locked=True)[:200])
        total += done
        if not done:
            return total


def _discard(uploads) -> int:
    """Delete rows, and their files once the rows are gone for good."""
    rows = list(uploads)
    Attachment.objects.filter(pk__in=[row.pk for row in rows]).delete()
    for row in rows:
        transaction.on_commit(lambda row=row: _delete_files(row))
    return len(rows)


def _delete_files(attachment: Attachment) -> None:
    for file in (attachment.file, attachment.thumbnail):
        if file:
            file.storage.delete(file.name)
