"""The form of the desk: what is taken down while the customer speaks, or from a letter."""

import uuid
from functools import cached_property

from django import forms
from django.conf import settings
from django.utils import timezone
from django.utils.translation import get_language, pgettext_lazy
from django.utils.translation import gettext_lazy as _

from complaints import customers
from complaints.calls import CALL_ONLY
from complaints.models import Call, Category, Complaint
from complaints.permissions import ACTS
from complaints.states import Channel
from incidents.filtering import QuickSelect
from incidents.forms.evidence import FilesField
from people.models import Person, Unit
from people.units import in_tree_order

CHANNELS = (Channel.PHONE, Channel.ONSITE, Channel.PAPER)
#: How a choice among the customer's earlier complaints is written: add to it, or a new one of the same customer.
ADD_TO, SAME_CUSTOMER = "to", "as"


class CallForm(forms.Form):
    """Made for one person: the units are those for which they may take down."""

    key = forms.UUIDField(widget=forms.HiddenInput)
    began_at = forms.DateTimeField(widget=forms.HiddenInput)
    channel = forms.ChoiceField(
        choices=[(channel.value, channel.label) for channel in CHANNELS], widget=forms.HiddenInput
    )
    query = forms.CharField(
        label=_("Who is it?"), required=False, max_length=120,
        help_text=_("Last four digits of the phone, the name, or the number of a complaint"),
        widget=forms.TextInput(attrs={"autocomplete": "off", "type": "search"}),
    )  # fmt: skip
    earlier = forms.CharField(required=False, max_length=40, widget=forms.HiddenInput)
    text = forms.CharField(
        label=_("What happened, in the customer's words"), max_length=5000, required=False,
        widget=forms.Textarea(attrs={"rows": 5}),
    )  # fmt: skip
    wish = forms.CharField(
        label=_("What does the customer wish?"), max_length=1000, required=False,
        widget=forms.Textarea(attrs={"rows": 2}),
    )  # fmt: skip
    category = forms.CharField(label=_("What is it about?"), required=False, max_length=40)
    unit = forms.IntegerField(
        label=_("Which unit?"), widget=QuickSelect,
        error_messages={"required": _("Choose where it happened.")},
    )  # fmt: skip
    place = forms.CharField(
        label=_("Exact place"),
        help_text=_("Train and car, platform, counter, room"),
        max_length=200,
        required=False,
    )
    occurred_at = forms.DateTimeField(
        label=_("When it happened"), required=False,
        widget=forms.DateTimeInput(attrs={"type": "datetime-local"}, format="%Y-%m-%dT%H:%M"),
    )  # fmt: skip
    name = forms.CharField(label=pgettext_lazy("of a person", "Name"), max_length=80, required=False)
    phone = forms.CharField(
        label=_("Phone"), max_length=30, required=False,
        widget=forms.TextInput(attrs={"type": "tel", "autocomplete": "off"}),
    )  # fmt: skip
    email = forms.EmailField(
        label=_("E-mail"), required=False, widget=forms.EmailInput(attrs={"autocomplete": "off"})
    )
    anonymous = forms.BooleanField(label=_("Wants to stay anonymous"), required=False)
    language = forms.ChoiceField(
        label=_("The customer's language"), choices=settings.LANGUAGES, required=False
    )
    files = FilesField(label=_("Photos, or the letter scanned"), required=False)
    repeated_back = forms.BooleanField(
        label=_("I have repeated these facts back, and the customer agreed"), required=False
    )
    outcome = forms.ChoiceField(
        label=_("What came of it"), choices=Call.Outcome.choices, initial=Call.Outcome.COMPLAINT,
        widget=forms.RadioSelect, required=False,
    )  # fmt: skip
    note = forms.CharField(label=_("Note about the call"), max_length=500, required=False)

    def __init__(self, *args, person: Person, **kwargs):
        super().__init__(*args, **kwargs)
        self.person = person
        self.fields["unit"].widget.choices = [
            ("", _("Choose a unit")), *((unit.pk, "\u2003" * unit.depth + unit.name) for unit in self.units.values())
        ]  # fmt: skip
        self.fields["occurred_at"].input_formats = ["%Y-%m-%dT%H:%M", "%Y-%m-%dT%H:%M:%S"]
        if self.reached_by != Channel.PHONE:
            kept = [choice for choice in Call.Outcome.choices if choice[0] not in CALL_ONLY]
            self.fields["outcome"].choices = [(key, _WITHOUT_CALL.get(key, label)) for key, label in kept]
            for name in ("repeated_back", "note"):
                del self.fields[name]

    @classmethod
    def fresh(cls, *, person: Person, channel: str) -> "CallForm":
        """An empty form that begins now."""
        home = person.home_unit_id
        return cls(
            person=person,
            initial={
                "key": uuid.uuid4(), "began_at": timezone.now().isoformat(), "channel": channel, "unit": home,
                "language": get_language() or "zh-hans",
            },
        )  # fmt: skip

    @property
    def reached_by(self) -> str:
        value = self["channel"].value()
        return value if value in CHANNELS else Channel.PHONE

    @cached_property
    def began(self):
        """Since when the customer has been speaking."""
        try:
            return self.fields["began_at"].clean(self["began_at"].value())
        except forms.ValidationError:
            return None

    @cached_property
    def units(self) -> dict[int, Unit]:
        """Where this person may take complaints down, as a tree."""
        return {unit.pk: unit for unit in in_tree_order(self.person.units(*ACTS["receive"].roles).active())}

    @cached_property
    def categories(self) -> list[Category]:
        return list(Category.objects.offered())

    # What was sent ----------------------------------------------------------------------------------------------------
    def clean_unit(self) -> Unit:
        unit = self.units.get(self.cleaned_data["unit"])
        if unit is None:
            raise forms.ValidationError(
                _("You can take down complaints about units of your own company only.")
            )
        return unit

    def clean_category(self) -> Category | None:
        code = self.cleaned_data["category"]
        return next((row for row in self.categories if row.code == code), None)

    def clean_language(self) -> str:
        return self.cleaned_data["language"] or "zh-hans"

    def clean_outcome(self) -> str:
        return self.cleaned_data["outcome"] or Call.Outcome.COMPLAINT

    def clean(self) -> dict:
        values = self.cleaned_data
        way, number = self.chosen
        values["add_to"] = values["same_as"] = None
        if way == ADD_TO:
            values["add_to"] = Complaint.objects.visible_to(self.person).filter(number=number).first()
            if values["add_to"] is not None and values.get("outcome") == Call.Outcome.COMPLAINT:
                values["outcome"] = Call.Outcome.ADDED
        elif way == SAME_CUSTOMER:
            values["same_as"] = (
                customers.reachable(self.person).select_related("contact").filter(number=number).first()
            )
        outcome = values.get("outcome")
        if outcome == Call.Outcome.ADDED and values["add_to"] is None:
            self.add_error("outcome", _("Choose the earlier complaint, above."))
        if outcome in (Call.Outcome.COMPLAINT, Call.Outcome.ADDED) and not values.get("text", "").strip():
            self.add_error("text", _("Say what happened."))
        return values

    @property
    def chosen(self) -> tuple[str, str]:
        """What was chosen among the earlier complaints: (how, its number)."""
        way, _colon, number = str(self["earlier"].value() or "").partition(":")
        return (way, number) if way in (ADD_TO, SAME_CUSTOMER) else ("", "")

    def values(self) -> dict:
        """What `calls.take_down` takes."""
        sent = self.cleaned_data
        same = sent["same_as"]
        contact = {
            "name": sent["name"].strip(),
            "phone": sent["phone"].strip(),
            "email": sent["email"].strip(),
        }
        kept = (
            "key", "began_at", "channel", "unit", "outcome", "text", "wish", "place", "occurred_at", "category",
            "anonymous", "language", "add_to", "files",
        )  # fmt: skip
        return {
            **{name: sent[name] for name in kept},
            "contact": same.contact if same and same.contact and not any(contact.values()) else contact,
            "repeated_back": sent.get("repeated_back", False),
            "note": sent.get("note", ""),
        }


_WITHOUT_CALL = {
    Call.Outcome.COMPLAINT: pgettext_lazy("desk", "A complaint"),
    Call.Outcome.ADDED: pgettext_lazy("desk", "Belongs to an earlier one"),
}
