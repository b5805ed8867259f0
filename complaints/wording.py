"""How acts on a complaint are told in its timeline, and what the reminders call what is due with it."""

from functools import partial

from django.utils.translation import gettext_lazy as _

from history.timeline import describe
from reminders.notices import name_what
from reminders.policies import rule_kind
from reminders.subjects import locate_by

from . import limits
from .models import Complaint

#: By what somebody looked for a customer; what they typed is nowhere kept.
ASKED_BY = {
    "phone": _("phone number"),
    "email": _("e-mail address"),
    "name": _("name"),
    "reference": _("reference"),
}
describe("complaint.receive", _("put the complaint on record"), icon="message-circle")
describe("customer.find", _("looked for a customer by %(asked_by)s: %(found)s found"), asked_by=ASKED_BY.get)

#: What is to be done, as the person who is waited for reads it.
DUE = {
    "receipt": _("Acknowledge the complaint"),
    "classify": _("Classify the complaint"),
    "reply": _("Answer the customer"),
    "reply-approval": _("Approve the reply to a customer"),
    "takeover": _("Take the complaint over, or decline"),
    "followup": _("Ask the customer whether it helped"),
    "close": _("Close the complaint"),
    "call": _("Call the customer: there is a message for them"),
}
for _kind, _words in DUE.items():
    name_what(_kind, _words)
    rule_kind(_kind, _words, partial(limits.default_limit, _kind))


@locate_by("complaint")
def _addresses(keys: set[int]) -> dict[int, str]:
    return {
        complaint.pk: complaint.get_absolute_url()
        for complaint in Complaint.objects.filter(pk__in=keys).only("number")
    }
