"""Counting anew as long work: asked for on a page or at a terminal, month by month, gone on with after a restart."""

import datetime as dt

from django.db import transaction
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from incidents import jobs
from incidents.errors import Invalid, NotAllowed
from incidents.models import Job
from metrics import rolling
from metrics.periods import Period, today
from people.models import Person, Role

#: Who may ask for it: it changes nothing but what was wrong.
MAY_START = (Role.QUALITY, Role.ADMINISTRATOR)
#: The last ones shown.
SHOWN = 20


def may_start(person: Person) -> bool:
    return person.is_authenticated and person.is_active and person.has_any_role(*MAY_START)


@transaction.atomic
def start(*, by: Person, first: dt.date | None = None, last: dt.date | None = None) -> Job:
    """Have the months of these days counted anew; without days everything since the first case. Raises NotAllowed,
    Invalid."""
    if not may_start(by):
        raise NotAllowed(_("Your role doesn't allow this here."))
    if Job.objects.filter(kind=Job.Kind.REBUILD_FIGURES, status__in=Job.UNFINISHED).exists():
        raise Invalid({"": _("The figures are being counted anew already.")})
    found = rolling.reach() or (today(), today())
    first, last = first or found[0], last or found[1]
    if first > last:
        raise Invalid({"last": _("The end lies before the beginning.")})
    first, last = max(first, found[0].replace(day=1)), min(last, found[1])
    months = [month.key for month in rolling.months(first, last)]
    name = f"{months[0]} – {months[-1]}" if months else ""
    return jobs.enqueue(Job.Kind.REBUILD_FIGURES, owner=by, name=name, options={"months": months})


def recount(work: jobs.Work) -> None:
    """Each month is a batch: `wrong` says in the end how many totals were not what the cases say."""
    months = work.options["months"]
    for place in range(work.job.resume_at, len(months)):
        work.progress(place, len(months), now=True)
        with work.batch(upto=place + 1):
            wrong = rolling.rebuild_month(Period.parse(months[place]))
            work.summary["wrong"] = work.summary.get("wrong", 0) + wrong
    work.progress(len(months), len(months), now=True)


def latest(person: Person) -> list[Job]:
    """The last ones that people of the same companies have asked for. One statement."""
    colleagues = Q(owner=person)
    for company in person.company_ids:
        colleagues |= Q(owner__home_unit__path__startswith=f"/{company}/")
    return list(Job.objects.filter(colleagues, kind=Job.Kind.REBUILD_FIGURES).select_related("owner")[:SHOWN])
