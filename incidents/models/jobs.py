"""Long work that runs in the worker: imports and exports."""

import uuid
from pathlib import PurePath

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext
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


def said(message: dict) -> str:
    """A kept sentence ({"text": source text, "params": ...}) in the reader's language.

    Parameters that are themselves such sentences, or lists of them, are translated too.
    """
    text = gettext(message["text"]) if message["text"] else ""
    params = {name: _said_param(value) for name, value in message.get("params", {}).items()}
    return text % params if params else text


def _said_param(value):
    if isinstance(value, dict):
        return said(value)
    return ", ".join(map(_said_param, value)) if isinstance(value, list) else value


def private_name(job: "Job", filename: str) -> str:
    """A random name: what the sender called the file stands in `Job.name`, for people only."""
    suffix = "".join(PurePath(filename).suffixes[-2:]).lower()
    known = {".csv", ".csv.gz", ".xlsx", ".txt", ".tsv", ".pdf"}
    return f"jobs/{uuid.uuid4().hex}{suffix if suffix in known else ''}"


class JobQuerySet(models.QuerySet):
    def visible_to(self, person):
        return self.filter(owner=person) if person.is_authenticated else self.none()


class Job(models.Model):
    """Long work: who asked for it, how far it is, what came out. A worker leases it; a dead lease is resumed."""

    class Kind(models.TextChoices):
        CHECK_INCIDENTS = "check-incidents", _("Dry run of an incident import")
        IMPORT_INCIDENTS = "import-incidents", _("Import of incidents")
        EXPORT_INCIDENTS = "export-incidents", _("Export of incidents")
        EXPORT_MEASURES = "export-measures", _("Export of measures")
        PAPER = "paper", _("Paper as PDF")
        CHECK_COMPLAINTS = "check-complaints", _("Dry run of a complaint import")
        IMPORT_COMPLAINTS = "import-complaints", _("Import of complaints")
        EXPORT_COMPLAINTS = "export-complaints", _("Export of complaints")
        CHECK_ANSWERS = "check-answers", _("Dry run of a survey import")
        IMPORT_ANSWERS = "import-answers", _("Import of survey answers")
        EXPORT_CUSTOMER = "export-customer", _("A customer's data")
        CHECK_VOLUMES = "check-volumes", _("Dry run of an import of figures")
        IMPORT_VOLUMES = "import-volumes", _("Import of figures")
        REBUILD_FIGURES = "rebuild-figures", _("Figures counted anew")
        EXPORT_FIGURES = "export-figures", _("Export of figures")
        REPORT = "report", _("Monthly report as PDF")

    class Status(models.TextChoices):
        DRAFT = "draft", _("Being prepared")
        QUEUED = "queued", _("Waiting")
        RUNNING = "running", _("Running")
        DONE = "done", _("Finished")
        FAILED = "failed", _("Failed")
        CANCELLED = "cancelled", _("Cancelled")

    UNFINISHED = (Status.QUEUED, Status.RUNNING)

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    kind = models.CharField(max_length=30, choices=Kind.choices)
    owner = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="jobs")
    status = models.CharField(_("status"), max_length=12, choices=Status.choices, default=Status.QUEUED)
    file = models.FileField(upload_to=private_name, blank=True)  # what comes in
    result_file = models.FileField(
        upload_to=private_name, blank=True
    )  # what goes out: export, rows with errors
    name = models.CharField(max_length=200, blank=True)  # the file as its sender called it
    options = models.JSONField(default=dict)
    done = models.PositiveIntegerField(
        default=0
    )  # for the progress bar; what is safely finished: `resume_at`
    total = models.PositiveIntegerField(default=0)
    summary = models.JSONField(default=dict)  # counts: created, unchanged, changed, errors ...
    failure = models.JSONField(default=dict)  # why it failed, as a kept sentence (see `said`)
    cancel_requested = models.BooleanField(default=False)
    leased_until = models.DateTimeField(null=True)  # the worker that has it is taken for dead after this
    lease = models.PositiveSmallIntegerField(
        default=0
    )  # counts the workers that took it on; the last one owns it
    resume_at = models.PositiveIntegerField(default=0)  # where the next worker goes on: beginning of a batch
    created_at = models.DateTimeField(default=timezone.now)
    finished_at = models.DateTimeField(null=True)
    discarded_at = models.DateTimeField(null=True)  # its files are gone

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
            models.Index(fields=["created_at"], condition=Q(discarded_at=None), name="job_to_discard"),
        ]

    def __str__(self):
        return f"{self.get_kind_display()} {self.name}"

    def get_absolute_url(self):
        return reverse("job", args=[self.pk])

    @property
    def is_export(self) -> bool:
        """Does it make a file under its own name, to be taken away?"""
        kinds = self.Kind
        exports = (kinds.EXPORT_INCIDENTS, kinds.EXPORT_MEASURES, kinds.EXPORT_COMPLAINTS)
        return self.kind in (*exports, kinds.PAPER, kinds.REPORT, kinds.EXPORT_CUSTOMER)

    @property
    def is_unfinished(self) -> bool:
        return self.status in self.UNFINISHED

    @property
    def percent(self) -> int:
        return min(100, self.done * 100 // self.total) if self.total else 0

    @property
    def failure_text(self) -> str:
        return said(self.failure) if self.failure else ""

    @property
    def remarks(self) -> list[str]:
        """What holds for the whole file and should be known before believing the result."""
        return [said(remark) for remark in self.summary.get("remarks", [])]


class RowError(models.Model):
    """What is wrong with, or worth knowing about, one row of an imported file; kept as a sentence for `said`."""

    class Level(models.TextChoices):
        ERROR = "error", _("Error")  # the row can't be imported
        NOTE = "note", _("Note")  # it can, or already was: for instance one that has changed since

    job = models.ForeignKey(Job, models.CASCADE, related_name="row_errors")
    row = models.PositiveIntegerField()  # as a spreadsheet numbers it: the heading is row 1
    level = models.CharField(max_length=5, choices=Level.choices, default=Level.ERROR)
    column = models.CharField(max_length=120, blank=True)
    value = models.CharField(max_length=200, blank=True)
    text = models.TextField()
    params = models.JSONField(default=dict)

    class Meta:
        verbose_name = _("row error")
        verbose_name_plural = _("row errors")
        ordering = ["row", "pk"]
        indexes = [models.Index(fields=["job", "row"], name="row_error_by_job")]

    def __str__(self):
        return f"{self.row}: {self.message}"

    @property
    def message(self) -> str:
        return said({"text": self.text, "params": self.params})


class ImportedRow(models.Model):
    """Where an imported incident came from, with a digest per field: tells later whether the source has changed.

    Digests are keyed, so that they give away nothing of what they were made from.
    """

    incident = models.OneToOneField("incidents.Incident", models.PROTECT, related_name="imported_row")
    job = models.ForeignKey(Job, models.SET_NULL, null=True, related_name="+")
    row = models.PositiveIntegerField()
    digests = models.JSONField(default=dict)  # our field -> keyed digest of what the source said

    class Meta:
        verbose_name = _("imported row")
        verbose_name_plural = _("imported rows")

    def __str__(self):
        return f"{self.row}"
