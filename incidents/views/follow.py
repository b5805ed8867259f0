"""The secret link of an anonymous report: what became of it, for whoever holds the link, and nothing about anybody."""

from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.utils.translation import gettext_lazy as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

from history.models import Event
from incidents.identify import follow_digest
from incidents.models import Incident
from incidents.stages import LOOP, Stage

from .report import what_happens_next

IN_WORDS = {
    Stage.IDENTIFY: _("Your report has arrived. The site manager judges whether it is confirmed."),
    Stage.CONFIRM: _("Your report was confirmed. It is being settled who is responsible."),
    Stage.ANALYSE: _("The cause is being looked for."),
    Stage.PLAN: _("The cause is known. Measures are being planned."),
    Stage.TRACK: _("The measures are being carried out."),
    Stage.VERIFY: _("The measures are carried out. Whether they work is being verified."),
    Stage.IMPROVE: _("The measures work. Lessons are being drawn for other places."),
    Stage.CLOSED: _("The case is closed: the measures were found effective."),
    Stage.DISMISSED: _("Your report was looked into and found not substantiated."),
    Stage.MERGED: _("Another report tells of the same event. Both are handled together."),
}


@never_cache
@require_safe
def follow(request: HttpRequest, token: str) -> HttpResponse:
    """No account needed: who has the link may see the stage. The token itself is stored nowhere."""
    known = Incident.objects.select_related("type", "merged_into")
    incident = get_object_or_404(known, follow_digest=follow_digest(token))
    current = incident.merged_into or incident
    context = {
        "incident": incident,
        "current": current,
        "words": IN_WORDS[Stage(incident.stage)],
        "current_words": IN_WORDS[Stage(current.stage)],
        "rail": _rail(current),
        "reason": _reason(incident) if incident.stage == Stage.DISMISSED else "",
        "just_sent": "sent" in request.GET,
        "link": request.build_absolute_uri(request.path),
        **what_happens_next(incident),
    }
    response = render(request, "incidents/follow.html", context)
    response["X-Robots-Tag"] = "noindex, nofollow"
    response["Referrer-Policy"] = "no-referrer"
    return response


def _rail(incident: Incident) -> list[str]:
    """done, now or todo for each of the seven stages."""
    if incident.stage == Stage.CLOSED:
        return ["done"] * len(LOOP)
    here = incident.stage_number
    return ["done" if n < here else "now" if n == here else "todo" for n in range(1, len(LOOP) + 1)]


def _reason(incident: Incident) -> str:
    """The reason of the dismissal was written for the reporter to read."""
    event = Event.objects.of(incident.case).filter(act="incident.dismiss").order_by("-seq").first()
    return event.reason if event else ""
