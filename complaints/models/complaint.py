"""The complaint: what a customer tells, walking from receipt to a closed answer."""

from django.conf import settings
from django.contrib.postgres.fields import ArrayField
from django.contrib.postgres.indexes import GinIndex
from django.contrib.postgres.search import SearchVectorField
from django.db import models
from django.db.models import Q
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import get_language
from django.utils.translation import gettext_lazy as _
from django_fsm import FSMField, FSMModelMixin, transition

from complaints import gates, permissions
from complaints.states import TERMINAL, UNANSWERED, WAY, Channel, Grade, Priority, State
from incidents.models import Incident
from people.models import CASE_ROLES, Contact, Unit


class CategoryQuerySet(models.QuerySet):
    def offered(self):
        return self.filter(retired=False)


class Category(models.Model):
    """What a complaint or a comment is about; a list that quality managers and administrators extend."""

    code = models.SlugField(_("code"), max_length=40, unique=True)
    name = models.CharField(_("name in English"), max_length=60)
    name_zh_hans = models.CharField(_("name in Simplified Chinese"), max_length=60)
    name_zh_hant = models.CharField(_("name in Traditional Chinese"), max_length=60)
    icon = models.CharField(_("icon"), max_length=40, default="message-circle")
    position = models.PositiveSmallIntegerField(_("position"), default=100)
    retired = models.BooleanField(_("no longer offered"), default=False)

    objects = CategoryQuerySet.as_manager()

    class Meta:
        verbose_name = _("complaint category")
        verbose_name_plural = _("complaint categories")
        ordering = ["position", "pk"]

    def __str__(self):
        names = {"zh-hans": self.name_zh_hans, "zh-hant": self.name_zh_hant}
        return names.get(get_language() or "", self.name) or self.name


class ComplaintQuerySet(models.QuerySet):
    def visible_to(self, person):
        """What this person may see: complaints of the units where a post gives sight of them, and those they take part
        in. A sensitive complaint carries the tokens of named people only (see `complaints.access`).
        """
        if not person.is_authenticated or not person.is_active:
            return self.none()
        tokens = [f"p{person.pk}", *(f"u{unit.pk}" for unit in person.posted_units(*CASE_ROLES))]
        return self.filter(readers__overlap=tokens)

    def open(self):
        return self.exclude(state__in=TERMINAL)


class Complaint(FSMModelMixin, models.Model):
    """Something a customer is not content with. Only `complaints.lifecycle.move` changes its state.

    `text` is what the customer said and may name people: it never goes into history, notices or addresses.
    """

    number = models.CharField(_("reference"), max_length=20, unique=True)  # CP-2026-000123
    title = models.CharField(_("title"), max_length=160)
    text = models.TextField(_("what the customer says"), max_length=5000)
    wish = models.TextField(_("what the customer wishes"), max_length=1000, blank=True)
    unit = models.ForeignKey(
        Unit, models.PROTECT, related_name="complaints", verbose_name=_("unit"), db_index=False
    )
    place = models.CharField(_("exact place"), max_length=200, blank=True)
    occurred_at = models.DateTimeField(_("when it happened"), null=True, blank=True)
    channel = models.CharField(_("channel"), max_length=10, choices=Channel.choices)
    language = models.CharField(_("the customer's language"), max_length=10, default="zh-hans")
    anonymous = models.BooleanField(_("anonymous"), default=False)
    contact = models.ForeignKey(
        Contact, models.PROTECT, null=True, related_name="complaints", verbose_name=_("customer")
    )
    consented_at = models.DateTimeField(_("consent to the use of the data"), null=True)

    category = models.ForeignKey(
        Category,
        models.PROTECT,
        null=True,
        related_name="complaints",
        verbose_name=_("category"),
        db_index=False,
    )
    urgency = models.PositiveSmallIntegerField(_("urgency"), choices=Grade.choices, null=True)
    importance = models.PositiveSmallIntegerField(_("importance"), choices=Grade.choices, null=True)
    priority = models.PositiveSmallIntegerField(_("priority"), choices=Priority.choices, null=True)
    sensitive = models.BooleanField(_("visible to named people only"), default=False)
    about = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, null=True, blank=True, related_name="complained_about",
        verbose_name=_("member of staff it is about"),
    )  # fmt: skip
    finding = models.TextField(_("what was found"), max_length=4000, blank=True)
    incident = models.ForeignKey(
        Incident, models.PROTECT, null=True, related_name="complaints", verbose_name=_("incident")
    )
    incident_stage = models.CharField(max_length=20, blank=True)  # the last one the handler was told of
    merged_into = models.ForeignKey("self", models.PROTECT, null=True, related_name="merged_from")

    state = FSMField(_("state"), default=State.RECEIVED, choices=State.choices, protected=True)
    round = models.PositiveSmallIntegerField(_("round"), default=1)  # counts reopenings
    version = models.PositiveIntegerField(default=1)  # counts every change: what a page was made from
    state_since = models.DateTimeField(_("in this state since"), default=timezone.now)
    first_handler = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="complaints_received",
        verbose_name=_("received first by"),
    )  # 首诉负责: answers for it until somebody has taken it over  # fmt: skip
    handler = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="complaints_handled",
        verbose_name=_("handler"), db_index=False,
    )  # fmt: skip
    offered_to = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="complaints_offered",
        verbose_name=_("asked to take over"),
    )  # fmt: skip
    offered_unit = models.ForeignKey(
        Unit, models.PROTECT, null=True, related_name="+", verbose_name=_("unit that is asked to take over"),
        db_index=False,
    )  # empty: it stays where it is  # fmt: skip
    owner = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="owned_complaints",
        verbose_name=_("waits for"), db_index=False,
    )  # fmt: skip
    due_at = models.DateTimeField(_("due"), null=True)
    paused_since = models.DateTimeField(_("paused since"), null=True)
    escalation = models.PositiveSmallIntegerField(_("escalated"), default=0)  # how often it went a level up

    received_at = models.DateTimeField(_("received"), default=timezone.now)
    acknowledged_at = models.DateTimeField(_("acknowledged"), null=True)
    replied_at = models.DateTimeField(_("first replied"), null=True)  # never overwritten by a later answer
    closed_at = models.DateTimeField(_("closed"), null=True)
    satisfied = models.BooleanField(_("customer satisfied"), null=True)  # as said in the last follow-up

    link_digest = models.CharField(max_length=64, blank=True)  # SHA-256 of the customer's secret link
    link_expires_at = models.DateTimeField(null=True)
    external_source = models.CharField(max_length=60, blank=True)
    external_id = models.CharField(max_length=120, blank=True)
    anonymised_at = models.DateTimeField(null=True)
    readers = ArrayField(models.CharField(max_length=20), default=list)
    search = SearchVectorField(null=True)

    objects = ComplaintQuerySet.as_manager()

    class Meta:
        verbose_name = _("complaint")
        verbose_name_plural = _("complaints")
        ordering = ["-received_at", "-id"]
        constraints = [
            models.CheckConstraint(condition=Q(state__in=State.values), name="complaint_state_is_known"),
            models.CheckConstraint(
                condition=~Q(anonymous=True) | Q(contact=None), name="anonymous_complaint_has_no_contact"
            ),
            models.CheckConstraint(
                condition=~Q(state=State.MERGED) | Q(merged_into__isnull=False),
                name="merged_complaint_names_the_other",
            ),
            models.CheckConstraint(
                condition=~Q(
                    state__in=[State.CLASSIFIED, State.INVESTIGATING, State.REPLIED, State.FOLLOWED_UP]
                )
                | Q(category__isnull=False, priority__isnull=False),
                name="classified_complaint_is_assessed",
            ),
            models.UniqueConstraint(
                fields=["external_source", "external_id"],
                condition=~Q(external_id=""),
                name="complaint_imported_once",
            ),
            models.UniqueConstraint(
                fields=["link_digest"], condition=~Q(link_digest=""), name="complaint_by_link"
            ),
        ]
        indexes = [
            GinIndex(fields=["readers", "search"], name="complaint_readers_and_words"),
            GinIndex(fields=["readers"], condition=~Q(state__in=TERMINAL), name="open_complaint_readers"),
            models.Index(fields=["-received_at", "-id"], name="complaint_newest"),
            models.Index(fields=["state", "-received_at", "-id"], name="complaint_by_state"),
            models.Index(fields=["unit", "-received_at", "-id"], name="complaint_by_unit"),
            models.Index(fields=["category", "-received_at", "-id"], name="complaint_by_category"),
            models.Index(fields=["channel", "-received_at", "-id"], name="complaint_by_channel"),
            models.Index(fields=["priority", "-received_at", "-id"], name="complaint_by_priority"),
            models.Index(fields=["handler", "-received_at", "-id"], name="complaint_by_handler"),
            models.Index(fields=["owner", "-received_at", "-id"], name="complaint_by_owner"),
            models.Index(fields=["due_at", "id"], condition=Q(due_at__isnull=False), name="complaint_by_due"),
            models.Index(
                fields=["incident"], condition=Q(incident__isnull=False) & ~Q(state__in=TERMINAL),
                name="open_complaint_by_incident",
            ),
            models.Index(fields=["unit"], condition=Q(sensitive=True), name="complaint_sensitive"),
            models.Index(
                fields=["closed_at"], condition=Q(anonymised_at=None, closed_at__isnull=False),
                name="complaint_to_anonymise",
            ),
            models.Index(
                fields=["replied_at"], condition=Q(replied_at__isnull=False), name="complaint_by_reply"
            ),
        ]  # fmt: skip

    def __str__(self):
        return f"{self.number} {self.title}"

    def get_absolute_url(self):
        return reverse("complaint", args=[self.number])

    @property
    def case(self) -> str:
        """Its name in history and reminders."""
        return f"complaint:{self.pk}"

    @property
    def is_open(self) -> bool:
        return self.state not in TERMINAL

    @property
    def is_overdue(self) -> bool:
        return self.is_open and self.due_at is not None and self.due_at < timezone.now()

    # The machine: tiny steps without side effects; `lifecycle.move` does the rest. -------------------------------------

    def _step(step, source, target):  # noqa: N805 - a factory for the decorators below, removed at the end of the class
        return transition(
            "state", source, target, conditions=[gates.ready_for(step)], permission=permissions.may(step)
        )

    @_step("acknowledge", State.RECEIVED, State.ACKNOWLEDGED)
    def acknowledge(self):
        """The customer knows that it has arrived."""

    @_step("classify", [State.RECEIVED, State.ACKNOWLEDGED], State.CLASSIFIED)
    def classify(self):
        """It is known what it is about, how urgent and how important it is, and who handles it."""

    @_step("investigate", State.CLASSIFIED, State.INVESTIGATING)
    def investigate(self):
        """Its handler has taken it up."""

    @_step("send_reply", State.INVESTIGATING, State.REPLIED)
    def send_reply(self):
        """The customer has the answer."""

    @_step("follow_up", State.REPLIED, State.FOLLOWED_UP)
    def follow_up(self):
        """The customer was asked whether it helped, or could not be reached."""

    @_step("close", State.FOLLOWED_UP, State.CLOSED)
    def close(self):
        """Nothing is left to do."""

    @_step("bring_over", State.RECEIVED, State.CLOSED)
    def bring_over(self):
        """It was answered and over in the system it was imported from."""

    @_step("reopen", [State.REPLIED, State.FOLLOWED_UP, State.CLOSED], State.INVESTIGATING)
    def reopen(self):
        """It is not solved: the next round of investigation begins."""
        self.round += 1

    @_step("withdraw", list(WAY), State.WITHDRAWN)
    def withdraw(self):
        """The customer takes it back."""

    @_step("pass_on", list(UNANSWERED), State.OUT_OF_SCOPE)
    def pass_on(self):
        """It is somebody else's: the customer has been told whose."""

    @_step("merge", list(UNANSWERED), State.MERGED)
    def merge(self):
        """The same customer told the same thing before."""

    del _step
