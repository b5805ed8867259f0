from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from people.models import Unit


class Deadline(models.Model):
    """Something that somebody has to do by a moment: the one place that says whose turn it is and until when.

    One row per (subject, kind, cycle). `owner` is one named person; My work lists the open rows of its reader.
    """

    class PauseReason(models.TextChoices):
        CUSTOMER = "customer", pgettext_lazy("pause", "Waiting for the customer")
        PART = "part", pgettext_lazy("pause", "Waiting for a part")
        OTHERS = "others", pgettext_lazy("pause", "Waiting for somebody outside")

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
    reckoning = models.JSONField(default=dict)  # how the due moment came about: see `reminders.policies`
    paused_at = models.DateTimeField(_("paused since"), null=True)
    pause_reason = models.CharField(_("waiting for"), max_length=12, choices=PauseReason.choices, blank=True)
    pause_note = models.CharField(_("note"), max_length=300, blank=True)
    left_when_paused = models.DurationField(null=True)  # time that was left, in the time it is reckoned in

    class Meta:
        verbose_name = _("deadline")
        verbose_name_plural = _("deadlines")
        ordering = ["due_at", "pk"]
        constraints = [
            models.UniqueConstraint(fields=["subject", "kind", "cycle"], name="one_deadline_each"),
            models.CheckConstraint(
                condition=Q(paused_at=None) | (~Q(pause_reason="") & Q(left_when_paused__isnull=False)),
                name="pause_says_why",
            ),
        ]
        indexes = [
            models.Index(
                fields=["owner", "due_at"], condition=Q(closed_at=None), name="open_deadline_by_owner"
            ),
            models.Index(
                fields=["owner", "-closed_at"], condition=~Q(closed_at=None), name="done_deadline_by_owner"
            ),
            models.Index(fields=["next_notice_at"], condition=Q(closed_at=None), name="deadline_to_announce"),
            models.Index(fields=["due_at"], condition=Q(closed_at=None), name="open_deadline_by_due"),
            models.Index(fields=["due_at", "kind"], name="deadline_by_due"),  # what a day's figures count
        ]

    def __str__(self):
        return f"{self.label} {self.kind}"

    @property
    def is_overdue(self) -> bool:
        return self.closed_at is None and self.paused_at is None and self.due_at < timezone.now()


class Absence(models.Model):
    """Somebody is away: until they are back, a deputy gets what they are told (their work stays theirs)."""

    person = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="absences")
    deputy = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, related_name="deputised", verbose_name=_("deputy")
    )
    begins_on = models.DateField(_("from"))
    ends_on = models.DateField(_("until"))  # the last day away
    set_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")
    set_at = models.DateTimeField(default=timezone.now)

    class Meta:
        verbose_name = _("absence")
        verbose_name_plural = _("absences")
        ordering = ["-begins_on", "-pk"]
        constraints = [
            models.CheckConstraint(condition=Q(ends_on__gte=models.F("begins_on")), name="absence_has_days"),
            models.CheckConstraint(condition=~Q(person=models.F("deputy")), name="deputy_is_another"),
        ]
        indexes = [models.Index(fields=["person", "ends_on"], name="absence_by_person")]

    def __str__(self):
        return f"{self.person} {self.begins_on} – {self.ends_on}"


class Nudge(models.Model):
    """Somebody urged the owner of a deadline by hand (催办). Limited: see `reminders.nudging`."""

    deadline = models.ForeignKey(Deadline, models.CASCADE, related_name="nudges")
    by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")
    to = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")
    words = models.CharField(_("words"), max_length=300, blank=True)
    at = models.DateTimeField(default=timezone.now)

    class Meta:
        verbose_name = _("nudge")
        verbose_name_plural = _("nudges")
        ordering = ["-at", "-pk"]
        indexes = [models.Index(fields=["deadline", "-at"], name="nudge_by_deadline")]

    def __str__(self):
        return f"{self.by} {self.at:%Y-%m-%d %H:%M}"
