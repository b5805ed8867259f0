"""What the worker can do with a job of this app, by its kind."""

from incidents.jobs import handler
from incidents.models import Job

from . import handing_out
from .importing.answers import running as answers
from .importing.cases import running as cases
from .listing import TABLE

handler(Job.Kind.CHECK_ANSWERS)(answers.check_file)
handler(Job.Kind.IMPORT_ANSWERS)(answers.import_file)
handler(Job.Kind.CHECK_COMPLAINTS)(cases.check_file)
handler(Job.Kind.IMPORT_COMPLAINTS)(cases.import_file)
handler(Job.Kind.EXPORT_CUSTOMER)(handing_out.pack)
handler(Job.Kind.EXPORT_COMPLAINTS)(TABLE.run)
