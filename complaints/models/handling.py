"""What the handlers do: replies and their rules, follow-up calls, calls taken, compensation."""

import datetime as dt

from django.conf import settings
from django.core.validators import MinValueValidator
from django.db import models
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from complaints.states import Priority
from people.models import Contact, Unit

from .complaint import Category, Complaint
from .correspondence import Message


class ReplyTemplate(models.Model):
    """A text to begin a reply with; {variables} are filled from the complaint (see `complaints.templating`)."""

    unit = models.ForeignKey(Unit, models.PROTECT, related_name="reply_templates", verbose_name=_("unit"))
    name = models.CharField(_("name"), max_length=80)
    language = models.CharField(_("language"), max_length=10, default="zh-hans")
    category = models.ForeignKey(
        Category, models.PROTECT, null=True, blank=True, related_name="+", verbose_name=_("category")
    )
    text = models.TextField(_("text"), max_length=5000)
    set_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")
    set_at = models.DateTimeField(default=timezone.now)
    retired_at = models.DateTimeField(null=True)

    class Meta:
        verbose_name = _("reply template")
        verbose_name_plural = _("reply templates")
        ordering = ["name", "pk"]

    def __str__(self):
        return self.name


class ReplyRule(models.Model):
    """When a reply needs a quality manager's approval before it is sent. One that fits is enough."""

    unit = models.ForeignKey(Unit, models.PROTECT, related_name="reply_rules", verbose_name=_("unit"))
    min_priority = models.PositiveSmallIntegerField(
        _("from this priority on"), choices=Priority.choices, null=True, blank=True
    )
    category = models.ForeignKey(
        Category, models.PROTECT, null=True, blank=True, related_name="+", verbose_name=_("category")
    )
    min_compensation = models.DecimalField(
        _("from this compensation on"), max_digits=12, decimal_places=2, null=True, blank=True
    )
    set_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")
    set_at = models.DateTimeField(default=timezone.now)
    ended_at = models.DateTimeField(null=True)

    class Meta:
        verbose_name = _("approval rule")
        verbose_name_plural = _("approval rules")
        ordering = ["pk"]
        constraints = [
            models.CheckConstraint(
                condition=Q(min_priority__isnull=False)
                | Q(category__isnull=False)
                | Q(min_compensation__isnull=False),
                name="reply_rule_asks_for_something",
            )
        ]

    def __str__(self):
        return f"{self.unit} {self.pk}"


class Reply(models.Model):
    """The answer of one round: drafted, approved where a rule asks for it, sent. Who wrote it doesn't approve it."""

    class Status(models.TextChoices):
        DRAFT = "draft", pgettext_lazy("reply", "Draft")
        SUBMITTED = "submitted", pgettext_lazy("reply", "Awaiting approval")
        RETURNED = "returned", pgettext_lazy("reply", "Sent back")
        APPROVED = "approved", pgettext_lazy("reply", "Approved")
        SENT = "sent", pgettext_lazy("reply", "Sent")

    complaint = models.ForeignKey(Complaint, models.PROTECT, related_name="replies")
    round = models.PositiveSmallIntegerField(default=1)
    status = models.CharField(_("status"), max_length=10, choices=Status.choices, default=Status.DRAFT)
    text = models.TextField(_("text"), max_length=10000)
    template = models.ForeignKey(ReplyTemplate, models.PROTECT, null=True, related_name="+")
    needs_approval = models.BooleanField(default=False)
    author = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, related_name="+", verbose_name=_("written by")
    )
    written_at = models.DateTimeField(default=timezone.now)
    approver = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+", verbose_name=_("approved by")
    )
    approved_at = models.DateTimeField(null=True)
    returned_reason = models.CharField(max_length=500, blank=True)
    way = models.CharField(_("sent"), max_length=8, choices=Message.Way.choices, blank=True)
    sent_at = models.DateTimeField(null=True)
    message = models.OneToOneField(Message, models.PROTECT, null=True, related_name="reply")

    class Meta:
        verbose_name = _("reply")
        verbose_name_plural = _("replies")
        ordering = ["pk"]
        constraints = [
            models.UniqueConstraint(fields=["complaint", "round"], name="one_reply_per_round"),
            models.CheckConstraint(
                condition=Q(approver=None) | ~Q(approver=models.F("author")), name="reply_has_four_eyes"
            ),
        ]

    def __str__(self):
        return f"{self.complaint.number} {self.round}"


class FollowUp(models.Model):
    """One follow-up call (回访): reached and satisfied or not, or not reached. `is_final` ends the round's follow-up."""

    class Outcome(models.TextChoices):
        SATISFIED = "satisfied", pgettext_lazy("follow-up", "Satisfied")
        NOT_SATISFIED = "not_satisfied", pgettext_lazy("follow-up", "Not satisfied")
        UNREACHABLE = "unreachable", pgettext_lazy("follow-up", "Not reached")

    complaint = models.ForeignKey(Complaint, models.PROTECT, related_name="follow_ups")
    round = models.PositiveSmallIntegerField(default=1)
    outcome = models.CharField(_("outcome"), max_length=14, choices=Outcome.choices)
    note = models.TextField(_("note"), max_length=2000, blank=True)
    is_final = models.BooleanField(default=False)
    by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+"
    )  # empty: the customer
    at = models.DateTimeField(default=timezone.now)

    class Meta:
        verbose_name = _("follow-up")
        verbose_name_plural = _("follow-ups")
        ordering = ["at", "pk"]
        indexes = [models.Index(fields=["at"], name="follow_up_by_time")]

    def __str__(self):
        return f"{self.complaint.number} {self.get_outcome_display()}"


class Call(models.Model):
    """A call that was taken: when, how long, what came of it."""

    class Outcome(models.TextChoices):
        COMPLAINT = "complaint", pgettext_lazy("call", "Complaint taken down")
        ADDED = "added", pgettext_lazy("call", "Added to an earlier one")
        ANSWERED = "answered", pgettext_lazy("call", "Question answered at once")
        PASSED_ON = "passed_on", pgettext_lazy("call", "Passed on")
        BROKEN_OFF = "broken_off", pgettext_lazy("call", "Broken off")

    unit = models.ForeignKey(Unit, models.PROTECT, related_name="calls", verbose_name=_("unit"))
    contact = models.ForeignKey(Contact, models.PROTECT, null=True, related_name="calls")
    complaint = models.ForeignKey(Complaint, models.PROTECT, null=True, related_name="calls")
    by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="calls_taken")
    began_at = models.DateTimeField(_("began"))
    ended_at = models.DateTimeField(_("ended"))
    outcome = models.CharField(_("outcome"), max_length=12, choices=Outcome.choices)
    repeated_back = models.BooleanField(_("key facts were repeated back"), default=False)
    note = models.CharField(_("note"), max_length=500, blank=True)

    class Meta:
        verbose_name = _("call")
        verbose_name_plural = _("calls")
        ordering = ["-began_at", "-pk"]
        constraints = [
            models.CheckConstraint(
                condition=Q(ended_at__gte=models.F("began_at")), name="call_ends_after_start"
            )
        ]
        indexes = [models.Index(fields=["unit", "-began_at"], name="call_by_unit")]

    def __str__(self):
        return f"{self.began_at:%Y-%m-%d %H:%M}"

    @property
    def took(self) -> dt.timedelta:
        return self.ended_at - self.began_at


class Compensation(models.Model):
    """What the customer was given to make it good."""

    class Kind(models.TextChoices):
        REFUND = "refund", pgettext_lazy("compensation", "Refund")
        PAYMENT = "payment", pgettext_lazy("compensation", "Payment")
        VOUCHER = "voucher", pgettext_lazy("compensation", "Voucher")
        SERVICE = "service", pgettext_lazy("compensation", "Service free of charge")
        GIFT = "gift", pgettext_lazy("compensation", "Gift")
        APOLOGY = "apology", pgettext_lazy("compensation", "Apology in person")

    complaint = models.ForeignKey(Complaint, models.PROTECT, related_name="compensations")
    kind = models.CharField(_("kind"), max_length=10, choices=Kind.choices)
    amount = models.DecimalField(
        _("value"), max_digits=12, decimal_places=2, null=True, blank=True, validators=[MinValueValidator(0)]
    )
    currency = models.CharField(_("currency"), max_length=3, default="CNY")
    note = models.CharField(_("note"), max_length=300, blank=True)
    by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")
    at = models.DateTimeField(default=timezone.now)

    class Meta:
        verbose_name = _("compensation")
        verbose_name_plural = _("compensations")
        ordering = ["at", "pk"]

    def __str__(self):
        return f"{self.complaint.number} {self.get_kind_display()}"
