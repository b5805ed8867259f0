"""What is said between the customer and the company, and the files that go with it."""

import uuid

from django.conf import settings
from django.core.files.storage import default_storage
from django.db import models
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from .complaint import Complaint


class Message(models.Model):
    """One message of the correspondence, either way. Kept as it was said; its text may name people."""

    class Direction(models.TextChoices):
        IN = "in", pgettext_lazy("message", "From the customer")
        OUT = "out", pgettext_lazy("message", "To the customer")

    class Kind(models.TextChoices):
        COMPLAINT = "complaint", pgettext_lazy("message", "Complaint")
        RECEIPT = "receipt", pgettext_lazy("message", "Acknowledgement")
        MESSAGE = "message", pgettext_lazy("message", "Message")
        REPLY = "reply", pgettext_lazy("message", "Reply")
        NOT_SOLVED = "not_solved", pgettext_lazy("message", "Not solved")
        PASSED_ON = "passed_on", pgettext_lazy("message", "Passed on")
        LINK = "link", pgettext_lazy("message", "New link")

    class Way(models.TextChoices):
        MAIL = "mail", pgettext_lazy("way", "By e-mail")
        PAGE = "page", pgettext_lazy("way", "On the customer's page")
        SPOKEN = "spoken", pgettext_lazy("way", "Spoken")
        LETTER = "letter", pgettext_lazy("way", "By letter")

    complaint = models.ForeignKey(Complaint, models.PROTECT, related_name="messages")
    direction = models.CharField(max_length=3, choices=Direction.choices)
    kind = models.CharField(_("kind"), max_length=12, choices=Kind.choices, default=Kind.MESSAGE)
    way = models.CharField(_("way"), max_length=8, choices=Way.choices)
    text = models.TextField(_("text"), max_length=10000)
    author = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+", verbose_name=_("written by")
    )  # empty: the customer, or the system
    at = models.DateTimeField(default=timezone.now)
    message_id = models.CharField(max_length=255, blank=True)  # of the mail: answers name it
    read_at = models.DateTimeField(null=True)  # by the handler, or by the customer on the page

    class Meta:
        verbose_name = _("message")
        verbose_name_plural = _("messages")
        ordering = ["at", "pk"]
        constraints = [
            models.UniqueConstraint(
                fields=["message_id"], condition=~Q(message_id=""), name="one_message_per_mail"
            )
        ]

    def __str__(self):
        return f"{self.complaint.number} {self.get_direction_display()} {self.at:%Y-%m-%d %H:%M}"


def random_name(attachment, filename: str) -> str:
    """A storage name that says nothing about the file and can't be guessed."""
    token = uuid.uuid4().hex
    return f"complaints/{token[:2]}/{token}"


class Attachment(models.Model):
    """A file of a complaint, checked and re-encoded as evidence is (see `incidents.files`)."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    complaint = models.ForeignKey(Complaint, models.PROTECT, null=True, related_name="attachments")
    message = models.ForeignKey(Message, models.PROTECT, null=True, related_name="attachments")
    kind = models.CharField(_("kind"), max_length=10)  # as Evidence.Kind
    file = models.FileField(upload_to=random_name, storage=default_storage)
    thumbnail = models.FileField(upload_to=random_name, storage=default_storage, blank=True)
    content_type = models.CharField(max_length=100)
    name = models.CharField(_("file name"), max_length=200)
    size = models.PositiveBigIntegerField()  # bytes of the stored file
    sha256 = models.CharField(max_length=64)  # of the original, as it was sent
    stored_sha256 = models.CharField(max_length=64)
    width = models.PositiveIntegerField(null=True)
    height = models.PositiveIntegerField(null=True)
    taken_at = models.DateTimeField(_("taken"), null=True)
    uploaded_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+")
    upload_key = models.UUIDField(null=True, db_index=True)  # the public form's key, until it is sent
    uploaded_at = models.DateTimeField(default=timezone.now)
    erased_at = models.DateTimeField(null=True)

    class Meta:
        verbose_name = _("attachment")
        verbose_name_plural = _("attachments")
        ordering = ["uploaded_at", "pk"]
        indexes = [
            models.Index(fields=["uploaded_at"], condition=Q(complaint=None), name="attachment_not_attached")
        ]

    def __str__(self):
        return self.name
