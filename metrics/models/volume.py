"""Figures that come from elsewhere: passengers, calls, minutes of operation; with every version that was ever given."""

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import get_language
from django.utils.translation import gettext_lazy as _

from metrics.periods import Grain
from people.models import Unit


class Named(models.Model):
    """Something with a name in each of the three languages."""

    name = models.CharField(_("name in English"), max_length=80)
    name_zh_hans = models.CharField(_("name in Simplified Chinese"), max_length=80, blank=True, db_default="")
    name_zh_hant = models.CharField(
        _("name in Traditional Chinese"), max_length=80, blank=True, db_default=""
    )

    class Meta:
        abstract = True

    def __str__(self):
        names = {"zh-hans": self.name_zh_hans, "zh-hant": self.name_zh_hant}
        return names.get(get_language() or "", self.name) or self.name


class OwnSeries(Named):
    """A series of figures that a company has defined for itself: complaints of an airport, delay minutes."""

    company = models.ForeignKey(Unit, models.PROTECT, related_name="own_series", verbose_name=_("company"))
    code = models.SlugField(_("code"), max_length=40)
    measured_in = models.CharField(_("counted in"), max_length=40, blank=True)  # passengers, minutes
    places = models.PositiveSmallIntegerField(_("decimal places"), default=0)
    retired = models.BooleanField(_("no longer offered"), default=False)
    set_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")
    set_at = models.DateTimeField(default=timezone.now)

    class Meta:
        verbose_name = _("series of figures")
        verbose_name_plural = _("series of figures")
        ordering = ["code", "pk"]
        constraints = [models.UniqueConstraint(fields=["company", "code"], name="one_series_per_code")]

    @property
    def key(self) -> str:
        """Its name among all series."""
        return f"own:{self.pk}"


class VolumeQuerySet(models.QuerySet):
    def current(self):
        """The versions that hold."""
        return self.filter(replaced_at=None)


class Volume(models.Model):
    """One figure of a series for a unit and a period. Publishers revise them: a new version replaces the old one, which
    stays readable. An empty `value` takes a figure back: it is missing again, which is not zero.

    Of a series that the system counts itself it is what was counted elsewhere, and is added: complaints of the years
    before, or of a hot line with a book of its own. `part` tells a figure's parts apart (the category of complaints);
    a period has either parts or one whole.
    """

    series = models.CharField(
        _("series"), max_length=60
    )  # a code of `metrics.definitions.VOLUMES`, or "own:12"
    unit = models.ForeignKey(Unit, models.PROTECT, related_name="+", verbose_name=_("unit"), db_index=False)
    grain = models.CharField(_("per"), max_length=8, choices=Grain.choices)
    begins_on = models.DateField(_("period"))
    part = models.CharField(_("part"), max_length=60, blank=True, db_default="")
    value = models.DecimalField(_("value"), max_digits=20, decimal_places=4, null=True)
    version = models.PositiveSmallIntegerField(default=1)
    source = models.CharField(_("source"), max_length=200, blank=True)
    entered_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+", verbose_name=_("entered by")
    )
    entered_at = models.DateTimeField(_("entered"), default=timezone.now)
    replaced_at = models.DateTimeField(null=True)

    objects = VolumeQuerySet.as_manager()

    class Meta:
        verbose_name = _("volume")
        verbose_name_plural = _("volumes")
        ordering = ["begins_on", "pk"]
        constraints = [
            models.UniqueConstraint(
                fields=["series", "unit", "grain", "begins_on", "part"],
                condition=Q(replaced_at=None),
                name="one_current_volume",
            ),
            models.CheckConstraint(condition=Q(value=None) | Q(value__gte=0), name="volume_not_negative"),
        ]
        indexes = [
            models.Index(fields=["unit", "series", "begins_on"], name="volume_by_unit"),
            models.Index(
                fields=["series", "unit", "grain", "begins_on", "part", "version"], name="volume_versions"
            ),
            models.Index(fields=["-entered_at", "-id"], name="volume_newest"),
        ]

    def __str__(self):
        return f"{self.series} {self.unit_id} {self.begins_on}"
