from django.conf import settings
from django.db import models
from django.db.models import Q
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from incidents.models import Incident
from people.models import Role, Unit


class MeetingQuerySet(models.QuerySet):
    def visible_to(self, person):
        """Meetings of the units in which the person keeps or oversees quality, and those they attend."""
        if not person.is_authenticated or not person.is_active:
            return self.none()
        overseen = Unit.objects.within(*person.posted_units(Role.QUALITY, Role.EXECUTIVE))
        attended = self.model.attendees.through.objects.filter(person=person).values("meeting")
        return self.filter(Q(unit__in=overseen) | Q(chair=person) | Q(pk__in=attended))


class Meeting(models.Model):
    """A review meeting (总结会): what happened in a period, what was learned, what is decided (DOMAIN §3)."""

    class Status(models.TextChoices):
        PLANNED = "planned", pgettext_lazy("meeting", "Planned")
        HELD = "held", pgettext_lazy("meeting", "Minutes being written")
        SIGNED = "signed", pgettext_lazy("meeting", "Minutes signed")

    number = models.CharField(_("number"), max_length=20, unique=True)  # RM-2026-000004
    unit = models.ForeignKey(Unit, models.PROTECT, related_name="meetings", verbose_name=_("unit"))
    title = models.CharField(_("title"), max_length=160)
    period_from = models.DateField(_("period from"))
    period_until = models.DateField(_("period until"))
    held_at = models.DateTimeField(_("when"))
    place = models.CharField(_("where"), max_length=200, blank=True)
    chair = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, related_name="chaired_meetings", verbose_name=_("chair")
    )
    attendees = models.ManyToManyField(
        settings.AUTH_USER_MODEL, related_name="meetings", blank=True, verbose_name=_("attendees")
    )
    minutes = models.TextField(_("minutes"), max_length=20000, blank=True)
    status = models.CharField(_("status"), max_length=8, choices=Status.choices, default=Status.PLANNED)
    version = models.PositiveIntegerField(default=1)
    called_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")
    called_at = models.DateTimeField(default=timezone.now)

    objects = MeetingQuerySet.as_manager()

    class Meta:
        verbose_name = _("review meeting")
        verbose_name_plural = _("review meetings")
        ordering = ["-held_at", "-pk"]
        indexes = [models.Index(fields=["-held_at", "-id"], name="meeting_newest")]
        constraints = [
            models.CheckConstraint(
                condition=Q(period_until__gte=models.F("period_from")), name="meeting_period_has_days"
            )
        ]

    def __str__(self):
        return f"{self.number} {self.title}"

    def get_absolute_url(self):
        return reverse("meeting", args=[self.number])

    @property
    def case(self) -> str:
        """Its name in history and reminders."""
        return f"meeting:{self.pk}"


class AgendaItem(models.Model):
    """What is talked about: a case of the period, or a topic of its own."""

    meeting = models.ForeignKey(Meeting, models.CASCADE, related_name="agenda")
    position = models.PositiveSmallIntegerField(default=0)
    incident = models.ForeignKey(Incident, models.PROTECT, null=True, related_name="agenda_items")
    text = models.CharField(_("topic"), max_length=300, blank=True)  # empty where a case is the topic
    facts = models.JSONField(
        default=dict
    )  # of the case as it was when the agenda was set: `capa.agenda.facts_of`; never its title
    notes = models.TextField(_("notes"), max_length=4000, blank=True)

    class Meta:
        verbose_name = _("agenda item")
        verbose_name_plural = _("agenda items")
        ordering = ["position", "pk"]

    def __str__(self):
        return self.text or str(self.facts.get("number", ""))


class Decision(models.Model):
    """A measure that a review meeting decided: somebody does it until a day, and shows that it is done."""

    number = models.CharField(
        _("number"), max_length=20, unique=True
    )  # from the series of measures: CA-2026-000406
    meeting = models.ForeignKey(Meeting, models.PROTECT, related_name="decisions")
    item = models.ForeignKey(
        AgendaItem,
        models.PROTECT,
        null=True,
        blank=True,
        related_name="decisions",
        verbose_name=_("on which topic"),
    )
    text = models.CharField(_("measure"), max_length=300)
    owner = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, related_name="decisions", verbose_name=_("owner")
    )
    unit = models.ForeignKey(Unit, models.PROTECT, related_name="+", verbose_name=_("unit"))
    due_on = models.DateField(_("due"))
    original_due_on = models.DateField(_("originally due"))
    target = models.CharField(_("target: how is it measured?"), max_length=300)
    proof = models.CharField(_("proof"), max_length=300, blank=True)
    done_at = models.DateTimeField(null=True)
    done_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+")

    class Meta:
        verbose_name = _("decision")
        verbose_name_plural = _("decisions")
        ordering = ["pk"]
        constraints = [
            models.CheckConstraint(condition=Q(done_at=None) | ~Q(proof=""), name="done_decision_has_proof")
        ]
        indexes = [models.Index(fields=["owner", "due_on"], name="decision_by_owner")]

    def __str__(self):
        return f"{self.number} {self.text}"

    def get_absolute_url(self):
        return reverse("decision", args=[self.number])

    @property
    def deadline_kind(self) -> str:
        return f"decision:{self.pk}"

    @property
    def is_late(self) -> bool:
        return self.done_at is None and self.due_on < timezone.localdate()
