from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from incidents.models import Evidence, Incident


class Analysis(models.Model):
    """The root-cause analysis of one round."""

    incident = models.ForeignKey(Incident, models.CASCADE, related_name="analyses")
    cycle = models.PositiveSmallIntegerField(_("round"))
    problem = models.TextField(_("problem statement"), max_length=2000, blank=True)
    escape = models.TextField(_("why it was not noticed earlier"), max_length=2000, blank=True)
    why_differs = models.TextField(
        _("why the last analysis failed"), max_length=2000, blank=True,
        help_text=_("What did the last round overlook, and what is different now?"),
    )  # fmt: skip
    report = models.TextField(_("cause report"), max_length=8000, blank=True)
    concluded_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+")
    concluded_at = models.DateTimeField(null=True)

    class Meta:
        verbose_name = _("analysis")
        verbose_name_plural = _("analyses")
        ordering = ["cycle"]
        constraints = [models.UniqueConstraint(fields=["incident", "cycle"], name="one_analysis_per_round")]

    def __str__(self):
        return self.problem


class Cause(models.Model):
    """A node of the tree of causes: a branch of the fishbone, an answer in a 5-Why chain (its parent is the effect)."""

    class Category(models.TextChoices):
        PEOPLE = "people", pgettext_lazy("fishbone", "People")
        MACHINE = "machine", pgettext_lazy("fishbone", "Machine")
        MATERIAL = "material", pgettext_lazy("fishbone", "Material")
        METHOD = "method", pgettext_lazy("fishbone", "Method")
        ENVIRONMENT = "environment", pgettext_lazy("fishbone", "Environment")
        MEASUREMENT = "measurement", pgettext_lazy("fishbone", "Measurement")

    class Status(models.TextChoices):
        HYPOTHESIS = "hypothesis", _("To be checked")
        CONFIRMED = "confirmed", _("Confirmed")
        REFUTED = "refuted", _("Refuted")

    incident = models.ForeignKey(Incident, models.CASCADE, related_name="causes")
    cycle = models.PositiveSmallIntegerField(_("round"))
    parent = models.ForeignKey("self", models.CASCADE, null=True, related_name="children")
    position = models.PositiveSmallIntegerField(default=0)
    category = models.CharField(_("category"), max_length=20, choices=Category.choices)
    text = models.CharField(_("cause"), max_length=300)
    status = models.CharField(_("status"), max_length=12, choices=Status.choices, default=Status.HYPOTHESIS)
    is_root = models.BooleanField(_("root cause"), default=False)
    finding = models.TextField(_("finding"), max_length=2000, blank=True)  # why it was confirmed or refuted
    added_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")
    added_at = models.DateTimeField(default=timezone.now)
    decided_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+")
    decided_at = models.DateTimeField(null=True)

    class Meta:
        verbose_name = _("cause")
        verbose_name_plural = _("causes")
        ordering = ["position", "pk"]
        constraints = [
            models.CheckConstraint(
                condition=Q(is_root=False) | Q(status="confirmed"), name="root_cause_is_confirmed"
            ),
            models.CheckConstraint(condition=~Q(parent=models.F("id")), name="cause_not_its_own_parent"),
        ]
        indexes = [models.Index(fields=["incident", "cycle"], name="cause_by_round")]

    def __str__(self):
        return self.text


class CauseProof(models.Model):
    """What a finding rests on: a piece of evidence, or words about one (an interview, a log line, a time mark)."""

    cause = models.ForeignKey(Cause, models.CASCADE, related_name="proofs")
    evidence = models.ForeignKey(
        Evidence, models.PROTECT, null=True, blank=True, related_name="proves_causes"
    )
    note = models.CharField(_("what it shows"), max_length=300, blank=True)
    added_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")
    added_at = models.DateTimeField(default=timezone.now)

    class Meta:
        verbose_name = _("proof")
        verbose_name_plural = _("proofs")
        ordering = ["pk"]
        constraints = [
            models.CheckConstraint(
                condition=Q(evidence__isnull=False) | ~Q(note=""), name="cause_proof_says_something"
            )
        ]

    def __str__(self):
        return self.note or str(self.evidence)
