"""One complaint, as its handlers see it."""

from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

from complaints import acts, duplicates, rail, reading
from complaints.corresponding import read_by_handler
from complaints.masking import shows_personal, words_for
from complaints.models import Complaint, Reply
from complaints.states import UNANSWERED
from history.timeline import timeline
from reminders.models import Deadline

from .acts import complaint_or_404

#: How many events the page shows at first, and at most.
LATEST, WHOLE_STORY = 20, 1000
#: Acts that stand in the menu of the heading and not beside the next step: about the case, not its content.
ABOUT_THE_CASE = (
    "attach", "amend", "pause", "resume", "offer", "escalate", "merge", "pass-on", "withdraw", "restrict", "lift",
    "renew-link",
)  # fmt: skip
#: Acts whose buttons stand in a card of their own.
IN_CARDS = (
    "message", "compensate", "raise-incident", "join-incident", "leave-incident", "record-finding", "draft-reply",
    "amend-contact",
)  # fmt: skip


@login_required
@never_cache
@require_safe
def complaint(request: HttpRequest, number: str) -> HttpResponse:
    """The whole complaint on one page, with what its reader can do next."""
    row, person = complaint_or_404(request, number), request.user
    deadlines = list(Deadline.objects.filter(subject=row.case).select_related("owner"))
    gate = reading.gate_of(row)
    offers = acts.open_to(person, row, gate)
    replies = list(row.replies.select_related("author", "approver"))
    waits = reading.approval_of(deadlines)
    forward = None if waits and "approve-reply" not in offers else next_act(row, offers, replies)
    limit = WHOLE_STORY if request.GET.get("timeline") == "all" else LATEST
    story = timeline(row.case, limit=limit + 1)
    kept = reading.kept_files(row)
    thread = reading.thread(row, person, kept)
    if any(said["message"].read_at is None and not said["is_ours"] for said in thread):
        read_by_handler(row, person)
    words = words_for(person, row)
    listed = [offer for offer in offers.values() if offer is not forward and offer.act.in_menu]
    context = {
        "complaint": row,
        "said": words(row.text),
        "wish": words(row.wish),
        "finding": words(row.finding),
        "title": words(row.title),
        "rail": rail.stops(row, deadlines),
        "loops": rail.loops(row),
        "turn": reading.turn_of(row, person, forward, waits),
        "gate": gate,
        "offers": offers,
        "forward": forward,
        "forward_form": forward.act.form_of(row, person) if forward and forward.act.inline else None,
        "others": [offer for offer in listed if offer.act.slug not in (*ABOUT_THE_CASE, *IN_CARDS)],
        "about_the_case": [offers[slug] for slug in ABOUT_THE_CASE if slug in offers],
        "thread": thread,
        "files": [item for said in thread for item in said["files"]] + reading.own_files(row, person, kept),
        "hidden_files": sum(said["hidden"] for said in thread),
        "replies": replies,
        "follow_ups": list(row.follow_ups.select_related("by")),
        "compensations": list(row.compensations.select_related("by")),
        "calls": list(row.calls.select_related("by")),
        "shown_incident": reading.incident_of(row, person),
        "siblings": reading.others_of_incident(row, person),
        "looks_for_duplicates": row.state in UNANSWERED,
        "shows_personal": shows_personal(person, row),
        "deadlines": reading.open_deadlines(deadlines),
        "people": reading.people_of(row),
        "timeline": [reading.told_of(told, words) for told in story[:limit]],
        "timeline_goes_on": len(story) > limit,
    }
    return render(request, "complaints/page.html", context)


def next_act(complaint: Complaint, offers: dict[str, acts.Offer], replies: list[Reply]) -> acts.Offer | None:
    """The one act that the card "Your turn" puts first: what takes the complaint on, or what that still lacks."""
    if "accept" in offers:
        return offers["accept"]
    forward = next((offer for offer in offers.values() if offer.act.is_forward), None)
    if forward is not None and (forward.ready or forward.act.slug != "send-reply"):
        return forward
    reply = next((reply for reply in replies if reply.round == complaint.round), None)
    lacking = [
        "approve-reply",
        *(() if complaint.finding.strip() else ("record-finding",)),
        *(() if reply else ("draft-reply",)),
        "submit-reply",
    ]
    return next((offers[slug] for slug in lacking if slug in offers), forward)


@login_required
@never_cache
@require_safe
def alike(request: HttpRequest, number: str) -> HttpResponse:
    """Complaints that may be the same one: a part of the page, fetched when somebody comes to it, or a page."""
    row = complaint_or_404(request, number)
    found = duplicates.likely(request.user, text=row.text, unit=row.unit, contact=row.contact, but=row)
    offers = acts.open_to(request.user, row, [])
    context = {
        "complaint": row,
        "found": found,
        "may_join": "merge" in offers,
        "shows_words": shows_personal(request.user, row),
        "here": True,
    }
    template = "complaints/_alike.html" if request.htmx else "complaints/alike.html"
    return render(request, template, context)
