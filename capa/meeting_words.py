"""How review meetings are told in their history, and how their decisions stand in My work and in reminders."""

from django.urls import reverse
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from history.timeline import describe, name_field
from incidents.otherwork import OtherWork, show_by
from people.models import Person
from reminders.models import Deadline
from reminders.notices import name_what
from reminders.subjects import locate_by

from .models import Decision, Meeting

_DETAILS = ("title", "held_at", "meeting_place", "chair", "attendees")
_DECISION = ("text", "owner", "unit", "due_on", "target")

describe("meeting.call", _("called the meeting: %(title)s"), icon="users")
describe("meeting.change", _("changed when, where or with whom the meeting is held"), shows=_DETAILS)
describe("meeting.set_agenda", _("set the agenda: %(cases)s"), shows=("topics",))
describe("meeting.write_minutes", _("wrote the minutes"))
describe("meeting.decide", _("recorded the decision %(number)s: %(text)s"))
describe("meeting.amend_decision", _("reworded the decision %(number)s"), shows=_DECISION)
describe("meeting.hand_over_decision", _("handed the decision %(number)s over"), shows=("owner",))
describe("meeting.finish_decision", _("finished %(number)s: %(text)s"), said="proof")
describe("meeting.sign", _("signed the minutes"))

name_field("held_at", pgettext_lazy("field", "when"))
name_field("meeting_place", pgettext_lazy("field", "where"))
name_field("chair", pgettext_lazy("field", "chair"))
name_field("attendees", pgettext_lazy("field", "attendees"))
name_field("topics", pgettext_lazy("field", "topics"))
name_field("cases", pgettext_lazy("field", "cases"))

name_what("decision", _("Carry out what the meeting decided"))


@locate_by("meeting")
def addresses(keys: set[int]) -> dict[int, str]:
    numbers = Meeting.objects.filter(pk__in=keys).values_list("pk", "number")
    return {pk: reverse("meeting", args=[number]) for pk, number in numbers}


@show_by("meeting")
def decisions(person: Person, deadlines: list[Deadline]) -> dict[int, OtherWork]:
    """The person's own decisions among the deadlines, in one query."""
    keys = {deadline.pk: int(deadline.kind.partition(":")[2]) for deadline in deadlines}
    rows = Decision.objects.filter(owner=person).select_related("unit", "meeting").in_bulk(keys.values())
    sort = pgettext_lazy("my work", "Decision of a review meeting")
    return {
        pk: OtherWork(sort, found.number, found.text, str(found.unit), found.get_absolute_url())
        for pk, key in keys.items()
        if (found := rows.get(key))
    }
