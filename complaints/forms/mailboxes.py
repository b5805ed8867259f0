from django import forms
from django.conf import settings
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from complaints.mailbox.keeping import WHERE
from complaints.models import Mailbox
from people.choices import UnitChoiceField
from people.models import Person, Role, Unit


class MailboxForm(forms.Form):
    """A mailbox. Of an existing one the password is never shown: empty leaves it, but it goes to no other server."""

    address = forms.EmailField(
        label=_("E-mail address"),
        max_length=254,
        help_text=_("Customers write to it; answers and acknowledgements are sent in its name."),
    )
    unit = UnitChoiceField(
        label=_("Unit"),
        queryset=Unit.objects.none(),
        help_text=_("What comes in is a complaint about this unit until somebody knows better."),
    )
    host = forms.CharField(
        label=_("IMAP server"),
        max_length=200,
        widget=forms.TextInput(attrs={"autocomplete": "off", "placeholder": "imap.exmail.qq.com"}),
    )
    port = forms.IntegerField(label=_("Port"), min_value=1, max_value=65535, initial=993)
    security = forms.ChoiceField(
        label=_("Encryption"), choices=Mailbox.Security.choices, initial=Mailbox.Security.TLS
    )
    username = forms.CharField(
        label=_("User name"), max_length=200, widget=forms.TextInput(attrs={"autocomplete": "off"})
    )
    password = forms.CharField(
        label=_("Password"),
        max_length=100,
        widget=forms.PasswordInput(attrs={"autocomplete": "new-password"}),
        help_text=_("With many providers a code for programs, which is made in the mailbox's settings."),
    )
    folder = forms.CharField(label=pgettext_lazy("mailbox", "Folder"), max_length=100, initial="INBOX")
    language = forms.ChoiceField(
        label=_("Language"),
        choices=settings.LANGUAGES,
        help_text=_("Where a mail says too little to tell."),
    )
    read_old = forms.BooleanField(
        label=_("Read the mails that lie there already, too"),
        required=False,
        help_text=_("Each of them becomes a complaint and is acknowledged."),
    )

    def __init__(self, *args, person: Person, mailbox: Mailbox | None = None, **kwargs):
        super().__init__(*args, **kwargs)
        self.mailbox = mailbox
        if mailbox is None:
            units = Unit.objects.within(*person.posted_units(Role.ADMINISTRATOR)).active()
            self.fields["unit"].queryset = units
            self.initial = {"unit": units.order_by("path").first(), "language": person.language}
            return
        del self.fields["unit"], self.fields["read_old"]
        names = ("address", "host", "port", "security", "username", "folder", "language")
        self.initial = {name: getattr(mailbox, name) for name in names}
        self.fields["password"].required = False
        self.fields["password"].label = _("New password")
        self.fields["password"].help_text = _(
            "Empty: it stays as it is. With another server or user name it has to be entered again."
        )

    def clean_address(self) -> str:
        return self.cleaned_data["address"].lower()

    def clean_host(self) -> str:
        host = self.cleaned_data["host"].strip().rstrip(".").lower()
        if any(character.isspace() or character in "/@\\:?#" for character in host):
            raise forms.ValidationError(_("Enter the name of the server only, without anything else."))
        return host

    def clean(self):
        values = super().clean()
        moved = self.mailbox and any(
            name in values and values[name] != getattr(self.mailbox, name) for name in WHERE
        )
        if moved and not values.get("password") and "password" not in self.errors:
            self.add_error("password", _("Another server or user name: enter the password again."))
        return values
