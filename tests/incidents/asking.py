"""Asking the list of incidents as somebody, as its view does."""

from django.http import QueryDict

from incidents.filters import IncidentFilter
from incidents.listing import page_of
from incidents.models import Incident
from people.models import Person


def _query(**filters) -> QueryDict:
    query = QueryDict(mutable=True)
    for name, value in filters.items():
        query.setlist(
            name, [str(item) for item in value] if isinstance(value, list | tuple) else [str(value)]
        )
    return query


def asked(person: Person, **filters) -> list[Incident]:
    """The first page of what this person finds with these filters; none of them is wrong."""
    person = Person.objects.get(pk=person.pk)  # as a new request would: without what an older one remembered
    form = IncidentFilter(_query(**filters), person=person)
    assert form.problems == [], form.problems
    return page_of(form.found, form.order, within=form.within, text=form.text).rows


asked.query = _query
