"""How acts of stages 3 to 7 are told in the timeline, and what the reminders call what is due there."""

from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from history.timeline import describe, name_field
from incidents.stages import Severity
from people.models import Role
from reminders.notices import name_what
from reminders.policies import rule_kind

from . import (
    improve,
    meeting_words,  # noqa: F401 - the words of review meetings
    track,
)
from .models import Cause, ElsewhereCheck, Improvement, Measure, Plan, Verification, category_label
from .papers.kinds import PAPERS

_CAUSE = {
    "category": category_label,
    "status": lambda value: Cause.Status(value).label,
    "side": lambda value: Cause.Side(value).label,
}
_RULE = {"role": lambda value: Role(value).label, "icon": "pen-line"}
_LIMITS = ("from_severity", "from_cost")
_MEASURE = {
    "kind": lambda value: Measure.Kind(value).label,
    "strength": lambda value: Measure.Strength(value).label,
}
_DETAILS = ("text", "kind", "strength", "owner", "due_on", "target", "cost")

# 3 analyse
describe(
    "incident.describe_analysis", _("wrote on the cause analysis"),
    shows=("problem", "escape", "why_differs", "report"),
)  # fmt: skip
describe("incident.add_cause", _("added a supposed cause: %(text)s"), **_CAUSE)
describe("incident.amend_cause", _("reworded a cause"), shows=("text", "category"), **_CAUSE)
describe("incident.move_cause", _("moved a cause: %(text)s"), **_CAUSE)
describe("incident.remove_cause", _("took back a supposed cause: %(text)s"), **_CAUSE)
describe("incident.confirm_cause", _("confirmed a cause: %(text)s"), **_CAUSE)
describe("incident.refute_cause", _("refuted a cause: %(text)s"), **_CAUSE)
describe("incident.prove_cause", _("added proof to a cause: %(text)s"), **_CAUSE)
describe("incident.mark_root", _("marked the root causes: %(text)s"), shows=("is_root",), **_CAUSE)
describe("incident.check_elsewhere", _("asked %(owner)s to look for the same risk at %(where)s"), said="text")
describe(
    "incident.record_elsewhere", _("looked for the same risk at %(where)s: %(result)s"), said="finding",
    result=lambda value: ElsewhereCheck.Result(value).label,
)  # fmt: skip
describe("incident.name_raised", _("raised %(raised)s for what was found at %(where)s"))
describe("incident.conclude", _("concluded the analysis: the root cause is proven"))
# 4 plan
describe("incident.begin_plan", _("began version %(revision)s of the plan"))
describe("incident.write_plan", _("wrote on the plan"), shows=("feasibility", "expected_effect"))
describe("incident.add_measure", _("added a measure: %(text)s"), **_MEASURE)
describe("incident.amend_measure", _("changed a measure"), shows=_DETAILS, **_MEASURE)
describe("incident.drop_measure", _("took a measure out of the plan: %(text)s"), **_MEASURE)
describe("incident.submit_plan", _("submitted version %(revision)s of the plan for approval"))
describe("incident.withdraw_plan", _("withdrew version %(revision)s of the plan"))
describe(
    "incident.return_plan", _("sent version %(revision)s of the plan back"),
    turn=_("Sent back: the plan is rewritten"), plan=lambda value: Plan.Status(value).label,
)  # fmt: skip
describe(
    "incident.fix_design", _("fixed how the effect will be verified: %(metric)s"),
    shows=("baseline", "baseline_from", "baseline_until", "observation_days", "smallest_change"),
)  # fmt: skip
describe(
    "incident.cosign_plan", _("co-signed version %(revision)s of the plan: %(role)s"),
    role=lambda value: Role(value).label, icon="pen-line",
)  # fmt: skip
describe("incident.approve", _("approved version %(revision)s of the plan"))
describe("unit.add_cosign_rule", _("set a rule for co-signing plans: %(role)s"), shows=_LIMITS, **_RULE)
describe("unit.end_cosign_rule", _("ended a rule for co-signing plans: %(role)s"), **_RULE)
# 5 track
describe("incident.ledger_progress", _("recorded progress of %(number)s"), said="text")
describe("incident.ledger_check", _("checked %(number)s. In order: %(in_order)s"), said="text")
describe("incident.ledger_deviation", _("reported a deviation of %(number)s"), said="text")
describe("incident.ledger_extension", _("asked to extend %(number)s until %(new_due_on)s"), said="text")
describe("incident.ledger_withdrawal", _("asked to withdraw %(number)s"), said="text")
describe("incident.ledger_adjustment", _("adjusted %(number)s, now due %(due_on)s"), said="text")
describe("incident.ledger_withdrawn", _("granted the withdrawal of %(number)s"), said="text")
describe("incident.ledger_refusal", _("refused the request about %(number)s"), said="text")
describe("incident.ledger_completion", _("finished %(number)s"), said="text")
describe(
    "incident.complete", _("opened the observation of the effect: everything is done, proven and checked")
)
describe("measure.export", _("exported %(rows)s measures as %(format)s"), icon="download")
# 6 verify
describe("incident.judge_effective", _("judged the measures effective"))
describe(
    "incident.judge_not_effective", _("judged the measures not effective"),
    turn=_("Not effective: back to root-cause analysis, round %(cycle)s"),
)  # fmt: skip
describe("incident.judge_inconclusive", _("found the effect inconclusive and watches until %(watch_until)s"))
# 7 improve
describe("incident.write_lessons", _("wrote down the lessons"), said="lessons")
describe(
    "incident.add_improvement", _("added an improvement (%(kind)s): %(text)s"),
    kind=lambda value: Improvement.Kind(value).label,
)  # fmt: skip
describe(
    "incident.acknowledge", _("said for %(unit)s whether the lesson applies there: %(applies)s"),
    said="acknowledgement",
)  # fmt: skip
describe("incident.finish_improvement", _("finished an improvement: %(text)s"), said="proof")
describe("incident.archive", _("closed and archived it"))
# Coming back
describe("incident.may_recur", _("may have come back as %(came_back_as)s"), icon="loop")
describe("incident.may_be_recurrence", _("may be %(recurs_from)s that came back"), icon="loop")
describe("incident.recurrence_confirmed", _("found that it came back as %(came_back_as)s"))
describe("incident.recurrence_rejected", _("found that %(came_back_as)s is something else"))
describe("incident.confirm_recurrence", _("found that it is %(recurs_from)s that came back"))
describe("incident.reject_recurrence", _("found that it is something else than %(recurs_from)s"))
# The short path
describe(
    "incident.refuse_short_path", _("found the on-the-spot correction not enough"),
    turn=_("The whole loop after all"),
)  # fmt: skip

# Papers
describe(
    "incident.print", _("took a paper away as PDF: %(paper)s"), icon="file-down",
    paper=lambda slug: PAPERS[slug].title,
)  # fmt: skip

name_field("text", pgettext_lazy("field", "text"))
name_field("kind", pgettext_lazy("field", "kind"))
name_field("strength", pgettext_lazy("field", "strength"))
name_field("target", pgettext_lazy("field", "target"))
name_field("cost", pgettext_lazy("field", "cost"))
name_field("due_on", pgettext_lazy("field", "due"))
name_field("baseline_value", pgettext_lazy("field", "value today"))
name_field("expected_value", pgettext_lazy("field", "value expected"))
name_field("value_unit", pgettext_lazy("field", "unit of the values"))
name_field("from_severity", pgettext_lazy("field", "from severity"), lambda value: Severity(value).label)
name_field("from_cost", pgettext_lazy("field", "from a total cost in yuan"))
name_field("category", pgettext_lazy("field", "category"))
name_field("is_root", pgettext_lazy("field", "root cause"))
name_field("problem", pgettext_lazy("field", "problem"))
name_field("escape", pgettext_lazy("field", "why it wasn't noticed"))
name_field("why_differs", pgettext_lazy("field", "why the last analysis failed"))
name_field("report", pgettext_lazy("field", "cause report"))
name_field("feasibility", pgettext_lazy("field", "feasibility"))
name_field("expected_effect", pgettext_lazy("field", "expected effect"))
name_field("verdict", pgettext_lazy("field", "verdict"), lambda value: Verification.Verdict(value).label)

name_what("measure", _("Carry out the measure"))
name_what("request", _("Decide the request"))
name_what("check", _("Check the finished measure"))
name_what("elsewhere", _("Look for the same risk in another place"))
name_what("improvement", _("Carry out the improvement"))
name_what("acknowledge", _("Say whether the lesson applies to your unit"))

rule_kind("check", _("Check a finished measure"), lambda severity: track.CHECK_WITHIN)
rule_kind("acknowledge", _("Say whether a lesson applies"), lambda severity: improve.ACKNOWLEDGE_WITHIN)
rule_kind("request", _("Decide an extension or a withdrawal"), lambda severity: track.DECIDE_WITHIN)
