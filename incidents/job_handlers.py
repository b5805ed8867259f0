"""What the worker can do with a job, by its kind. Loaded before the first job is run (see `jobs.handler`)."""

from .exporting import export
from .importing.running import check_file, import_file
from .jobs import handler
from .models import Job

handler(Job.Kind.CHECK_INCIDENTS)(check_file)
handler(Job.Kind.IMPORT_INCIDENTS)(import_file)
handler(Job.Kind.EXPORT_INCIDENTS)(export)
