"""What the worker can do for measures and papers. Loaded before the first job is run (see `incidents.jobs.handler`)."""

from incidents.jobs import handler
from incidents.models import Job

from .exporting import export
from .papers.making import make

handler(Job.Kind.EXPORT_MEASURES)(export)
handler(Job.Kind.PAPER)(make)
