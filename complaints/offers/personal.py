"""Correcting the customer's contact, from the page of a complaint."""

from django.utils.translation import gettext_lazy as _

from complaints import revealing
from complaints.acts import Act, offer
from complaints.forms.personal import ContactForm
from complaints.states import State

offer(
    Act(
        name="amend_contact",
        rule="amend",
        states=tuple(State),
        title=_("Correct the customer's contact"),
        text=_("What you leave empty stays as it is. To see the data first, use “Show” beside the customer."),
        button=_("Correct the contact"),
        done=_("%(number)s: the contact is corrected."),
        form=ContactForm,
        perform=revealing.amend_contact,
        icon="pencil",
        offered=lambda complaint, person: complaint.anonymised_at is None,
    )
)
