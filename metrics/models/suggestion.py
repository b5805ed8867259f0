"""The suggestion box, and thanks for reports that were confirmed and suggestions that were adopted (000 §5)."""

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from incidents.models import Incident
from people.models import CASE_ROLES, Person, Unit


class SuggestionQuerySet(models.QuerySet):
    def visible_to(self, person: Person):
        """One's own, those one carries out, and those about units where a post gives sight of the cases."""
        if not person.is_authenticated or not person.is_active:
            return self.none()
        overseen = Unit.objects.within(*person.posted_units(*CASE_ROLES))
        return self.filter(Q(author=person) | Q(owner=person) | Q(unit__in=overseen))


class Suggestion(models.Model):
    """Somebody's idea how to do better. It gets an answer in time, whatever the answer is."""

    class State(models.TextChoices):
        NEW = "new", pgettext_lazy("suggestion", "New")
        CONSIDERED = "considered", pgettext_lazy("suggestion", "Being considered")
        ADOPTED = "adopted", pgettext_lazy("suggestion", "Adopted")
        DONE = "done", pgettext_lazy("suggestion", "Carried out")
        DECLINED = "declined", pgettext_lazy("suggestion", "Declined")
        WITHDRAWN = "withdrawn", pgettext_lazy("suggestion", "Taken back")

    number = models.CharField(_("number"), max_length=20, unique=True)  # SG-2026-000001
    unit = models.ForeignKey(Unit, models.PROTECT, related_name="suggestions", verbose_name=_("unit"))
    text = models.TextField(_("suggestion"), max_length=2000)
    place = models.CharField(_("exact place"), max_length=200, blank=True)
    benefit = models.CharField(_("what it would bring"), max_length=300, blank=True)
    author = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        models.PROTECT,
        null=True,
        related_name="suggestions",
        verbose_name=_("author"),
    )  # empty when anonymous: nothing in the database leads back to the person
    follow_digest = models.CharField(
        max_length=64, blank=True
    )  # SHA-256 of an anonymous author's secret link
    state = models.CharField(_("state"), max_length=12, choices=State.choices, default=State.NEW)
    made_at = models.DateTimeField(_("suggested"), default=timezone.now)
    answer_due_at = models.DateTimeField(_("answer due"))
    answer = models.TextField(_("answer"), max_length=1000, blank=True)
    answered_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+")
    answered_at = models.DateTimeField(null=True)
    owner = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        models.PROTECT,
        null=True,
        related_name="owned_suggestions",
        verbose_name=_("owner"),
    )
    due_on = models.DateField(_("due"), null=True)
    proof = models.CharField(_("proof"), max_length=300, blank=True)
    done_at = models.DateTimeField(null=True)
    version = models.PositiveIntegerField(default=1)

    objects = SuggestionQuerySet.as_manager()

    class Meta:
        verbose_name = _("suggestion")
        verbose_name_plural = _("suggestions")
        ordering = ["-made_at", "-pk"]
        constraints = [
            models.CheckConstraint(
                condition=~Q(state="done") | ~Q(proof=""), name="done_suggestion_has_proof"
            ),
            models.CheckConstraint(
                condition=~Q(state="declined") | ~Q(answer=""), name="declined_suggestion_has_reason"
            ),
            models.CheckConstraint(
                condition=~Q(state__in=["adopted", "done"]) | Q(owner__isnull=False, due_on__isnull=False),
                name="adopted_suggestion_is_owned",
            ),
        ]
        indexes = [
            models.Index(fields=["-made_at", "-id"], name="suggestion_newest"),
            models.Index(fields=["unit", "-made_at", "-id"], name="suggestion_by_unit"),
            models.Index(fields=["author", "-made_at"], name="suggestion_by_author"),
            models.Index(fields=["follow_digest"], condition=~Q(follow_digest=""), name="suggestion_by_link"),
        ]

    def __str__(self):
        return f"{self.number} {self.title}"

    def get_absolute_url(self):
        return reverse("suggestion", args=[self.number])

    @property
    def case(self) -> str:
        """Its name in history and reminders."""
        return f"suggestion:{self.pk}"

    @property
    def title(self) -> str:
        """Its first line, shortened."""
        first = self.text.strip().splitlines()[0] if self.text.strip() else ""
        return first if len(first) <= 80 else f"{first[:79]}…"


class Recognition(models.Model):
    """Thanks to somebody for a report that was confirmed or a suggestion that was adopted. Anonymous ones get none: it
    would say who they are. On the wall of the unit only if the person wants it there.
    """

    class Kind(models.TextChoices):
        REPORT = "report", pgettext_lazy("recognition", "A report that was confirmed")
        SUGGESTION = "suggestion", pgettext_lazy("recognition", "A suggestion that was adopted")

    person = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="recognitions")
    unit = models.ForeignKey(Unit, models.PROTECT, related_name="+")  # where the person worked then
    kind = models.CharField(_("for"), max_length=12, choices=Kind.choices)
    incident = models.OneToOneField(Incident, models.PROTECT, null=True, related_name="recognition")
    suggestion = models.OneToOneField(Suggestion, models.PROTECT, null=True, related_name="recognition")
    given_at = models.DateTimeField(default=timezone.now)
    words = models.CharField(_("words of thanks"), max_length=300, blank=True)
    thanked_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+")
    thanked_at = models.DateTimeField(null=True)
    on_wall = models.BooleanField(default=False)  # the person agreed

    class Meta:
        verbose_name = _("recognition")
        verbose_name_plural = _("recognitions")
        ordering = ["-given_at", "-pk"]
        constraints = [
            models.CheckConstraint(
                condition=Q(kind="report", incident__isnull=False, suggestion=None)
                | Q(kind="suggestion", incident=None, suggestion__isnull=False),
                name="recognised_for_one_thing",
            )
        ]
        indexes = [
            models.Index(fields=["person", "-given_at", "-id"], name="recognition_by_person"),
            models.Index(
                fields=["unit", "-given_at", "-id"], condition=Q(on_wall=True), name="recognition_on_wall"
            ),
        ]

    def __str__(self):
        return f"{self.person} {self.kind}"

    @property
    def case(self) -> str:
        """Its name in history."""
        return f"recognition:{self.pk}"
