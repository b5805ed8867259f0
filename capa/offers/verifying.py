"""Stages 6 and 7 on the incident page, and coming back: the verdict, the lessons, recurrences."""

from django.utils.translation import gettext_lazy as _

from capa import improve, recurrence, verify
from capa.forms.improve import (
    AcknowledgeForm,
    FinishImprovementForm,
    ImprovementForm,
    LessonsForm,
    PassOnForm,
    ReopenForm,
)
from capa.forms.plan import (
    NoteForm,
)
from capa.forms.recurrence import ConfirmRecurrenceForm, RejectRecurrenceForm
from capa.forms.verify import JudgeForm
from capa.reading import case_of
from incidents.acts import Act, offer
from incidents.stages import LOOP, Stage

_IMPROVE = {"stages": (Stage.IMPROVE,), "rule": "improve", "anchor": "improve"}
_RECURRENCE = {
    "stages": (*LOOP, Stage.CLOSED),
    "anchor": "recurrence",
    "in_menu": False,
    "template": "capa/act_recurrence.html",
    "offered": lambda incident, person: recurrence.waits_for_decision(incident),
}

offer(
    Act(
        name="judge",
        title=_("Did the measures work?"),
        button=_("Judge the effect"),
        text=_(
            "Compare what was counted before and after. The figures below are what the system itself knows."
        ),
        perform=verify.judge,
        form=JudgeForm,
        stages=(Stage.VERIFY,),
        anchor="verify",
        icon="scale",
        done=_("The verdict on %(number)s is given."),
        is_forward=True,
        template="capa/act_judge.html",
    ),
    Act(
        name="archive",
        title=_("Close and archive"),
        button=_("Close and archive"),
        text=_("The case is proven and learned from. Everybody who had a part in it is told."),
        perform=improve.archive,
        form=NoteForm,
        stages=(Stage.IMPROVE,),
        step="archive",
        icon="archive",
        done=_("%(number)s is closed."),
        is_forward=True,
    ),
    Act(
        name="write_lessons",
        title=_("Lessons learned"),
        button=_("Write the lessons"),
        text=_("What would you tell another unit, so that it does not happen there?"),
        perform=improve.write_lessons,
        form=LessonsForm,
        icon="pencil",
        **_IMPROVE,
    ),
    Act(
        name="add_improvement",
        title=_("Add an improvement"),
        button=_("Add an improvement"),
        text=_("A manual or a training that changes, so that the lesson lasts."),
        perform=improve.add_improvement,
        form=ImprovementForm,
        icon="plus",
        **_IMPROVE,
    ),
    Act(
        name="pass_on",
        title=_("Pass it on to other units"),
        button=_("Pass on…"),
        text=_(
            "The manager of each unit says whether it applies there, and then shows that it was taken up."
        ),
        perform=improve.pass_on,
        form=PassOnForm,
        icon="share-2",
        **_IMPROVE,
    ),
    Act(
        name="acknowledge",
        title=_("Does the lesson apply to your unit?"),
        button=_("Answer for your unit"),
        text=_("Read what was learned, and say what your unit makes of it."),
        perform=improve.acknowledge,
        form=AcknowledgeForm,
        stages=(Stage.IMPROVE,),
        anchor="improve",
        icon="message-circle-reply",
        template="capa/act_improvement.html",
        offered=lambda incident, person: any(
            row.awaits_acknowledgement and improve.may_acknowledge(row, person)
            for row in case_of(incident).improvements
            if row.cycle == incident.cycle
        ),
    ),
    Act(
        name="finish_improvement",
        title=_("Finish the improvement"),
        button=_("It is done"),
        perform=improve.finish_improvement,
        form=FinishImprovementForm,
        stages=(Stage.IMPROVE,),
        anchor="improve",
        in_menu=False,
        template="capa/act_improvement.html",
        offered=lambda incident, person: any(
            not row.is_settled and not row.awaits_acknowledgement
            for row in case_of(incident).improvements
            if row.cycle == incident.cycle
        ),
    ),
    Act(
        name="reopen",
        title=_("Reopen the case"),
        button=_("Reopen…"),
        text=_("Nothing is erased: a new round begins, and the old one stays readable."),
        perform=improve.reopen,
        form=ReopenForm,
        stages=(Stage.CLOSED, Stage.DISMISSED),
        icon="loop",
        done=_("%(number)s is open again."),
    ),
    Act(
        name="confirm_recurrence",
        title=_("Did the earlier case come back?"),
        button=_("It came back"),
        text=_(
            "It counts against the effect of the earlier case's measures. Both histories keep what you say."
        ),
        perform=recurrence.confirm,
        form=ConfirmRecurrenceForm,
        done=_("%(number)s is recorded as a recurrence."),
        icon="loop",
        **_RECURRENCE,
    ),
    Act(
        name="reject_recurrence",
        title=_("It is something else"),
        button=_("Something else"),
        text=_("The flag is taken off both cases; your reason stays in both histories."),
        perform=recurrence.reject,
        form=RejectRecurrenceForm,
        done=_("%(number)s is not a recurrence."),
        icon="x",
        **_RECURRENCE,
    ),
)
