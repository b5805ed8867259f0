"""The form behind every act: it carries the version that the page was made from."""

from django import forms
from django.utils.translation import gettext_lazy as _

from people import proving
from people.models import Person
from people.plausible import PlausibleDays


class CaseForm(PlausibleDays, forms.Form):
    """Base of all act forms. `case` is what the thing that is acted on is called: an argument, then an attribute."""

    case = "case"
    version = forms.IntegerField(widget=forms.HiddenInput, required=False)

    def __init__(self, *args, person: Person, **kwargs):
        case = kwargs.pop(self.case)
        super().__init__(*args, **kwargs)
        setattr(self, self.case, case)
        self.person = person
        self.fields["version"].initial = case.version
        # A link can fill in words, but not which version its reader has seen.
        self.initial.pop("version", None)

    def values(self) -> dict:
        """What the act's function takes, besides the case, by and version."""
        return {name: value for name, value in self.cleaned_data.items() if name != "version"}

    def seen_version(self) -> int:
        """The version of the page; a post without one counts as made from nothing and is stale."""
        return self.cleaned_data.get("version") or 0


class ActForm(CaseForm):
    """Of an act on an incident; by itself that of an act which asks for nothing but the click."""

    case = "incident"


class SignedActForm(ActForm):
    """An act that the person signs: the password again, the last field of the form.

    It is checked here and goes no further: the act's function gets `method`, how the signer proved who they are. Who
    has no password here types the code of their authenticator app into the same field; without one there is no field.
    """

    password = forms.CharField(
        label=_("Your password, as your signature"),
        strip=False,
        max_length=4096,
        widget=forms.PasswordInput(attrs={"autocomplete": "current-password"}),
    )

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        self.method = proving.way_of(self.person)
        field = self.fields.pop("password")
        if self.method == proving.SESSION:
            return
        if self.method == proving.CODE:
            field.label = _("Code of your authenticator app, as your signature")
            field.widget.attrs |= {"autocomplete": "one-time-code", "inputmode": "numeric"}
        self.fields["password"] = field

    def clean_password(self) -> str:
        proving.prove(self.person, self.cleaned_data["password"])
        return ""

    def values(self) -> dict:
        values = super().values()
        values.pop("password", None)
        return values | {"method": self.method}
