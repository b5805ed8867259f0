"""What a review meeting talks about: the cases of its period, each with the reasons for which it is worth the time."""

import datetime as dt
from dataclasses import dataclass, field

from django.db.models import Q, QuerySet
from django.utils import timezone
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from incidents.models import Incident
from incidents.stages import TERMINAL, Severity, Stage
from people.models import Person, Unit

from .models import AgendaItem, Meeting, Recurrence, Verification

#: Cases that are offered for one reason, the newest.
PER_REASON = 40

CLOSED, NOT_EFFECTIVE, OVERDUE, SEVERE, RECURRING = (
    "closed",
    "not_effective",
    "overdue",
    "severe",
    "recurring",
)
#: In the order in which a meeting should take them.
REASONS: dict[str, Promise] = {
    SEVERE: gettext_lazy("serious or major"),
    NOT_EFFECTIVE: gettext_lazy("not effective in round 1"),
    RECURRING: gettext_lazy("came back"),
    OVERDUE: gettext_lazy("overdue"),
    CLOSED: gettext_lazy("closed in the period"),
}


@dataclass
class Candidate:
    """A case that the agenda could name, and why."""

    incident: Incident
    reasons: list[str] = field(default_factory=list)

    @property
    def words(self) -> str:
        return in_words(facts_of(self.incident, self.reasons))


def candidates(person: Person, unit: Unit, first: dt.date, last: dt.date) -> list[Candidate]:
    """The cases of the unit and below that concern the days from `first` to `last`, those with most reasons first.

    Only cases that this person may see. Always the same number of queries, each with an end.
    """
    visible = Incident.objects.visible_to(person).filter(unit__path__startswith=unit.path)
    reasons: dict[int, list[str]] = {}
    for reason, condition in _conditions(first, last).items():
        newest = visible.filter(condition).order_by("-pk").values_list("pk", flat=True)[:PER_REASON]
        for pk in newest:
            reasons.setdefault(pk, []).append(reason)
    rows = visible.select_related("unit", "type").in_bulk(reasons)
    found = [Candidate(rows[pk], why) for pk, why in reasons.items() if pk in rows]
    order = list(REASONS)
    return sorted(found, key=lambda one: (-len(one.reasons), order.index(one.reasons[0]), -one.incident.pk))


def _conditions(first: dt.date, last: dt.date) -> dict[str, Q]:
    begin = timezone.make_aware(dt.datetime.combine(first, dt.time()))
    end = timezone.make_aware(dt.datetime.combine(last + dt.timedelta(days=1), dt.time()))
    failed = Verification.objects.filter(
        cycle=1, verdict=Verification.Verdict.NOT_EFFECTIVE, judged_at__gte=begin, judged_at__lt=end
    )
    again = Recurrence.objects.filter(found_at__gte=begin, found_at__lt=end).exclude(
        status=Recurrence.Status.REJECTED
    )
    unended = ~Q(stage__in=TERMINAL)
    return {
        SEVERE: Q(severity__gte=Severity.SERIOUS, reported_at__gte=begin, reported_at__lt=end)
        & ~Q(stage__in=[Stage.DISMISSED, Stage.MERGED]),
        NOT_EFFECTIVE: Q(pk__in=failed.values("incident")),
        RECURRING: Q(pk__in=again.values("earlier")) | Q(pk__in=again.values("later")),
        OVERDUE: unended & Q(due_at__lt=min(timezone.now(), end), reported_at__lt=end),
        CLOSED: Q(stage=Stage.CLOSED, closed_at__gte=begin, closed_at__lt=end),
    }


# The facts of a case, kept with the agenda ----------------------------------------------------------------------------
def facts_of(incident: Incident, reasons: list[str]) -> dict:
    """What is known of the case now, without a word that was written about it: the agenda outlives what changes."""
    late = (timezone.now() - incident.due_at).days if incident.is_open and incident.due_at else 0
    return {
        "number": incident.number,
        "reasons": [reason for reason in REASONS if reason in reasons],
        "stage": incident.stage,
        "round": incident.cycle,
        "severity": incident.severity,
        "reported_on": str(timezone.localdate(incident.reported_at)),
        "closed_on": str(timezone.localdate(incident.closed_at)) if incident.closed_at else None,
        "days_overdue": max(0, late),
    }


def in_words(facts: dict) -> str:
    """The line of facts, in the reader's language."""
    said = [str(REASONS[reason]) for reason in facts.get("reasons", []) if reason in REASONS]
    if facts.get("severity") in Severity.values:
        said.append(_("severity: %(severity)s") % {"severity": Severity(facts["severity"]).label})
    if facts.get("stage") in Stage.values:
        said.append(_("stage: %(stage)s") % {"stage": Stage(facts["stage"]).label})
    if facts.get("round", 1) > 1:
        said.append(_("round %(round)s") % {"round": facts["round"]})
    if facts.get("reported_on"):
        said.append(_("reported %(day)s") % {"day": facts["reported_on"]})
    if facts.get("closed_on"):
        said.append(_("closed %(day)s") % {"day": facts["closed_on"]})
    if days := facts.get("days_overdue"):
        said.append(ngettext("%(n)d day overdue", "%(n)d days overdue", days) % {"n": days})
    return " · ".join(said)


# Reading an agenda ----------------------------------------------------------------------------------------------------
@dataclass
class Line:
    """An agenda item as one reader sees it. A case that they can't open is its number and nothing else."""

    item: AgendaItem
    is_open: bool  # may this reader know what it is about?

    @property
    def number(self) -> str:
        return self.item.incident.number if self.item.incident else ""

    @property
    def title(self) -> str:
        if self.item.incident is None:
            return self.item.text
        return self.item.incident.title if self.is_open else _("a case you can't open")

    @property
    def url(self) -> str:
        return self.item.incident.get_absolute_url() if self.item.incident and self.is_open else ""

    @property
    def facts(self) -> str:
        return in_words(self.item.facts) if self.item.incident and self.is_open else ""

    @property
    def notes(self) -> str:
        return self.item.notes if self.is_open else ""


def lines_for(person: Person, meeting: Meeting) -> list[Line]:
    """The agenda for this reader: two queries."""
    items: QuerySet[AgendaItem] = meeting.agenda.select_related("incident").order_by("position", "pk")
    items = list(items)
    cases = [item.incident_id for item in items if item.incident_id]
    visible = set(Incident.objects.visible_to(person).filter(pk__in=cases).values_list("pk", flat=True))
    return [Line(item, item.incident_id is None or item.incident_id in visible) for item in items]
