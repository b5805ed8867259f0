"""Choosing a person among thousands: a text field that suggests while one types, and that works without a script."""

import re

from django import forms
from django.urls import reverse_lazy
from django.utils.translation import gettext_lazy as _

from .models import Person

SUGGESTIONS = 8


def written(person: Person) -> str:
    """How the field shows a person: the name, and the user name that makes it unmistakable."""
    return f"{person.display_name} ({person.username})"


def suggestions(people, text: str):
    """The first few people whose name or user name contains what was typed."""
    text = text.strip()
    if not text:
        return people.none()
    return (people.filter(display_name__icontains=text) | people.filter(username__istartswith=text))[
        :SUGGESTIONS
    ]


class PersonInput(forms.TextInput):
    template_name = "people/person_input.html"

    def get_context(self, name, value, attrs):
        context = super().get_context(name, value, attrs)
        context["widget"]["find_url"] = reverse_lazy("people-find")
        return context


class PersonField(forms.CharField):
    """Cleans to a Person of `queryset`. Accepts "Name (username)", the user name, or a name that only one bears."""

    widget = PersonInput
    default_error_messages = {
        "unknown": _("Nobody here is called “%(text)s”. Type part of the name and choose from the list."),
        "ambiguous": _("Several people fit: %(names)s. Write the one you mean, with the part in brackets."),
    }

    def __init__(self, *, queryset=None, **kwargs):
        super().__init__(**kwargs)
        self.queryset = queryset if queryset is not None else Person.objects.none()

    def prepare_value(self, value):
        if isinstance(value, Person):
            return written(value)
        if isinstance(value, int):
            person = Person.objects.filter(pk=value).first()
            return written(person) if person else ""
        return value

    def clean(self, value):
        text = super().clean(value)
        if not text:
            return None
        username = re.search(r"\(([^()]+)\)\s*$", text)
        exact = self.queryset.filter(username=username[1] if username else text).first()
        if exact:
            return exact
        found = list(self.queryset.filter(display_name__iexact=text)[:5]) or list(
            suggestions(self.queryset, text)[:5]
        )
        if not found:
            raise forms.ValidationError(self.error_messages["unknown"], "unknown", {"text": text})
        if len(found) > 1:
            names = ", ".join(written(person) for person in found)
            raise forms.ValidationError(self.error_messages["ambiguous"], "ambiguous", {"names": names})
        return found[0]
