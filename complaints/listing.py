"""The list of complaints: its orders, its filters, and what of it is taken away as a file."""

from typing import Any

from django import forms
from django.db.models import Q, QuerySet
from django.http import QueryDict
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from incidents.exporting import Table, ordered
from incidents.filtering import CLOSED, OPEN, CaseFilter, QuickSelect
from incidents.listing import Shelf, Sort
from incidents.models import Job
from people.fields import PersonField
from people.models import Person

from .masking import words_for
from .models import Category, Complaint
from .states import TERMINAL, WAY, Channel, Priority, State

COMPLAINTS = Shelf(
    Complaint,
    shown_with=("category", "unit", "owner", "contact"),
    unshown=("wish", "finding", "search", "readers", "link_digest"),
)
NEWEST = Sort("newest", _("Newest first"), ("received_at", "id"), descending=True, of=COMPLAINTS)
SORTS = {
    sort.key: sort
    for sort in (
        NEWEST,
        Sort("oldest", _("Oldest first"), ("received_at", "id"), descending=False, of=COMPLAINTS),
        Sort(
            "due",
            pgettext_lazy("sort", "Due first"),
            ("due_at", "id"),
            descending=False,
            only=Q(due_at__isnull=False),
            of=COMPLAINTS,
        ),
    )
}
STATES = ((OPEN, pgettext_lazy("complaints", "Open")), (CLOSED, pgettext_lazy("complaints", "Closed")))


class ComplaintFilter(CaseFilter):
    """Every filter of the list of complaints."""

    sort = forms.ChoiceField(
        label=_("Order"), required=False, choices=[(sort.key, sort.label) for sort in SORTS.values()],
        widget=forms.HiddenInput,
    )  # fmt: skip
    state = forms.ChoiceField(label=_("State"), required=False, choices=STATES, widget=forms.HiddenInput)
    at = forms.MultipleChoiceField(
        label=_("State"), required=False, choices=State.choices, widget=forms.CheckboxSelectMultiple
    )
    category = forms.ChoiceField(label=_("Category"), required=False, widget=QuickSelect)
    priority = forms.TypedMultipleChoiceField(
        label=_("Priority"),
        required=False,
        choices=Priority.choices,
        coerce=int,
        widget=forms.CheckboxSelectMultiple,
    )
    channel = forms.MultipleChoiceField(
        label=_("Channel"), required=False, choices=Channel.choices, widget=forms.CheckboxSelectMultiple
    )
    handler = PersonField(label=_("Handler"), required=False)
    owner = PersonField(label=_("Waits for"), required=False)
    sensitive = forms.BooleanField(label=_("Named people only"), required=False)
    linked = forms.BooleanField(label=_("With an incident"), required=False)
    received_from = forms.DateField(label=_("Received from"), required=False)
    received_until = forms.DateField(label=_("Received until"), required=False)

    model, sorts = Complaint, SORTS
    SPANS = ("received",)
    PEOPLE = ("handler", "owner")
    FLAGS = ("overdue", "again", "sensitive", "linked")
    SEVERAL = ("priority", "channel")
    field_order = (
        "q", "sort", "state", "at", "category", "priority", "channel", "unit", "handler", "owner", "overdue", "again",
        "sensitive", "linked", "received_from", "received_until",
    )  # fmt: skip

    def __init__(self, query: QueryDict, *, person: Person, without: tuple[str, ...] = ()):
        super().__init__(query, person=person, without=without)
        self.categories = list(Category.objects.all())
        names = [(category.code, str(category)) for category in self.categories]
        self.fields["category"].choices = [("", _("All")), *names]

    def in_state(self, state: str) -> Q:
        return Q(state__in=WAY if state == OPEN else TERMINAL)

    def _conditions(self):
        yield from super()._conditions()
        values = self.cleaned_data
        if values.get("at"):
            yield Q(state__in=values["at"])
        if values.get("category"):
            yield Q(category__in=[row.pk for row in self.categories if row.code == values["category"]])
        if values.get("again"):
            yield Q(round__gte=2)
        if values.get("sensitive"):
            yield Q(sensitive=True)
        if values.get("linked"):
            yield Q(incident__isnull=False)


def _contact(row: Complaint) -> str:
    """The customer as everybody who sees the complaint may know them: masked."""
    if row.contact is None:
        return ""
    return " ".join(
        filter(None, [row.contact.masked_name, row.contact.masked_phone, row.contact.masked_email])
    )


#: Heading and value of each column; `words` is how the reader may see free text.
COLUMNS: tuple[tuple[str | Promise, Any], ...] = (
    (_("Number"), lambda row, words: row.number),
    (_("Title"), lambda row, words: words(row.title)),
    (_("State"), lambda row, words: row.get_state_display()),
    (_("Round"), lambda row, words: row.round),
    (_("Category"), lambda row, words: str(row.category) if row.category else ""),
    (_("Priority"), lambda row, words: row.get_priority_display() or ""),
    (_("Channel"), lambda row, words: row.get_channel_display()),
    (_("Unit"), lambda row, words: row.unit.name),
    (_("Exact place"), lambda row, words: words(row.place)),
    (_("Happened"), lambda row, words: row.occurred_at),
    (pgettext_lazy("column", "Received"), lambda row, words: row.received_at),
    (pgettext_lazy("column", "Acknowledged"), lambda row, words: row.acknowledged_at),
    (pgettext_lazy("column", "Replied"), lambda row, words: row.replied_at),
    (pgettext_lazy("column", "Closed"), lambda row, words: row.closed_at),
    (_("Customer"), lambda row, words: _contact(row)),
    (_("What the customer says"), lambda row, words: words(row.text)),
    (_("What the customer wishes"), lambda row, words: words(row.wish)),
    (_("Handler"), lambda row, words: row.handler.display_name if row.handler else ""),
    (_("Waits for"), lambda row, words: row.owner.display_name if row.owner else ""),
    (pgettext_lazy("column", "Due"), lambda row, words: row.due_at),
    (_("Number elsewhere"), lambda row, words: row.external_id),
)


def _line(row: Complaint, person: Person) -> list[Any]:
    words = words_for(person, row)
    return [value(row, words) for _heading, value in COLUMNS]


def rows_of(filters: ComplaintFilter) -> QuerySet[Complaint]:
    """Every complaint that passes the filters, in their order, with all that a line of the table names."""
    found = ordered(filters).select_related("unit", "category", "contact", "handler", "owner")
    return found.defer("search", "finding", "link_digest")


TABLE = Table(
    ComplaintFilter,
    headings=lambda: [str(heading) for heading, _value in COLUMNS],
    rows_of=rows_of,
    line_of=_line,
    kind=Job.Kind.EXPORT_COMPLAINTS,
    act="complaint.export",
    title=_("Complaints"),
    stem=pgettext_lazy("file name", "complaints"),
)
