"""What the worker can do with a job of this app, by its kind."""

from incidents.jobs import handler
from incidents.models import Job

from .reporting import papers

handler(Job.Kind.REPORT)(papers.make)
