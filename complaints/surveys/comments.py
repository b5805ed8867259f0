"""What customers wrote: read, classified by what it is about, and raised as a complaint where it is one."""

from collections.abc import Iterable
from dataclasses import dataclass

from django.db import transaction
from django.db.models import QuerySet
from django.shortcuts import get_object_or_404
from django.utils.translation import gettext_lazy as _

from complaints import intake
from complaints.masking import redacted, without
from complaints.models import Category, Complaint, Response
from complaints.states import Channel
from history.recording import record
from incidents.errors import NotAllowed, NotYet
from incidents.identify import title_from
from people.models import Person

from . import sight


@dataclass(frozen=True)
class Comment:
    """A comment as this reader sees it."""

    row: Response
    text: str
    may_act: bool
    may_open: bool  # the complaint that was raised from it


def of(rows: QuerySet[Response], person: Person) -> QuerySet[Response]:
    """Those of the answers with a comment that this person may read, the newest first."""
    with_all = (
        rows.filter(pk__in=sight.comments(person).values("pk"))
        .exclude(comment="")
        .select_related(
            "unit", "version", "comment_category", "complaint", "comment_read_by", "invitation__contact"
        )
    )
    return with_all.order_by("-answered_at", "-pk")


def works_on(person: Person, response: Response) -> bool:
    """May this person classify it, and read it as it was written?"""
    return person.is_active and any(person.has_role(role, response.unit) for role in sight.READERS)


def shown(rows: Iterable[Response], *, person: Person) -> list[Comment]:
    """As the person may read them: whoever works on them as they were written, others without what identifies."""
    rows = list(rows)
    raised = [row.complaint_id for row in rows if row.complaint_id]
    open_to = set(Complaint.objects.visible_to(person).filter(pk__in=raised).values_list("pk", flat=True))
    return [
        Comment(
            row,
            row.comment if (may := works_on(person, row)) else _impersonal(row),
            may,
            row.complaint_id in open_to,
        )
        for row in rows
    ]


def _impersonal(row: Response) -> str:
    contact = row.invitation.contact if row.invitation_id else None
    return redacted(without(row.comment, [contact.name] if contact is not None else []))


def readable_or_404(person: Person, pk: int) -> Response:
    return get_object_or_404(
        sight.comments(person).exclude(comment="").select_related("unit", "version__survey"), pk=pk
    )


def _hold(response: Response, by: Person) -> Response:
    row = (
        Response.objects.select_for_update(of=("self",))
        .select_related("unit", "version__survey")
        .get(pk=response.pk)
    )
    if not works_on(by, row):
        raise NotAllowed(_("Your role doesn't allow this here."))
    return row


@transaction.atomic
def classify(response: Response, category: Category | None, *, by: Person) -> Response:
    """Say what the comment is about; None takes it back."""
    row = _hold(response, by)
    was, row.comment_category, row.comment_read_by = row.comment_category, category, by
    row.save(update_fields=["comment_category", "comment_read_by"])
    _tell(
        row, "classify_comment", by, before={"category": was.code if was else ""},
        after={"category": category.code if category else "", "answer": row.pk},
    )  # fmt: skip
    return row


@transaction.atomic
def raise_complaint(response: Response, *, by: Person) -> Complaint:
    """Put a complaint on record from what the customer wrote, once: a second time gives the first one.

    The customer stays whom they were: the one invited, or nobody.
    """
    row = _hold(response, by)
    if row.complaint_id is not None:
        return row.complaint
    if not row.comment.strip():
        raise NotYet([_("What the customer wrote")])
    contact = row.invitation.contact if row.invitation_id else None
    complaint, _token = intake.receive(
        by=by, unit=row.unit, text=row.comment[:5000], title=title_from(row.comment), channel=Channel.SURVEY,
        contact=contact if contact is not None and contact.erased_at is None else None, anonymous=contact is None,
        language=row.language or "zh-hans", received_at=None,
        close_as=row.invitation.complaint if row.invitation_id else None,
    )  # fmt: skip
    row.complaint, row.comment_read_by = complaint, by
    row.save(update_fields=["complaint", "comment_read_by"])
    told = {"raised": complaint, "answer": row.pk}
    if (
        complaint.sensitive
    ):  # the survey's history has other readers: that there is such a case stays in its own
        record(
            complaint.case, "survey.raise_from_comment", label=complaint.number, by=by, unit=row.unit, after=told
        )  # fmt: skip
    else:
        _tell(row, "raise_from_comment", by, after=told)
    return complaint


def _tell(row: Response, act: str, by: Person, **told) -> None:
    """In the survey's history; what the customer wrote is never in it."""
    survey = row.version.survey
    record(f"survey:{survey.pk}", f"survey.{act}", label=survey.name, by=by, unit=row.unit, **told)
