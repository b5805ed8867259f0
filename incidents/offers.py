"""The acts of stages 1 and 2, and those that belong to no stage, as the incident page offers them."""

from django.utils.translation import gettext_lazy as _

from . import confirm, evidence, identify, linking, pausing, urging
from .acts import Act, offer
from .forms.confirm import AttributeForm, DecideObjectionForm, ObjectForm
from .forms.evidence import AddEvidenceForm
from .forms.linking import LinkForm, UnlinkForm
from .forms.pausing import NudgeForm, PauseForm, ResumeForm
from .forms.verdict import DismissForm, MergeForm, SubstantiateForm
from .stages import LOOP, Stage


def _attributed(incident, person) -> bool:
    return incident.attributions.filter(attempt=incident.attempt).exists()


def _may_agree(incident, person) -> bool:
    """Something is attributed, and this person has not signed it yet."""
    return (
        not incident.short_path
        and _attributed(incident, person)
        and not incident.agreements.filter(attempt=incident.attempt, person=person).exists()
    )


def _disputed(incident, person) -> bool:
    return incident.objections.filter(upheld=None).exists()


offer(
    Act(
        name="substantiate",
        title=_("Is the report true, and how severe is it?"),
        button=_("Confirm as an incident"),
        text=_("Look at the report and its evidence. What you confirm goes to the responsibility group."),
        perform=identify.substantiate,
        form=SubstantiateForm,
        stages=(Stage.IDENTIFY,),
        done=_("%(number)s is confirmed and goes to the responsibility group."),
        is_forward=True,
    ),
    Act(
        name="dismiss",
        title=_("Dismiss the report"),
        button=_("Dismiss"),
        text=_("The reporter reads your reason and can answer by reporting again."),
        perform=identify.dismiss,
        form=DismissForm,
        stages=(Stage.IDENTIFY,),
        done=_("%(number)s is dismissed; the reporter has been told why."),
        icon="x",
        is_danger=True,
    ),
    Act(
        name="merge",
        title=_("Join with another incident"),
        button=_("Join…"),
        text=_("When another report tells of the same event: both stay readable, the other one goes on."),
        perform=identify.merge,
        form=MergeForm,
        stages=(Stage.IDENTIFY, Stage.CONFIRM),
        done=_("%(number)s is joined with the other incident."),
        icon="git-merge",
    ),
    Act(
        name="agree",
        title=_("Agree to the attribution"),
        button=_("Agree"),
        text=_("With your agreement the responsibility is confirmed by two people, and the case goes on."),
        perform=confirm.agree,
        stages=(Stage.CONFIRM,),
        done=_("You agreed to the attribution of %(number)s."),
        is_forward=True,
        inline=True,
        offered=_may_agree,
    ),
    Act(
        name="attribute",
        title=_("Who is responsible?"),
        button=_("Attribute responsibility"),
        text=_("Verify the facts, then name who answers for it. A second person of the group has to agree."),
        perform=confirm.attribute,
        form=AttributeForm,
        stages=(Stage.CONFIRM,),
        done=_("The attribution of %(number)s is proposed; a second person has to agree."),
        icon="user-check",
        is_forward=True,
        offered=lambda incident, person: not incident.short_path,
        template="incidents/act_attribute.html",
    ),
    Act(
        name="decide_objection",
        title=_("Decide the objection"),
        button=_("Decide the objection"),
        text=_("Upheld, the case goes back to the responsibility group; rejected, the attribution stands."),
        perform=confirm.decide_objection,
        form=DecideObjectionForm,
        stages=(Stage.ANALYSE,),
        done=_("The objection to %(number)s is decided."),
        icon="scale",
        offered=_disputed,
    ),
    Act(
        name="object",
        title=_("Object to the attribution"),
        button=_("Object…"),
        text=_("If your side is not responsible, say why. A quality manager decides; the clock goes on."),
        perform=confirm.object_to,
        form=ObjectForm,
        stages=(Stage.ANALYSE,),
        done=_("Your objection to %(number)s is put to the quality manager."),
        icon="message-square-warning",
        offered=lambda incident, person: not _disputed(incident, person),
    ),
    Act(
        name="add_evidence",
        title=_("Add evidence"),
        button=_("Add evidence"),
        text=_(
            "Photos lose their place data and are checked like every file. What is added is never replaced."
        ),
        perform=evidence.add_files,
        form=AddEvidenceForm,
        stages=(*LOOP, Stage.DISMISSED),
        done=_("The evidence is added to %(number)s."),
        icon="evidence-add",
    ),
    Act(
        name="link",
        title=_("Link with another case"),
        button=_("Link…"),
        text=_("For two cases that have something to do with each other and still go their own ways."),
        perform=linking.link,
        form=LinkForm,
        stages=tuple(Stage),
        done=_("%(number)s is linked with the other case."),
        icon="link",
        in_menu=False,
        anchor="links",
    ),
    Act(
        name="unlink",
        title=_("Take a link back"),
        button=_("Take the link back"),
        text=_("Both histories keep that there was one."),
        perform=linking.unlink,
        form=UnlinkForm,
        stages=tuple(Stage),
        rule="link",
        done=_("The link of %(number)s is taken back."),
        icon="unlink",
        in_menu=False,
        anchor="links",
    ),
    Act(
        name="nudge",
        title=_("Urge whom the case waits for"),
        button=_("Nudge…"),
        text=_("They are told at once. A case can be urged again after four hours."),
        perform=urging.nudge,
        form=NudgeForm,
        stages=LOOP,
        icon="bell-ring",
        done=_("%(number)s: they have been told."),
        offered=urging.can_be_urged,
    ),
    Act(
        name="pause",
        title=_("Stop the clock"),
        button=_("Pause…"),
        text=_(
            "While something from outside is waited for. Everybody sees why; the time that is left stays."
        ),
        perform=pausing.pause,
        form=PauseForm,
        stages=pausing.PAUSABLE,
        icon="pause",
        done=_("The clock of %(number)s stands."),
        offered=lambda incident, person: incident.paused_since is None,
    ),
    Act(
        name="resume",
        title=_("Let the clock run on"),
        button=_("Resume"),
        text=_("What was waited for has come. The case has as much time as was left."),
        perform=pausing.resume,
        form=ResumeForm,
        stages=pausing.PAUSABLE,
        icon="play",
        done=_("The clock of %(number)s runs again."),
        offered=lambda incident, person: incident.paused_since is not None,
    ),
)
