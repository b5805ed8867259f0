from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from people.models import Contact, Unit
from people.sealing import unseal

from .deadline import Deadline
from .notice import Notice


class Endpoint(models.Model):
    """Where a unit's notices go besides people: a chat robot, or a program that takes signed webhooks."""

    class Kind(models.TextChoices):
        WECOM = "wecom", pgettext_lazy("endpoint", "WeCom robot")
        DINGTALK = "dingtalk", pgettext_lazy("endpoint", "DingTalk robot")
        FEISHU = "feishu", pgettext_lazy("endpoint", "Feishu robot")
        WEBHOOK = "webhook", pgettext_lazy("endpoint", "Webhook")

    unit = models.ForeignKey(Unit, models.PROTECT, related_name="endpoints", verbose_name=_("unit"))
    name = models.CharField(_("name"), max_length=80)
    kind = models.CharField(_("kind"), max_length=10, choices=Kind.choices)
    url = models.CharField(_("address"), max_length=500)  # holds the robot's key: shown masked
    #: In plain text, as the release before this one kept it: sealed and emptied by `endpoints.seal_plain_secrets`. The
    #: next release drops the column.
    secret = models.CharField(_("secret"), max_length=200, blank=True)
    #: Signs what is sent; sealed (see `people.sealing`), never shown again.
    sealed_secret = models.CharField(max_length=1500, blank=True, db_default="", default="")
    texts = models.JSONField(_("which notices"), default=list)  # keys of TEXTS
    language = models.CharField(_("language"), max_length=10, default="zh-hans")
    set_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")
    set_at = models.DateTimeField(default=timezone.now)
    ended_at = models.DateTimeField(null=True)

    class Meta:
        verbose_name = _("endpoint")
        verbose_name_plural = _("endpoints")
        ordering = ["name", "pk"]

    def __str__(self):
        return self.name

    @property
    def is_signed(self) -> bool:
        return bool(self.secret or self.sealed_secret)

    def signing_secret(self) -> str:
        """The secret itself, to sign with; a plain one was written by the release before. Raises Unsealable."""
        return self.secret or unseal(self.sealed_secret)


class Delivery(models.Model):
    """One message on its way out of the system: leased, sent, marked. At least once, with a Message-ID of its own.

    Written in the transaction of its notice; `key` makes the same message impossible twice.
    """

    class Channel(models.TextChoices):
        MAIL = "mail", pgettext_lazy("channel", "E-mail")
        DIGEST = "digest", pgettext_lazy("channel", "Digest")
        ENDPOINT = "endpoint", pgettext_lazy("channel", "Robot or webhook")
        CUSTOMER = "customer", pgettext_lazy("channel", "Letter to a customer")

    class State(models.TextChoices):
        WAITING = "waiting", pgettext_lazy("delivery", "Waiting")
        SENT = "sent", pgettext_lazy("delivery", "Sent")
        DROPPED = "dropped", pgettext_lazy("delivery", "Not needed any more")
        POISONED = "poisoned", pgettext_lazy("delivery", "Given up")

    channel = models.CharField(_("channel"), max_length=8, choices=Channel.choices)
    key = models.CharField(max_length=160, unique=True)
    recipient = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="deliveries", verbose_name=_("to")
    )
    endpoint = models.ForeignKey(Endpoint, models.PROTECT, null=True, related_name="deliveries")
    contact = models.ForeignKey(Contact, models.PROTECT, null=True, related_name="deliveries")  # a customer
    #: Of a letter to a customer: "message:45", from which it is composed when it is sent.
    content = models.CharField(max_length=60, blank=True, db_default="")
    notices = models.ManyToManyField(Notice, related_name="deliveries")
    subject = models.CharField(max_length=60, blank=True)  # the case: mails about one are one thread
    message_id = models.CharField(max_length=120, unique=True)
    state = models.CharField(_("state"), max_length=8, choices=State.choices, default=State.WAITING)
    not_before = models.DateTimeField(default=timezone.now)  # quiet hours, the next try
    attempts = models.PositiveSmallIntegerField(_("tries"), default=0)
    leased_until = models.DateTimeField(null=True)
    lease = models.UUIDField(null=True)
    answer = models.CharField(_("answer"), max_length=120, blank=True)  # of the other side: "HTTP 200"
    last_error = models.CharField(_("last error"), max_length=500, blank=True)
    created_at = models.DateTimeField(default=timezone.now)
    sent_at = models.DateTimeField(_("sent"), null=True)

    class Meta:
        verbose_name = _("delivery")
        verbose_name_plural = _("deliveries")
        ordering = ["-pk"]
        constraints = [
            models.CheckConstraint(
                condition=Q(recipient__isnull=False, endpoint=None, contact=None)
                | Q(recipient=None, endpoint__isnull=False, contact=None)
                | Q(recipient=None, endpoint=None, contact__isnull=False),
                name="delivery_goes_to_one",
            )
        ]
        indexes = [
            models.Index(fields=["not_before", "id"], condition=Q(state="waiting"), name="delivery_to_send"),
            models.Index(fields=["state", "-id"], name="delivery_by_state"),
            models.Index(fields=["recipient", "-created_at"], name="delivery_by_recipient"),
            models.Index(fields=["endpoint", "-id"], name="delivery_by_endpoint"),
        ]

    def __str__(self):
        return self.key


class Gap(models.Model):
    """What the auditor found missing: an announcement that should have been made and wasn't."""

    deadline = models.ForeignKey(Deadline, models.CASCADE, related_name="gaps")
    due_moment = models.DateTimeField()  # when it should have been announced
    what = models.CharField(max_length=40)  # "due-soon", "overdue"
    found_at = models.DateTimeField(default=timezone.now)
    mended_at = models.DateTimeField(null=True)

    class Meta:
        verbose_name = _("gap")
        verbose_name_plural = _("gaps")
        ordering = ["-found_at", "-pk"]
        constraints = [
            models.UniqueConstraint(fields=["deadline", "due_moment", "what"], name="one_gap_each")
        ]
        indexes = [models.Index(fields=["found_at"], condition=Q(mended_at=None), name="gap_to_mend")]

    def __str__(self):
        return f"{self.deadline} {self.what}"


class Heartbeat(models.Model):
    """When something that has to run again and again last did: a row for each of them."""

    name = models.CharField(max_length=40, primary_key=True)  # "sweep"
    at = models.DateTimeField()
    took = models.DurationField()
    notices = models.PositiveIntegerField(default=0)  # how many it wrote

    class Meta:
        verbose_name = _("heartbeat")
        verbose_name_plural = _("heartbeats")

    def __str__(self):
        return f"{self.name} {self.at:%Y-%m-%d %H:%M:%S}"
