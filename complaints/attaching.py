"""Files of complaints: checked and re-encoded as evidence is, taken up once, downloaded through a check of access."""

import uuid
from collections.abc import Iterable

from django.conf import settings
from django.core.files.base import ContentFile, File
from django.utils.translation import gettext_lazy as _

from incidents import files
from incidents.errors import Invalid
from people.models import Person

from .models import Attachment, Complaint, Message


def store(file: File, *, by: Person | None, key: uuid.UUID | None, name: str = "") -> Attachment:
    """Check a file and keep it until a complaint or a message takes it up; `key` is the form's.

    The same file sent twice with the same key is kept once. Raises Invalid({"file": ...}).
    """
    checked = files.check(file, name=name or file.name or "")
    ident = uuid.uuid5(key, checked.sha256) if key else uuid.uuid4()
    with checked.content:
        if key and (known := Attachment.objects.filter(pk=ident).first()):
            return known
        attachment = Attachment(
            id=ident, kind=checked.kind, content_type=checked.content_type, name=checked.name, size=checked.size,
            sha256=checked.sha256, stored_sha256=checked.stored_sha256, width=checked.width, height=checked.height,
            taken_at=checked.taken_at, uploaded_by=by, upload_key=key,
        )  # fmt: skip
        attachment.file.save("file", File(checked.content), save=False)
        if checked.thumbnail:
            attachment.thumbnail.save("thumbnail", ContentFile(checked.thumbnail), save=False)
        attachment.save(force_insert=True)
    return attachment


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
        raise Invalid(
            {"uploads": _("Too many files: %(limit)s at most.") % {"limit": settings.UPLOAD_MAX_FILES}}
        )
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
