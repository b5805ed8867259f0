"""The incident: one case walking seven stages."""

from django.conf import settings
from django.contrib.postgres.fields import ArrayField
from django.contrib.postgres.indexes import GinIndex
from django.contrib.postgres.search import SearchVectorField
from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models
from django.db.models import F, Q
from django.db.models.functions import Coalesce
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import get_language
from django.utils.translation import gettext_lazy as _
from django_fsm import GET_STATE, FSMField, FSMModelMixin, transition

from incidents import gates, permissions
from incidents.stages import LOOP, TERMINAL, Channel, ReporterKind, Severity, Stage
from people.models import CASE_ROLES, Contact, Unit


class IncidentTypeQuerySet(models.QuerySet):
    def offered(self):
        return self.filter(retired=False)


class IncidentType(models.Model):
    """What kind of incident; a two-level list that administrators extend. Every company may add its own names."""

    parent = models.ForeignKey(
        "self", models.PROTECT, null=True, blank=True, related_name="children", verbose_name=_("belongs to")
    )
    code = models.SlugField(_("code"), max_length=40, unique=True)
    name = models.CharField(_("name in English"), max_length=60)
    name_zh_hans = models.CharField(_("name in Simplified Chinese"), max_length=60)
    name_zh_hant = models.CharField(_("name in Traditional Chinese"), max_length=60)
    icon = models.CharField(_("icon"), max_length=40, default="circle-alert")
    position = models.PositiveSmallIntegerField(_("position"), default=100)
    retired = models.BooleanField(_("no longer offered"), default=False)

    objects = IncidentTypeQuerySet.as_manager()

    class Meta:
        verbose_name = _("incident type")
        verbose_name_plural = _("incident types")
        ordering = ["position", "pk"]

    def __str__(self):
        names = {"zh-hans": self.name_zh_hans, "zh-hant": self.name_zh_hant}
        return names.get(get_language() or "", self.name) or self.name


class NumberSeries(models.Model):
    """The last number given out per series: "SQ-2026" -> 123. Counted in the transaction, so there are no gaps."""

    series = models.CharField(max_length=20, primary_key=True)
    last = models.PositiveIntegerField()


class IncidentQuerySet(models.QuerySet):
    def visible_to(self, person):
        """What this person may see: cases of the units where a post gives sight of them, and those they take part in.

        One condition on one indexed column (see `Incident.readers`), so its cost doesn't grow with the archive.
        """
        if not person.is_authenticated or not person.is_active:
            return self.none()
        tokens = [f"p{person.pk}", *(f"u{unit.pk}" for unit in person.posted_units(*CASE_ROLES))]
        return self.filter(readers__overlap=tokens)

    def open(self):
        return self.exclude(stage__in=TERMINAL)


class Incident(FSMModelMixin, models.Model):
    """A service-quality incident. Only `incidents.lifecycle.move` changes its stage."""

    number = models.CharField(_("number"), max_length=20, unique=True)  # SQ-2026-000123
    title = models.CharField(_("title"), max_length=160)
    type = models.ForeignKey(
        IncidentType, models.PROTECT, related_name="incidents", verbose_name=_("type"), db_index=False
    )  # like the others below: Meta has an index that begins with it
    description = models.TextField(_("what happened"), max_length=5000)
    unit = models.ForeignKey(
        Unit, models.PROTECT, related_name="incidents", verbose_name=_("unit"), db_index=False
    )
    place = models.CharField(_("exact place"), max_length=200, blank=True)
    occurred_at = models.DateTimeField(_("when it happened"))
    people_affected = models.PositiveIntegerField(_("people affected"), null=True, blank=True)
    impact = models.TextField(_("scope of impact"), max_length=1000, blank=True)
    containment = models.TextField(_("done on the spot"), max_length=2000, blank=True)
    channel = models.CharField(_("channel"), max_length=20, choices=Channel.choices, default=Channel.SYSTEM)

    reporter_kind = models.CharField(
        _("reported by"), max_length=10, choices=ReporterKind.choices, default=ReporterKind.SELF
    )
    reporter = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        models.PROTECT,
        null=True,
        related_name="reported",
        verbose_name=_("reporter"),
        db_index=False,
    )  # empty when anonymous: nothing in the database leads back to the person
    contact = models.ForeignKey(
        Contact, models.PROTECT, null=True, related_name="incidents", verbose_name=_("contact")
    )  # the "somebody else" who told the reporter
    reported_at = models.DateTimeField(_("reported"), default=timezone.now)
    follow_digest = models.CharField(
        max_length=64, blank=True
    )  # SHA-256 of an anonymous reporter's secret link

    severity = models.PositiveSmallIntegerField(
        _("severity"),
        choices=Severity.choices,
        null=True,
        validators=[MinValueValidator(1), MaxValueValidator(4)],
    )
    stage = FSMField(_("stage"), default=Stage.IDENTIFY, choices=Stage.choices, protected=True)
    cycle = models.PositiveSmallIntegerField(_("round"), default=1)  # rounds through stages 3-6
    attempt = models.PositiveSmallIntegerField(default=1)  # attempts at attribution: counts upheld objections
    version = models.PositiveIntegerField(default=1)  # counts every change: what a page was made from
    stage_since = models.DateTimeField(_("in this stage since"), default=timezone.now)
    owner = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        models.PROTECT,
        null=True,
        related_name="owned_incidents",
        verbose_name=_("waits for"),
        db_index=False,
    )
    due_at = models.DateTimeField(_("due"), null=True)  # empty while it is paused
    paused_since = models.DateTimeField(_("paused since"), null=True)  # why, its deadline says
    closed_at = models.DateTimeField(_("closed"), null=True)

    facts_verified = models.TextField(_("verification of the facts"), max_length=4000, blank=True)
    responsible_unit = models.ForeignKey(
        Unit, models.PROTECT, null=True, related_name="responsible_for", verbose_name=_("responsible unit"),
        db_index=False,
    )  # fmt: skip
    responsible_person = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="responsible_for",
        verbose_name=_("responsible person"),
    )  # fmt: skip
    short_path = models.BooleanField(_("short path"), default=False)
    correction = models.TextField(_("on-the-spot correction"), max_length=2000, blank=True)
    lessons = models.TextField(_("lessons learned"), max_length=4000, blank=True)
    merged_into = models.ForeignKey(
        "self", models.PROTECT, null=True, related_name="merged_from", verbose_name=_("joined with")
    )

    external_source = models.CharField(max_length=60, blank=True)
    external_id = models.CharField(max_length=120, blank=True)
    readers = ArrayField(
        models.CharField(max_length=20), default=list
    )  # "u<unit>", "p<person>": who may see it
    search = SearchVectorField(null=True)

    objects = IncidentQuerySet.as_manager()

    class Meta:
        verbose_name = _("incident")
        verbose_name_plural = _("incidents")
        ordering = ["-reported_at", "-id"]
        constraints = [
            models.UniqueConstraint(
                fields=["external_source", "external_id"], condition=~Q(external_id=""), name="imported_once"
            ),
            models.CheckConstraint(condition=Q(stage__in=Stage.values), name="stage_is_known"),
            models.CheckConstraint(
                condition=Q(stage__in=[Stage.IDENTIFY, Stage.DISMISSED, Stage.MERGED])
                | Q(severity__isnull=False),
                name="confirmed_has_severity",
            ),
            models.CheckConstraint(
                condition=~Q(stage=Stage.MERGED) | Q(merged_into__isnull=False), name="merged_names_the_other"
            ),
            models.CheckConstraint(condition=~Q(merged_into=models.F("id")), name="not_merged_into_itself"),
            models.CheckConstraint(
                condition=~Q(reporter_kind=ReporterKind.ANONYMOUS) | Q(reporter=None),
                name="anonymous_has_no_reporter",
            ),
        ]
        indexes = [
            GinIndex(fields=["readers", "search"], name="incident_readers_and_words"),
            GinIndex(fields=["readers"], condition=Q(stage__in=LOOP), name="open_incident_readers"),
            models.Index(fields=["-reported_at", "-id"], name="incident_newest"),
            models.Index(fields=["stage", "-reported_at", "-id"], name="incident_by_stage"),
            models.Index(
                Coalesce("severity", models.Value(0)).desc(), F("reported_at").desc(), F("id").desc(),
                name="incident_by_weight",
            ),
            models.Index(fields=["type", "-reported_at", "-id"], name="incident_by_type"),
            models.Index(fields=["unit", "-reported_at", "-id"], name="incident_by_unit"),
            models.Index(fields=["owner", "-reported_at", "-id"], name="incident_by_owner"),
            models.Index(fields=["reporter", "-reported_at", "-id"], name="incident_by_reporter"),
            models.Index(
                fields=["responsible_unit", "-reported_at", "-id"], name="incident_by_responsible_unit"
            ),
            models.Index(fields=["channel", "-reported_at", "-id"], name="incident_by_channel"),
            models.Index(fields=["-occurred_at", "-id"], name="incident_by_occurrence"),
            models.Index(
                fields=["-closed_at", "-id"], condition=Q(stage=Stage.CLOSED), name="incident_in_archive"
            ),
            models.Index(
                fields=["-reported_at", "-id"], condition=Q(cycle__gte=2), name="incident_in_later_round"
            ),
            models.Index(fields=["due_at", "id"], condition=Q(due_at__isnull=False), name="incident_by_due"),
            models.Index(
                fields=["stage", "due_at", "id"], condition=Q(stage__in=LOOP), name="open_incident_by_stage"
            ),
            models.Index(
                fields=["unit", "stage"], include=["due_at", "reported_at"], condition=Q(stage__in=LOOP),
                name="open_incident_by_unit",
            ),  # how many are open, counted from the index alone
        ]  # fmt: skip

    def __str__(self):
        return f"{self.number} {self.title}"

    def get_absolute_url(self):
        return reverse("incident", args=[self.number])

    @property
    def case(self) -> str:
        """Its name in history and reminders."""
        return f"incident:{self.pk}"

    @property
    def is_open(self) -> bool:
        return self.stage not in TERMINAL

    @property
    def is_overdue(self) -> bool:
        return self.is_open and self.due_at is not None and self.due_at < timezone.now()

    @property
    def stage_number(self) -> int:
        """1 to 7; 7 for what is closed, 1 for what was dismissed or merged."""
        if self.stage in LOOP:
            return LOOP.index(self.stage) + 1
        return 7 if self.stage == Stage.CLOSED else 1

    # The machine. Each transition is tiny and has no side effects; `lifecycle.move` does the rest. --------------------

    def _step(step, source, target):  # noqa: N805 - a factory for the decorators below, removed at the end of the class
        return transition(
            "stage", source, target, conditions=[gates.ready_for(step)], permission=permissions.may(step)
        )

    @_step("substantiate", Stage.IDENTIFY, Stage.CONFIRM)
    def substantiate(self):
        """The site manager found the report true and gave it a severity."""

    @_step("dismiss", Stage.IDENTIFY, Stage.DISMISSED)
    def dismiss(self):
        """The report was found not substantiated."""

    @_step("merge", [Stage.IDENTIFY, Stage.CONFIRM], Stage.MERGED)
    def merge(self):
        """Another incident covers the same event."""

    @_step("bring_over", Stage.IDENTIFY, Stage.CLOSED)
    def bring_over(self):
        """It was closed in the system it was imported from: nobody here judged it, or found it effective."""

    @_step("confirm", Stage.CONFIRM, Stage.ANALYSE)
    def confirm(self):
        """The responsibility group agreed who answers for it."""

    @_step("uphold_objection", Stage.ANALYSE, Stage.CONFIRM)
    def uphold_objection(self):
        """The responsible side was right to object: the attribution is made anew."""
        self.attempt += 1

    @_step("conclude", Stage.ANALYSE, Stage.PLAN)
    def conclude(self):
        """The root cause is confirmed by evidence."""

    @_step("approve", Stage.PLAN, Stage.TRACK)
    def approve(self):
        """Somebody other than its author approved the plan."""

    @_step("complete", Stage.TRACK, Stage.VERIFY)
    def complete(self):
        """Every measure is done, or withdrawn with an approved reason."""

    @_step("judge_effective", Stage.VERIFY, Stage.IMPROVE)
    def judge_effective(self):
        """The data show that the measures worked."""

    @_step("judge_not_effective", Stage.VERIFY, Stage.ANALYSE)
    def judge_not_effective(self):
        """They did not: the next round begins at the root cause."""
        self.cycle += 1

    @_step("archive", Stage.IMPROVE, Stage.CLOSED)
    def archive(self):
        """Lessons are drawn and passed on."""

    @_step(
        "reopen",
        [Stage.CLOSED, Stage.DISMISSED],
        GET_STATE(lambda self: self.reopening_stage, states=[Stage.CONFIRM, Stage.ANALYSE]),
    )
    def reopen(self):
        """The case was ended too early."""
        if self.reopening_stage == Stage.ANALYSE:
            self.cycle += 1

    del _step

    @property
    def reopening_stage(self) -> str:
        """Where a reopened case goes on: to responsibility when none was found, else to a new round of analysis."""
        return Stage.ANALYSE if self.responsible_person_id else Stage.CONFIRM
