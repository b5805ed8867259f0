"""The letter that asks a customer how it was: composed when it is sent, with a link that is made then."""

from django.conf import settings
from django.db.models import Exists, OuterRef, Q
from django.template.loader import render_to_string
from django.utils import timezone, translation
from django.utils.translation import gettext as _

from people.models import Person
from reminders.deliveries.composing import HTML_LANGUAGES, Needless, one_line, thread_of
from reminders.deliveries.customers import Letter, named_in
from reminders.deliveries.writing import mail_host
from reminders.models import Delivery
from reminders.policies import ground_of

from ..letters import address_in, language_of, sender_of
from ..models import Complaint, Invitation, Response
from . import sight
from .inviting import address_of, find_by_pk, is_open, reference_of


def compose(pk: int, delivery: Delivery) -> Letter:
    """The letter of this invitation. Raises Needless when it can't be answered any more, or has been."""
    invitation = find_by_pk(pk)
    if invitation is None or not is_open(invitation) or Response.objects.filter(invitation=pk).exists():
        raise Needless("nothing-to-say")
    case = invitation.complaint or invitation.incident
    mailbox = sender_of(case)
    with translation.override(_language(invitation)), timezone.override(ground_of(invitation.unit).work.zone):
        context = {
            "number": reference_of(invitation), "unit": invitation.unit, "until": invitation.expires_at,
            "name": one_line(delivery.contact.name), "sender": str(mailbox.unit if mailbox else invitation.unit),
            "title": _("How did we do?"), "link": address_of(invitation),
            "lang": HTML_LANGUAGES.get(translation.get_language(), "en"),
        }  # fmt: skip
        return Letter(
            subject=f"[{context['number']}] {context['title']}",
            text=render_to_string("emails/invitation-body.txt", context),
            html=render_to_string("emails/invitation-body.html", context),
            sender=address_in(mailbox), reply_to=mailbox.address if mailbox else "",
            headers={
                "References": f"<{thread_of(case.case)}@{mail_host()}>", "Precedence": "list",
                "List-Id": f"<surveys.{mail_host()}>",
            },
        )  # fmt: skip


def seen_by(person: Person) -> Q:
    """Who finds such letters in the log: who sees the answers of that unit, and the case if it is for few eyes."""
    invited = sight.invitations(person).filter(
        Q(complaint=None) | Exists(Complaint.objects.visible_to(person).filter(pk=OuterRef("complaint")))
    )
    return named_in("content", "invitation", invited)


def _language(invitation: Invitation) -> str:
    """In which the customer reads."""
    if invitation.complaint is not None:
        return language_of(invitation.complaint)
    own = invitation.contact.language if invitation.contact else ""
    return own if own in dict(settings.LANGUAGES) else settings.LANGUAGE_CODE
