from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from incidents.models import Evidence, Incident
from people.models import Unit


class Improvement(models.Model):
    """What the organisation changes so that the lesson lasts: a manual, a training, another unit that adopts it."""

    class Kind(models.TextChoices):
        MANUAL = "manual", _("Manual or standard")
        TRAINING = "training", _("Training")
        SPREAD = "spread", _("Passed on to another unit")
        NONE = "none", _("None needed")

    incident = models.ForeignKey(Incident, models.CASCADE, related_name="improvements")
    cycle = models.PositiveSmallIntegerField(_("round"), default=1)
    kind = models.CharField(_("kind"), max_length=12, choices=Kind.choices)
    text = models.TextField(_("what changes"), max_length=1000)
    unit = models.ForeignKey(
        Unit, models.PROTECT, null=True, blank=True, related_name="+", verbose_name=_("unit")
    )
    owner = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        models.PROTECT,
        null=True,
        related_name="improvements",
        verbose_name=_("owner"),
    )
    due_on = models.DateField(_("due"), null=True)
    acknowledge_by = models.DateField(
        null=True
    )  # of a lesson passed on: until when the unit says if it applies
    proof = models.CharField(_("proof"), max_length=300, blank=True)
    proof_evidence = models.ForeignKey(Evidence, models.PROTECT, null=True, related_name="+")
    added_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")
    added_at = models.DateTimeField(default=timezone.now)
    acknowledged_at = models.DateTimeField(null=True)  # a unit that it was passed on to has read it
    acknowledged_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+")
    applies = models.BooleanField(_("applies here"), null=True)
    acknowledgement = models.TextField(_("what the unit says"), max_length=1000, blank=True)
    done_at = models.DateTimeField(null=True)
    done_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+")

    class Meta:
        verbose_name = _("improvement")
        verbose_name_plural = _("improvements")
        ordering = ["pk"]
        constraints = [
            models.CheckConstraint(
                condition=Q(done_at=None) | ~Q(proof="") | Q(proof_evidence__isnull=False) | Q(kind="none"),
                name="done_improvement_has_proof",
            )
        ]

    def __str__(self):
        return self.text

    @property
    def deadline_kind(self) -> str:
        return f"improvement:{self.pk}"

    @property
    def acknowledgement_kind(self) -> str:
        """The kind of the deadline until which the unit says what it makes of the lesson."""
        return f"acknowledge:{self.pk}"

    @property
    def awaits_acknowledgement(self) -> bool:
        """Was it passed on to a unit that hasn't said yet whether it applies there?"""
        return self.kind == self.Kind.SPREAD and self.acknowledged_at is None and self.done_at is None

    @property
    def is_settled(self) -> bool:
        """Done with proof, or the unit has said why it doesn't apply there."""
        return self.done_at is not None or self.applies is False
