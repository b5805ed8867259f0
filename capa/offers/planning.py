"""Stage 4 on the incident page: measures, the design of the verification, approval."""

from django.utils.translation import gettext_lazy as _

from capa import cosigning, design, plan
from capa.forms.design import DesignForm
from capa.forms.plan import (
    AddMeasureForm,
    AmendMeasureForm,
    DecideForm,
    MeasureForm,
    ReasonForm,
    SendBackForm,
    SubmitForm,
    WritePlanForm,
)
from capa.models import Plan
from capa.reading import case_of
from incidents import cosignatures
from incidents.acts import Act, offer
from incidents.stages import Stage


def _plan_is(*states: str):
    """Offered while the version that counts is in one of these states ("": there is none yet)."""
    return lambda incident, person: case_of(incident).plan_status in states


_PLAN = {"stages": (Stage.PLAN,), "rule": "plan", "anchor": "plan"}

offer(
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
)
