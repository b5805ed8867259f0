"""What the acts of stage 3 share: the case as it is now, its causes as the person saw them, and what is written down."""

import datetime as dt
from collections.abc import Iterable

from django.utils.translation import gettext_lazy as _

from capa.models import Analysis, Cause
from history.models import Event
from incidents.errors import Invalid, Stale
from incidents.lifecycle import hold_in
from incidents.models import Incident
from incidents.stages import Stage
from people.models import Person

#: How long the name of a bone that somebody made up may be.
LONGEST_BONE = 30


class Overtaken(Stale):
    """Somebody else changed the very thing that this person was writing on. Nothing is saved; both texts can be shown.

    `now` is the row as it stands (None: it was taken back), `fields` what the other one changed, `who` and `at` when.
    """

    def __init__(
        self, now: Cause | Analysis | None, *, fields: Iterable[str] = (), event: Event | None = None
    ):
        super().__init__(_("Somebody changed this while you were writing. Choose which words stand."))
        self.now = now
        self.fields = list(fields)
        self.who = event.actor_name if event else ""
        self.at: dt.datetime | None = event.at if event else None


def hold(incident: Incident, *, by: Person, version: int | None) -> Incident:
    """`version` is the incident's; the workbench gives None, and says of each row which version it saw (`seen`)."""
    return hold_in(Stage.ANALYSE, incident, "analyse", by=by, version=version)


def analysis_of(row: Incident) -> Analysis:
    """This round's analysis: a row of its own in every round, so nothing of an earlier one is overwritten."""
    return Analysis.objects.get_or_create(incident=row, cycle=row.cycle)[0]


def of_this_round(row: Incident, cause: Cause | None) -> Cause | None:
    """The cause as it is now, if it belongs to this case and round."""
    if cause is None:
        return None
    found = row.causes.filter(cycle=row.cycle, pk=cause.pk).first()
    if found is None:
        raise Invalid({"cause": _("This cause doesn't belong to the round you are in.")})
    return found


def as_seen(row: Incident, cause: Cause, seen: int | None, *touched: str) -> Cause:
    """The cause as it is now; Overtaken when somebody has changed it in one of `touched` since version `seen`.

    Who rewords a cause isn't in the way of who moves it.
    """
    if seen is None:
        return of_this_round(row, cause)
    found = row.causes.filter(cycle=row.cycle, pk=cause.pk).first()
    if found is None:
        gone = Event.objects.of(row.case).filter(act="incident.remove_cause", before__cause=cause.pk).first()
        if gone is None:
            return of_this_round(row, cause)
        raise Overtaken(None, event=gone)
    if found.version == seen:
        return found
    events = list(Event.objects.of(row.case).filter(after__cause=cause.pk, after__version__gt=seen))
    for event in events:  # the latest first
        if changed := [name for name in touched if event.before.get(name) != event.after.get(name)]:
            raise Overtaken(found, fields=changed, event=event)
    if not events:  # seen a version that nobody has made: better ask than overwrite
        raise Overtaken(found, fields=touched)
    return found


def said(text: str, field: str, message) -> str:
    """What was written, on one line where it is a heading; Invalid when it is nothing."""
    if not text.strip():
        raise Invalid({field: message})
    return text.strip()


def bone(value: str) -> str:
    """A code of Cause.Category, or the name of a bone that somebody made up. A bone's own name means its code."""
    name = " ".join(value.split())
    if not name:
        raise Invalid({"category": _("Choose on which bone of the fishbone it belongs.")})
    if len(name) > LONGEST_BONE:
        raise Invalid(
            {"category": _("A bone's name has at most %(most)s characters.") % {"most": LONGEST_BONE}}
        )
    for code, label in Cause.Category.choices:
        if name.casefold() in (code, str(label).casefold()):
            return code
    return name


def save(cause: Cause) -> None:
    """Save a change of what the cause says: a page made from the version before is stale."""
    cause.version += 1
    cause.save()


def described(cause: Cause) -> dict:
    """What is written down about a cause with every act on it."""
    return {
        "cause": cause.pk,
        "text": cause.text,
        "side": cause.side,
        "category": cause.category,
        "below": cause.parent_id,
        "position": cause.position,
        "status": cause.status,
        "is_root": cause.is_root,
        "finding": cause.finding,
        "version": cause.version,
    }
