"""How assessment is told in history, in My work and in reminders."""

from django.urls import reverse
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from history.timeline import describe, name_field
from incidents.otherwork import OtherWork, show_by
from metrics.definitions import KPIS
from metrics.models import Consequence, Scorecard
from people.models import Person
from reminders.models import Deadline
from reminders.notices import name_what
from reminders.subjects import locate_by

from .personal import PERSONAL

YES_NO = {True: _("yes"), False: _("no")}

describe("scheme.set", _("set how is assessed: %(name)s"), shows=("lines",))
describe("scheme.change", _("changed how is assessed"), shows=("lines",))
describe("scheme.retire", _("ended the use of the scheme"))
describe("scorecard.make", _("made the scorecard from the figures"), icon="calculator")
describe("scorecard.reckon", _("read the figures once more"))
describe("scorecard.comment", _("wrote the comment"))
describe("scorecard.leave_out", _("left a line out"))
describe("scorecard.issue", _("issued the scorecard"))
describe("scorecard.agree", _("read the scorecard and agreed"))
describe("scorecard.object", _("objected"))
describe("scorecard.decide", _("decided the objection"), shows=("upheld",))
describe("scorecard.sign", _("signed the scorecard"))
describe("scorecard.follow_up", _("had something follow: %(number)s (%(consequence)s)"))


def _lines(told: list[str]) -> str:
    """The indicators and their weights, by their names: “Complaint rate 40”. Those of a company's own by their code."""
    known = {**KPIS, **PERSONAL}
    pairs = (line.rpartition(" ") for line in told)
    return ", ".join(f"{known.get(code, code)} {weight}" for code, _space, weight in pairs)


name_field("lines", pgettext_lazy("field", "lines"), _lines)
name_field("upheld", pgettext_lazy("field", "upheld"), lambda value: YES_NO[bool(value)])
name_field("consequence", pgettext_lazy("field", "consequence"), lambda value: Consequence.Kind(value).label)

name_what("card-read", _("Read the scorecard, and agree or object"))
name_what("card-objection", _("Decide the objection to a scorecard"))
name_what("card-sign", _("Sign the scorecard, or question it"))


@locate_by("scorecard")
def addresses(keys: set[int]) -> dict[int, str]:
    return {pk: reverse("scorecard", args=[pk]) for pk in keys}


@locate_by("scheme")
def scheme_addresses(keys: set[int]) -> dict[int, str]:
    return {pk: reverse("scheme", args=[pk]) for pk in keys}


@show_by("scorecard")
def work(person: Person, deadlines: list[Deadline]) -> dict[int, OtherWork]:
    """The cards among the deadlines that the person sees, in one query."""
    keys = {deadline.pk: int(deadline.subject.partition(":")[2]) for deadline in deadlines}
    rows = Scorecard.objects.visible_to(person).select_related("unit", "person", "scheme")
    cards = rows.in_bulk(set(keys.values()))
    tasks = {
        "card-read": (_("Read the scorecard, and agree or object"), pgettext_lazy("button", "Read")),
        "card-objection": (_("Decide the objection to a scorecard"), pgettext_lazy("button", "Decide")),
        "card-sign": (_("Sign the scorecard, or question it"), pgettext_lazy("button", "Sign")),
    }
    kinds = {deadline.pk: deadline.kind for deadline in deadlines}
    sort = pgettext_lazy("my work", "Scorecard")
    return {
        pk: OtherWork(
            sort, found.period.key, f"{found.about} · {found.scheme}", str(found.unit), found.get_absolute_url(),
            button=tasks[kinds[pk]][1], task=tasks[kinds[pk]][0],
        )
        for pk, key in keys.items()
        if (found := cards.get(key)) and kinds[pk] in tasks
    }  # fmt: skip
