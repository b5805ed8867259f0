"""When a reply has to be approved before it is sent, and the acts of quality managers who say so.

One rule of the unit or of a unit above it that fits is enough; within a rule all that it asks for has to be so. What
several currencies come to isn't added up: the largest sum counts.
"""

import decimal

from django.db import transaction
from django.db.models import QuerySet, Sum
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from history.recording import record
from incidents.errors import Invalid, NotAllowed
from people.models import Person, Role, Unit

from .models import Category, Complaint, Reply, ReplyRule
from .states import Priority

#: Who says when a reply is approved.
KEEPERS = (Role.QUALITY,)


def asks(complaint: Complaint) -> bool:
    """Does a rule ask for the approval of a reply to this complaint, as it stands now?"""
    rules = list(ReplyRule.objects.filter(unit__in=complaint.unit.lineage, ended_at=None))
    if not rules:
        return False
    given = max(sums_of(complaint).values(), default=decimal.Decimal(0))
    return any(_fits(rule, complaint, given) for rule in rules)


def sums_of(complaint: Complaint) -> dict[str, decimal.Decimal]:
    """What the customer was given, by currency: sums of different ones are never added."""
    rows = complaint.compensations.exclude(amount=None).order_by("currency").values_list("currency")
    return dict(rows.annotate(sum=Sum("amount")))


def _fits(rule: ReplyRule, complaint: Complaint, given: decimal.Decimal) -> bool:
    if rule.min_priority is not None and (complaint.priority or Priority.NORMAL) < rule.min_priority:
        return False
    if rule.category_id is not None and rule.category_id != complaint.category_id:
        return False
    return rule.min_compensation is None or given >= rule.min_compensation


def doubt_approval(complaint: Complaint) -> None:
    """Something that the rules look at has changed (held complaint): what was approved before is approved again.

    Only where a rule asks for it now: the approver didn't know of it.
    """
    reply = complaint.replies.filter(round=complaint.round, status=Reply.Status.APPROVED).first()
    if reply is not None and asks(complaint):
        reply.status, reply.approver, reply.approved_at, reply.needs_approval = (
            Reply.Status.DRAFT,
            None,
            None,
            True,
        )
        reply.save(update_fields=["status", "approver", "approved_at", "needs_approval"])


def rules_of(person: Person) -> QuerySet[ReplyRule]:
    """The rules in force of the units in which this person is quality manager, lower ones included."""
    units = Unit.objects.within(*person.posted_units(*KEEPERS))
    return ReplyRule.objects.filter(unit__in=units, ended_at=None)


@transaction.atomic
def set_rule(
    *,
    by: Person,
    unit: Unit,
    min_priority: int | None = None,
    category: Category | None = None,
    min_compensation: decimal.Decimal | None = None,
) -> ReplyRule:
    """From now on such replies of this unit, and of those below it, are approved before they are sent."""
    _refuse_strangers(by, unit)
    if min_priority is None and category is None and min_compensation is None:
        raise Invalid({"min_priority": _("Say which replies have to be approved.")})
    if min_priority is not None and min_priority not in Priority.values:
        raise Invalid({"min_priority": _("Choose one of the priorities.")})
    rule = ReplyRule.objects.create(
        unit=unit, min_priority=min_priority, category=category, min_compensation=min_compensation, set_by=by
    )
    _record(rule, "unit.set_reply_rule", by)
    return rule


@transaction.atomic
def end_rule(rule: ReplyRule, *, by: Person) -> None:
    """Replies that wait for their approval by it still need it."""
    _refuse_strangers(by, rule.unit)
    row = ReplyRule.objects.select_for_update().get(pk=rule.pk)
    if row.ended_at is None:
        row.ended_at = timezone.now()
        row.save(update_fields=["ended_at"])
        _record(row, "unit.end_reply_rule", by)


def _refuse_strangers(by: Person, unit: Unit) -> None:
    if not any(by.has_role(role, unit) for role in KEEPERS):
        raise NotAllowed(_("Your role doesn't allow this here."))


def _record(rule: ReplyRule, act: str, by: Person) -> None:
    unit = rule.unit
    after = {
        "rule": rule.pk, "min_priority": rule.min_priority, "min_compensation": rule.min_compensation,
        "category": rule.category.code if rule.category else None,
    }  # fmt: skip
    record(unit.case, act, label=unit.name, by=by, unit=unit, after=after)
