from django.conf import settings
from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from incidents.stages import Attributable
from people.models import Role, Unit

from .incident import Incident


class Attribution(models.Model):
    """One share of the responsibility. The shares of one incident and attempt add up to 100 per cent."""

    incident = models.ForeignKey(Incident, models.CASCADE, related_name="attributions")
    attempt = models.PositiveSmallIntegerField(
        default=1
    )  # a new one after an objection was upheld or a reopening
    kind = models.CharField(_("attributed to"), max_length=20, choices=Attributable.choices)
    unit = models.ForeignKey(Unit, models.PROTECT, related_name="+", verbose_name=_("responsible unit"))
    person = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, related_name="+", verbose_name=_("responsible person")
    )
    share = models.PositiveSmallIntegerField(
        _("share in %"), default=100, validators=[MinValueValidator(1), MaxValueValidator(100)]
    )
    reason = models.CharField(_("reason"), max_length=500, blank=True)
    is_lead = models.BooleanField(_("leads"), default=False)  # answers for the case: analyses and plans

    class Meta:
        verbose_name = _("attribution")
        verbose_name_plural = _("attributions")
        ordering = ["-is_lead", "-share", "pk"]
        constraints = [
            models.UniqueConstraint(
                fields=["incident", "attempt"], condition=Q(is_lead=True), name="one_lead_per_attempt"
            ),
            models.CheckConstraint(condition=Q(share__gte=1, share__lte=100), name="share_is_a_percentage"),
        ]


class Agreement(models.Model):
    """One member of the responsibility group stands behind the attribution as it is."""

    incident = models.ForeignKey(Incident, models.CASCADE, related_name="agreements")
    attempt = models.PositiveSmallIntegerField(default=1)
    person = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, related_name="+", verbose_name=_("who")
    )
    role = models.CharField(_("as"), max_length=20, choices=Role.choices)
    agreed_at = models.DateTimeField(default=timezone.now)

    class Meta:
        verbose_name = _("agreement")
        verbose_name_plural = _("agreements")
        ordering = ["agreed_at", "pk"]
        constraints = [
            models.UniqueConstraint(
                fields=["incident", "attempt", "person"], name="one_agreement_per_person"
            ),
            models.UniqueConstraint(fields=["incident", "attempt", "role"], name="one_agreement_per_role"),
        ]


class Objection(models.Model):
    """The responsible side disputes the attribution; a quality manager decides."""

    incident = models.ForeignKey(Incident, models.CASCADE, related_name="objections")
    attempt = models.PositiveSmallIntegerField(default=1)
    raised_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")
    raised_at = models.DateTimeField(default=timezone.now)
    reason = models.TextField(_("reason"), max_length=2000)
    upheld = models.BooleanField(_("upheld"), null=True)  # empty until decided
    decided_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+")
    decided_at = models.DateTimeField(null=True)
    decision = models.TextField(_("decision"), max_length=2000, blank=True)

    class Meta:
        verbose_name = _("objection")
        verbose_name_plural = _("objections")
        ordering = ["raised_at", "pk"]
        constraints = [
            models.UniqueConstraint(
                fields=["incident"], condition=Q(upheld=None), name="one_undecided_objection"
            ),
        ]
