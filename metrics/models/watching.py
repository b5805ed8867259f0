"""Which indicators of which units are watched for early warning, where somebody has decided it otherwise than usual."""

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from people.models import Unit


class Watch(models.Model):
    """Somebody's word that an indicator of a unit is watched, or isn't. A change is a new row: what held before stays.

    Without a word it is watched where a target was set for the unit itself (`metrics.warning.pairs`).
    """

    kpi = models.CharField(_("indicator"), max_length=60)
    unit = models.ForeignKey(Unit, models.PROTECT, related_name="+", verbose_name=_("unit"))
    is_on = models.BooleanField(_("watched"))
    reason = models.CharField(_("reason"), max_length=300)
    set_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")
    set_at = models.DateTimeField(default=timezone.now)
    replaced_at = models.DateTimeField(null=True)

    class Meta:
        verbose_name = _("watch over an indicator")
        verbose_name_plural = _("watches over indicators")
        ordering = ["-set_at", "-pk"]
        constraints = [
            models.UniqueConstraint(
                fields=["kpi", "unit"], condition=Q(replaced_at=None), name="one_word_on_watching"
            )
        ]

    def __str__(self):
        return f"{self.kpi} {self.unit_id} {'on' if self.is_on else 'off'}"

    @property
    def case(self) -> str:
        """Its name in history."""
        return f"watch:{self.unit_id}:{self.kpi}"
