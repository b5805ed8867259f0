from django.conf import settings
from django.db import models
from django.utils.translation import gettext_lazy as _

from people.models import Unit


class SavedView(models.Model):
    """A list's filters under a name: one's own, or shared with a unit and those below it."""

    owner = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="saved_views")
    name = models.CharField(_("name"), max_length=60)
    page = models.CharField(max_length=40, default="incident-list")  # url name of the list
    query = models.CharField(max_length=1000)  # its query string
    shared_with = models.ForeignKey(
        Unit, models.PROTECT, null=True, blank=True, related_name="+", verbose_name=_("share with")
    )

    class Meta:
        verbose_name = _("saved view")
        verbose_name_plural = _("saved views")
        ordering = ["name", "pk"]
        constraints = [models.UniqueConstraint(fields=["owner", "page", "name"], name="one_view_per_name")]

    def __str__(self):
        return self.name
