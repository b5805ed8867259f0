"""Assessment (考核, 002 §4.3, 001 §10.2): how units and persons are scored, and each card with what it rests on."""

from django.conf import settings
from django.db import models
from django.db.models import F, Q
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from capa.models import Decision
from metrics.periods import Grain, Period
from people.models import CASE_ROLES, Person, Role, Unit

#: Who sees the cards of persons in their units. Other roles see those of units only.
SEES_PERSONS = (Role.SITE_MANAGER, Role.QUALITY, Role.EXECUTIVE)
#: Who sees a card before it is issued.
SEES_DRAFTS = (Role.QUALITY, Role.EXECUTIVE)


class Scheme(models.Model):
    """What is scored, for whom and how often. What the lines say is in its versions: a card keeps the one it had."""

    class Assessed(models.TextChoices):
        UNITS = "units", pgettext_lazy("assessed", "Units")
        PEOPLE = "people", pgettext_lazy("assessed", "Persons")

    unit = models.ForeignKey(Unit, models.PROTECT, related_name="schemes", verbose_name=_("unit"))
    name = models.CharField(_("name"), max_length=80)
    assessed = models.CharField(_("who is assessed"), max_length=8, choices=Assessed.choices)
    level = models.PositiveSmallIntegerField(_("level below"), default=1)  # of units: 1 directly below `unit`
    grain = models.CharField(_("how often"), max_length=8, choices=Grain.choices, default=Grain.QUARTER)
    begins_on = models.DateField(_("first period"))  # its first day; earlier ones are made by hand only
    objection_days = models.PositiveSmallIntegerField(_("working days to object"), default=5)
    version = models.PositiveIntegerField(default=1)
    retired_at = models.DateTimeField(null=True)
    set_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")
    set_at = models.DateTimeField(default=timezone.now)

    class Meta:
        verbose_name = _("assessment scheme")
        verbose_name_plural = _("assessment schemes")
        ordering = ["name", "pk"]
        constraints = [
            models.CheckConstraint(
                condition=Q(grain__in=["month", "quarter", "half", "year"]), name="scheme_grain_is_long"
            )
        ]

    def __str__(self):
        return self.name

    def get_absolute_url(self):
        return reverse("scheme", args=[self.pk])

    @property
    def case(self) -> str:
        """Its name in history."""
        return f"scheme:{self.pk}"

    @property
    def is_of_people(self) -> bool:
        return self.assessed == self.Assessed.PEOPLE


class SchemeVersion(models.Model):
    """The lines of a scheme from one day on. A change is a new version."""

    scheme = models.ForeignKey(Scheme, models.PROTECT, related_name="versions")
    number = models.PositiveSmallIntegerField()
    reason = models.CharField(_("reason"), max_length=300, blank=True)
    set_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")
    set_at = models.DateTimeField(default=timezone.now)

    class Meta:
        verbose_name = _("version of a scheme")
        verbose_name_plural = _("versions of a scheme")
        ordering = ["-number"]
        constraints = [models.UniqueConstraint(fields=["scheme", "number"], name="one_scheme_version")]

    def __str__(self):
        return f"{self.scheme} v{self.number}"


class SchemeLine(models.Model):
    """One indicator with its weight. `full` gives all points, `none` gives none, between them it is linear; empty: the
    target of the unit and its threshold. Weights add up to 100; bonus lines come on top and never take anything away.
    """

    of = models.ForeignKey(SchemeVersion, models.CASCADE, related_name="lines")
    position = models.PositiveSmallIntegerField()
    kpi = models.CharField(_("indicator"), max_length=60)
    weight = models.PositiveSmallIntegerField(_("weight"))
    full = models.DecimalField(_("all points at"), max_digits=14, decimal_places=4, null=True)
    none = models.DecimalField(_("no points at"), max_digits=14, decimal_places=4, null=True)
    is_bonus = models.BooleanField(default=False)

    class Meta:
        verbose_name = _("line of a scheme")
        verbose_name_plural = _("lines of a scheme")
        ordering = ["position", "pk"]
        constraints = [
            models.UniqueConstraint(fields=["of", "kpi"], name="one_scheme_line_per_kpi"),
            models.CheckConstraint(condition=Q(weight__gte=1, weight__lte=100), name="weight_within_100"),
            models.CheckConstraint(
                condition=Q(full=None) | Q(none=None) | ~Q(full=F("none")), name="full_is_not_none"
            ),
        ]

    def __str__(self):
        return f"{self.kpi} {self.weight}"


class ScorecardQuerySet(models.QuerySet):
    def visible_to(self, person: Person):
        """Cards of units by any post with sight of the cases there; of persons one's own and those of the people one
        leads; drafts only for those who make and confirm them, and never one's own.
        """
        if not person.is_authenticated or not person.is_active:
            return self.none()

        def posted(*roles):
            return Q(unit__in=Unit.objects.within(*person.posted_units(*roles)))

        issued = ~Q(state=Scorecard.State.DRAFT)
        return self.filter(
            (issued & Q(person=person))
            | (issued & Q(person=None) & posted(*CASE_ROLES))
            | (issued & Q(person__isnull=False) & posted(*SEES_PERSONS))
            | (Q(state=Scorecard.State.DRAFT) & ~Q(person=person) & posted(*SEES_DRAFTS))
            | (Q(state=Scorecard.State.DRAFT) & Q(person=None) & posted(*SEES_DRAFTS))
        )


class Scorecard(models.Model):
    """How a unit or a person did in a period. Made as a draft, issued with a comment, open to objection, signed by
    somebody else than who issued it; then nothing on it changes (the database refuses it).
    """

    class State(models.TextChoices):
        DRAFT = "draft", pgettext_lazy("scorecard", "Draft")
        ISSUED = "issued", pgettext_lazy("scorecard", "Open to objection")
        OBJECTED = "objected", pgettext_lazy("scorecard", "Objection to be decided")
        FINAL = "final", pgettext_lazy("scorecard", "Signed")

    scheme = models.ForeignKey(Scheme, models.PROTECT, related_name="cards")
    basis = models.ForeignKey(SchemeVersion, models.PROTECT, related_name="+")
    unit = models.ForeignKey(Unit, models.PROTECT, related_name="scorecards", verbose_name=_("unit"))
    person = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        models.PROTECT,
        null=True,
        related_name="scorecards",
        verbose_name=_("person"),
    )  # empty: the unit's
    grain = models.CharField(max_length=8, choices=Grain.choices)
    begins_on = models.DateField(_("period"))
    state = models.CharField(_("state"), max_length=8, choices=State.choices, default=State.DRAFT)
    round = models.PositiveSmallIntegerField(default=1)  # an objection that is upheld begins another
    points = models.DecimalField(_("points"), max_digits=6, decimal_places=2, null=True)  # of 100
    lower = models.DecimalField(max_digits=6, decimal_places=2, null=True)
    upper = models.DecimalField(max_digits=6, decimal_places=2, null=True)
    bonus = models.DecimalField(_("bonus"), max_digits=6, decimal_places=2, default=0)
    comment = models.TextField(_("comment"), max_length=2000, blank=True)
    version = models.PositiveIntegerField(default=1)
    made_at = models.DateTimeField(default=timezone.now)
    made_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+")
    issued_at = models.DateTimeField(null=True)
    issued_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+")
    object_until = models.DateTimeField(_("objection until"), null=True)
    agreed_at = models.DateTimeField(null=True)
    agreed_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+")
    objection = models.TextField(_("objection"), max_length=2000, blank=True)
    objected_at = models.DateTimeField(null=True)
    objected_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+")
    answer = models.TextField(_("answer to the objection"), max_length=2000, blank=True)
    upheld = models.BooleanField(null=True)
    decided_at = models.DateTimeField(null=True)
    decided_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+")
    earlier = models.JSONField(
        default=list
    )  # objections of earlier rounds: [{"round", "by", "at", "text", "answer"}]
    signed_at = models.DateTimeField(null=True)
    signed_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+")

    objects = ScorecardQuerySet.as_manager()

    class Meta:
        verbose_name = _("scorecard")
        verbose_name_plural = _("scorecards")
        ordering = ["-begins_on", "-pk"]
        constraints = [
            models.UniqueConstraint(
                fields=["scheme", "unit", "begins_on"], condition=Q(person=None), name="one_card_per_unit"
            ),
            models.UniqueConstraint(
                fields=["scheme", "person", "begins_on"],
                condition=Q(person__isnull=False),
                name="one_card_per_person",
            ),
            models.CheckConstraint(
                condition=Q(state="draft")
                | Q(issued_by__isnull=False, issued_at__isnull=False, points__isnull=False),
                name="issued_card_has_points",
            ),
            models.CheckConstraint(
                condition=~Q(state="final")
                | (Q(signed_by__isnull=False, signed_at__isnull=False) & ~Q(signed_by=F("issued_by"))),
                name="card_signed_by_another",
            ),
            models.CheckConstraint(
                condition=Q(person=None) | Q(issued_by=None) | ~Q(issued_by=F("person")),
                name="not_issued_to_oneself",
            ),
            models.CheckConstraint(
                condition=Q(person=None) | Q(signed_by=None) | ~Q(signed_by=F("person")),
                name="not_signed_for_oneself",
            ),
            models.CheckConstraint(
                condition=Q(decided_by=None) | Q(issued_by=None) | ~Q(decided_by=F("issued_by")),
                name="objection_decided_by_another",
            ),
        ]
        indexes = [
            models.Index(fields=["-made_at", "-id"], name="card_newest"),
            models.Index(fields=["unit", "-begins_on"], name="card_by_unit"),
            models.Index(fields=["person", "-begins_on"], name="card_by_person"),
        ]

    def __str__(self):
        return self.label

    def get_absolute_url(self):
        return reverse("scorecard", args=[self.pk])

    @property
    def case(self) -> str:
        """Its name in history and reminders."""
        return f"scorecard:{self.pk}"

    @property
    def period(self) -> Period:
        return Period(self.begins_on, self.grain)

    @property
    def about(self) -> Person | Unit:
        """Who is assessed."""
        return self.person or self.unit

    @property
    def label(self) -> str:
        return f"{self.period.key} {self.about}"


class ScoreLine(models.Model):
    """A line of a card as it was reckoned: the figure, the points, and what they rest on."""

    class Left(models.TextChoices):
        """Why a line gives no points and its weight is spread over the others."""

        FIGURE = "figure", _("There is no figure for this period: a volume is missing, or nothing happened.")
        TARGET = "target", _("No target and threshold were set.")
        DECIDED = "decided", _("Left out by the quality manager.")

    card = models.ForeignKey(Scorecard, models.CASCADE, related_name="lines")
    position = models.PositiveSmallIntegerField()
    kpi = models.CharField(_("indicator"), max_length=60)
    weight = models.PositiveSmallIntegerField(_("weight"))
    is_bonus = models.BooleanField(default=False)
    full = models.DecimalField(max_digits=14, decimal_places=4, null=True)
    none = models.DecimalField(max_digits=14, decimal_places=4, null=True)
    numerator = models.FloatField(null=True)
    denominator = models.FloatField(null=True)
    value = models.FloatField(null=True)
    lower = models.FloatField(null=True)
    upper = models.FloatField(null=True)
    points = models.FloatField(null=True)  # of `weight`, before the weight of lines left out is spread
    points_lower = models.FloatField(null=True)
    points_upper = models.FloatField(null=True)
    left = models.CharField(max_length=8, choices=Left.choices, blank=True)
    reason = models.CharField(_("reason"), max_length=300, blank=True)
    evidence = models.JSONField(default=list)  # of a person: [{"label", "due", "done", "met"}]

    class Meta:
        verbose_name = _("line of a scorecard")
        verbose_name_plural = _("lines of a scorecard")
        ordering = ["position", "pk"]
        constraints = [
            models.UniqueConstraint(fields=["card", "kpi"], name="one_card_line_per_kpi"),
            models.CheckConstraint(
                condition=~Q(left="decided") | ~Q(reason=""), name="left_out_with_a_reason"
            ),
        ]

    def __str__(self):
        return f"{self.card_id} {self.kpi}"


class Consequence(models.Model):
    """What follows from a signed card: a reward or a rectification, carried out as a decision of a review meeting
    (`capa.decisions`): numbered, owned, due, shown in My work and finished with a proof like every other measure.
    """

    class Kind(models.TextChoices):
        REWARD = "reward", pgettext_lazy("consequence", "Reward")
        RECTIFY = "rectify", pgettext_lazy("consequence", "Rectification")

    card = models.ForeignKey(Scorecard, models.PROTECT, related_name="consequences")
    kind = models.CharField(_("kind"), max_length=8, choices=Kind.choices)
    decision = models.OneToOneField(Decision, models.PROTECT, related_name="consequence")
    set_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")
    set_at = models.DateTimeField(default=timezone.now)

    class Meta:
        verbose_name = _("consequence of an assessment")
        verbose_name_plural = _("consequences of an assessment")
        ordering = ["pk"]

    def __str__(self):
        return f"{self.card_id} {self.kind}"
