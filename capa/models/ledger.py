from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from incidents.models import Evidence

from .plan import Measure


class LedgerEntry(models.Model):
    """A line of the tracking ledger (跟踪台账): dated, signed, never changed or erased (the database refuses it)."""

    class Kind(models.TextChoices):
        PROGRESS = "progress", _("Progress")
        CHECK = "check", _("Check")
        DEVIATION = "deviation", _("Deviation")
        EXTENSION = "extension", _("Extension requested")
        WITHDRAWAL = "withdrawal", _("Withdrawal requested")
        ADJUSTMENT = "adjustment", _("Adjustment")  # a granted extension, or another owner
        WITHDRAWN = "withdrawn", _("Withdrawn")
        REFUSAL = "refusal", _("Request refused")
        COMPLETION = "completion", _("Completion")

    #: What somebody has to decide.
    REQUESTS = (Kind.EXTENSION, Kind.WITHDRAWAL)

    measure = models.ForeignKey(Measure, models.PROTECT, related_name="entries")
    kind = models.CharField(_("kind"), max_length=12, choices=Kind.choices)
    text = models.TextField(_("what happened"), max_length=2000)
    progress = models.PositiveSmallIntegerField(_("progress in %"), null=True, blank=True)
    new_due_on = models.DateField(_("new due date"), null=True, blank=True)
    in_order = models.BooleanField(_("in order"), null=True)  # the result of a check
    answers = models.OneToOneField(
        "self", models.PROTECT, null=True, related_name="answer", verbose_name=_("answers")
    )  # the request that this entry decides
    cost = models.DecimalField(_("cost in yuan"), max_digits=12, decimal_places=2, null=True, blank=True)
    by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")
    by_name = models.CharField(max_length=80)  # as it was then
    as_owner = models.BooleanField(default=False, db_default=False)  # by whom the measure was then
    at = models.DateTimeField(default=timezone.now)

    class Meta:
        verbose_name = _("ledger entry")
        verbose_name_plural = _("ledger entries")
        ordering = ["at", "pk"]
        indexes = [models.Index(fields=["measure", "at"], name="entry_by_measure")]

    def __str__(self):
        return self.text


class EntryProof(models.Model):
    """What shows that a ledger entry is true: evidence, or a reference to a record kept elsewhere."""

    entry = models.ForeignKey(LedgerEntry, models.PROTECT, related_name="proofs")
    evidence = models.ForeignKey(Evidence, models.PROTECT, null=True, related_name="proves_entries")
    note = models.CharField(_("record"), max_length=300, blank=True)

    class Meta:
        verbose_name = _("proof")
        verbose_name_plural = _("proofs")
        ordering = ["pk"]
        constraints = [
            models.CheckConstraint(
                condition=Q(evidence__isnull=False) | ~Q(note=""), name="entry_proof_says_something"
            )
        ]

    def __str__(self):
        return self.note or str(self.evidence)
