from django.conf import settings
from django.db import models
from django.db.models import F, Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from .incident import Incident


class Link(models.Model):
    """Two incidents that have something to do with each other. Kept once for the pair, the older one first."""

    older = models.ForeignKey(Incident, models.CASCADE, related_name="links_to_newer")
    newer = models.ForeignKey(Incident, models.CASCADE, related_name="links_to_older")
    note = models.CharField(_("what they have in common"), max_length=300, blank=True)
    linked_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")
    linked_at = models.DateTimeField(default=timezone.now)

    class Meta:
        verbose_name = _("link")
        verbose_name_plural = _("links")
        ordering = ["-linked_at", "-pk"]
        constraints = [
            models.UniqueConstraint(fields=["older", "newer"], name="linked_once"),
            models.CheckConstraint(condition=Q(older__lt=F("newer")), name="link_is_in_order"),
        ]

    def __str__(self):
        return f"{self.older} {self.newer}"
