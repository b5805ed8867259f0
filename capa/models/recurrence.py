from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from incidents.models import Incident, IncidentType
from people.models import Unit


class RecurrenceWatch(models.Model):
    """After a case was closed as effective, what happens in the same place is watched for a while (DOMAIN §6, 复发率).

    What is watched stands here once more, as it was when the case was closed, so that a new incident finds the watches
    that concern it by one index.
    """

    incident = models.ForeignKey(Incident, models.CASCADE, related_name="watches")
    cycle = models.PositiveSmallIntegerField(_("round"))
    begins_at = models.DateTimeField(_("watched from"))
    ends_at = models.DateTimeField(_("watched until"))
    type = models.ForeignKey(IncidentType, models.PROTECT, related_name="+", db_index=False)
    unit = models.ForeignKey(Unit, models.PROTECT, related_name="+", db_index=False)
    place = models.CharField(max_length=200, blank=True)  # in lower case, without spaces around it

    class Meta:
        verbose_name = _("recurrence watch")
        verbose_name_plural = _("recurrence watches")
        ordering = ["pk"]
        constraints = [
            models.UniqueConstraint(fields=["incident", "cycle"], name="one_watch_per_round"),
            models.CheckConstraint(
                condition=Q(ends_at__gte=models.F("begins_at")), name="watch_ends_after_it_begins"
            ),
        ]
        indexes = [
            models.Index(fields=["begins_at"], name="watch_by_beginning"),
            models.Index(fields=["ends_at"], name="watch_by_end"),
            models.Index(fields=["unit", "type", "ends_at"], name="watch_of_unit"),
            models.Index(fields=["type", "place", "ends_at"], condition=~Q(place=""), name="watch_of_place"),
        ]

    def __str__(self):
        return str(self.incident)


class Recurrence(models.Model):
    """A later incident that looks like one that was closed: flagged on both, until a person says what it is."""

    class Status(models.TextChoices):
        SUSPECTED = "suspected", pgettext_lazy("recurrence", "May have come back")
        CONFIRMED = "confirmed", pgettext_lazy("recurrence", "Came back")
        REJECTED = "rejected", pgettext_lazy("recurrence", "Something else")

    earlier = models.ForeignKey(Incident, models.CASCADE, related_name="recurrences")
    later = models.ForeignKey(Incident, models.CASCADE, related_name="recurs_from")
    found_at = models.DateTimeField(default=timezone.now)
    status = models.CharField(_("status"), max_length=10, choices=Status.choices, default=Status.SUSPECTED)
    reason = models.TextField(_("reason"), max_length=1000, blank=True)
    decided_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+")
    decided_at = models.DateTimeField(null=True)

    class Meta:
        verbose_name = _("recurrence")
        verbose_name_plural = _("recurrences")
        ordering = ["-found_at", "-pk"]
        constraints = [
            models.UniqueConstraint(fields=["earlier", "later"], name="one_recurrence_per_pair"),
            models.CheckConstraint(condition=~Q(earlier=models.F("later")), name="recurs_from_another"),
        ]

    def __str__(self):
        return f"{self.earlier} {self.later}"
