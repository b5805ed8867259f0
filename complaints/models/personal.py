"""What is decided about customers' personal data: how long it is kept, and what is erased at their own request."""

from django.conf import settings
from django.contrib.postgres.fields import ArrayField
from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models
from django.db.models import F, Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from people.models import Unit

from .complaint import Complaint

#: A rule keeps data at least as long as a round of handling may take, and no longer than ten years.
SHORTEST, LONGEST = 3, 120


class RetentionRule(models.Model):
    """How many months after its end a company's complaint keeps what is personal in it. None: settings say."""

    unit = models.OneToOneField(
        Unit, models.PROTECT, related_name="retention", verbose_name=_("company")
    )  # the root
    months = models.PositiveSmallIntegerField(
        _("months after the end"), validators=[MinValueValidator(SHORTEST), MaxValueValidator(LONGEST)]
    )
    set_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")
    set_at = models.DateTimeField(default=timezone.now)

    class Meta:
        verbose_name = _("retention rule")
        verbose_name_plural = _("retention rules")
        constraints = [
            models.CheckConstraint(
                condition=Q(months__gte=SHORTEST, months__lte=LONGEST), name="retention_is_reasonable"
            )
        ]

    def __str__(self):
        return f"{self.unit} {self.months}"


class ErasureQuerySet(models.QuerySet):
    def visible_to(self, person):
        """Requests that began with a case of a unit where this person deals with customers; none that covers a sensitive
        complaint of which they may not know.
        """
        close = Complaint.objects.filter(sensitive=True, contact__isnull=False)
        hidden = close.exclude(readers__contains=[f"p{person.pk}"]).values_list("contact", flat=True)
        theirs = self.filter(unit__in=person.units(*Erasure.ROLES))
        return theirs.exclude(contacts__overlap=found) if (found := list(hidden)) else theirs


class Erasure(models.Model):
    """A customer wants their data erased: asked for by one member of staff, confirmed by another."""

    class Reason(models.TextChoices):
        REQUEST = "request", pgettext_lazy("erasure", "The customer asks for it")
        CONSENT = "consent", pgettext_lazy("erasure", "Consent was withdrawn")
        NEEDLESS = "needless", pgettext_lazy("erasure", "The data is no longer needed")
        UNLAWFUL = "unlawful", pgettext_lazy("erasure", "It should not have been collected")

    class State(models.TextChoices):
        ASKED = "asked", pgettext_lazy("erasure", "Waits for a second person")
        DONE = "done", pgettext_lazy("erasure", "Erased")
        DECLINED = "declined", pgettext_lazy("erasure", "Declined")

    ROLES = ("handler", "quality")

    unit = models.ForeignKey(
        Unit, models.PROTECT, related_name="erasures", verbose_name=_("unit")
    )  # of the case with which it began
    contacts = ArrayField(models.BigIntegerField())  # the customer's rows when it was asked for
    reason = models.CharField(_("reason"), max_length=10, choices=Reason.choices)
    note = models.CharField(_("note"), max_length=300, blank=True)  # redacted
    state = models.CharField(_("state"), max_length=10, choices=State.choices, default=State.ASKED)
    asked_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, related_name="+", verbose_name=_("asked for by")
    )
    asked_at = models.DateTimeField(default=timezone.now)
    decided_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+", verbose_name=_("decided by")
    )
    decided_at = models.DateTimeField(null=True)
    counts = models.JSONField(default=dict)  # what was erased, by kind

    objects = ErasureQuerySet.as_manager()

    class Meta:
        verbose_name = _("erasure")
        verbose_name_plural = _("erasures")
        ordering = ["-asked_at", "-pk"]
        constraints = [
            models.CheckConstraint(
                condition=Q(decided_by=None) | ~Q(state="done") | ~Q(decided_by=F("asked_by")),
                name="erasure_has_four_eyes",
            )
        ]
        indexes = [models.Index(fields=["unit", "state", "-asked_at"], name="erasure_by_unit")]

    def __str__(self):
        return f"{self.unit} {self.pk}"

    @property
    def case(self) -> str:
        """Its name in history."""
        return f"erasure:{self.pk}"
