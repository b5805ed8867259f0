"""Making a paper as PDF in the worker: asked for on a page, made as a job, taken from the job's page."""

from django.core.files.base import ContentFile
from django.db import transaction
from django.utils import translation
from django.utils.translation import gettext_lazy as _

from history.recording import record
from incidents.jobs import JobFailed, Work, enqueue
from incidents.models import Incident, Job
from people.models import Person

from .kinds import PAPERS, Paper
from .printing import NoChromium, available, print_to_pdf
from .rendering import facts_of, whole_file

#: Reading, printing, keeping: what the progress bar counts.
STEPS = 3


@transaction.atomic
def ask_for_pdf(incident: Incident, paper: Paper, *, by: Person, language: str, chosen: int | None) -> Job:
    """Let the worker make it. While the same one is being made for the same person, that is the job."""
    if not available():
        raise NoChromium()
    options = {"number": incident.number, "paper": paper.slug, "language": language, "round": chosen}
    waiting = Job.objects.filter(
        owner=by, kind=Job.Kind.PAPER, status__in=Job.UNFINISHED, options=options, cancel_requested=False
    ).first()
    return waiting or enqueue(
        Job.Kind.PAPER, owner=by, name=file_name(incident, paper, language, chosen), options=options
    )


def file_name(incident: Incident, paper: Paper, language: str, chosen: int | None) -> str:
    """SQ-2026-000123-8D report-round-2.pdf, in the paper's language."""
    with translation.override(language):
        parts = [incident.number, str(paper.title)]
        if paper.by_round and incident.cycle > 1:
            parts.append(str(chosen or incident.cycle))
        return "-".join(parts).replace(" ", "-") + ".pdf"


def make(work: Work) -> None:
    """Print the paper. What its owner may see is asked now, not when they asked for it."""
    options = work.options
    paper = PAPERS[options["paper"]]
    incident = visible_case(work.by, options["number"])
    if incident is None:
        raise JobFailed(_("You may no longer see this case."))
    work.progress(0, STEPS, now=True)
    with translation.override(options["language"]):
        chosen = options.get("round")
        html = whole_file(paper, facts_of(incident, work.by, inline=True), chosen)
    work.progress(1, STEPS, now=True)
    content = print_to_pdf(html, look_up=lambda: work.progress(1, STEPS))
    work.progress(2, STEPS, now=True)
    with work.batch(upto=STEPS):
        work.summary["bytes"] = len(content)
        work.job.result_file.save(work.job.name, ContentFile(content), save=False)
        put_on_record(incident, paper, by=work.by, language=options["language"])


def visible_case(person: Person, number: str) -> Incident | None:
    """The incident with all that papers name of it, if this person may see it."""
    visible = Incident.objects.visible_to(person).select_related(
        "type",
        "unit",
        "reporter",
        "owner",
        "contact",
        "responsible_unit",
        "responsible_person",
        "merged_into",
    )
    return visible.filter(number=number).first()


def put_on_record(incident: Incident, paper: Paper, *, by: Person, language: str) -> None:
    """Who took which paper out of the system."""
    record(
        incident.case, "incident.print", label=incident.number, by=by, unit=incident.unit,
        after={"paper": paper.slug, "language": language},
    )  # fmt: skip
