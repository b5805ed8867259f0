import datetime as dt

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy


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
            models.Index(fields=["occasion"], name="notice_by_occasion", opclasses=["varchar_pattern_ops"]),
            models.Index(fields=["created_at"], name="notice_by_time"),
            models.Index(fields=["recipient"], condition=Q(read_at=None), name="unread_notice_by_recipient"),
        ]

    def __str__(self):
        return self.occasion


class Preferences(models.Model):
    """How one person wants to be told; who has no row is told as the defaults say."""

    class Digest(models.TextChoices):
        NONE = "none", pgettext_lazy("digest", "None")
        DAILY = "daily", pgettext_lazy("digest", "Every working day")
        WEEKLY = "weekly", pgettext_lazy("digest", "Every Monday")

    person = models.OneToOneField(
        settings.AUTH_USER_MODEL, models.CASCADE, primary_key=True, related_name="preferences"
    )
    digest = models.CharField(_("digest"), max_length=8, choices=Digest.choices, default=Digest.DAILY)
    digest_at = models.TimeField(_("digest at"), default=dt.time(8))  # in the person's own time zone
    quiet_from = models.TimeField(_("quiet from"), null=True, blank=True)
    quiet_until = models.TimeField(_("quiet until"), null=True, blank=True)

    class Meta:
        verbose_name = _("preferences")
        verbose_name_plural = _("preferences")
        constraints = [
            models.CheckConstraint(
                condition=Q(quiet_from=None, quiet_until=None)
                | Q(quiet_from__isnull=False, quiet_until__isnull=False),
                name="quiet_hours_have_both_ends",
            )
        ]

    def __str__(self):
        return str(self.person)


class Switch(models.Model):
    """What somebody has chosen for one kind of notice, where it isn't the default of `reminders.channels`."""

    class Mode(models.TextChoices):
        NOW = "now", pgettext_lazy("mail", "At once")
        DIGEST = "digest", pgettext_lazy("mail", "In the digest")
        OFF = "off", pgettext_lazy("mail", "Not by e-mail")

    person = models.ForeignKey(settings.AUTH_USER_MODEL, models.CASCADE, related_name="switches")
    text = models.CharField(max_length=60)  # key into TEXTS
    mode = models.CharField(max_length=8, choices=Mode.choices)

    class Meta:
        verbose_name = _("switch")
        verbose_name_plural = _("switches")
        constraints = [models.UniqueConstraint(fields=["person", "text"], name="one_switch_per_text")]

    def __str__(self):
        return f"{self.person} {self.text} {self.mode}"
