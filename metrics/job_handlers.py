"""What the worker can do with a job of this app, by its kind."""

from incidents.jobs import handler
from incidents.models import Job

from .case_export import TABLE
from .importing import running as figures
from .reporting import papers
from .rolling import jobs as rolling_jobs

handler(Job.Kind.REPORT)(papers.make)
handler(Job.Kind.CHECK_VOLUMES)(figures.check_file)
handler(Job.Kind.IMPORT_VOLUMES)(figures.import_file)
handler(Job.Kind.EXPORT_FIGURES)(TABLE.run)
handler(Job.Kind.REBUILD_FIGURES)(rolling_jobs.recount)
