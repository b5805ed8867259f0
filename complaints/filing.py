"""Files that staff put beside a complaint for those who work on it: a photo of the place, a page of the log."""

from collections.abc import Iterable

from django.core.files.base import File
from django.db import transaction
from django.utils.translation import gettext_lazy as _

from incidents.errors import Invalid, Refused, Stale
from people.models import Person

from . import attaching
from .lifecycle import change, hold
from .models import Attachment, Complaint


def add_files(complaint: Complaint, *, by: Person, version: int | None, files: Iterable[File]) -> Complaint:
    """Take files in and put them beside the case, all or none. The customer doesn't see them.

    Raises NotAllowed, Stale, Invalid({"files": ...}).
    """
    stored: list[Attachment] = []
    try:
        stored.extend(attaching.store(file, by=by, key=None) for file in files)
        return _add(complaint, stored, by=by, version=version)
    except Refused as refused:
        attaching.discard_own(stored, by=by)
        if isinstance(refused, Invalid):
            raise Invalid({"files": next(iter(refused.fields.values()))}) from refused
        raise


@transaction.atomic
def _add(complaint: Complaint, stored: list[Attachment], *, by: Person, version: int | None) -> Complaint:
    row = hold(complaint, "attach", by=by, version=version)
    if row.anonymised_at is not None:
        raise Stale()
    if not stored:
        raise Invalid({"files": _("Choose at least one file.")})
    files = attaching.attach(row, None, [str(file.pk) for file in stored], by=by, key=None)
    return change(row, "attach", by=by, after={"attachments": files})
