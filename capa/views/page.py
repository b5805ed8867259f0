"""The incident page: rail, whose turn it is, and a section for each stage."""

from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from capa import elsewhere, recurrence, sections
from history.models import Event
from history.timeline import tell, timeline
from incidents import acts, asides, confirm, gates, linking, parts, rail
from incidents.models import Incident
from incidents.permissions import allowed
from incidents.stages import TURN, Stage
from incidents.views.acts import incident_or_404
from reminders.durations import duration_in_words
from reminders.models import Deadline

#: How many events the page shows at first, and at most.
LATEST, WHOLE_STORY = 25, 1000


@login_required
@require_safe
def incident_page(request: HttpRequest, number: str) -> HttpResponse:
    """One page that shows the whole story of an incident, and what its reader can do next."""
    incident = incident_or_404(
        request, number, has_links=linking.has_links(), has_flags=recurrence.has_flags(),
        has_elsewhere=elsewhere.has_elsewhere(), has_objections=confirm.has_objections(), **asides.asked(),
    )  # fmt: skip
    person = request.user
    shown = sections.all_of(incident, person)  # first: what they read, gate and offers need not ask again
    deadlines = list(Deadline.objects.filter(subject=incident.case).select_related("owner"))
    visits = rail.visits(deadlines)
    gate = gates.gate(incident, gates.FORWARD[incident.stage]) if incident.is_open else []
    offers = acts.open_to(person, incident, gate)
    forward = next((offer for offer in offers.values() if offer.act.is_forward), None)
    context = {
        "incident": incident,
        "rail": rail.stops(incident, visits, duration_in_words),
        "loops": rail.loops(visits),
        "turn": _turn(incident, person, forward),
        "gate": gate,
        "offers": offers,
        "forward": forward,
        "forward_form": forward.act.form(incident=incident, person=person)
        if forward and forward.act.inline
        else None,
        "others": [offer for offer in offers.values() if offer is not forward and offer.act.in_menu],
        "deadlines": parts.open_deadlines(deadlines),
        "pause": parts.pause(deadlines, incident),
        "people": parts.people(incident),
        "evidence": parts.evidence(incident),
        "attributions": list(
            incident.attributions.filter(attempt=incident.attempt).select_related("unit", "person")
        ),
        "agreements": list(incident.agreements.filter(attempt=incident.attempt).select_related("person")),
        "objections": (
            list(incident.objections.select_related("raised_by", "decided_by"))
            if incident.has_objections
            else []
        ),
        **(story := _story(incident, request.GET.get("timeline", ""))),
        "verdict": _verdict(incident, story),
        "asides": asides.of(incident, person),
        "flags": recurrence.flags(incident, person),
        "links": linking.links_of(incident, person),
        "may_reveal": incident.contact_id is not None and allowed(person, "reveal_contact", incident),
        **shown,
    }
    return render(request, "incidents/page.html", context)


def _story(incident: Incident, choice: str) -> dict:
    """The timeline: the latest events, all of them, or only those that moved the case."""
    if choice == "moves":
        rows = [row for row in timeline(incident.case, limit=WHOLE_STORY) if row["moved"]]
        return {"timeline": rows, "timeline_choice": choice, "timeline_goes_on": False}
    limit = WHOLE_STORY if choice == "all" else LATEST
    rows = timeline(incident.case, limit=limit + 1)
    return {"timeline": rows[:limit], "timeline_choice": choice, "timeline_goes_on": len(rows) > limit}


def _verdict(incident: Incident, story: dict) -> dict | None:
    """What became of the report, in the words that its reporter waits for."""
    told = next((row for row in story["timeline"] if row["act"] in parts.VERDICTS), None)
    if told or not story["timeline_goes_on"]:
        return told
    verdicts = Event.objects.of(incident.case).filter(act__in=parts.VERDICTS).select_related("actor")
    return next(iter(tell(verdicts.order_by("-seq")[:1])), None)


def _turn(incident: Incident, person, forward) -> dict:
    """The card that says what is next, and for whom."""
    if not incident.is_open:
        return {"yours": False, "title": incident.get_stage_display(), "text": ""}
    yours = incident.owner_id == person.pk
    return {
        "yours": yours,
        "title": forward.act.title if forward else TURN[Stage(incident.stage)],
        "text": forward.act.text if forward else "",
        "waiting_for": incident.owner.display_name if incident.owner else _("nobody yet"),
        **parts.due(incident.due_at, paused=incident.paused_since is not None),
    }
