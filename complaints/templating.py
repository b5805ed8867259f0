"""Variables in replies and their templates: {number}, {finding}. A small substitution, nothing that computes.

What a variable says is taken when the reply is written; the customer's name only when it is sent, so that it stands
nowhere before. A word in braces that is no variable is refused, with the list of those there are.
"""

import datetime as dt
import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass

from django.utils import formats, timezone, translation
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, pgettext

from capa.models import Measure
from incidents.errors import Invalid
from incidents.models import Incident
from people.models import Person, Unit

from .letters import reading_as_customer
from .models import Category, Compensation, Complaint, ReplyTemplate

#: {number}, { number }, ｛number｝: people type all of them.
_VARIABLE = re.compile(r"[{｛]\s*([^{}｛｝\s]{1,40})\s*[}｝]")
#: The one that is filled when the reply is sent.
CUSTOMER = "customer"


@dataclass(frozen=True)
class Variable:
    """`value` takes the complaint and who writes; empty: it is not known yet."""

    name: str
    label: Promise
    value: Callable[[Complaint, Person | None], str]


def _day(moment) -> str:
    return formats.date_format(timezone.localtime(moment), pgettext("date format", "j F Y")) if moment else ""


def _customer(complaint: Complaint, person: Person | None) -> str:
    name = complaint.contact.name if complaint.contact_id else ""
    return name or pgettext("letter", "customer")


def _measures(complaint: Complaint, person: Person | None) -> str:
    """What the incident led to, one a line: measures that were ordered, of a case that the writer sees."""
    if person is None or not _sees_incident(complaint, person):
        return ""
    measures = Measure.objects.visible_to(person).filter(incident=complaint.incident_id)
    titles = measures.exclude(status=Measure.Status.WITHDRAWN).order_by("pk").values_list("text", flat=True)
    return "\n".join(f"· {title}" for title in titles[:20])


def _sees_incident(complaint: Complaint, person: Person) -> bool:
    return (
        complaint.incident_id is not None
        and Incident.objects.visible_to(person).filter(pk=complaint.incident_id).exists()
    )


def _compensation(complaint: Complaint, person: Person | None) -> str:
    given = [
        f"{row.get_kind_display()} {row.amount.normalize():f} {row.currency}"
        if row.amount
        else row.get_kind_display()
        for row in complaint.compensations.all()
    ]
    return pgettext("list", ", ").join(given)


VARIABLES: dict[str, Variable] = {
    variable.name: variable
    for variable in (
        Variable(CUSTOMER, gettext_lazy("the customer's name, filled in when it is sent"), _customer),
        Variable("number", gettext_lazy("the reference of the complaint"), lambda c, p: c.number),
        Variable("unit", gettext_lazy("the unit"), lambda c, p: str(c.unit)),
        Variable("place", gettext_lazy("the exact place"), lambda c, p: c.place),
        Variable("category", gettext_lazy("what it is about"), lambda c, p: str(c.category or "")),
        Variable("received", gettext_lazy("the day on which it came in"), lambda c, p: _day(c.received_at)),
        Variable("occurred", gettext_lazy("the day on which it happened"), lambda c, p: _day(c.occurred_at)),
        Variable("finding", gettext_lazy("what was found"), lambda c, p: c.finding.strip()),
        Variable("handler", gettext_lazy("who handles it"), lambda c, p: str(c.handler or "")),
        Variable("compensation", gettext_lazy("what the customer was given"), _compensation),
        Variable(
            "incident_measures",
            gettext_lazy("what is done about it: the measures of the incident"),
            _measures,
        ),
    )
}


def names_in(text: str) -> list[str]:
    """The variables that stand in a text, each once, in their order."""
    return list(dict.fromkeys(match[1] for match in _VARIABLE.finditer(text)))


def refuse_unknown(text: str, *, field: str = "text") -> None:
    """Raise Invalid when a word in braces is no variable; the message lists those there are."""
    unknown = [name for name in names_in(text) if name not in VARIABLES]
    if unknown:
        raise Invalid(
            {
                field: _("There is no %(unknown)s. You can use: %(known)s")
                % {"unknown": in_braces(unknown), "known": in_braces(VARIABLES)}
            }
        )


def in_braces(names: Iterable[str]) -> str:
    return pgettext("list", ", ").join(f"{{{name}}}" for name in names)


def fill(text: str, complaint: Complaint, person: Person | None, *, with_name: bool = False) -> str:
    """The text with what is known of this complaint, in the customer's language; what isn't known yet stays.

    `person` is the writer: nothing is filled in that they may not see. The customer's name only with `with_name`.
    """
    wanted = [name for name in names_in(text) if name in VARIABLES and (with_name or name != CUSTOMER)]
    if not wanted:
        return text
    with reading_as_customer(complaint):
        values = {name: value for name in wanted if (value := VARIABLES[name].value(complaint, person))}
    return _put_in(text, values)


def sample(text: str, language: str, unit: Unit | None, person: Person) -> str:
    """The text as a customer could get it, filled from a complaint that is made up, in that language."""
    with translation.override(language):
        today = timezone.now()
        values = {
            CUSTOMER: _("Ms Huang"), "number": f"CP-{today.year}-000123", "unit": str(unit or ""),
            "place": _("platform 3"), "category": str(Category.objects.offered().first() or ""),
            "received": _day(today), "occurred": _day(today - dt.timedelta(days=1)), "handler": str(person),
            "finding": _("The announcement was made too late, and on one platform only."),
            "compensation": f"{Compensation.Kind.VOUCHER.label} 50 CNY",
            "incident_measures": "· " + str(_("Delays are announced on all platforms within five minutes.")),
        }  # fmt: skip
    return _put_in(text, values)


#: What ends a sentence.
_STOPS = ("。", ".", "！", "!", "？", "?", "；", ";")


def _put_in(text: str, values: dict[str, str]) -> str:
    """The text with these values; one that brings a full stop along needs no other behind it."""

    def put(match) -> str:
        value = values.get(match[1], match[0])
        ends_twice = value.rstrip().endswith(_STOPS) and text.startswith(_STOPS, match.end())
        return value.rstrip()[:-1] if ends_twice else value

    return _VARIABLE.sub(put, text)


def gaps(text: str) -> list[str]:
    """Variables that nothing is known for: a reply with gaps isn't sent. The customer's name is no gap."""
    return [name for name in names_in(text) if name in VARIABLES and name != CUSTOMER]


# Templates -----------------------------------------------------------------------------------------------------------
def templates_for(complaint: Complaint, language: str) -> list[ReplyTemplate]:
    """What a reply to this customer can begin with: their language first, their category first, the nearest unit first."""
    found = ReplyTemplate.objects.filter(unit__in=complaint.unit.lineage, retired_at=None).select_related(
        "unit"
    )
    fitting = [row for row in found if row.category_id in (None, complaint.category_id)]
    return sorted(
        fitting,
        key=lambda row: (
            row.language != language,
            row.category_id is None,
            -row.unit.depth,
            row.name,
            row.pk,
        ),
    )
