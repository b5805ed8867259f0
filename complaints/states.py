"""The states of a complaint, and the scales on which it is assessed (DOMAIN §4, ISO 10002 clause 7)."""

from django.db import models
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy


class State(models.TextChoices):
    RECEIVED = "received", pgettext_lazy("complaint", "Received")
    ACKNOWLEDGED = "acknowledged", pgettext_lazy("complaint", "Acknowledged")
    CLASSIFIED = "classified", pgettext_lazy("complaint", "Classified")
    INVESTIGATING = "investigating", pgettext_lazy("complaint", "Being investigated")
    REPLIED = "replied", pgettext_lazy("complaint", "Replied")
    FOLLOWED_UP = "followed_up", pgettext_lazy("complaint", "Followed up")
    CLOSED = "closed", pgettext_lazy("complaint", "Closed")
    WITHDRAWN = "withdrawn", pgettext_lazy("complaint", "Withdrawn by the customer")
    OUT_OF_SCOPE = "out_of_scope", pgettext_lazy("complaint", "Passed on: out of scope")
    MERGED = "merged", pgettext_lazy("complaint", "Joined with another")


#: In walking order.
WAY = (
    State.RECEIVED,
    State.ACKNOWLEDGED,
    State.CLASSIFIED,
    State.INVESTIGATING,
    State.REPLIED,
    State.FOLLOWED_UP,
)
#: Nothing is due any more.
TERMINAL = (State.CLOSED, State.WITHDRAWN, State.OUT_OF_SCOPE, State.MERGED)
#: The customer has no answer yet.
UNANSWERED = (State.RECEIVED, State.ACKNOWLEDGED, State.CLASSIFIED, State.INVESTIGATING)


class Channel(models.TextChoices):
    """How it reached the company."""

    WEB = "web", _("Web form or QR code")
    EMAIL = "email", pgettext_lazy("channel", "E-mail")
    PHONE = "phone", _("Phone")
    ONSITE = "onsite", _("On site")
    PAPER = "paper", _("On paper")
    SURVEY = "survey", pgettext_lazy("channel", "Survey")
    API = "api", _("Another system")


#: Told to somebody who was there to answer: it is acknowledged by that.
SPOKEN = (Channel.PHONE, Channel.ONSITE)


class Grade(models.IntegerChoices):
    """Of urgency (how soon harm grows) and of importance (how much is at stake)."""

    LOW = 1, pgettext_lazy("grade", "Low")
    MEDIUM = 2, pgettext_lazy("grade", "Medium")
    HIGH = 3, pgettext_lazy("grade", "High")


class Priority(models.IntegerChoices):
    """What follows from urgency and importance; it drives the limits, as severity does for an incident."""

    LOW = 1, pgettext_lazy("priority", "Low")
    NORMAL = 2, pgettext_lazy("priority", "Normal")
    HIGH = 3, pgettext_lazy("priority", "High")
    URGENT = 4, pgettext_lazy("priority", "Urgent")


#: (urgency, importance) -> priority
_PRIORITY = {
    (1, 1): Priority.LOW,
    (1, 2): Priority.NORMAL,
    (1, 3): Priority.NORMAL,
    (2, 1): Priority.NORMAL,
    (2, 2): Priority.NORMAL,
    (2, 3): Priority.HIGH,
    (3, 1): Priority.NORMAL,
    (3, 2): Priority.HIGH,
    (3, 3): Priority.URGENT,
}


def priority_of(urgency: int, importance: int) -> Priority:
    """Urgency times importance as one word."""
    return _PRIORITY[int(urgency), int(importance)]
