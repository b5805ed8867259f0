"""Mailboxes that are polled, and what came in by them."""

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from people.models import Unit

from .complaint import Complaint


class Mailbox(models.Model):
    """An IMAP mailbox of a unit; its password is kept sealed (see `people.sealing`)."""

    class Security(models.TextChoices):
        TLS = "tls", pgettext_lazy("mailbox", "TLS")
        STARTTLS = "starttls", pgettext_lazy("mailbox", "STARTTLS")
        NONE = "none", pgettext_lazy("mailbox", "None (only within the house)")

    unit = models.ForeignKey(Unit, models.PROTECT, related_name="mailboxes", verbose_name=_("unit"))
    address = models.EmailField(_("e-mail address"), unique=True)
    host = models.CharField(_("IMAP server"), max_length=200)
    port = models.PositiveIntegerField(_("port"), default=993)
    security = models.CharField(
        _("encryption"), max_length=10, choices=Security.choices, default=Security.TLS
    )
    username = models.CharField(_("user name"), max_length=200)
    password = models.CharField(max_length=600, blank=True)  # sealed
    folder = models.CharField(_("folder"), max_length=100, default="INBOX")
    language = models.CharField(_("language"), max_length=10, default="zh-hans")
    uid_validity = models.CharField(max_length=20, blank=True)
    last_uid = models.PositiveBigIntegerField(default=0)
    begins_at = models.DateTimeField(null=True)  # what arrived before is left alone; empty: nothing is
    polled_at = models.DateTimeField(_("last polled"), null=True)  # without an error
    last_error = models.CharField(_("last error"), max_length=500, blank=True)  # "login|what the server said"
    failures = models.PositiveSmallIntegerField(db_default=0, default=0)  # in a row
    not_before = models.DateTimeField(null=True)  # the next try after a failure
    lease = models.UUIDField(null=True)  # of the worker that is polling it
    leased_until = models.DateTimeField(null=True)
    set_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")
    set_at = models.DateTimeField(default=timezone.now)
    ended_at = models.DateTimeField(null=True)

    class Meta:
        verbose_name = _("mailbox")
        verbose_name_plural = _("mailboxes")
        ordering = ["address"]

    def __str__(self):
        return self.address


class IncomingMail(models.Model):
    """One mail that was fetched, and what became of it: the same mail never becomes two complaints."""

    class Outcome(models.TextChoices):
        COMPLAINT = "complaint", pgettext_lazy("mail", "Became a complaint")
        JOINED = "joined", pgettext_lazy("mail", "Joined an existing one")
        AUTOMATIC = "automatic", pgettext_lazy("mail", "Automatic answer: left alone")
        OWN = "own", pgettext_lazy("mail", "Our own mail: left alone")
        FLOOD = "flood", pgettext_lazy("mail", "Too many from one sender")
        TOO_BIG = "too_big", pgettext_lazy("mail", "Too big: only its beginning was read")
        UNREADABLE = "unreadable", pgettext_lazy("mail", "Unreadable")
        FAILED = "failed", pgettext_lazy("mail", "Failed: will be tried again")

    mailbox = models.ForeignKey(Mailbox, models.PROTECT, related_name="mails")
    message_id = models.CharField(max_length=255)  # its own, or made from its content where it has none
    digest = models.CharField(
        max_length=64, db_default="", default=""
    )  # of what it says: tells two mails apart
    sender = models.CharField(
        max_length=64, blank=True, db_default="", default=""
    )  # keyed hash of the address
    uid = models.PositiveBigIntegerField()
    size = models.PositiveBigIntegerField(default=0)  # bytes
    outcome = models.CharField(_("outcome"), max_length=12, choices=Outcome.choices)
    complaint = models.ForeignKey(Complaint, models.PROTECT, null=True, related_name="incoming_mails")
    note = models.CharField(_("note"), max_length=500, blank=True)
    tries = models.PositiveSmallIntegerField(default=1)
    at = models.DateTimeField(default=timezone.now)

    class Meta:
        verbose_name = _("incoming mail")
        verbose_name_plural = _("incoming mails")
        ordering = ["-at", "-pk"]
        constraints = [
            models.UniqueConstraint(
                fields=["mailbox", "digest"], condition=~Q(digest=""), name="one_row_per_incoming_mail"
            )
        ]
        indexes = [
            models.Index(fields=["mailbox", "-at"], name="incoming_mail_by_mailbox"),
            models.Index(fields=["message_id"], name="incoming_mail_by_message_id"),
            models.Index(fields=["sender", "-at"], condition=~Q(sender=""), name="incoming_mail_by_sender"),
            models.Index(
                fields=["mailbox", "-at"],
                condition=Q(outcome__in=["failed", "unreadable", "flood"]),
                name="incoming_mail_held_back",
            ),
        ]

    def __str__(self):
        return self.message_id
