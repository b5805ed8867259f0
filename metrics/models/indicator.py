"""What a company decides about its indicators: ones of its own, targets, owners, notes on the charts."""

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from capa.models import Measure
from incidents.models import Incident
from metrics.periods import Grain, Period
from metrics.spc.chart import Data
from people.models import Unit

from .volume import Named


class OwnKpi(Named):
    """An indicator that a company has put together from two series, without code."""

    class Direction(models.IntegerChoices):
        HIGHER = 1, _("Higher is better")
        LOWER = -1, _("Lower is better")
        NEITHER = 0, _("Neither: only to be watched")

    company = models.ForeignKey(Unit, models.PROTECT, related_name="own_kpis", verbose_name=_("company"))
    code = models.SlugField(_("code"), max_length=40)
    meaning = models.CharField(_("what it says"), max_length=300, blank=True)
    numerator = models.CharField(_("numerator"), max_length=60)
    denominator = models.CharField(_("denominator"), max_length=60, blank=True)  # empty: a plain count
    data = models.CharField(
        _("kind of figure"), max_length=8, default=Data.RATE.value,
        choices=[
            (Data.SHARE.value, _("A share: the numerator is a part of the denominator")),
            (Data.RATE.value, _("A rate: events per volume")),
            (Data.COUNT.value, _("A count of events")),
            (Data.VALUE.value, _("A mean or a ratio of two amounts")),
        ],
    )  # fmt: skip
    scale = models.DecimalField(_("times"), max_digits=12, decimal_places=2, default=1)  # 100 for per cent
    is_complement = models.BooleanField(_("one minus the share"), default=False)
    direction = models.SmallIntegerField(_("direction"), choices=Direction.choices, default=Direction.LOWER)
    measured_in = models.CharField(_("unit"), max_length=40, blank=True)  # %, per 100,000 passengers
    places = models.PositiveSmallIntegerField(_("decimal places"), default=1)
    grain = models.CharField(_("looked at by"), max_length=8, choices=Grain.choices, default=Grain.MONTH)
    source = models.CharField(_("source of the definition"), max_length=120, blank=True)
    retired = models.BooleanField(_("no longer shown"), default=False)
    set_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")
    set_at = models.DateTimeField(default=timezone.now)

    class Meta:
        verbose_name = _("indicator of one's own")
        verbose_name_plural = _("indicators of one's own")
        ordering = ["code", "pk"]
        constraints = [models.UniqueConstraint(fields=["company", "code"], name="one_own_kpi_per_code")]

    @property
    def key(self) -> str:
        """Its code among all indicators, as in addresses."""
        return f"own-{self.pk}"


class Target(models.Model):
    """What a unit is to reach in a year, and who answers for it. It holds for the units below as well, until one has its
    own. A change is a new row: what held before stays readable.
    """

    kpi = models.CharField(_("indicator"), max_length=60)
    unit = models.ForeignKey(Unit, models.PROTECT, related_name="+", verbose_name=_("unit"))
    year = models.PositiveSmallIntegerField(_("year"))
    value = models.DecimalField(_("target"), max_digits=14, decimal_places=4, null=True, blank=True)
    threshold = models.DecimalField(
        _("acceptable up to"), max_digits=14, decimal_places=4, null=True, blank=True
    )  # beyond it the assessment gives no points
    owner = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, null=True, blank=True, related_name="owned_targets",
        verbose_name=_("owner"),
    )  # fmt: skip
    reason = models.CharField(_("reason"), max_length=300, blank=True)
    version = models.PositiveSmallIntegerField(default=1)
    set_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")
    set_at = models.DateTimeField(default=timezone.now)
    replaced_at = models.DateTimeField(null=True)

    class Meta:
        verbose_name = _("target")
        verbose_name_plural = _("targets")
        ordering = ["kpi", "-year", "-version"]
        constraints = [
            models.UniqueConstraint(
                fields=["kpi", "unit", "year"], condition=Q(replaced_at=None), name="one_target_a_year"
            )
        ]
        indexes = [
            models.Index(fields=["unit", "year"], condition=Q(replaced_at=None), name="target_by_unit")
        ]

    def __str__(self):
        return f"{self.kpi} {self.unit_id} {self.year}"


class Note(models.Model):
    """A mark on a chart: what happened there, and whether limits begin anew from that day."""

    kpi = models.CharField(_("indicator"), max_length=60)
    unit = models.ForeignKey(Unit, models.PROTECT, related_name="+", verbose_name=_("unit"))
    day = models.DateField(_("day"))
    text = models.CharField(_("what happened"), max_length=120)
    rebases = models.BooleanField(_("new limits from here on"), default=False)
    leaves_out = models.BooleanField(_("leave this period out of the limits"), default=False)
    measure = models.ForeignKey(
        Measure, models.PROTECT, null=True, blank=True, related_name="+", verbose_name=_("measure")
    )
    incident = models.ForeignKey(
        Incident, models.PROTECT, null=True, blank=True, related_name="+", verbose_name=_("incident")
    )
    by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")
    at = models.DateTimeField(default=timezone.now)
    withdrawn_at = models.DateTimeField(null=True)
    withdrawn_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+")
    withdrawn_reason = models.CharField(max_length=300, blank=True)

    class Meta:
        verbose_name = _("note on a chart")
        verbose_name_plural = _("notes on charts")
        ordering = ["day", "pk"]
        indexes = [
            models.Index(fields=["unit", "kpi", "day"], condition=Q(withdrawn_at=None), name="note_on_chart")
        ]

    def __str__(self):
        return self.text


class Signal(models.Model):
    """An early warning: an indicator of a unit has changed for a reason that chance doesn't explain.

    Opened once by the worker; its owner finds out why, may raise an incident, and closes it with a finding.
    """

    class Status(models.TextChoices):
        OPEN = "open", pgettext_lazy("signal", "Open")
        TAKEN = "taken", pgettext_lazy("signal", "Being looked into")
        CLOSED = "closed", pgettext_lazy("signal", "Closed")

    class Finding(models.TextChoices):
        CAUSE = "cause", _("A cause was found")
        KNOWN = "known", _("A known change, as intended")
        DATA = "data", _("An error in the data")
        CHANCE = "chance", _("No cause found: taken for chance")

    kpi = models.CharField(_("indicator"), max_length=60)
    unit = models.ForeignKey(Unit, models.PROTECT, related_name="signals", verbose_name=_("unit"))
    grain = models.CharField(max_length=8, choices=Grain.choices)
    rule = models.CharField(max_length=12)  # of `metrics.spc.chart.Rule`
    side = models.SmallIntegerField()  # +1 above the centre, -1 below
    is_concern = models.BooleanField(db_default=True)  # else it changed for the better
    begins_on = models.DateField()  # the first period of what was noticed
    ends_on = models.DateField()  # the first day of the period in which it was noticed
    evidence = models.JSONField(default=dict)  # the chart as it was then: kind, limits, points
    status = models.CharField(_("status"), max_length=8, choices=Status.choices, default=Status.OPEN)
    owner = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        models.PROTECT,
        null=True,
        related_name="owned_signals",
        verbose_name=_("owner"),
    )
    due_at = models.DateTimeField(_("due"), null=True)
    opened_at = models.DateTimeField(default=timezone.now)
    annotation = models.TextField(_("what was found so far"), max_length=2000, blank=True)
    finding = models.CharField(_("finding"), max_length=8, choices=Finding.choices, blank=True)
    finding_text = models.TextField(_("finding in words"), max_length=2000, blank=True)
    incident = models.ForeignKey(Incident, models.PROTECT, null=True, related_name="signals")
    closed_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+")
    closed_at = models.DateTimeField(null=True)
    version = models.PositiveIntegerField(default=1)

    class Meta:
        verbose_name = _("early warning")
        verbose_name_plural = _("early warnings")
        ordering = ["-opened_at", "-pk"]
        constraints = [
            models.UniqueConstraint(
                fields=["kpi", "unit", "rule", "side", "begins_on"], name="signalled_once"
            ),
            models.UniqueConstraint(
                fields=["kpi", "unit", "side"], condition=Q(closed_at=None), name="one_open_signal"
            ),
            models.CheckConstraint(
                condition=~Q(status="closed") | (Q(closed_at__isnull=False) & ~Q(finding="")),
                name="closed_signal_has_finding",
            ),
        ]
        indexes = [
            models.Index(fields=["unit", "-opened_at", "-id"], name="signal_by_unit"),
            models.Index(fields=["status", "-opened_at", "-id"], name="signal_by_status"),
        ]

    def __str__(self):
        return f"{self.kpi} {self.unit_id} {self.begins_on}"

    def get_absolute_url(self) -> str:
        return reverse("warning", args=[self.pk])

    @property
    def case(self) -> str:
        """Its name in history and reminders."""
        return f"signal:{self.pk}"

    @property
    def number(self) -> str:
        return f"EW-{self.pk}"


class MonthlyReport(models.Model):
    """A unit's report of one month: sentences made from the figures, edited by a person, signed, kept as PDF.

    A signed one never changes (the database refuses it; only its file and the moment of sending are filled in once).
    What was wrong in it is put right in a corrected one, a row of its own with the next `revision`.
    """

    class Status(models.TextChoices):
        DRAFT = "draft", pgettext_lazy("report", "Draft")
        SIGNED = "signed", pgettext_lazy("report", "Signed")

    unit = models.ForeignKey(Unit, models.PROTECT, related_name="monthly_reports", verbose_name=_("unit"))
    month = models.DateField(_("month"))  # its first day
    language = models.CharField(_("language"), max_length=10)
    status = models.CharField(_("status"), max_length=8, choices=Status.choices, default=Status.DRAFT)
    revision = models.PositiveSmallIntegerField(default=1, db_default=1)
    correction = models.CharField(
        _("what is corrected"), max_length=500, blank=True, db_default=""
    )  # of a later revision: why there is one
    parts = models.JSONField(
        default=list
    )  # [{"key", "made": sentences from the figures, "text": as edited or None, "before": made earlier or None}]
    figures = models.JSONField(default=dict)  # the figures that the sentences were made from
    version = models.PositiveIntegerField(default=1)
    made_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+")
    made_at = models.DateTimeField(default=timezone.now)
    signed_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+")
    signed_at = models.DateTimeField(null=True)
    file = models.FileField(upload_to="reports/", blank=True)
    sha256 = models.CharField(max_length=64, blank=True)
    sent_at = models.DateTimeField(null=True)

    class Meta:
        verbose_name = _("monthly report")
        verbose_name_plural = _("monthly reports")
        ordering = ["-month", "pk"]
        constraints = [
            models.UniqueConstraint(
                fields=["unit", "month", "language", "revision"], name="one_report_a_month_and_revision"
            ),
            models.UniqueConstraint(
                fields=["unit", "month", "language"],
                condition=Q(status="draft"),
                name="one_draft_of_a_report",
            ),
            models.CheckConstraint(
                condition=~Q(status="signed") | Q(signed_by__isnull=False, signed_at__isnull=False),
                name="signed_report_names_signer",
            ),
        ]
        indexes = [models.Index(fields=["-made_at", "-id"], name="report_newest")]

    def __str__(self):
        return f"{self.unit} {self.month:%Y-%m}"

    def get_absolute_url(self):
        return reverse("report-page", args=[self.pk])

    @property
    def case(self) -> str:
        """Its name in history."""
        return f"report:{self.pk}"

    @property
    def is_signed(self) -> bool:
        return self.status == self.Status.SIGNED

    @property
    def period(self) -> Period:
        return Period(self.month, Grain.MONTH)


class ReportReader(models.Model):
    """Somebody who gets the signed monthly report of a unit."""

    unit = models.ForeignKey(Unit, models.PROTECT, related_name="report_readers")
    person = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")
    set_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")
    set_at = models.DateTimeField(default=timezone.now)

    class Meta:
        verbose_name = _("reader of the monthly report")
        verbose_name_plural = _("readers of the monthly report")
        constraints = [models.UniqueConstraint(fields=["unit", "person"], name="reads_report_once")]

    def __str__(self):
        return f"{self.unit} {self.person}"
