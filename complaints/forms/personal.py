"""Forms about customers' personal data."""

from django import forms
from django.conf import settings
from django.utils.translation import gettext_lazy as _

from complaints.models import Erasure
from complaints.models.personal import LONGEST, SHORTEST
from complaints.revealing import Why

from .acts import ComplaintForm


class RevealForm(forms.Form):
    """What the contact is needed for."""

    why = forms.ChoiceField(
        label=_("What do you need the data for?"),
        choices=Why.choices,
        widget=forms.RadioSelect,
        error_messages={"required": _("Choose what you need it for.")},
    )
    reason = forms.CharField(
        label=_("In your words"),
        help_text=_("Your name and this reason are kept in the history."),
        required=False,
        max_length=300,
        widget=forms.Textarea(attrs={"rows": 2}),
    )


class ContactForm(ComplaintForm):
    """The contact corrected. Nothing of what is there is filled in: seeing it is another act."""

    name = forms.CharField(label=_("Name"), required=False, max_length=80)
    phone = forms.RegexField(
        r"^[+＋]?[\d\s().（）\-–—]{5,29}$",
        label=_("Phone"),
        required=False,
        max_length=30,
        widget=forms.TextInput(attrs={"type": "tel", "inputmode": "tel"}),
        error_messages={"invalid": _("This doesn't look like a phone number.")},
    )
    email = forms.EmailField(label=_("E-mail"), required=False, max_length=254)
    language = forms.ChoiceField(
        label=_("Language"), required=False, choices=[("", _("as it is")), *settings.LANGUAGES]
    )


class FindForm(forms.Form):
    """Looking for a customer. Sent by POST: what is typed is personal and may stand in no address."""

    q = forms.CharField(
        label=_("Customer"),
        help_text=_(
            "Phone number or its last digits, e-mail address, beginning of the name, or a reference."
        ),
        max_length=120,
        widget=forms.TextInput(attrs={"autocomplete": "off", "type": "search"}),
    )


class HandOutForm(forms.Form):
    """Why the data is taken away."""

    reason = forms.CharField(
        label=_("How did the customer ask for it, and how do you know who they are?"),
        help_text=_("Your name and this reason are kept in the history."),
        max_length=300,
        widget=forms.Textarea(attrs={"rows": 2}),
    )


class EraseForm(forms.Form):
    """Asking for an erasure."""

    reason = forms.ChoiceField(label=_("Reason"), choices=Erasure.Reason.choices, widget=forms.RadioSelect)
    note = forms.CharField(
        label=_("How did the customer ask for it, and how do you know who they are?"),
        max_length=300,
        widget=forms.Textarea(attrs={"rows": 2}),
    )


class DeclineForm(forms.Form):
    """Why an erasure isn't done."""

    note = forms.CharField(label=_("Why not?"), max_length=300, widget=forms.Textarea(attrs={"rows": 2}))


class RetentionForm(forms.Form):
    """For how long a company keeps personal data after a complaint has ended."""

    months = forms.IntegerField(
        label=_("Months after the end of a complaint"),
        min_value=SHORTEST,
        max_value=LONGEST,
        widget=forms.NumberInput(attrs={"inputmode": "numeric"}),
    )
