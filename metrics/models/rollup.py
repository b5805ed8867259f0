"""What has been counted: by day and unit, and added up the tree of units."""

from django.db import models
from django.db.models.functions import Now
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from metrics.periods import Grain
from people.models import Unit

#: Of an observation that isn't a duration.
NO_BIN = -1


class Observation(models.Model):
    """What was counted of one series on one day in one unit itself, without those below it. Made by the rollup only.

    `channel` and `kind` are codes as the cases carry them, empty where the series isn't told apart by them. Durations
    are kept as a histogram: `bin` says how long they took (see `metrics.spc.percentiles`), `count` how many did.

    What was entered stands here, too: `grain` says for which period from `day` on, `facet` what the row is: "entered"
    the figure, with its part as `kind`; "given" that there is one; "begun" that from here on one is expected (-1: that
    none is any more). So totals are nothing but sums of these rows.
    """

    series = models.CharField(max_length=60)  # a code of `metrics.counted`
    unit = models.ForeignKey(Unit, models.CASCADE, related_name="+", db_index=False)
    day = models.DateField()
    channel = models.CharField(max_length=20, blank=True, db_default="")
    kind = models.CharField(max_length=60, blank=True, db_default="")
    bin = models.SmallIntegerField(db_default=NO_BIN, default=NO_BIN)
    grain = models.CharField(max_length=8, choices=Grain.choices, db_default="day", default=Grain.DAY)
    facet = models.CharField(max_length=8, blank=True, db_default="")
    count = models.DecimalField(max_digits=20, decimal_places=4)

    class Meta:
        verbose_name = _("observation")
        verbose_name_plural = _("observations")
        constraints = [
            models.UniqueConstraint(
                fields=["unit", "day", "series", "channel", "kind", "bin", "grain", "facet"],
                name="one_observation_each",
            )
        ]
        indexes = [
            models.Index(fields=["day", "series"], name="observation_by_day"),
            models.Index(fields=["unit"], condition=models.Q(facet="begun"), name="observation_begun"),
        ]

    def __str__(self):
        return f"{self.series} {self.unit_id} {self.day}"


class Total(models.Model):
    """A series summed over a period in a unit and everything below it: what pages read.

    `facet` says by what it is told apart, `value` the code there: "" for the whole, "channel", "kind", "bin" for the
    histogram of durations, "given" for how many entered figures it is made of (by which missing ones are noticed).
    Days are kept for the whole only; quarters, half-years and years are summed from months when read, except for
    figures that were entered for such a period.
    """

    series = models.CharField(max_length=60)
    unit = models.ForeignKey(Unit, models.CASCADE, related_name="+", db_index=False)
    grain = models.CharField(max_length=8, choices=Grain.choices)
    begins_on = models.DateField()
    facet = models.CharField(max_length=8, blank=True, db_default="")
    value = models.CharField(max_length=60, blank=True, db_default="")
    count = models.DecimalField(max_digits=20, decimal_places=4)

    class Meta:
        verbose_name = _("total")
        verbose_name_plural = _("totals")
        constraints = [
            models.UniqueConstraint(
                fields=["unit", "series", "grain", "facet", "begins_on", "value"], name="one_total_each"
            )
        ]
        indexes = [models.Index(fields=["begins_on", "grain"], name="total_by_period")]

    def __str__(self):
        return f"{self.series} {self.unit_id} {self.grain} {self.begins_on}"


class Stale(models.Model):
    """A day of a unit that has to be counted again: written by the database itself whenever a case changes.

    Triggers put it there in the transaction of the change, whoever makes it; the rollup takes the rows away in the
    transaction in which it counts. There may be many for the same day: nobody waits for anybody.

    The database knows no zone of the figures: of a case it writes the `moment`, and in which day that falls is seen when
    it is counted. A row with neither is about the unit as such: "tree" says that its totals are to be summed anew since
    something was moved into it or out of it, "volumes" that it was closed or opened.
    """

    source = models.CharField(
        max_length=20
    )  # of `metrics.counted`: "incidents", "complaints", "deadlines" ...
    unit = models.ForeignKey(Unit, models.CASCADE, related_name="+", db_index=False, db_constraint=False)
    day = models.DateField(null=True)
    moment = models.DateTimeField(null=True)
    at = models.DateTimeField(default=timezone.now, db_default=Now())

    class Meta:
        verbose_name = _("day to be counted")
        verbose_name_plural = _("days to be counted")

    def __str__(self):
        return f"{self.source} {self.unit_id} {self.day}"


class Counting(models.Model):
    """How far the counting is in one time zone. A new one, or none yet: everything is counted, the latest month first."""

    zone = models.CharField(max_length=60, primary_key=True)
    counted_from = models.DateField(null=True)  # everything from this day on is counted; empty: nothing yet
    is_complete = models.BooleanField(default=False, db_default=False)
    #: What has fallen due until then is counted as due.
    due_until = models.DateTimeField(null=True)

    class Meta:
        verbose_name = _("state of the counting")
        verbose_name_plural = _("states of the counting")

    def __str__(self):
        return self.zone
