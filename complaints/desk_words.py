"""How a complaint stands in My work, and how calls, exports and categories are told."""

from django.db.models import Exists, OuterRef
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from history.timeline import describe
from incidents.asides import beside
from incidents.models import Incident
from incidents.otherwork import OtherWork, show_by
from people.models import Person
from reminders.models import Deadline
from reminders.notices import words_of_what

from .masking import words_for
from .models import Call, Complaint

describe(
    "complaint.call",
    _("took a call: %(outcome)s"),
    icon="phone",
    readers={"outcome": lambda value: Call.Outcome(value).label},
)
describe("complaint.export", _("exported a list of complaints: %(rows)s rows"), icon="download")
describe("category.add", _("added the category %(name)s"))
describe("category.rename", _("changed a category"))
describe("category.order", _("moved a category to place %(place)s"))
describe("category.retire", _("retired a category"))
describe("category.bring_back", _("brought a category back"))

#: What the button of a row says, by the kind of what is due.
BUTTONS = {
    "receipt": pgettext_lazy("button", "Acknowledge"),
    "classify": pgettext_lazy("button", "Classify"),
    "reply": pgettext_lazy("button", "Answer"),
    "reply-approval": pgettext_lazy("reply", "Approve"),
    "takeover": pgettext_lazy("button", "Take over"),
    "followup": pgettext_lazy("button", "Follow up"),
    "close": pgettext_lazy("button", "Close"),
    "call": pgettext_lazy("button", "Call"),
}
SORT = pgettext_lazy("my work", "Complaint")


@show_by("complaint")
def complaints(person: Person, deadlines: list[Deadline]) -> dict[int, OtherWork]:
    """The complaints of these deadlines as far as the person sees them: two statements."""
    keys = {deadline.pk: int(deadline.subject.partition(":")[2]) for deadline in deadlines}
    visible = Complaint.objects.visible_to(person).select_related("unit", "contact")
    rows = visible.defer("search", "finding", "wish").in_bulk(keys.values())
    found = {}
    for deadline in deadlines:
        row, kind = rows.get(keys[deadline.pk]), deadline.kind.partition(":")[0]
        if row is not None:
            title = words_for(person, row)(row.title)
            found[deadline.pk] = OtherWork(
                SORT, row.number, title, str(row.unit), row.get_absolute_url(),
                button=BUTTONS.get(kind, ""), task=words_of_what(kind),
            )  # fmt: skip
    return found


#: How many complaints the page of an incident names.
NAMED = 10


@beside("complaints/_of_incident.html", there_are=Exists(Complaint.objects.filter(incident=OuterRef("pk"))))
def of_incident(incident: Incident, person: Person) -> dict | None:
    """The complaints about an incident that this person sees, the newest first: one statement."""
    visible = Complaint.objects.visible_to(person).filter(incident=incident).select_related("unit", "contact")
    rows = list(visible.defer("search", "finding", "wish", "text")[: NAMED + 1])
    return {"complaints": rows[:NAMED], "more": len(rows) > NAMED} if rows else None
