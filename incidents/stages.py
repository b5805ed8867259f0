"""The seven stages of the closed loop, and the ways a case ends (DOMAIN §2)."""

from django.db import models
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy


class Stage(models.TextChoices):
    IDENTIFY = "identify", pgettext_lazy("stage", "Identify")
    CONFIRM = "confirm", pgettext_lazy("stage", "Confirm responsibility")
    ANALYSE = "analyse", pgettext_lazy("stage", "Root-cause analysis")
    PLAN = "plan", pgettext_lazy("stage", "Plan measures")
    TRACK = "track", pgettext_lazy("stage", "Track execution")
    VERIFY = "verify", pgettext_lazy("stage", "Verify effect")
    IMPROVE = "improve", pgettext_lazy("stage", "Improve")
    CLOSED = "closed", pgettext_lazy("stage", "Closed")
    DISMISSED = "dismissed", pgettext_lazy("stage", "Dismissed")
    MERGED = "merged", pgettext_lazy("stage", "Merged")


#: The loop in walking order.
LOOP = (
    Stage.IDENTIFY,
    Stage.CONFIRM,
    Stage.ANALYSE,
    Stage.PLAN,
    Stage.TRACK,
    Stage.VERIFY,
    Stage.IMPROVE,
)
#: Nothing is due any more.
TERMINAL = (Stage.CLOSED, Stage.DISMISSED, Stage.MERGED)

#: What is to be done in each stage, as the person who is waited for reads it.
TURN = {
    Stage.IDENTIFY: _("Judge the report"),
    Stage.CONFIRM: _("Confirm responsibility"),
    Stage.ANALYSE: _("Find the root cause"),
    Stage.PLAN: _("Plan the measures"),
    Stage.TRACK: _("Carry out the measures"),
    Stage.VERIFY: _("Verify the effect"),
    Stage.IMPROVE: _("Draw the lessons and close"),
}


class Severity(models.IntegerChoices):
    MINOR = 1, pgettext_lazy("severity", "Minor")
    MODERATE = 2, pgettext_lazy("severity", "Moderate")
    SERIOUS = 3, pgettext_lazy("severity", "Serious")
    MAJOR = 4, pgettext_lazy("severity", "Major")


class Channel(models.TextChoices):
    SYSTEM = "system", _("This system")
    QR = "qr", _("Web form or QR code")
    ONSITE = "onsite", _("On site")
    PHONE = "phone", _("Phone")
    EMAIL = "email", pgettext_lazy("channel", "E-mail")
    INSPECTION = "inspection", _("Inspection")
    SURVEY = "survey", pgettext_lazy("channel", "Survey")
    API = "api", _("Another system")


class ReporterKind(models.TextChoices):
    SELF = "self", _("Me")
    OTHER = "other", _("Somebody else")
    ANONYMOUS = "anonymous", _("Anonymous")


class Attributable(models.TextChoices):
    """What an incident is attributed to (000 §3.3)."""

    HUMAN = "human", _("Human error")
    EQUIPMENT = "equipment", _("Equipment fault")
    PROCESS = "process", _("Process gap")
    CUSTOMER = "customer", _("Customer side")
    EXTERNAL = "external", _("External cause")
