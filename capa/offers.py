"""The acts of stages 3 to 7 as the incident page offers them. What is about one measure has its own pages."""

from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from incidents import cosignatures
from incidents.acts import Act, offer
from incidents.stages import LOOP, Stage

from . import analyse, cosigning, design, elsewhere, improve, plan, recurrence, short_path, verify
from .forms import analyse as causes
from .forms.design import DesignForm
from .forms.elsewhere import CheckElsewhereForm, NameRaisedForm, ResultElsewhereForm
from .forms.improve import (
    AcknowledgeForm,
    FinishImprovementForm,
    ImprovementForm,
    LessonsForm,
    PassOnForm,
    ReopenForm,
)
from .forms.plan import (
    AddMeasureForm,
    AmendMeasureForm,
    DecideForm,
    MeasureForm,
    NoteForm,
    ReasonForm,
    SendBackForm,
    SignedNoteForm,
    SubmitForm,
    WritePlanForm,
)
from .forms.recurrence import ConfirmRecurrenceForm, RejectRecurrenceForm
from .forms.verify import JudgeForm
from .models import Plan
from .reading import case_of


def _plan_is(*states: str):
    """Offered while the version that counts is in one of these states ("": there is none yet)."""
    return lambda incident, person: case_of(incident).plan_status in states


_HAS_CAUSES = {"offered": lambda incident, person: bool(case_of(incident).causes_in(incident.cycle))}
_ANALYSE = {"stages": (Stage.ANALYSE,), "rule": "analyse", "back": "workbench", "in_menu": False}
_CAUSE = {**_ANALYSE, **_HAS_CAUSES, "template": "capa/act_cause.html"}
_ELSEWHERE = {"stages": elsewhere.STAGES, "back": "workbench", "anchor": "elsewhere", "in_menu": False}
_PLAN = {"stages": (Stage.PLAN,), "rule": "plan", "anchor": "plan"}
_IMPROVE = {"stages": (Stage.IMPROVE,), "rule": "improve", "anchor": "improve"}
_REVIEW = {
    "stages": (Stage.CONFIRM,),
    "rule": "review_short_path",
    "offered": lambda incident, person: incident.short_path,
}
_RECURRENCE = {
    "stages": (*LOOP, Stage.CLOSED),
    "anchor": "recurrence",
    "in_menu": False,
    "template": "capa/act_recurrence.html",
    "offered": lambda incident, person: recurrence.waits_for_decision(incident),
}

offer(
    # 3 analyse
    Act(
        name="conclude",
        title=_("Conclude the analysis"),
        button=_("Conclude the analysis"),
        text=_("The root causes are proven. Next, measures are planned against each of them."),
        perform=analyse.conclude,
        form=SignedNoteForm,
        stages=(Stage.ANALYSE,),
        step="conclude",
        done=_("The analysis of %(number)s is concluded: on to the plan."),
        is_forward=True,
    ),
    Act(
        name="add_cause",
        title=_("Add a supposed cause"),
        button=_("Add a cause"),
        text=_("Ask why, and write down the answer. It is a supposition until it is confirmed by evidence."),
        perform=analyse.add_cause,
        form=causes.AddCauseForm,
        icon="plus",
        **_ANALYSE,
    ),
    Act(
        name="describe_analysis",
        title=_("Problem, escape and cause report"),
        button=_("Write the cause report"),
        perform=analyse.describe,
        form=causes.DescribeForm,
        icon="pencil",
        **_ANALYSE,
    ),
    Act(
        name="confirm_cause",
        title=_("Confirm the cause"),
        button=pgettext_lazy("cause", "Confirm"),
        text=_("A cause is confirmed by what shows it: a photo, a log, an interview."),
        perform=analyse.confirm_cause,
        form=causes.ConfirmCauseForm,
        **_CAUSE,
    ),
    Act(
        name="refute_cause",
        title=_("Rule the cause out"),
        button=_("Rule out"),
        text=_("It stays in view, struck through, so that nobody has to look into it again."),
        perform=analyse.refute_cause,
        form=causes.RefuteCauseForm,
        icon="x",
        **_CAUSE,
    ),
    Act(
        name="prove_cause",
        title=_("Add proof"),
        button=_("Add proof"),
        perform=analyse.prove_cause,
        form=causes.ProveCauseForm,
        icon="evidence-add",
        **_CAUSE,
    ),
    Act(
        name="mark_root",
        title=_("Is it a root cause?"),
        button=_("Save"),
        text=_("A root cause is where the chain of whys ends: taken away, the problem does not come back."),
        perform=analyse.mark_root,
        form=causes.MarkRootForm,
        **_CAUSE,
    ),
    Act(
        name="amend_cause",
        title=_("Reword the cause"),
        button=_("Save"),
        perform=analyse.amend_cause,
        form=causes.AmendCauseForm,
        icon="pencil",
        **_CAUSE,
    ),
    Act(
        name="move_cause",
        title=_("Move the cause"),
        button=_("Move"),
        text=_("What lies below it moves along."),
        perform=analyse.move_cause,
        form=causes.MoveCauseForm,
        icon="move",
        **_CAUSE,
    ),
    Act(
        name="shift_cause",
        title=_("Move the cause"),
        button=_("Move"),
        perform=analyse.shift_cause,
        form=causes.ShiftCauseForm,
        icon="move",
        **_CAUSE,
    ),
    Act(
        name="remove_cause",
        title=_("Take the cause back"),
        button=_("Take it back"),
        text=_("Only while nobody has built on it. Else rule it out: then it stays in view."),
        perform=analyse.remove_cause,
        form=causes.CauseForm,
        icon="trash-2",
        is_danger=True,
        **_CAUSE,
    ),
    Act(
        name="check_elsewhere",
        title=_("Look for the same risk elsewhere"),
        button=_("Have it looked at"),
        text=_("Whoever you name sees this case, is reminded, and says what was found."),
        perform=elsewhere.add_elsewhere_check,
        form=CheckElsewhereForm,
        icon="map-pin",
        **_ELSEWHERE,
    ),
    Act(
        name="record_elsewhere",
        title=_("Is the same risk there?"),
        button=_("Save"),
        perform=elsewhere.record_elsewhere_result,
        form=ResultElsewhereForm,
        template="capa/act_elsewhere.html",
        **_ELSEWHERE,
    ),
    Act(
        name="name_raised",
        title=_("The incident raised there"),
        button=_("Save"),
        perform=elsewhere.name_raised,
        rule="record_elsewhere",
        form=NameRaisedForm,
        icon="link",
        template="capa/act_elsewhere.html",
        **_ELSEWHERE,
    ),
    # 4 plan
    Act(
        name="cosign",
        title=_("Co-sign the plan"),
        button=_("Co-sign the plan"),
        text=_("A rule of your company asks for your signature before the plan can be approved."),
        perform=cosigning.cosign,
        form=DecideForm,
        stages=(Stage.PLAN,),
        icon="pen-line",
        done=_("You have co-signed the plan of %(number)s."),
        offered=lambda incident, person: bool(cosignatures.asked_of(incident, person)),
        is_forward=True,
        inline=True,
        template="capa/plan_act.html",
    ),
    Act(
        name="approve",
        title=_("Approve the plan"),
        button=_("Approve the plan"),
        text=_("Its measures become orders: their owners are told and the clock runs."),
        perform=plan.approve,
        form=DecideForm,
        template="capa/plan_act.html",
        stages=(Stage.PLAN,),
        step="approve",
        done=_("The plan of %(number)s is approved; the owners have been told."),
        offered=_plan_is(Plan.Status.SUBMITTED),
        is_forward=True,
        inline=True,
    ),
    Act(
        name="send_back",
        title=_("Send the plan back"),
        button=_("Send back"),
        text=_("The author reads your reason and begins a new version; this one stays readable."),
        perform=plan.send_back,
        form=SendBackForm,
        template="capa/plan_act.html",
        stages=(Stage.PLAN,),
        icon="undo",
        done=_("The plan of %(number)s went back to its author."),
        offered=_plan_is(Plan.Status.SUBMITTED),
    ),
    Act(
        name="submit",
        title=_("Submit the plan"),
        button=_("Submit for approval"),
        text=_("A quality manager who did not write in it approves it or sends it back."),
        perform=plan.submit,
        form=SubmitForm,
        template="capa/plan_act.html",
        stages=(Stage.PLAN,),
        icon="send",
        done=_("The plan of %(number)s is submitted."),
        offered=_plan_is(Plan.Status.DRAFT),
        is_forward=True,
    ),
    Act(
        name="begin_plan",
        title=_("Begin a new version of the plan"),
        button=_("Begin a new version"),
        text=_("It starts with what the last version said."),
        perform=plan.begin,
        icon="file-plus",
        offered=_plan_is(Plan.Status.RETURNED, Plan.Status.WITHDRAWN),
        is_forward=True,
        inline=True,
        **_PLAN,
    ),
    Act(
        name="add_measure",
        title=_("Add a measure"),
        button=_("Add a measure"),
        perform=plan.add_measure,
        form=AddMeasureForm,
        template="capa/plan_measure.html",
        icon="plus",
        offered=_plan_is("", Plan.Status.DRAFT),
        **_PLAN,
    ),
    Act(
        name="write_plan",
        title=_("Feasibility and expected effect"),
        button=_("Assess the plan"),
        perform=plan.write,
        form=WritePlanForm,
        icon="pencil",
        offered=_plan_is("", Plan.Status.DRAFT),
        **_PLAN,
    ),
    Act(
        name="fix_design",
        title=_("How the effect will be verified"),
        button=_("Fix it"),
        text=_(
            "Decided now, before anybody can know the outcome; approved with the plan, it stays as it is."
        ),
        perform=design.fix_design,
        form=DesignForm,
        icon="scale",
        offered=_plan_is("", Plan.Status.DRAFT),
        template="capa/design.html",
        **_PLAN,
    ),
    Act(
        name="withdraw_plan",
        title=_("Withdraw the plan"),
        button=_("Withdraw"),
        text=_("It stays readable; a new version starts with what it said."),
        perform=plan.withdraw,
        form=ReasonForm,
        stages=(Stage.PLAN,),
        rule="submit",
        icon="undo",
        offered=_plan_is(Plan.Status.SUBMITTED),
    ),
    Act(
        name="amend_measure",
        title=_("Change the measure"),
        button=_("Save"),
        perform=plan.amend_measure,
        form=AmendMeasureForm,
        template="capa/plan_measure.html",
        icon="pencil",
        in_menu=False,
        offered=_plan_is(Plan.Status.DRAFT),
        **_PLAN,
    ),
    Act(
        name="drop_measure",
        title=_("Take the measure out of the plan"),
        button=_("Take it out"),
        perform=plan.drop_measure,
        form=MeasureForm,
        icon="trash-2",
        is_danger=True,
        in_menu=False,
        offered=_plan_is(Plan.Status.DRAFT),
        template="capa/act_measure.html",
        **_PLAN,
    ),
    # 6 verify
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
    # 7 improve
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
    # Coming back
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
    # The short path
    Act(
        name="accept_short_path",
        title=_("Review what was put right on the spot"),
        button=_("Accept and close"),
        text=_("The correction is enough: the case walks through its stages at once and is closed."),
        perform=short_path.accept,
        form=NoteForm,
        done=_("%(number)s is reviewed and closed."),
        is_forward=True,
        inline=True,
        **_REVIEW,
    ),
    Act(
        name="refuse_short_path",
        title=_("The correction is not enough"),
        button=_("Not enough"),
        text=_("The case takes the whole loop, from confirming responsibility on."),
        perform=short_path.refuse,
        form=ReasonForm,
        icon="undo",
        done=_("%(number)s takes the whole loop."),
        **_REVIEW,
    ),
)
