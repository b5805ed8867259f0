from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from incidents.models import Evidence, Incident
from people.models import Unit


class Analysis(models.Model):
    """The root-cause analysis of one round."""

    incident = models.ForeignKey(Incident, models.CASCADE, related_name="analyses")
    cycle = models.PositiveSmallIntegerField(_("round"))
    problem = models.TextField(_("problem statement"), max_length=2000, blank=True)
    escape = models.TextField(_("why it was not noticed earlier"), max_length=2000, blank=True)
    why_differs = models.TextField(
        _("why the last analysis failed"), max_length=2000, blank=True,
        help_text=_("What did the last round overlook, and what is different now?"),
    )  # fmt: skip
    report = models.TextField(_("cause report"), max_length=8000, blank=True)
    version = models.PositiveIntegerField(
        default=1
    )  # counts changes of the words above: what a page was made from
    concluded_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+")
    concluded_at = models.DateTimeField(null=True)

    class Meta:
        verbose_name = _("analysis")
        verbose_name_plural = _("analyses")
        ordering = ["cycle"]
        constraints = [models.UniqueConstraint(fields=["incident", "cycle"], name="one_analysis_per_round")]

    def __str__(self):
        return self.problem


class Cause(models.Model):
    """A node of the tree of causes: a branch of the fishbone, an answer in a 5-Why chain (its parent is the effect)."""

    class Category(models.TextChoices):
        PEOPLE = "people", pgettext_lazy("fishbone", "People")
        MACHINE = "machine", pgettext_lazy("fishbone", "Machine")
        MATERIAL = "material", pgettext_lazy("fishbone", "Material")
        METHOD = "method", pgettext_lazy("fishbone", "Method")
        ENVIRONMENT = "environment", pgettext_lazy("fishbone", "Environment")
        MEASUREMENT = "measurement", pgettext_lazy("fishbone", "Measurement")

    class Side(models.TextChoices):
        """Two questions are asked of every failure (8D, D4): why did it happen, and why did nobody notice?"""

        OCCURRENCE = "occurrence", _("Why did it happen?")
        ESCAPE = "escape", _("Why was it not noticed?")

    class Status(models.TextChoices):
        HYPOTHESIS = "hypothesis", _("To be checked")
        CONFIRMED = "confirmed", _("Confirmed")
        REFUTED = "refuted", _("Refuted")

    incident = models.ForeignKey(Incident, models.CASCADE, related_name="causes")
    cycle = models.PositiveSmallIntegerField(_("round"))
    parent = models.ForeignKey("self", models.CASCADE, null=True, related_name="children")
    position = models.PositiveSmallIntegerField(default=0)
    side = models.CharField(_("question"), max_length=10, choices=Side.choices, default=Side.OCCURRENCE)
    category = models.CharField(
        _("category"), max_length=30
    )  # a code of Category, or a bone that the people who analyse have named themselves
    text = models.CharField(_("cause"), max_length=300)
    status = models.CharField(_("status"), max_length=12, choices=Status.choices, default=Status.HYPOTHESIS)
    is_root = models.BooleanField(_("root cause"), default=False)
    finding = models.TextField(_("finding"), max_length=2000, blank=True)  # why it was confirmed or refuted
    added_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")
    added_at = models.DateTimeField(default=timezone.now)
    decided_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+")
    decided_at = models.DateTimeField(null=True)
    version = models.PositiveIntegerField(default=1)  # counts changes of this row: what a page was made from

    class Meta:
        verbose_name = _("cause")
        verbose_name_plural = _("causes")
        ordering = ["position", "pk"]
        constraints = [
            models.CheckConstraint(
                condition=Q(is_root=False) | Q(status="confirmed"), name="root_cause_is_confirmed"
            ),
            models.CheckConstraint(condition=~Q(parent=models.F("id")), name="cause_not_its_own_parent"),
        ]
        indexes = [
            models.Index(fields=["incident", "cycle"], name="cause_by_round"),
            models.Index(
                fields=["category", "incident"], condition=Q(is_root=True), name="root_cause_by_category"
            ),
        ]

    def __str__(self):
        return self.text

    @property
    def category_label(self) -> str:
        """The bone's name in the reader's language; a free one as it was written."""
        return category_label(self.category)


def category_label(category: str) -> str:
    return str(Cause.Category(category).label) if category in Cause.Category.values else category


class CauseProof(models.Model):
    """What a finding rests on: a piece of evidence, or words about one (an interview, a log line, a time mark)."""

    class Kind(models.TextChoices):
        PHOTO = "photo", pgettext_lazy("proof", "Photo")
        VIDEO = "video", pgettext_lazy("proof", "Video")
        LOG = "log", pgettext_lazy("proof", "System log")
        INTERVIEW = "interview", pgettext_lazy("proof", "Interview")
        DOCUMENT = "document", pgettext_lazy("proof", "Document")
        MEASUREMENT = "measurement", pgettext_lazy("proof", "Measurement or test")
        OTHER = "other", pgettext_lazy("proof", "Other")

    cause = models.ForeignKey(Cause, models.CASCADE, related_name="proofs")
    evidence = models.ForeignKey(
        Evidence, models.PROTECT, null=True, blank=True, related_name="proves_causes"
    )
    kind = models.CharField(_("kind"), max_length=12, choices=Kind.choices, default=Kind.OTHER)
    note = models.CharField(_("what it shows"), max_length=300, blank=True)
    source = models.CharField(
        _("who or what says so"), max_length=120, blank=True
    )  # whom one asked, which log
    mark = models.CharField(
        _("where in it"), max_length=40, blank=True
    )  # a time mark 00:12:31, a page, a line
    added_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")
    added_at = models.DateTimeField(default=timezone.now)

    class Meta:
        verbose_name = _("proof")
        verbose_name_plural = _("proofs")
        ordering = ["pk"]
        constraints = [
            models.CheckConstraint(
                condition=Q(evidence__isnull=False) | ~Q(note=""), name="cause_proof_says_something"
            )
        ]

    def __str__(self):
        return self.note or str(self.evidence)


class ElsewhereCheck(models.Model):
    """Looking for the same risk in other places (横向排查): where, by whom, until when, and what was found."""

    class Result(models.TextChoices):
        PENDING = "pending", pgettext_lazy("elsewhere", "Not looked at yet")
        CLEAR = "clear", pgettext_lazy("elsewhere", "Not found there")
        FOUND = "found", pgettext_lazy("elsewhere", "Found there too")

    incident = models.ForeignKey(Incident, models.CASCADE, related_name="elsewhere_checks")
    cycle = models.PositiveSmallIntegerField(_("round"))
    cause = models.ForeignKey(
        Cause,
        models.SET_NULL,
        null=True,
        blank=True,
        related_name="elsewhere_checks",
        verbose_name=_("cause"),
    )
    unit = models.ForeignKey(Unit, models.PROTECT, related_name="+", verbose_name=_("unit"))
    place = models.CharField(_("exact place"), max_length=200, blank=True)
    text = models.CharField(_("what to look for"), max_length=300)
    owner = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, related_name="elsewhere_checks", verbose_name=_("who looks")
    )
    due_on = models.DateField(_("due"))
    result = models.CharField(_("result"), max_length=10, choices=Result.choices, default=Result.PENDING)
    finding = models.TextField(_("finding"), max_length=2000, blank=True)
    raised = models.ForeignKey(
        Incident,
        models.SET_NULL,
        null=True,
        related_name="raised_by_checks",
        verbose_name=_("incident raised"),
    )
    added_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")
    added_at = models.DateTimeField(default=timezone.now)
    checked_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+")
    checked_at = models.DateTimeField(null=True)

    class Meta:
        verbose_name = _("check elsewhere")
        verbose_name_plural = _("checks elsewhere")
        ordering = ["pk"]
        constraints = [
            models.CheckConstraint(
                condition=Q(result="pending") | (Q(checked_at__isnull=False) & ~Q(finding="")),
                name="elsewhere_result_has_finding",
            )
        ]

    def __str__(self):
        return self.text

    @property
    def deadline_kind(self) -> str:
        return f"elsewhere:{self.pk}"
