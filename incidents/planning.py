"""What a case asks about the version of the plan that is in hand. Plans live in the app above: asked by related name.

A page reads all plans of a case at once, with everything that is asked here (`capa.reading`); an act asks anew.
"""

from django.db.models import Q

from people.models import Person

#: A version that is being written or decided.
IN_HAND = ("draft", "submitted")


def in_hand(incident):
    """The draft or the submitted version of this round; there is never more than one."""
    read = getattr(incident, "_prefetched_objects_cache", {}).get("plans")
    if read is None:
        rows = incident.plans.filter(cycle=incident.cycle, status__in=IN_HAND)
        return rows.select_related("design").last()
    return next((row for row in read if row.cycle == incident.cycle and row.status in IN_HAND), None)


def submitted(incident):
    plan = in_hand(incident)
    return plan if plan is not None and plan.status == "submitted" else None


def writers(plan) -> set[int]:
    """Who wrote in it, or in the version that it was copied from."""
    if not hasattr(plan, "writer_ids"):
        plan.writer_ids = list(plan.writers.values_list("pk", flat=True))
    return set(plan.writer_ids)


def owners(plan) -> set[int]:
    """Who would carry out its measures."""
    return {measure.owner_id for measure in plan.measures.all() if measure.owner_id}


def signers(plan) -> dict[str, int]:
    """Who has co-signed it, by the role in which they did."""
    if not hasattr(plan, "cosigned"):
        plan.cosigned = list(plan.cosignatures.values("role", "person"))
    return {row["role"]: row["person"] for row in plan.cosigned}


def has_written(incident, person: Person) -> bool:
    plan = in_hand(incident)
    return plan is not None and person.pk in writers(plan)


def would_carry_out(incident, person: Person) -> bool:
    plan = in_hand(incident)
    return plan is not None and person.pk in owners(plan)


#: Entries of the ledger that make their writer an executor, whoever owns the measure by now: it was finished, also in
#: its owner's place, or somebody carried it out as its owner.
_DID_SOMETHING = Q(entries__kind="completion") | Q(entries__kind="progress", entries__as_owner=True)


def executors(incident) -> set[int]:
    """Who owns a measure of this round, and who has carried one out before it was handed on, or in its owner's place."""
    measures = incident.measures.filter(plan__cycle=incident.cycle).order_by()
    did = measures.filter(_DID_SOMETHING).values_list("entries__by", flat=True)
    return set(measures.exclude(owner=None).values_list("owner", flat=True).union(did))


def carries_out(incident, person: Person) -> bool:
    """Is this person among them, by the plan that was approved?"""
    approved = incident.measures.filter(plan__cycle=incident.cycle, plan__status="approved")
    return approved.filter(Q(owner=person) | (_DID_SOMETHING & Q(entries__by=person))).exists()


def has_cosigned(incident, person: Person) -> bool:
    plan = submitted(incident)
    return plan is not None and person.pk in signers(plan).values()


def roots(incident) -> set[int]:
    """The confirmed root causes of this round, each of which needs a measure."""
    read = getattr(incident, "_prefetched_objects_cache", {}).get("causes")
    if read is None:
        rows = incident.causes.filter(cycle=incident.cycle, status="confirmed", is_root=True)
        return set(rows.values_list("pk", flat=True))
    return {
        row.pk for row in read if row.cycle == incident.cycle and row.status == "confirmed" and row.is_root
    }
