"""Satisfaction: surveys and their versions, who is asked, what is answered (DOMAIN §5, ISO 10004)."""

from django.conf import settings
from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import get_language, pgettext_lazy
from django.utils.translation import gettext_lazy as _

from incidents.models import Incident
from people.models import Contact, Unit

from .complaint import Category, Complaint


class Survey(models.Model):
    """A questionnaire under one name; what is asked stands in its versions."""

    class Purpose(models.TextChoices):
        AFTER_CASE = "after_case", pgettext_lazy("survey", "After a complaint is closed")
        AT_UNIT = "at_unit", pgettext_lazy("survey", "At a place, by link or QR code")
        PAPER = "paper", pgettext_lazy("survey", "On paper or in an interview")

    unit = models.ForeignKey(
        Unit, models.PROTECT, related_name="surveys", verbose_name=_("unit")
    )  # and all below it
    code = models.SlugField(_("code"), max_length=40)
    name = models.CharField(_("name"), max_length=120)
    purpose = models.CharField(_("asked"), max_length=10, choices=Purpose.choices)
    valid_days = models.PositiveSmallIntegerField(_("an invitation is valid for (days)"), default=14)
    rest_days = models.PositiveSmallIntegerField(
        _("a customer is asked at most once in (days)"), default=30, db_default=30
    )
    bad_below = models.PositiveSmallIntegerField(
        _("an index below this raises a complaint"), null=True, blank=True
    )  # 0-100; empty: none does
    set_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")
    set_at = models.DateTimeField(default=timezone.now)
    ended_at = models.DateTimeField(null=True)

    class Meta:
        verbose_name = _("survey")
        verbose_name_plural = _("surveys")
        ordering = ["name", "pk"]
        constraints = [models.UniqueConstraint(fields=["unit", "code"], name="one_survey_per_code")]

    def __str__(self):
        return self.name


class SurveyVersion(models.Model):
    """What is asked, fixed once it is published: answers stay comparable with the questions they were given to."""

    survey = models.ForeignKey(Survey, models.PROTECT, related_name="versions")
    number = models.PositiveSmallIntegerField(_("version"))
    intro = models.JSONField(default=dict)  # language -> text above the questions
    thanks = models.JSONField(default=dict)  # language -> text after them
    languages = ArrayField(models.CharField(max_length=10), default=list)
    published_at = models.DateTimeField(null=True)
    retired_at = models.DateTimeField(null=True)

    class Meta:
        verbose_name = _("survey version")
        verbose_name_plural = _("survey versions")
        ordering = ["number"]
        constraints = [
            models.UniqueConstraint(fields=["survey", "number"], name="one_survey_version_each"),
            models.UniqueConstraint(
                fields=["survey"], condition=Q(published_at__isnull=False, retired_at=None),
                name="one_published_version",
            ),
        ]  # fmt: skip

    def __str__(self):
        return f"{self.survey} {self.number}"


class Item(models.Model):
    """One question. Its `position` (from 0) is the place of its answer in `Response.scores`."""

    class Kind(models.TextChoices):
        LIKERT5 = "likert5", pgettext_lazy("item", "1 to 5")
        LIKERT10 = "likert10", pgettext_lazy("item", "1 to 10")
        NPS = "nps", pgettext_lazy("item", "Recommend, 0 to 10")
        CHOICE = "choice", pgettext_lazy("item", "Choice")
        TEXT = "text", pgettext_lazy("item", "Free text")

    class Dimension(models.TextChoices):
        ATTITUDE = "attitude", pgettext_lazy("dimension", "Attitude")
        EFFICIENCY = "efficiency", pgettext_lazy("dimension", "Efficiency")
        CONTENT = "content", pgettext_lazy("dimension", "Content")
        ENVIRONMENT = "environment", pgettext_lazy("dimension", "Environment")
        RESPONSE = "response", pgettext_lazy("dimension", "Response")
        RELIABILITY = "reliability", pgettext_lazy("dimension", "Reliability")
        RESPONSIVENESS = "responsiveness", pgettext_lazy("dimension", "Responsiveness")
        ASSURANCE = "assurance", pgettext_lazy("dimension", "Assurance")
        EMPATHY = "empathy", pgettext_lazy("dimension", "Empathy")
        TANGIBLES = "tangibles", pgettext_lazy("dimension", "Tangibles")
        OVERALL = "overall", pgettext_lazy("dimension", "Overall")

    version = models.ForeignKey(SurveyVersion, models.CASCADE, related_name="items")
    position = models.PositiveSmallIntegerField()
    code = models.SlugField(_("code"), max_length=60)
    kind = models.CharField(_("kind"), max_length=10, choices=Kind.choices)
    dimension = models.CharField(_("dimension"), max_length=16, choices=Dimension.choices, blank=True)
    weight = models.DecimalField(
        _("weight"), max_digits=7, decimal_places=4, default=1
    )  # 0: not in the index
    required = models.BooleanField(_("must be answered"), default=False)
    texts = models.JSONField(default=dict)  # language -> the question
    choices = models.JSONField(
        default=list
    )  # of a choice: [{"code": ..., "texts": {language: ...}, "value": ...}]

    class Meta:
        verbose_name = _("question")
        verbose_name_plural = _("questions")
        ordering = ["position"]
        constraints = [
            models.UniqueConstraint(fields=["version", "position"], name="one_item_per_position"),
            models.UniqueConstraint(fields=["version", "code"], name="one_item_per_code"),
        ]

    def __str__(self):
        return self.in_language(get_language() or "en")

    def in_language(self, language: str) -> str:
        """The question in this language, or in the first one that it has."""
        return self.texts.get(language) or next(iter(self.texts.values()), self.code)


class Invitation(models.Model):
    """One customer is asked once. The link's secret is kept as a digest; it expires."""

    survey = models.ForeignKey(Survey, models.PROTECT, related_name="invitations")
    version = models.ForeignKey(SurveyVersion, models.PROTECT, related_name="invitations")
    unit = models.ForeignKey(Unit, models.PROTECT, related_name="+", verbose_name=_("unit"))
    complaint = models.ForeignKey(Complaint, models.PROTECT, null=True, related_name="invitations")
    incident = models.ForeignKey(Incident, models.PROTECT, null=True, related_name="invitations")
    contact = models.ForeignKey(Contact, models.PROTECT, null=True, related_name="invitations")
    round = models.PositiveSmallIntegerField(default=1)
    digest = models.CharField(max_length=64, unique=True)
    created_at = models.DateTimeField(default=timezone.now)
    expires_at = models.DateTimeField()

    class Meta:
        verbose_name = _("invitation")
        verbose_name_plural = _("invitations")
        ordering = ["-created_at", "-pk"]
        constraints = [
            models.UniqueConstraint(
                fields=["survey", "complaint", "round"], condition=Q(complaint__isnull=False),
                name="asked_once_per_complaint",
            ),
            models.UniqueConstraint(
                fields=["survey", "incident", "round"], condition=Q(incident__isnull=False),
                name="asked_once_per_incident",
            ),
        ]  # fmt: skip

    def __str__(self):
        return f"{self.survey} {self.created_at:%Y-%m-%d}"


class Collector(models.Model):
    """A link or QR code of a place, by which anybody who is there can answer: one answer for each device and day."""

    survey = models.ForeignKey(Survey, models.PROTECT, related_name="collectors")
    unit = models.ForeignKey(Unit, models.PROTECT, related_name="collectors", verbose_name=_("unit"))
    code = models.CharField(max_length=40, unique=True)  # random: part of the address
    place = models.CharField(_("exact place"), max_length=120, blank=True)
    created_at = models.DateTimeField(default=timezone.now)
    ended_at = models.DateTimeField(null=True)

    class Meta:
        verbose_name = _("collector")
        verbose_name_plural = _("collectors")
        ordering = ["pk"]

    def __str__(self):
        return f"{self.survey} – {self.unit}"


class Response(models.Model):
    """One answered questionnaire.

    `scores` has a place for each item by its position: Likert 1-5 or 1-10, NPS 0-10, the value of a choice; None where
    nothing (or "not applicable") was answered, and for free text. `index` is the respondent's own index, 0-100.
    """

    class Channel(models.TextChoices):
        LINK = "link", pgettext_lazy("response", "By invitation")
        PLACE = "place", pgettext_lazy("response", "At a place")
        PAPER = "paper", pgettext_lazy("response", "Typed in from paper")
        INTERVIEW = "interview", pgettext_lazy("response", "Interview")
        IMPORT = "import", pgettext_lazy("response", "Imported")

    version = models.ForeignKey(SurveyVersion, models.PROTECT, related_name="responses", db_index=False)
    unit = models.ForeignKey(
        Unit, models.PROTECT, related_name="responses", verbose_name=_("unit"), db_index=False
    )
    channel = models.CharField(_("channel"), max_length=10, choices=Channel.choices)
    invitation = models.OneToOneField(Invitation, models.PROTECT, null=True, related_name="response")
    collector = models.ForeignKey(Collector, models.PROTECT, null=True, related_name="responses")
    device = models.CharField(max_length=64, blank=True)  # digest of device, collector and day
    answered_at = models.DateTimeField(_("answered"), default=timezone.now)
    changed_at = models.DateTimeField(null=True)
    language = models.CharField(max_length=10, blank=True)
    group = models.CharField(
        _("group"), max_length=60, blank=True
    )  # a column of an imported file: "Business"
    entered_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+")
    scores = ArrayField(models.SmallIntegerField(null=True), default=list)
    index = models.DecimalField(
        max_digits=7, decimal_places=4, null=True
    )  # 0-100, empty where nothing counts
    comment = models.TextField(_("comment"), max_length=5000, blank=True)  # all free text together
    comment_category = models.ForeignKey(
        Category, models.PROTECT, null=True, related_name="+", verbose_name=_("category")
    )
    comment_read_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+")
    complaint = models.ForeignKey(Complaint, models.PROTECT, null=True, related_name="raised_by_responses")
    external_source = models.CharField(max_length=60, blank=True)
    external_id = models.CharField(max_length=120, blank=True)

    class Meta:
        verbose_name = _("answer")
        verbose_name_plural = _("answers")
        ordering = ["-answered_at", "-pk"]
        constraints = [
            models.UniqueConstraint(
                fields=["version", "external_source", "external_id"], condition=~Q(external_id=""),
                name="response_imported_once",
            ),
            models.UniqueConstraint(
                fields=["device"], condition=~Q(device=""), name="one_answer_per_device"
            ),  # and day, which is part of the digest
        ]  # fmt: skip
        indexes = [
            models.Index(fields=["version", "answered_at"], name="response_by_version"),
            models.Index(fields=["unit", "answered_at"], name="response_by_unit"),
            models.Index(
                fields=["version", "-answered_at"], condition=~Q(comment=""), name="response_with_comment"
            ),
        ]

    def __str__(self):
        return f"{self.version} {self.answered_at:%Y-%m-%d}"
