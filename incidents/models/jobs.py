"""Long work that runs in the worker: imports and exports."""

import uuid

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _


class ColumnMapping(models.Model):
    """Which column of somebody's file means what: saved under a name, to be used again."""

    owner = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="column_mappings")
    name = models.CharField(_("name"), max_length=60)
    columns = models.JSONField(default=dict)  # our field -> their heading
    values = models.JSONField(default=dict)  # our field -> {their value: our value}
    options = models.JSONField(default=dict)  # defaults, date order, zone, external source

    class Meta:
        verbose_name = _("column mapping")
        verbose_name_plural = _("column mappings")
        ordering = ["name", "pk"]
        constraints = [models.UniqueConstraint(fields=["owner", "name"], name="one_mapping_per_name")]

    def __str__(self):
        return self.name


class JobQuerySet(models.QuerySet):
    def visible_to(self, person):
        return self.filter(owner=person) if person.is_authenticated else self.none()


class Job(models.Model):
    """A piece of long work: who asked for it, how far it is, what came out. The worker leases it; a dead lease is resumed."""

    class Kind(models.TextChoices):
        CHECK_INCIDENTS = "check-incidents", _("Dry run of an incident import")
        IMPORT_INCIDENTS = "import-incidents", _("Import of incidents")
        EXPORT_INCIDENTS = "export-incidents", _("Export of incidents")

    class Status(models.TextChoices):
        QUEUED = "queued", _("Waiting")
        RUNNING = "running", _("Running")
        DONE = "done", _("Finished")
        FAILED = "failed", _("Failed")
        CANCELLED = "cancelled", _("Cancelled")

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    kind = models.CharField(max_length=30, choices=Kind.choices)
    owner = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="jobs")
    status = models.CharField(_("status"), max_length=12, choices=Status.choices, default=Status.QUEUED)
    file = models.FileField(upload_to="jobs/", blank=True)  # what comes in
    result_file = models.FileField(
        upload_to="jobs/", blank=True
    )  # what goes out: export, or the rows with errors
    name = models.CharField(max_length=200, blank=True)  # the file as its sender called it
    options = models.JSONField(default=dict)
    done = models.PositiveIntegerField(default=0)
    total = models.PositiveIntegerField(default=0)
    summary = models.JSONField(default=dict)  # counts: created, unchanged, skipped, errors ...
    cancel_requested = models.BooleanField(default=False)
    leased_until = models.DateTimeField(null=True)
    created_at = models.DateTimeField(default=timezone.now)
    finished_at = models.DateTimeField(null=True)

    objects = JobQuerySet.as_manager()

    class Meta:
        verbose_name = _("job")
        verbose_name_plural = _("jobs")
        ordering = ["-created_at", "pk"]
        indexes = [
            models.Index(fields=["owner", "-created_at"], name="job_by_owner"),
            models.Index(
                fields=["leased_until"], condition=Q(status__in=["queued", "running"]), name="unfinished_job"
            ),
        ]

    def __str__(self):
        return f"{self.get_kind_display()} {self.name}"


class RowError(models.Model):
    """What is wrong with one row of an imported file; the words are kept as a key and parameters, as in notices."""

    job = models.ForeignKey(Job, models.CASCADE, related_name="row_errors")
    row = models.PositiveIntegerField()  # as a spreadsheet numbers it: the heading is row 1
    column = models.CharField(max_length=120, blank=True)
    text = models.CharField(max_length=60)
    params = models.JSONField(default=dict)
    values = models.JSONField(default=list)  # the row as it was

    class Meta:
        verbose_name = _("row error")
        verbose_name_plural = _("row errors")
        ordering = ["row", "pk"]
        indexes = [models.Index(fields=["job", "row"], name="row_error_by_job")]
