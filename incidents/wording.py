"""How acts on an incident are told in its timeline, and what the reminders call its stages."""

from functools import partial

from django.urls import reverse
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from history.timeline import ALL, describe, name_field, name_things
from people.models import Role
from reminders.models import Deadline
from reminders.notices import name_what
from reminders.policies import rule_kind
from reminders.subjects import locate_by

from . import limits
from .models import Incident, IncidentType
from .stages import TURN, Attributable, Channel, ReporterKind, Severity, Stage


def _severity(value: int) -> str:
    return Severity(int(value)).label


def _shares(attributions: list[dict]) -> str:
    """ "Chen Gong (ER-D-W2), equipment fault: 60 %"."""
    return "; ".join(
        str(_("%(person)s (%(unit)s), %(kind)s: %(share)s %%"))
        % {**share, "kind": Attributable(share["kind"]).label}
        for share in attributions
    )


# 1 identify
describe("incident.report", _("reported it"), icon="megaphone")
describe("incident.brought_over", _("brought over from the other system: %(state)s (%(who)s)"), icon="upload")
describe("incident.bring_over", _("closed it, as it was in the other system"), icon="upload")
describe("incident.amend", _("corrected the report"), shows=ALL)
describe("incident.add_evidence", _("added evidence"), said="caption")
describe("incident.withdraw_evidence", _("withdrew evidence"))
describe("incident.substantiate", _("found it substantiated: %(severity)s"), shows=("title", "short_path"))
describe("incident.dismiss", _("found it not substantiated"))
describe("incident.merge", _("joined it with %(merged_into)s, which covers the same event"))
describe("incident.merge_from", _("joined %(from)s with it"))
# 2 confirm
describe("incident.attribute", _("proposed the attribution: %(attributions)s"), said="facts_verified")
describe("incident.agree", _("agreed to the attribution as %(role)s"), role=lambda code: Role(code).label)
describe("incident.confirm", _("completed the agreement: responsibility is confirmed"))
describe("incident.object", _("objected to the attribution"))
describe("incident.decide_objection", _("decided the objection. Upheld: %(upheld)s"))
describe(
    "incident.uphold_objection", _("sent it back to the responsibility group"),
    turn=_("Objection upheld: responsibility is confirmed anew"),
)  # fmt: skip
# Across the stages
describe("incident.reopen", _("reopened it"), turn=_("Reopened: %(stage)s, round %(cycle)s"))
describe(
    "incident.hand_over", _("handed the work of %(giver)s over to %(taker)s"),
    shows=("owner", "responsible_person", "measures"),
)  # fmt: skip
describe("incident.take_back", _("took the hand-over from %(taker)s to %(giver)s back"))
describe("incident.link", _("linked it with %(linked_with)s"), icon="link")
describe("incident.unlink", _("took the link with %(linked_with)s back"), icon="unlink")
describe("incident.reveal_contact", _("looked at the contact's personal data"))
describe("incident.export", _("exported %(rows)s incidents as %(format)s"), icon="download")
describe("incident.comment", _("commented"))
describe("incident.nudge", _("asked to hurry"))

describe(
    "incident.pause", _("stopped the clock: %(waiting_for)s"),
    waiting_for=lambda value: Deadline.PauseReason(value).label,
)  # fmt: skip
describe("incident.nudge", _("urged %(owner)s"))
describe("incident.resume", _("let the clock run on"))
name_field("title", pgettext_lazy("field", "title"))
name_field("description", pgettext_lazy("field", "what happened"))
name_field("type", pgettext_lazy("field", "type"))
name_field("place", pgettext_lazy("field", "exact place"))
name_field("occurred_at", pgettext_lazy("field", "when it happened"))
name_field("people_affected", pgettext_lazy("field", "people affected"))
name_field("impact", pgettext_lazy("field", "scope of impact"))
name_field("containment", pgettext_lazy("field", "done on the spot"))
name_field("channel", pgettext_lazy("field", "channel"), lambda value: Channel(value).label)
name_field("reporter_kind", pgettext_lazy("field", "reported by"), lambda value: ReporterKind(value).label)
name_field("severity", pgettext_lazy("field", "severity"), _severity)
name_field("stage", pgettext_lazy("field", "stage"), lambda value: Stage(value).label)
name_field("cycle", pgettext_lazy("field", "round"))
name_field("owner", pgettext_lazy("field", "waits for"))
name_field("measures", pgettext_lazy("field", "measures"))
name_field("due_at", pgettext_lazy("field", "due"))
name_field("facts_verified", pgettext_lazy("field", "verification of the facts"))
name_field("attributions", pgettext_lazy("field", "attribution"), _shares)
name_field("responsible_unit", pgettext_lazy("field", "responsible unit"))
name_field("responsible_person", pgettext_lazy("field", "responsible person"))
name_field("short_path", pgettext_lazy("field", "short path"))
name_field("correction", pgettext_lazy("field", "on-the-spot correction"))
name_field("lessons", pgettext_lazy("field", "lessons learned"))
name_field("merged_into", pgettext_lazy("field", "joined with"))

# Only the number of another incident: whoever reads this one need not know that one.
name_things(
    "incidents.incident", lambda keys: dict(Incident.objects.filter(pk__in=keys).values_list("pk", "number"))
)
name_things("incidents.incidenttype", lambda keys: IncidentType.objects.in_bulk(keys))

for stage, what in TURN.items():
    name_what(f"turn.{stage}", what)


@locate_by("incident")
def addresses(keys: set[int]) -> dict[int, str]:
    numbers = Incident.objects.filter(pk__in=keys).values_list("pk", "number")
    return {pk: reverse("incident", args=[number]) for pk, number in numbers}


for _stage, _words in TURN.items():
    rule_kind(_stage, _words, partial(limits.default_limit, _stage))
rule_kind(limits.LOOP_KIND, _("Whole loop"), partial(limits.default_limit, limits.LOOP_KIND))
