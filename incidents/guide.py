"""The operating guide: what each role does, where, and until when. The time limits are read from `limits`."""

from dataclasses import dataclass

from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from reminders.policies import Ground

from .flowchart import limits_of, span_in_words
from .limits import LOOP_KIND
from .stages import LOOP, Severity, Stage


@dataclass(frozen=True)
class Task:
    """One thing to do. `where`: the url name of the page and its words; `stage`: whose time limit holds."""

    text: Promise
    where: Promise
    url_name: str = ""
    stage: Stage | None = None
    until: Promise | str = ""

    def limit(self, ground: Ground | None = None) -> str:
        """Until when, in a unit."""
        return span_in_words(limits_of(self.stage, ground)) if self.stage else str(self.until)


@dataclass(frozen=True)
class Chapter:
    """The guide of one role."""

    key: str
    title: Promise
    about: Promise
    icon: str
    tasks: tuple[Task, ...]


_PAGE = gettext_lazy("the incident's page")
_PLANNED = gettext_lazy("the date of the measure")
_AT_ONCE = gettext_lazy("at once")

CHAPTERS = (
    Chapter(
        "reporter",
        gettext_lazy("Employee who notices something"),
        gettext_lazy("A report takes less than a minute: photo, kind, what happened, where."),
        "megaphone",
        (
            Task(
                gettext_lazy("Report it; make safe what can be made safe on the spot, and say so."),
                gettext_lazy("Report incident"), "report", until=_AT_ONCE,
            ),
            Task(
                gettext_lazy("Add photos, logs or recordings that turn up later."), _PAGE,
                until=gettext_lazy("until the case is closed"),
            ),
            Task(
                gettext_lazy("Read what became of your report: you are told about every step."),
                gettext_lazy("My work"), "mywork",
            ),
        ),
    ),
    Chapter(
        "site_manager",
        gettext_lazy("Site manager"),
        gettext_lazy("You decide whether a report is true, and how severe it is."),
        "map-pin",
        (
            Task(
                gettext_lazy("Judge each report of your unit: confirm it with a severity, dismiss it with a reason, "
                             "or join it with another report of the same event."),
                gettext_lazy("My work"), "mywork", stage=Stage.IDENTIFY,
            ),
            Task(
                gettext_lazy("For something minor that is put right at once, take the short path and describe the "
                             "correction."),
                _PAGE, stage=Stage.IDENTIFY,
            ),
            Task(
                gettext_lazy("When your unit is responsible: see that the cause is analysed, the plan written and the "
                             "measures carried out. If the attribution is wrong, object to it."),
                _PAGE, stage=Stage.ANALYSE,
            ),
        ),
    ),
    Chapter(
        "supervisor",
        gettext_lazy("Service supervisor"),
        gettext_lazy("With the quality manager you are the responsibility group: never one alone."),
        "users",
        (
            Task(
                gettext_lazy("Verify the facts, propose whom the incident is attributed to, and agree, or wait for the "
                             "second person's agreement."),
                gettext_lazy("My work"), "mywork", stage=Stage.CONFIRM,
            ),
            Task(gettext_lazy("Help with the analysis: causes, interviews, evidence."), _PAGE, stage=Stage.ANALYSE),
            Task(
                gettext_lazy("Check how measures are carried out, and write down what you find."),
                gettext_lazy("Measures"), "measure-list", until=_PLANNED,
            ),
        ),
    ),
    Chapter(
        "owner",
        gettext_lazy("Responsible person and owner of measures"),
        gettext_lazy("You find the cause, write the plan and carry it out; others approve and judge it."),
        "user-check",
        (
            Task(
                gettext_lazy("Find the root cause: ask why until you can prove it, link evidence to every confirmed "
                             "cause, and write the cause report."),
                _PAGE, stage=Stage.ANALYSE,
            ),
            Task(
                gettext_lazy("Write a plan with at least one measure against each root cause, fix how its effect will be "
                             "judged, and submit it. Somebody else approves it."),
                _PAGE, stage=Stage.PLAN,
            ),
            Task(
                gettext_lazy("Carry out your measures. Record progress, deviations and costs; ask for an extension before "
                             "the date has passed; finish with proof."),
                gettext_lazy("Measures"), "measure-list", until=_PLANNED,
            ),
        ),
    ),
    Chapter(
        "quality",
        gettext_lazy("Quality manager"),
        gettext_lazy("You agree, approve, check and judge, never what you wrote or carried out yourself."),
        "badge-check",
        (
            Task(
                gettext_lazy("Agree to the attribution as the second person; decide objections."),
                gettext_lazy("My work"), "mywork", stage=Stage.CONFIRM,
            ),
            Task(
                gettext_lazy("Approve a plan, or send it back with a reason."), gettext_lazy("My work"), "mywork",
                stage=Stage.PLAN,
            ),
            Task(
                gettext_lazy("Decide requests for more time or for withdrawal; check that finished measures are really "
                             "done."),
                gettext_lazy("Measures"), "measure-list", stage=Stage.TRACK,
            ),
            Task(
                gettext_lazy("Compare before and after, and judge: effective, not effective (a new round begins), or "
                             "inconclusive (watch on)."),
                _PAGE, stage=Stage.VERIFY,
            ),
            Task(
                gettext_lazy("Draw the lessons, change manuals and training, pass them on to other units, then close the "
                             "case."),
                _PAGE, stage=Stage.IMPROVE,
            ),
        ),
    ),
    Chapter(
        "executive",
        gettext_lazy("Executive"),
        gettext_lazy("You see every case of your units, and sign where a rule asks for it."),
        "telescope",
        (
            Task(
                gettext_lazy("See where cases wait, and what is overdue."), gettext_lazy("Board"), "incident-board",
                until=gettext_lazy("when you want to know"),
            ),
            Task(
                gettext_lazy("Take a case with you: print the A3 or the complete case file."), gettext_lazy("Papers"),
                until=gettext_lazy("when you want to know"),
            ),
            Task(
                gettext_lazy("Add your signature to a plan where a rule asks for it."), gettext_lazy("My work"), "mywork",
                stage=Stage.PLAN,
            ),
        ),
    ),
)  # fmt: skip


def chapters(ground: Ground | None = None) -> list[tuple[Chapter, list[tuple[Task, str]]]]:
    """Every chapter with its tasks and their time limits in a unit."""
    return [(chapter, [(task, task.limit(ground)) for task in chapter.tasks]) for chapter in CHAPTERS]


def limits(ground: Ground | None = None) -> list[tuple[str, list[str]]]:
    """Each stage and the whole loop with its time limits by severity, from minor to major."""
    kinds = [*((stage, str(stage.label)) for stage in LOOP), (LOOP_KIND, _("Whole loop"))]
    return [(label, [limit.in_words for limit in limits_of(kind, ground)]) for kind, label in kinds]


def severities() -> list[str]:
    return [str(severity.label) for severity in Severity]
