import datetime as dt

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from people.models import Unit


class WorkCalendar(models.Model):
    """The working hours of a unit and everything below it that has no calendar of its own."""

    unit = models.OneToOneField(Unit, models.PROTECT, related_name="work_calendar", verbose_name=_("unit"))
    hours = models.JSONField(default=list)  # seven lists, Monday first, of ["09:00", "12:00"] pairs
    keeps_public_holidays = models.BooleanField(
        _("public holidays and make-up days as published"), default=True
    )
    time_zone = models.CharField(_("time zone"), max_length=60, default="Asia/Shanghai")
    version = models.PositiveIntegerField(default=1)
    set_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")
    set_at = models.DateTimeField(default=timezone.now)

    class Meta:
        verbose_name = _("working hours")
        verbose_name_plural = _("working hours")

    def __str__(self):
        return str(self.unit)


class CalendarDay(models.Model):
    """A day that a company itself has made free, or a working day."""

    calendar = models.ForeignKey(WorkCalendar, models.CASCADE, related_name="days")
    day = models.DateField(_("day"))
    works = models.BooleanField(_("working day"))
    name = models.CharField(_("name"), max_length=80)

    class Meta:
        verbose_name = _("day of its own")
        verbose_name_plural = _("days of its own")
        ordering = ["day"]
        constraints = [models.UniqueConstraint(fields=["calendar", "day"], name="one_rule_per_day")]

    def __str__(self):
        return f"{self.day} {self.name}"


class DeadlinePolicy(models.Model):
    """How long something may take: per kind of deadline, and if wanted per type and severity, in a unit and below.

    The most specific one counts: the nearest unit, then the type, then the severity. What no policy says is said by
    the defaults in the code. A changed policy is a new row; the old one has `ended_at`. Open deadlines keep theirs.
    """

    class Measure(models.TextChoices):
        WORKING_DAYS = "working_days", pgettext_lazy("limit", "working days")
        WORKING_HOURS = "working_hours", pgettext_lazy("limit", "working hours")
        DAYS = "days", pgettext_lazy("limit", "calendar days")
        HOURS = "hours", pgettext_lazy("limit", "hours by the clock")

    unit = models.ForeignKey(Unit, models.PROTECT, related_name="deadline_policies", verbose_name=_("unit"))
    kind = models.CharField(
        _("what is due"), max_length=40
    )  # as Deadline.kind up to the colon: "confirm", "request"
    type_code = models.SlugField(
        _("incident type"), max_length=40, blank=True
    )  # its code, also of types below it
    severity = models.PositiveSmallIntegerField(_("severity"), null=True, blank=True)
    amount = models.PositiveSmallIntegerField(_("time limit"))
    measured_in = models.CharField(_("measured in"), max_length=14, choices=Measure.choices)
    set_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")
    set_at = models.DateTimeField(default=timezone.now)
    ended_at = models.DateTimeField(null=True)
    ended_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+")

    class Meta:
        verbose_name = _("time limit")
        verbose_name_plural = _("time limits")
        ordering = ["kind", "type_code", "severity", "pk"]
        constraints = [
            models.UniqueConstraint(
                fields=["unit", "kind", "type_code", "severity"],
                condition=Q(ended_at=None),
                nulls_distinct=False,
                name="one_policy_in_force",
            ),
            models.CheckConstraint(condition=Q(amount__gte=1), name="policy_gives_time"),
        ]

    def __str__(self):
        return f"{self.kind}: {self.amount} {self.measured_in}"


class EscalationStep(models.Model):
    """Who is told how long before or after something is due; the steps of the nearest unit that has any count.

    What no unit says is said by the defaults in `reminders.escalation`.
    """

    class Audience(models.TextChoices):
        OWNER = "owner", pgettext_lazy("escalation", "Who it waits for (or their deputy)")
        MANAGER = "manager", pgettext_lazy("escalation", "The manager of the unit")
        QUALITY = "quality", pgettext_lazy("escalation", "The quality manager")
        EXECUTIVE = "executive", pgettext_lazy("escalation", "The executive")

    unit = models.ForeignKey(Unit, models.PROTECT, related_name="escalation_steps", verbose_name=_("unit"))
    offset = models.DurationField(_("when"))  # from the due moment; negative: before it
    audience = models.CharField(_("who is told"), max_length=10, choices=Audience.choices)
    repeat_every = models.DurationField(_("again every"), null=True, blank=True)
    set_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")
    set_at = models.DateTimeField(default=timezone.now)

    class Meta:
        verbose_name = _("escalation step")
        verbose_name_plural = _("escalation steps")
        ordering = ["offset", "pk"]
        constraints = [
            models.UniqueConstraint(fields=["unit", "offset", "audience"], name="one_step_each"),
            models.CheckConstraint(
                condition=Q(repeat_every=None) | Q(repeat_every__gte=dt.timedelta(hours=1)),
                name="repeats_hourly_at_most",
            ),
        ]

    def __str__(self):
        return f"{self.offset} {self.audience}"
