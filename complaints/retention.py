"""How long personal data is kept after a complaint has ended: a rule for each company, carried out every night.

Batches commit by themselves, so a night that is cut short goes on the next one where it stopped; what is done is on
record with each complaint and as one line of the company.
"""

import datetime as dt
import logging
from dataclasses import dataclass

from django.conf import settings
from django.db import transaction
from django.db.models import QuerySet
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from history.recording import record
from incidents.errors import Invalid, NotAllowed
from people.models import Person, Role, Unit

from .erasing import anonymise, blank
from .models import Complaint, RetentionRule
from .models.personal import LONGEST, SHORTEST

logger = logging.getLogger(__name__)

#: Complaints in one transaction.
BATCH = 50


@dataclass(frozen=True)
class Rule:
    """What holds in a company."""

    company: Unit
    months: int
    row: RetentionRule | None  # None: the settings say

    @property
    def case(self) -> str:
        return f"unit:{self.company.pk}"


def rule_of(company: Unit) -> Rule:
    row = RetentionRule.objects.select_related("set_by").filter(unit=company).first()
    return Rule(company, row.months if row else settings.RETENTION_MONTHS, row)


def longest(company_id: int | None = None) -> int:
    """What a customer is told before they agree: the months in this company, or the most of any."""
    if company_id is not None:
        own = RetentionRule.objects.filter(unit_id=company_id).values_list("months", flat=True).first()
        return own or settings.RETENTION_MONTHS
    return max(settings.RETENTION_MONTHS, *RetentionRule.objects.values_list("months", flat=True), 0)


def months_before(moment: dt.datetime, months: int) -> dt.datetime:
    """The same moment so many months earlier; the last of a shorter month where it has no such day."""
    year, month = divmod(moment.year * 12 + moment.month - 1 - months, 12)
    day = moment.day
    while True:
        try:
            return moment.replace(year=year, month=month + 1, day=day)
        except ValueError:
            day -= 1


def due(company: Unit, months: int, now: dt.datetime | None = None) -> QuerySet[Complaint]:
    """The company's ended complaints whose time is over; by the index `complaint_to_anonymise`."""
    until = months_before(timezone.localtime(now), months)
    return Complaint.objects.filter(
        anonymised_at=None, closed_at__isnull=False, closed_at__lt=until, unit__path__startswith=company.path
    )


def may_rule(person: Person, company: Unit) -> bool:
    """Quality managers and administrators of the whole company set its rule."""
    return any(person.has_role(role, company) for role in (Role.QUALITY, Role.ADMINISTRATOR))


def ruled_by(person: Person) -> list[Unit]:
    """The companies whose rule this person may set."""
    companies = Unit.objects.filter(pk__in=person.company_ids).order_by("name")
    return [company for company in companies if may_rule(person, company)]


@transaction.atomic
def set_rule(company: Unit, *, by: Person, months: int) -> RetentionRule:
    """Set for how many months after its end a complaint keeps its personal data. Raises NotAllowed, Invalid."""
    if not may_rule(by, company):
        raise NotAllowed(_("Your role doesn't allow this here."))
    if not SHORTEST <= months <= LONGEST:
        limits = {"shortest": SHORTEST, "longest": LONGEST}
        raise Invalid({"months": _("Between %(shortest)s and %(longest)s months.") % limits})
    before = rule_of(company).months
    row, _new = RetentionRule.objects.update_or_create(
        unit=company, defaults={"months": months, "set_by": by, "set_at": timezone.now()}
    )
    record(
        f"unit:{company.pk}", "unit.set_retention", label=company.name, by=by, unit=company,
        before={"months": before}, after={"months": months},
    )  # fmt: skip
    return row


def carry_out(now: dt.datetime | None = None) -> int:
    """Anonymise what is over in every company. Gives how many complaints; any number of workers may run at once."""
    total = 0
    for company in Unit.objects.filter(parent=None):
        rule = rule_of(company)
        done, failed = 0, set()
        while batch := _anonymise_batch(rule, now, failed):
            done += batch
        done -= len(failed)
        if done:
            record(
                rule.case, "unit.apply_retention", label=company.name, by=None, unit=company,
                after={"months": rule.months, "complaints": done},
            )  # fmt: skip
        total += done
    return total


@transaction.atomic
def _anonymise_batch(rule: Rule, now: dt.datetime | None, failed: set[int]) -> int:
    """The longest ended ones that no other worker holds; says how many were tried. One that fails (it goes to `failed`
    and into the log, and is tried again the next night) holds up no other.
    """
    rows = list(
        due(rule.company, rule.months, now)
        .exclude(pk__in=failed)
        .select_for_update(skip_locked=True, of=("self",))
        .select_related("unit", "category", "handler", "first_handler")
        .order_by("closed_at", "pk")[:BATCH]
    )
    contacts = set()
    for row in rows:
        contact = row.contact_id
        try:
            with transaction.atomic():
                anonymise(row, by=None, after={"months": rule.months})
        except Exception:
            logger.exception("%s could not be anonymised", row.number)
            failed.add(row.pk)
        else:
            contacts |= {contact} - {None}
    blank(contacts)
    return len(rows)
