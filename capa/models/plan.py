from django.conf import settings
from django.core.validators import MinValueValidator
from django.db import models
from django.db.models import Q
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from history.models import Signature
from incidents.models import Incident
from incidents.stages import Severity
from people.models import Role, Unit

from .analysis import Cause


class Plan(models.Model):
    """The corrective and preventive action plan of one round, in revisions."""

    class Status(models.TextChoices):
        DRAFT = "draft", pgettext_lazy("plan", "Draft")
        SUBMITTED = "submitted", pgettext_lazy("plan", "Awaiting approval")
        APPROVED = "approved", pgettext_lazy("plan", "Approved")
        RETURNED = "returned", pgettext_lazy("plan", "Sent back")
        WITHDRAWN = "withdrawn", pgettext_lazy("plan", "Withdrawn")

    incident = models.ForeignKey(Incident, models.CASCADE, related_name="plans")
    cycle = models.PositiveSmallIntegerField(_("round"))
    revision = models.PositiveSmallIntegerField(_("version"), default=1)
    status = models.CharField(_("status"), max_length=12, choices=Status.choices, default=Status.DRAFT)
    feasibility = models.TextField(_("feasibility"), max_length=2000, blank=True)
    expected_effect = models.TextField(_("expected effect"), max_length=2000, blank=True)
    author = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")
    writers = models.ManyToManyField(
        settings.AUTH_USER_MODEL, related_name="+"
    )  # everybody who wrote in it or in the version it was copied from: none of them may approve it
    created_at = models.DateTimeField(default=timezone.now)
    submitted_at = models.DateTimeField(null=True)
    decided_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+")
    decided_at = models.DateTimeField(null=True)
    decision_note = models.TextField(_("comment"), max_length=2000, blank=True)

    class Meta:
        verbose_name = _("plan")
        verbose_name_plural = _("plans")
        ordering = ["cycle", "revision"]
        constraints = [
            models.UniqueConstraint(fields=["incident", "cycle", "revision"], name="one_plan_per_revision"),
            models.UniqueConstraint(
                fields=["incident", "cycle"],
                condition=Q(status__in=["draft", "submitted", "approved"]),
                name="one_live_plan_per_round",
            ),
            models.CheckConstraint(
                condition=~Q(status="approved")
                | (Q(decided_by__isnull=False) & ~Q(decided_by=models.F("author"))),
                name="plan_approved_by_another",
            ),
        ]

    def __str__(self):
        return f"{self.incident_id}.{self.cycle}.{self.revision}"

    @property
    def signed_as(self) -> str:
        """Its name in signatures."""
        return f"plan:{self.pk}"


class MeasureQuerySet(models.QuerySet):
    def visible_to(self, person):
        """Ordered measures (a draft's aren't any yet) of visible cases, and the person's own."""
        if not person.is_authenticated or not person.is_active:
            return self.none()
        return self.exclude(number=None).filter(
            Q(incident__in=Incident.objects.visible_to(person)) | Q(owner=person)
        )

    def unfinished(self):
        return self.exclude(status__in=[Measure.Status.DONE, Measure.Status.WITHDRAWN])


class Measure(models.Model):
    """One thing to be done, against one cause, by one person, until one day, with a target it can be held to."""

    class Kind(models.TextChoices):
        CONTAINMENT = "containment", _("Containment")
        CORRECTIVE = "corrective", _("Corrective")
        PREVENTIVE = "preventive", _("Preventive")
        IMPROVEMENT = "improvement", _("Improvement")

    class Strength(models.TextChoices):
        """The action hierarchy, strongest first (RCA², VA National Center for Patient Safety and IHI, 2015).

        The strong ones don't rest on anybody's memory; training and rules by themselves are weak.
        """

        ELIMINATE = "eliminate", _("Elimination: the hazard is gone")
        FORCE = "force", _("Forcing function: only the right way works")
        AUTOMATE = "automate", _("Automation, software, redundancy")
        STANDARDISE = "standardise", _("Simplification, checklist, standard process")
        RULE = "rule", _("Rule, warning, double check")
        TRAIN = "train", _("Training or reminder only")

    class Status(models.TextChoices):
        PLANNED = "planned", pgettext_lazy("measure", "Not started")
        RUNNING = "running", pgettext_lazy("measure", "In progress")
        DONE = "done", pgettext_lazy("measure", "Done")
        WITHDRAWN = "withdrawn", pgettext_lazy("measure", "Withdrawn")

    number = models.CharField(
        _("number"), max_length=20, unique=True, null=True
    )  # CA-2026-000406, given at approval: a draft isn't an order yet
    incident = models.ForeignKey(Incident, models.CASCADE, related_name="measures")
    plan = models.ForeignKey(Plan, models.CASCADE, related_name="measures")
    cause = models.ForeignKey(
        Cause,
        models.PROTECT,
        null=True,
        blank=True,
        related_name="measures",
        verbose_name=_("against which cause"),
    )
    kind = models.CharField(_("kind"), max_length=12, choices=Kind.choices, default=Kind.CORRECTIVE)
    strength = models.CharField(
        _("strength"), max_length=12, choices=Strength.choices, default=Strength.STANDARDISE
    )
    text = models.CharField(_("measure"), max_length=300)
    owner = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="measures", verbose_name=_("owner")
    )
    unit = models.ForeignKey(Unit, models.PROTECT, null=True, related_name="+", verbose_name=_("unit"))
    due_on = models.DateField(_("due"), null=True)
    original_due_on = models.DateField(_("originally due"), null=True)  # set at approval; never changed
    target = models.CharField(_("target: how is it measured?"), max_length=300, blank=True)
    baseline_value = models.DecimalField(_("today"), max_digits=14, decimal_places=3, null=True, blank=True)
    expected_value = models.DecimalField(
        _("expected"), max_digits=14, decimal_places=3, null=True, blank=True
    )
    value_unit = models.CharField(_("in which unit"), max_length=30, blank=True)  # of the two values above
    cost = models.DecimalField(
        _("cost in yuan"),
        max_digits=12,
        decimal_places=2,
        null=True,
        blank=True,
        validators=[MinValueValidator(0)],
    )
    status = models.CharField(_("status"), max_length=12, choices=Status.choices, default=Status.PLANNED)
    progress = models.PositiveSmallIntegerField(_("progress in %"), default=0)
    done_at = models.DateTimeField(null=True)

    objects = MeasureQuerySet.as_manager()

    class Meta:
        verbose_name = _("measure")
        verbose_name_plural = _("measures")
        ordering = ["pk"]
        constraints = [
            models.CheckConstraint(condition=Q(progress__lte=100), name="progress_is_a_percentage")
        ]
        indexes = [
            models.Index(fields=["owner", "due_on"], name="measure_by_owner"),
            models.Index(fields=["status", "due_on", "id"], name="measure_by_status"),
            models.Index(fields=["original_due_on"], name="measure_by_first_date"),
            models.Index(
                fields=["strength", "incident"], condition=Q(status="done"), name="done_measure_by_strength"
            ),
        ]

    def __str__(self):
        return f"{self.number} {self.text}" if self.number else self.text

    def get_absolute_url(self):
        return reverse("measure", args=[self.number]) if self.number else self.incident.get_absolute_url()

    @property
    def deadline_kind(self) -> str:
        return f"measure:{self.pk}"

    @property
    def tier(self) -> str:
        """Its place in the action hierarchy: strong, intermediate or weak."""
        return TIERS[self.strength]

    @property
    def is_finished(self) -> bool:
        return self.status in (self.Status.DONE, self.Status.WITHDRAWN)

    @property
    def is_late(self) -> bool:
        return not self.is_finished and self.due_on is not None and self.due_on < timezone.localdate()

    @property
    def has_slipped(self) -> bool:
        """Was its date moved since it was approved?"""
        return self.original_due_on is not None and self.due_on != self.original_due_on


#: The three tiers of the action hierarchy.
TIERS = {
    Measure.Strength.ELIMINATE: "strong",
    Measure.Strength.FORCE: "strong",
    Measure.Strength.AUTOMATE: "intermediate",
    Measure.Strength.STANDARDISE: "intermediate",
    Measure.Strength.RULE: "weak",
    Measure.Strength.TRAIN: "weak",
}


class CoSignRule(models.Model):
    """When a plan needs one more signature before it can be approved: from a severity or a total cost on."""

    company = models.ForeignKey(Unit, models.PROTECT, related_name="cosign_rules", verbose_name=_("company"))
    role = models.CharField(
        _("who co-signs"),
        max_length=20,
        choices=[(Role.EXECUTIVE, Role.EXECUTIVE.label), (Role.QUALITY, Role.QUALITY.label)],
    )
    from_severity = models.PositiveSmallIntegerField(
        _("from severity"), choices=Severity.choices, null=True, blank=True
    )
    from_cost = models.DecimalField(
        _("from a total cost in yuan"), max_digits=12, decimal_places=2, null=True, blank=True,
        validators=[MinValueValidator(0)],
    )  # fmt: skip
    set_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")
    set_at = models.DateTimeField(default=timezone.now)
    ended_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+")
    ended_at = models.DateTimeField(null=True)  # what was submitted before is still judged by it

    class Meta:
        verbose_name = _("co-signature rule")
        verbose_name_plural = _("co-signature rules")
        ordering = ["pk"]
        constraints = [
            models.CheckConstraint(
                condition=Q(from_severity__isnull=False) | Q(from_cost__isnull=False),
                name="cosign_rule_has_limit",
            )
        ]

    def __str__(self):
        return self.get_role_display()


class CoSignature(models.Model):
    """One of the additional signatures under a submitted version of a plan."""

    plan = models.ForeignKey(Plan, models.CASCADE, related_name="cosignatures")
    role = models.CharField(_("as"), max_length=20, choices=Role.choices)
    person = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, related_name="+", verbose_name=_("who")
    )
    signature = models.OneToOneField(Signature, models.PROTECT, related_name="+")
    note = models.TextField(_("comment"), max_length=2000, blank=True)
    at = models.DateTimeField(default=timezone.now)

    class Meta:
        verbose_name = _("co-signature")
        verbose_name_plural = _("co-signatures")
        ordering = ["pk"]
        constraints = [
            models.UniqueConstraint(fields=["plan", "role"], name="one_cosignature_per_role"),
            models.UniqueConstraint(fields=["plan", "person"], name="nobody_cosigns_twice"),
        ]

    def __str__(self):
        return str(self.person)


class VerificationDesign(models.Model):
    """How the effect of a plan will be judged, fixed before anybody can know the outcome.

    Approved with the plan, it can't be changed any more; the verdict later says where it departed from it. Two kinds
    of data: events per exposure (compared as a rate ratio) and parts of a whole (compared as a difference of
    proportions). Counts and exposures are kept, never ratios.
    """

    class Data(models.TextChoices):
        RATE = "rate", _("Events per exposure (complaints per 100,000 passengers)")
        PROPORTION = "proportion", _("A part of all (satisfied of those who answered)")

    class Direction(models.TextChoices):
        LOWER = "lower", _("Less is better")
        HIGHER = "higher", _("More is better")

    plan = models.OneToOneField(Plan, models.CASCADE, related_name="design")
    source = models.CharField(
        _("where the numbers come from"), max_length=30, default="typed"
    )  # a key of `capa.measuring.SOURCES`
    scope = models.JSONField(
        default=dict, blank=True
    )  # what the source counts: unit, type, cause category ...
    data = models.CharField(_("kind of data"), max_length=12, choices=Data.choices, default=Data.RATE)
    direction = models.CharField(
        _("direction"), max_length=8, choices=Direction.choices, default=Direction.LOWER
    )
    metric = models.CharField(_("what is counted"), max_length=200)
    unit_of_exposure = models.CharField(_("per what"), max_length=60)  # days, passengers, trains; answers
    baseline_from = models.DateField(_("baseline from"))
    baseline_until = models.DateField(_("baseline until"))
    baseline_events = models.PositiveIntegerField(_("events before"))  # or the part that counts
    baseline_exposure = models.DecimalField(
        _("exposure before"), max_digits=16, decimal_places=2, validators=[MinValueValidator(0)]
    )  # or the whole
    baseline_source = models.CharField(_("source of the baseline"), max_length=300, blank=True)
    observation_days = models.PositiveSmallIntegerField(_("days of observation"))
    expected_exposure = models.DecimalField(
        _("exposure expected while observing"),
        max_digits=16,
        decimal_places=2,
        validators=[MinValueValidator(0)],
    )
    smallest_change = models.DecimalField(
        _("smallest change worth having, in %"), max_digits=5, decimal_places=1, default=20
    )  # relative for rates, in percentage points for proportions
    fixed_at = models.DateTimeField(null=True)  # when the plan was approved
    observed_from = models.DateField(null=True)  # the day after the last measure was finished
    observed_until = models.DateField(null=True)  # the last day of the observation; a verdict can extend it
    opened_at = models.DateTimeField(null=True)  # when it was announced that the window has passed

    class Meta:
        verbose_name = _("design of the verification")
        verbose_name_plural = _("designs of verifications")
        constraints = [
            models.CheckConstraint(
                condition=Q(baseline_exposure__gt=0, expected_exposure__gt=0),
                name="design_exposures_are_positive",
            ),
            models.CheckConstraint(
                condition=Q(baseline_until__gte=models.F("baseline_from")), name="design_baseline_has_days"
            ),
            models.CheckConstraint(condition=Q(observation_days__gte=1), name="design_observes_a_day"),
        ]
        indexes = [
            models.Index(
                fields=["observed_until"],
                condition=Q(opened_at=None, observed_until__isnull=False),
                name="observation_to_end",
            )
        ]

    def __str__(self):
        return self.metric

    #: What is decided about it; the rest is what became of it.
    DECIDED = (
        "source", "scope", "data", "direction", "metric", "unit_of_exposure", "baseline_from", "baseline_until",
        "baseline_events", "baseline_exposure", "baseline_source", "observation_days", "expected_exposure",
        "smallest_change",
    )  # fmt: skip

    def copied_to(self, plan: Plan) -> "VerificationDesign":
        """The same design for another version of the plan, not saved yet."""
        return VerificationDesign(plan=plan, **{name: getattr(self, name) for name in self.DECIDED})
