"""The form behind every act: it carries the version that the page was made from."""

from django import forms

from incidents.models import Incident
from people.models import Person


class ActForm(forms.Form):
    """Base of all act forms; by itself the form of an act that asks for nothing but the click."""

    version = forms.IntegerField(widget=forms.HiddenInput, required=False)

    def __init__(self, *args, incident: Incident, person: Person, **kwargs):
        super().__init__(*args, **kwargs)
        self.incident = incident
        self.person = person
        self.fields["version"].initial = incident.version

    def values(self) -> dict:
        """What the act's function takes, besides incident, by and version."""
        return {name: value for name, value in self.cleaned_data.items() if name != "version"}

    def seen_version(self) -> int:
        """The version of the page; a post without one counts as made from nothing and is stale."""
        return self.cleaned_data.get("version") or 0
