"""Stage 3 on the incident page: causes, proof, the same risk elsewhere."""

from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from capa import analyse, elsewhere
from capa.forms import analyse as causes
from capa.forms.elsewhere import CheckElsewhereForm, NameRaisedForm, ResultElsewhereForm
from capa.forms.plan import (
    SignedNoteForm,
)
from capa.reading import case_of
from incidents.acts import Act, offer
from incidents.stages import Stage

_HAS_CAUSES = {"offered": lambda incident, person: bool(case_of(incident).causes_in(incident.cycle))}
_ANALYSE = {"stages": (Stage.ANALYSE,), "rule": "analyse", "back": "workbench", "in_menu": False}
_CAUSE = {**_ANALYSE, **_HAS_CAUSES, "template": "capa/act_cause.html"}
_ELSEWHERE = {"stages": elsewhere.STAGES, "back": "workbench", "anchor": "elsewhere", "in_menu": False}

offer(
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
)
