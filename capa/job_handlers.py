"""What the worker can do for measures. Loaded before the first job is run (see `incidents.jobs.handler`)."""

from incidents.jobs import handler
from incidents.models import Job

from .exporting import export

handler(Job.Kind.EXPORT_MEASURES)(export)
