"""What happened, for every case, for ever.

The database itself numbers, chains and seals the rows (see migration 0002): each Event carries the SHA-256 of the one
before it in the same case, over the stored payload text, so a later column never breaks an old hash.
"""

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from people.models import Role, Unit

from .discretion import hidden_from


class EventQuerySet(models.QuerySet):
    def visible_to(self, person):
        """Events of the units in which the person keeps the records.

        Administrators see all of them; quality managers those of the cases, not those of people's accounts (where
        somebody signed in from, what their e-mail address was): the minimum necessary (002 §5.4). Neither sees that
        there is a case of which named people only may know.
        """
        if not person.is_authenticated:
            return self.none()
        administered = Q(unit__in=Unit.objects.within(*person.posted_units(Role.ADMINISTRATOR)))
        kept = Q(unit__in=Unit.objects.within(*person.posted_units(Role.QUALITY))) & ~Q(
            case__startswith="person:"
        )
        seen = self.filter(administered | kept)
        hidden = hidden_from(person)
        return seen.exclude(case__in=hidden) if hidden else seen

    def of(self, case: str):
        return self.filter(case=case)


class Event(models.Model):
    """One act on one case. Written by `history.recording.record` only; never changed, never deleted."""

    case = models.CharField(_("case"), max_length=60)  # "incident:12", "person:3": what the chain is about
    seq = models.PositiveIntegerField(
        default=0
    )  # position in the chain of its case, from 1; set by the database
    label = models.CharField(_("case"), max_length=120)  # what people call the case: SQ-2026-000123
    act = models.CharField(_("act"), max_length=60)  # "incident.substantiate"
    at = models.DateTimeField(_("when"))
    actor = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+", verbose_name=_("who"),
        db_index=False,
    )  # fmt: skip
    actor_name = models.CharField(
        _("who"), max_length=80
    )  # as it was then; empty for the system and the anonymous
    unit = models.ForeignKey(
        Unit, models.PROTECT, null=True, related_name="+", verbose_name=_("unit"), db_index=False
    )
    source = models.CharField(_("from"), max_length=20)
    request_id = models.CharField(max_length=36, blank=True)
    reason = models.TextField(_("reason"), blank=True)
    before = models.JSONField(default=dict)
    after = models.JSONField(default=dict)
    payload = models.TextField()  # canonical JSON of all of the above: the text that is hashed
    previous_hash = models.CharField(max_length=64, default="")
    hash = models.CharField(max_length=64, default="")

    objects = EventQuerySet.as_manager()

    class Meta:
        verbose_name = _("event")
        verbose_name_plural = _("events")
        ordering = ["-id"]
        constraints = [models.UniqueConstraint(fields=["case", "seq"], name="one_event_per_place_in_chain")]
        indexes = [  # one for every filter of the audit page, in the order of its pages
            models.Index(fields=["-at", "-id"], name="event_by_time"),
            models.Index(fields=["label", "-at", "-id"], name="event_by_label"),
            models.Index(fields=["act", "-at", "-id"], name="event_by_act"),
            models.Index(fields=["actor", "-at", "-id"], name="event_by_actor"),
            models.Index(fields=["unit", "-at", "-id"], name="event_by_unit"),
            models.Index(fields=["source", "-at", "-id"], name="event_by_source"),
            models.Index(fields=["at"], condition=Q(before__has_key="stage"), name="event_of_step"),
        ]

    def __str__(self):
        return f"{self.label} #{self.seq} {self.act}"


class ChainHead(models.Model):
    """The end of each case's chain: the row that is locked while an Event is added. Kept by the database's trigger."""

    case = models.CharField(max_length=60, primary_key=True)
    seq = models.PositiveIntegerField()
    hash = models.CharField(max_length=64)

    class Meta:
        verbose_name = _("chain head")
        verbose_name_plural = _("chain heads")

    def __str__(self):
        return f"{self.case} #{self.seq}"


class Seal(models.Model):
    """One day's digest over the ends of all chains that grew that day, itself chained; copies can be kept elsewhere."""

    day = models.DateField(primary_key=True)  # in UTC
    sealed_at = models.DateTimeField()
    chains = models.PositiveIntegerField()  # how many cases had events that day
    previous_digest = models.CharField(max_length=64)
    digest = models.CharField(max_length=64)

    class Meta:
        verbose_name = _("daily seal")
        verbose_name_plural = _("daily seals")
        ordering = ["-day"]

    def __str__(self):
        return str(self.day)


class SealedEnd(models.Model):
    """Where the chain of a case ended on a sealed day: what the seal's digest is over, so that a forgery has a name."""

    pk = models.CompositePrimaryKey("day", "case")
    day = models.DateField()
    case = models.CharField(max_length=60)
    seq = models.PositiveIntegerField()
    hash = models.CharField(max_length=64)

    class Meta:
        verbose_name = _("sealed end")
        verbose_name_plural = _("sealed ends")
        indexes = [models.Index(fields=["case"], name="sealed_end_by_case")]

    def __str__(self):
        return f"{self.day} {self.case} #{self.seq}"


class Submission(models.Model):
    """A form or API post that carried a key: the same key gives the same result, with another body a conflict."""

    key = models.UUIDField()
    person = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+")
    purpose = models.CharField(max_length=60)
    digest = models.CharField(max_length=64)  # SHA-256 of the body
    result = models.CharField(
        max_length=120, blank=True
    )  # what the first one made, e.g. the incident's number
    at = models.DateTimeField(auto_now_add=True)

    class Meta:
        verbose_name = _("submission")
        verbose_name_plural = _("submissions")
        constraints = [models.UniqueConstraint(fields=["key", "purpose"], name="one_result_per_key")]
        indexes = [models.Index(fields=["at"], name="submission_by_time")]

    def __str__(self):
        return f"{self.purpose} {self.key}"


class Signature(models.Model):
    """Somebody put their name to something: what it meant, when, and a digest of exactly what was signed.

    Made by `history.signing.sign` only. The database refuses to change or drop a row, as it does for events.
    """

    class Meaning(models.TextChoices):
        CAUSE_REPORT = "cause-report", pgettext_lazy("signature", "I stand by this cause report")
        PLAN_APPROVAL = "plan-approval", pgettext_lazy("signature", "I approve this plan")
        PLAN_COSIGNATURE = "plan-cosignature", pgettext_lazy("signature", "I co-sign this plan")
        VERDICT = "verdict", pgettext_lazy("signature", "I judged the effect on these data")
        MINUTES = "minutes", pgettext_lazy("signature", "I confirm these minutes")
        REPORT = "report", pgettext_lazy("signature", "I stand by this report")
        SCORECARD = "scorecard", pgettext_lazy("signature", "I confirm this assessment")

    class Method(models.TextChoices):
        PASSWORD = "password", pgettext_lazy("signature", "Password entered again")
        CODE = "code", pgettext_lazy("signature", "Code of the authenticator app")  # who has no password here
        SESSION = "session", pgettext_lazy("signature", "Signed in")

    case = models.CharField(_("case"), max_length=60)  # as in Event: "incident:12", "meeting:3"
    of = models.CharField(max_length=60)  # what in it: "plan:7", "analysis:4", "verification:9"
    meaning = models.CharField(_("meaning"), max_length=20, choices=Meaning.choices)
    signer = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, related_name="signatures", verbose_name=_("who")
    )
    signer_name = models.CharField(_("who"), max_length=80)  # as it was then
    at = models.DateTimeField(_("when"))
    method = models.CharField(_("how"), max_length=10, choices=Method.choices)
    content = models.TextField()  # canonical JSON of what was signed
    digest = models.CharField(max_length=64)  # SHA-256 of `content`

    class Meta:
        verbose_name = _("signature")
        verbose_name_plural = _("signatures")
        ordering = ["at", "pk"]
        indexes = [models.Index(fields=["case", "of"], name="signature_by_case")]

    def __str__(self):
        return f"{self.signer_name} {self.at:%Y-%m-%d %H:%M}"
