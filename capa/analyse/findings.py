"""Findings: a cause is confirmed or refuted, and what shows it."""

import uuid
from collections.abc import Iterable

from django.db import transaction
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from capa.models import Cause, CauseProof
from history.recording import record
from incidents.errors import Invalid
from incidents.evidence import attach
from incidents.lifecycle import change
from incidents.models import Evidence, Incident
from people.models import Person

from .held import as_seen, described, hold, said, save

#: Proof that still stands: words, or evidence that nobody has withdrawn.
STANDING = Q(evidence=None) | Q(evidence__withdrawn_at=None)

#: What kind of proof a piece of evidence is, where nobody says.
KINDS = {
    Evidence.Kind.IMAGE: CauseProof.Kind.PHOTO,
    Evidence.Kind.VIDEO: CauseProof.Kind.VIDEO,
    Evidence.Kind.AUDIO: CauseProof.Kind.INTERVIEW,
    Evidence.Kind.DOCUMENT: CauseProof.Kind.DOCUMENT,
}


@transaction.atomic
def confirm_cause(
    incident: Incident,
    *,
    by: Person,
    version: int | None,
    cause: Cause,
    finding: str,
    evidence: Iterable[uuid.UUID] = (),
    notes: Iterable[str] = (),
    kind: str = "",
    source: str = "",
    mark: str = "",
    is_root: bool = False,
    seen: int | None = None,
) -> Incident:
    """The cause is real. It takes proof: evidence of the case, or a note on where to find it (a log, an interview).

    What is named proves by `kind` (CauseProof.Kind; by itself that of the file), on the word of `source`, at `mark`.
    """
    row = hold(incident, by=by, version=version)
    cause = as_seen(row, cause, seen, "text", "status", "finding")
    _prove(row, cause, evidence, notes, kind, source, mark, by=by)
    if not cause.proofs.filter(STANDING).exists():
        raise Invalid({"evidence": _("Name what proves it: a piece of evidence, or a note on where it is.")})
    return _decide(row, cause, Cause.Status.CONFIRMED, finding, is_root=is_root, by=by)


@transaction.atomic
def refute_cause(
    incident: Incident,
    *,
    by: Person,
    version: int | None,
    cause: Cause,
    finding: str,
    evidence: Iterable[uuid.UUID] = (),
    notes: Iterable[str] = (),
    kind: str = "",
    source: str = "",
    mark: str = "",
    seen: int | None = None,
) -> Incident:
    """The cause was looked into and ruled out. It stays in view, struck through."""
    row = hold(incident, by=by, version=version)
    cause = as_seen(row, cause, seen, "text", "status", "finding")
    _prove(row, cause, evidence, notes, kind, source, mark, by=by)
    return _decide(row, cause, Cause.Status.REFUTED, finding, is_root=False, by=by)


@transaction.atomic
def prove_cause(
    incident: Incident,
    *,
    by: Person,
    version: int | None,
    cause: Cause,
    evidence: Iterable[uuid.UUID] = (),
    notes: Iterable[str] = (),
    kind: str = "",
    source: str = "",
    mark: str = "",
    seen: int | None = None,
) -> Incident:
    """Add proof to a cause without deciding anything."""
    row = hold(incident, by=by, version=version)
    cause = as_seen(row, cause, seen, "text", "status")
    if not _prove(row, cause, evidence, notes, kind, source, mark, by=by):
        raise Invalid({"evidence": _("Name what proves it: a piece of evidence, or a note on where it is.")})
    said_of_it = described(cause)
    return change(row, "prove_cause", by=by, before=said_of_it, after=said_of_it)


@transaction.atomic
def mark_root(
    incident: Incident,
    *,
    by: Person,
    version: int | None,
    cause: Cause,
    is_root: bool = True,
    seen: int | None = None,
) -> Incident:
    """Say that a confirmed cause is a root cause (measures will be taken against it), or that it isn't."""
    row = hold(incident, by=by, version=version)
    cause = as_seen(row, cause, seen, "status", "is_root")
    if cause.status != Cause.Status.CONFIRMED:
        raise Invalid({"cause": _("Only a confirmed cause can be a root cause.")})
    before = described(cause)
    cause.is_root = is_root
    save(cause)
    return change(row, "mark_root", by=by, before=before, after=described(cause))


def _decide(row: Incident, cause: Cause, status: str, finding: str, *, is_root: bool, by: Person) -> Incident:
    before = described(cause)
    cause.finding = said(finding, "finding", _("Say what was found, and how."))
    cause.status, cause.is_root = status, is_root
    cause.decided_by, cause.decided_at = by, timezone.now()
    save(cause)
    act = "confirm_cause" if status == Cause.Status.CONFIRMED else "refute_cause"
    return change(row, act, by=by, reason=finding, before=before, after=described(cause))


def _prove(row, cause, evidence, notes, kind: str, source: str, mark: str, *, by: Person) -> list[CauseProof]:
    if kind and kind not in CauseProof.Kind.values:
        raise Invalid({"kind": _("Choose what kind of proof it is.")})
    about = {"cause": cause, "source": source.strip(), "mark": mark.strip(), "added_by": by}
    found = evidence_of(row, evidence, by=by)
    notes = [note.strip() for note in notes if note.strip()]
    if (about["source"] or about["mark"]) and not found and not notes:
        raise Invalid({"proof_note": _("Say what it shows.")})
    if len(found) == 1 and len(notes) == 1:  # the note is about the file
        return [
            CauseProof.objects.create(
                evidence=found[0], note=notes[0], kind=kind or KINDS[found[0].kind], **about
            )
        ]
    proofs = [CauseProof(evidence=item, kind=kind or KINDS[item.kind], **about) for item in found]
    proofs += [CauseProof(note=note, kind=kind or CauseProof.Kind.OTHER, **about) for note in notes]
    return CauseProof.objects.bulk_create(proofs)


def evidence_of(row: Incident, ids: Iterable[uuid.UUID], *, by: Person) -> list[Evidence]:
    """The chosen pieces of evidence, if all of them belong to this case and none was withdrawn.

    What the person has just uploaded for it becomes evidence of the case now.
    """
    ids = {str(pk) for pk in ids}
    new = Evidence.objects.filter(pk__in=ids, incident=None, uploaded_by=by).values_list("pk", flat=True)
    for detail in attach(row, new, by=by) if ids else []:
        record(
            row.case, "incident.add_evidence", label=row.number, by=by, unit=row.unit,
            after={**detail, "stage": row.stage, "cycle": row.cycle},
        )  # fmt: skip
    found = list(Evidence.objects.shown().filter(incident=row, pk__in=ids)) if ids else []
    if len(found) != len(ids):
        raise Invalid({"evidence": _("Some of the evidence doesn't belong to this case. Choose again.")})
    return found
