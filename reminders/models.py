"""What is due, and who is told."""

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from people.models import Unit


class Deadline(models.Model):
    """Something that somebody has to do by a moment: the one place that says whose turn it is and until when.

    One row per (subject, kind, cycle). `owner` is one named person; My work lists the open rows of its reader.
    """

    subject = models.CharField(max_length=60)  # the case it belongs to, as in history: "incident:12"
    kind = models.CharField(max_length=40)  # stage key, "measure:7", "loop", ...
    cycle = models.PositiveSmallIntegerField(default=1)
    label = models.CharField(max_length=120)  # SQ-2026-000123
    owner = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="deadlines", verbose_name=_("owner")
    )
    unit = models.ForeignKey(Unit, models.PROTECT, related_name="+", verbose_name=_("unit"))
    opened_at = models.DateTimeField(_("since"), default=timezone.now)
    due_at = models.DateTimeField(_("due"))
    original_due_at = models.DateTimeField(_("originally due"))
    closed_at = models.DateTimeField(_("done"), null=True)
    next_notice_at = models.DateTimeField(null=True)  # when the sweeper has to look at it again; empty: never

    class Meta:
        verbose_name = _("deadline")
        verbose_name_plural = _("deadlines")
        ordering = ["due_at", "pk"]
        constraints = [models.UniqueConstraint(fields=["subject", "kind", "cycle"], name="one_deadline_each")]
        indexes = [
            models.Index(
                fields=["owner", "due_at"], condition=Q(closed_at=None), name="open_deadline_by_owner"
            ),
            models.Index(
                fields=["owner", "-closed_at"], condition=~Q(closed_at=None), name="done_deadline_by_owner"
            ),
            models.Index(fields=["next_notice_at"], condition=Q(closed_at=None), name="deadline_to_announce"),
        ]

    def __str__(self):
        return f"{self.label} {self.kind}"

    @property
    def is_overdue(self) -> bool:
        return self.closed_at is None and self.due_at < timezone.now()


class Notice(models.Model):
    """One message to one person about one occasion, written in the transaction of what it announces.

    The words are kept as a key and parameters (see `reminders.notices.TEXTS`), so that they are read in the reader's
    language.
    """

    recipient = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="notices")
    occasion = models.CharField(max_length=160)  # unique per recipient: what makes it "the same thing"
    text = models.CharField(max_length=60)  # key into TEXTS
    params = models.JSONField(default=dict)
    subject = models.CharField(max_length=60)
    url = models.CharField(max_length=200)
    created_at = models.DateTimeField(default=timezone.now)
    read_at = models.DateTimeField(null=True)

    class Meta:
        verbose_name = _("notice")
        verbose_name_plural = _("notices")
        ordering = ["-id"]
        constraints = [
            models.UniqueConstraint(fields=["recipient", "occasion"], name="one_notice_per_occasion")
        ]
        indexes = [
            models.Index(fields=["recipient", "-id"], name="notice_by_recipient"),
            models.Index(fields=["recipient"], condition=Q(read_at=None), name="unread_notice_by_recipient"),
        ]

    def __str__(self):
        return self.occasion


class Heartbeat(models.Model):
    """When something that has to run again and again last did: a row for each of them."""

    name = models.CharField(max_length=40, primary_key=True)  # "sweep"
    at = models.DateTimeField()
    took = models.DurationField()
    notices = models.PositiveIntegerField(default=0)  # how many it wrote

    class Meta:
        verbose_name = _("heartbeat")
        verbose_name_plural = _("heartbeats")

    def __str__(self):
        return f"{self.name} {self.at:%Y-%m-%d %H:%M:%S}"
