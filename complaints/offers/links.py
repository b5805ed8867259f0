"""Renewing the customer's link, from the page of a complaint."""

from django.utils.translation import gettext_lazy as _

from complaints import finding_again
from complaints.acts import Act, offer
from complaints.states import State

offer(
    Act(
        name="renew_link",
        states=tuple(State),
        title=_("Renew the customer's link"),
        text=_(
            "The link that the customer has opens nothing from then on. The new one goes to their e-mail address; without "
            "one they find their complaint by its reference and phone ending."
        ),
        button=_("Renew the link"),
        done=_("%(number)s: the customer has a new link."),
        perform=finding_again.renew_link,
        icon="link",
        offered=lambda complaint, person: (
            complaint.contact_id is not None and complaint.anonymised_at is None
        ),
    )
)
