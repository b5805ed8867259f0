import uuid

from django.conf import settings
from django.core.files.storage import default_storage
from django.db import models
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from incidents.stages import Stage

from .incident import Incident


def random_name(evidence, filename: str) -> str:
    """A storage name that says nothing about the file and can't be guessed."""
    token = uuid.uuid4().hex
    return f"evidence/{token[:2]}/{token}"


class EvidenceQuerySet(models.QuerySet):
    def visible_to(self, person):
        """Evidence of visible incidents, and the person's own uploads that belong to no incident yet."""
        if not person.is_authenticated:
            return self.none()
        return self.filter(
            Q(incident__in=Incident.objects.visible_to(person)) | Q(incident=None, uploaded_by=person)
        )

    def shown(self):
        return self.filter(withdrawn_at=None)


class Evidence(models.Model):
    """A file that shows what happened: re-encoded in form, unchanged in meaning; never replaced, only withdrawn."""

    class Kind(models.TextChoices):
        IMAGE = "image", _("Photo")
        VIDEO = "video", _("Video")
        AUDIO = "audio", _("Recording")
        DOCUMENT = "document", _("Document")

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    incident = models.ForeignKey(
        Incident, models.PROTECT, null=True, related_name="evidence"
    )  # empty until reported
    stage = models.CharField(max_length=20, choices=Stage.choices, default=Stage.IDENTIFY)
    cycle = models.PositiveSmallIntegerField(default=1)
    kind = models.CharField(_("kind"), max_length=10, choices=Kind.choices)
    file = models.FileField(upload_to=random_name, storage=default_storage)
    thumbnail = models.FileField(upload_to=random_name, storage=default_storage, blank=True)
    content_type = models.CharField(max_length=100)
    name = models.CharField(
        _("file name"), max_length=200
    )  # as the sender called it, cleaned; only ever shown
    caption = models.CharField(_("caption"), max_length=200, blank=True)
    size = models.PositiveBigIntegerField()  # bytes of the stored file
    sha256 = models.CharField(max_length=64)  # of the original, as it was sent
    stored_sha256 = models.CharField(max_length=64)  # of the stored file
    width = models.PositiveIntegerField(null=True)
    height = models.PositiveIntegerField(null=True)
    taken_at = models.DateTimeField(
        _("taken"), null=True
    )  # from the photo, kept when its metadata is dropped
    uploaded_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="uploads"
    )
    uploaded_at = models.DateTimeField(default=timezone.now)
    withdrawn_at = models.DateTimeField(null=True)
    withdrawn_reason = models.CharField(max_length=300, blank=True)

    objects = EvidenceQuerySet.as_manager()

    class Meta:
        verbose_name = _("evidence")
        verbose_name_plural = _("evidence")
        ordering = ["uploaded_at", "pk"]
        indexes = [
            models.Index(fields=["uploaded_at"], condition=Q(incident=None), name="evidence_not_attached"),
            models.Index(fields=["uploaded_by", "uploaded_at"], name="evidence_by_uploader"),
        ]

    def __str__(self):
        return self.caption or self.name
