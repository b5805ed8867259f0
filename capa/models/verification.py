from django.conf import settings
from django.core.validators import MinValueValidator
from django.db import models
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from incidents.models import Incident

from .plan import VerificationDesign


class Verification(models.Model):
    """One verdict on a round: what was counted before and after the measures, and what a person concluded from it.

    Counts and exposures are stored, never ratios; the ratio and its interval are computed from them (`capa.effect`).
    """

    class Verdict(models.TextChoices):
        EFFECTIVE = "effective", pgettext_lazy("verdict", "Effective")
        NOT_EFFECTIVE = "not_effective", pgettext_lazy("verdict", "Not effective")
        INCONCLUSIVE = "inconclusive", pgettext_lazy("verdict", "Inconclusive")

    incident = models.ForeignKey(Incident, models.CASCADE, related_name="verifications")
    cycle = models.PositiveSmallIntegerField(_("round"))
    source_key = models.CharField(max_length=30, default="typed")  # a key of `capa.measuring.SOURCES`
    data = models.CharField(
        _("kind of data"),
        max_length=12,
        choices=VerificationDesign.Data.choices,
        default=VerificationDesign.Data.RATE,
    )
    direction = models.CharField(
        _("direction"),
        max_length=8,
        choices=VerificationDesign.Direction.choices,
        default=VerificationDesign.Direction.LOWER,
    )
    metric = models.CharField(_("what is counted"), max_length=200)
    unit_of_exposure = models.CharField(_("per what"), max_length=60)  # days, passengers, trains ...
    before_from = models.DateField(_("baseline from"))
    before_until = models.DateField(_("baseline until"))
    before_events = models.PositiveIntegerField(_("events before"))
    before_exposure = models.DecimalField(
        _("exposure before"), max_digits=16, decimal_places=2, validators=[MinValueValidator(0)]
    )
    after_from = models.DateField(_("observation from"))
    after_until = models.DateField(_("observation until"))
    after_events = models.PositiveIntegerField(_("events after"))
    after_exposure = models.DecimalField(
        _("exposure after"), max_digits=16, decimal_places=2, validators=[MinValueValidator(0)]
    )
    source = models.CharField(_("source of the numbers"), max_length=300)
    satisfaction = models.TextField(_("change in satisfaction"), max_length=2000, blank=True)
    recurrences = models.PositiveIntegerField(_("recurrences of the same type"), default=0)
    proposal = models.CharField(_("what the data say"), max_length=15, choices=Verdict.choices)
    verdict = models.CharField(_("verdict"), max_length=15, choices=Verdict.choices)
    reasons = models.TextField(_("reasons"), max_length=4000)
    departure = models.TextField(
        _("why it departs from the design"), max_length=2000, blank=True
    )  # where metric, windows or source differ from what was fixed before
    watch_until = models.DateField(_("watch until"), null=True, blank=True)
    judged_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")
    judged_at = models.DateTimeField(default=timezone.now)

    class Meta:
        verbose_name = _("verification")
        verbose_name_plural = _("verifications")
        ordering = ["judged_at", "pk"]
        constraints = [
            models.CheckConstraint(
                condition=Q(before_exposure__gt=0, after_exposure__gt=0), name="exposures_are_positive"
            ),
            models.CheckConstraint(
                condition=~Q(verdict="inconclusive") | Q(watch_until__isnull=False),
                name="inconclusive_says_until_when",
            ),
        ]
        indexes = [
            models.Index(fields=["verdict", "incident"], name="verification_by_verdict"),
            models.Index(fields=["-judged_at", "-id"], name="verification_newest"),
        ]

    def __str__(self):
        return self.metric
