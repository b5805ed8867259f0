from django.conf import settings
from django.core.validators import MinValueValidator
from django.db import models
from django.db.models import Q
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from incidents.models import Incident
from people.models import Unit

from .analysis import Cause


class Plan(models.Model):
    """The corrective and preventive action plan of one round, in revisions."""

    class Status(models.TextChoices):
        DRAFT = "draft", pgettext_lazy("plan", "Draft")
        SUBMITTED = "submitted", pgettext_lazy("plan", "Awaiting approval")
        APPROVED = "approved", pgettext_lazy("plan", "Approved")
        RETURNED = "returned", pgettext_lazy("plan", "Sent back")
        WITHDRAWN = "withdrawn", pgettext_lazy("plan", "Withdrawn")

    incident = models.ForeignKey(Incident, models.CASCADE, related_name="plans")
    cycle = models.PositiveSmallIntegerField(_("round"))
    revision = models.PositiveSmallIntegerField(_("version"), default=1)
    status = models.CharField(_("status"), max_length=12, choices=Status.choices, default=Status.DRAFT)
    feasibility = models.TextField(_("feasibility"), max_length=2000, blank=True)
    expected_effect = models.TextField(_("expected effect"), max_length=2000, blank=True)
    author = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")
    writers = models.ManyToManyField(
        settings.AUTH_USER_MODEL, related_name="+"
    )  # everybody who wrote in it or in the version it was copied from: none of them may approve it
    created_at = models.DateTimeField(default=timezone.now)
    submitted_at = models.DateTimeField(null=True)
    decided_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+")
    decided_at = models.DateTimeField(null=True)
    decision_note = models.TextField(_("comment"), max_length=2000, blank=True)

    class Meta:
        verbose_name = _("plan")
        verbose_name_plural = _("plans")
        ordering = ["cycle", "revision"]
        constraints = [
            models.UniqueConstraint(fields=["incident", "cycle", "revision"], name="one_plan_per_revision"),
            models.UniqueConstraint(
                fields=["incident", "cycle"],
                condition=Q(status__in=["draft", "submitted", "approved"]),
                name="one_live_plan_per_round",
            ),
            models.CheckConstraint(
                condition=~Q(status="approved")
                | (Q(decided_by__isnull=False) & ~Q(decided_by=models.F("author"))),
                name="plan_approved_by_another",
            ),
        ]

    def __str__(self):
        return f"{self.incident_id}.{self.cycle}.{self.revision}"


class MeasureQuerySet(models.QuerySet):
    def visible_to(self, person):
        """Ordered measures (a draft's aren't any yet) of visible cases, and the person's own."""
        if not person.is_authenticated or not person.is_active:
            return self.none()
        return self.exclude(number=None).filter(
            Q(incident__in=Incident.objects.visible_to(person)) | Q(owner=person)
        )

    def unfinished(self):
        return self.exclude(status__in=[Measure.Status.DONE, Measure.Status.WITHDRAWN])


class Measure(models.Model):
    """One thing to be done, against one cause, by one person, until one day, with a target it can be held to."""

    class Kind(models.TextChoices):
        CONTAINMENT = "containment", _("Containment")
        CORRECTIVE = "corrective", _("Corrective")
        PREVENTIVE = "preventive", _("Preventive")
        IMPROVEMENT = "improvement", _("Improvement")

    class Strength(models.TextChoices):
        """The action hierarchy (RCA2, VA National Center for Patient Safety): the strong ones don't rest on memory."""

        STRONG = "strong", _("Strong: removes the hazard or forces the right way")
        INTERMEDIATE = "intermediate", _("Intermediate: checklists, redundancy, software")
        WEAK = "weak", _("Weak: training, rules, reminders only")

    class Status(models.TextChoices):
        PLANNED = "planned", pgettext_lazy("measure", "Not started")
        RUNNING = "running", pgettext_lazy("measure", "In progress")
        DONE = "done", pgettext_lazy("measure", "Done")
        WITHDRAWN = "withdrawn", pgettext_lazy("measure", "Withdrawn")

    number = models.CharField(
        _("number"), max_length=20, unique=True, null=True
    )  # CA-2026-000406, given at approval: a draft isn't an order yet
    incident = models.ForeignKey(Incident, models.CASCADE, related_name="measures")
    plan = models.ForeignKey(Plan, models.CASCADE, related_name="measures")
    cause = models.ForeignKey(
        Cause,
        models.PROTECT,
        null=True,
        blank=True,
        related_name="measures",
        verbose_name=_("against which cause"),
    )
    kind = models.CharField(_("kind"), max_length=12, choices=Kind.choices, default=Kind.CORRECTIVE)
    strength = models.CharField(
        _("strength"), max_length=12, choices=Strength.choices, default=Strength.INTERMEDIATE
    )
    text = models.CharField(_("measure"), max_length=300)
    owner = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="measures", verbose_name=_("owner")
    )
    unit = models.ForeignKey(Unit, models.PROTECT, null=True, related_name="+", verbose_name=_("unit"))
    due_on = models.DateField(_("due"), null=True)
    original_due_on = models.DateField(_("originally due"), null=True)  # set at approval; never changed
    target = models.CharField(_("target: how is it measured?"), max_length=300, blank=True)
    cost = models.DecimalField(
        _("cost in yuan"),
        max_digits=12,
        decimal_places=2,
        null=True,
        blank=True,
        validators=[MinValueValidator(0)],
    )
    status = models.CharField(_("status"), max_length=12, choices=Status.choices, default=Status.PLANNED)
    progress = models.PositiveSmallIntegerField(_("progress in %"), default=0)
    done_at = models.DateTimeField(null=True)

    objects = MeasureQuerySet.as_manager()

    class Meta:
        verbose_name = _("measure")
        verbose_name_plural = _("measures")
        ordering = ["pk"]
        constraints = [
            models.CheckConstraint(condition=Q(progress__lte=100), name="progress_is_a_percentage")
        ]
        indexes = [
            models.Index(fields=["owner", "due_on"], name="measure_by_owner"),
            models.Index(fields=["status", "due_on", "id"], name="measure_by_status"),
        ]

    def __str__(self):
        return f"{self.number} {self.text}" if self.number else self.text

    def get_absolute_url(self):
        return reverse("measure", args=[self.number]) if self.number else self.incident.get_absolute_url()

    @property
    def deadline_kind(self) -> str:
        return f"measure:{self.pk}"

    @property
    def is_finished(self) -> bool:
        return self.status in (self.Status.DONE, self.Status.WITHDRAWN)

    @property
    def is_late(self) -> bool:
        return not self.is_finished and self.due_on is not None and self.due_on < timezone.localdate()

    @property
    def has_slipped(self) -> bool:
        """Was its date moved since it was approved?"""
        return self.original_due_on is not None and self.due_on != self.original_due_on
