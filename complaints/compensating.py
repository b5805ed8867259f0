"""What a customer was given to make it good, and what it comes to: it decides, among others, whether a reply is approved."""

import decimal

from django.db import transaction
from django.utils.translation import gettext_lazy as _

from incidents.errors import Invalid, Stale
from people.models import Person

from . import reply_rules
from .lifecycle import change, hold, refuse_if_erased
from .models import Compensation, Complaint
from .states import State

Kind = Compensation.Kind

#: These are worth an amount; the others may be.
WITH_AMOUNT = (Kind.REFUND, Kind.PAYMENT, Kind.VOUCHER)
#: There is nothing to make good here.
NOT_IN = (State.MERGED, State.WITHDRAWN, State.OUT_OF_SCOPE)
#: In which somebody is compensated here (ISO 4217).
CURRENCIES = ("CNY", "HKD", "TWD", "MOP", "USD", "EUR", "GBP", "JPY")
LARGEST = decimal.Decimal("9999999999.99")


@transaction.atomic
def compensate(
    complaint: Complaint,
    *,
    by: Person,
    version: int | None,
    kind: str,
    amount: decimal.Decimal | None = None,
    currency: str = "CNY",
    note: str = "",
) -> Compensation:
    """Record what the customer gets. A reply that was approved without knowing of it may have to be approved again."""
    row = hold(complaint, "compensate", by=by, version=version)
    if row.state in NOT_IN:
        raise Stale()
    if note.strip():
        refuse_if_erased(row, field="note")
    wrong = {}
    if kind not in Kind.values:
        wrong["kind"] = _("Say what the customer gets.")
    if amount is None and kind in WITH_AMOUNT:
        wrong["amount"] = _("Say what it is worth.")
    if amount is not None and not 0 < amount <= LARGEST:
        wrong["amount"] = _("An amount is more than nothing.")
    if currency not in CURRENCIES:
        wrong["currency"] = _("Choose one of the currencies.")
    if wrong:
        raise Invalid(wrong)
    given = Compensation.objects.create(
        complaint=row, kind=kind, amount=amount, currency=currency, note=note.strip(), by=by
    )
    reply_rules.doubt_approval(row)
    change(
        row, "compensate", by=by, after={"kind": kind, "amount": amount, "currency": currency if amount else None}
    )  # fmt: skip
    return given
