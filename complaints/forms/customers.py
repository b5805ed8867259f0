"""What a customer fills in without an account: the complaint, messages on their page, finding their case again."""

import datetime as dt
import uuid
from functools import cached_property

from django import forms
from django.db.models import F, Q, Value
from django.http import QueryDict
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from complaints import doubting
from people.models import Unit

SHORTEST_TEXT = 5
PLACES_SHOWN = 8
CONTACT, ANONYMOUS = "contact", "anonymous"


def places_called(text: str, *, chosen: Unit | None = None) -> list[Unit]:
    """Open units whose name contains these words, or is contained in them; the chosen one stays on top."""
    text = " ".join(text.split())[:200]
    found = [chosen] if chosen else []
    if len(text) < 2:
        return found
    said = Unit.objects.active().annotate(said=Value(text))
    fitting = said.filter(Q(name__icontains=text) | Q(code__iexact=text) | Q(said__icontains=F("name")))
    return found + [unit for unit in fitting[:PLACES_SHOWN] if unit != chosen]


class KeyedForm(forms.Form):
    """A form sent once however often it is posted, with files that were taken in under its key."""

    key = forms.UUIDField(widget=forms.HiddenInput)

    @cached_property
    def uploads(self) -> list[uuid.UUID]:
        if not self.is_bound:
            return []
        return [ident for ident in map(as_uuid, self.data.getlist("uploads")) if ident]

    @cached_property
    def its_key(self) -> uuid.UUID | None:
        """The key as it stands in the form, judged or not."""
        return as_uuid(str(self["key"].value() or ""))


class TellForm(KeyedForm):
    """One short page. Nothing has to be judged by the customer, and nothing personal has to be given."""

    text = forms.CharField(
        label=_("What happened?"),
        help_text=_(
            "In your own words, for example: “The train was 40 minutes late and nobody told us.” “The lift has been "
            "out of order for three days.” “I was spoken to rudely at counter 3.”"
        ),
        max_length=5000,
        widget=forms.Textarea(attrs={"rows": 5}),
        error_messages={"required": _("Tell us what happened.")},
    )
    where = forms.CharField(
        label=_("Where was it?"),
        help_text=_("A station, a branch, a line: type a part of the name."),
        max_length=200, required=False,
    )  # fmt: skip
    unit = forms.IntegerField(required=False, widget=forms.HiddenInput)
    place = forms.CharField(
        label=_("Exact place"), help_text=_("Platform, counter, room, train and car"), max_length=200, required=False
    )  # fmt: skip
    occurred_at = forms.DateTimeField(
        label=_("When was it?"), required=False,
        widget=forms.DateTimeInput(attrs={"type": "datetime-local"}, format="%Y-%m-%dT%H:%M"),
    )  # fmt: skip
    wish = forms.CharField(
        label=_("What would you like us to do?"), max_length=1000, required=False,
        widget=forms.Textarea(attrs={"rows": 2}),
    )  # fmt: skip
    answer = forms.ChoiceField(
        label=_("How can we answer you?"), choices=[(CONTACT, ""), (ANONYMOUS, "")], initial=CONTACT, required=False
    )  # fmt: skip
    phone = forms.CharField(
        label=_("Phone"), max_length=30, required=False,
        widget=forms.TextInput(attrs={"type": "tel", "autocomplete": "tel", "data-private": ""}),
    )  # fmt: skip
    email = forms.EmailField(
        label=_("E-mail"), required=False,
        widget=forms.EmailInput(attrs={"autocomplete": "email", "data-private": ""}),
    )  # fmt: skip
    name = forms.CharField(
        label=_("How may we address you?"), max_length=80, required=False,
        widget=forms.TextInput(attrs={"autocomplete": "name", "data-private": ""}),
    )  # fmt: skip
    consent = forms.BooleanField(label=_("I agree to this use of my data"), required=False)
    opened = forms.CharField(widget=forms.HiddenInput, required=False)
    website = forms.CharField(required=False)  # a trap: people don't see it
    question = forms.CharField(widget=forms.HiddenInput, required=False)
    sum = forms.IntegerField(label=_("How much is it?"), required=False)

    preset: Unit | None = None  # named by a QR code
    asked: doubting.Question | None = None

    # What is offered ------------------------------------------------------------------------------------------------------
    @cached_property
    def chosen(self) -> Unit | None:
        """The unit that is ticked, if any."""
        wanted = str(self["unit"].value() or "")
        if self.preset and wanted == str(self.preset.pk):
            return self.preset
        return Unit.objects.active().filter(pk=int(wanted)).first() if is_key(wanted) else None

    @cached_property
    def places(self) -> list[Unit]:
        """What fits the words so far, each once."""
        found = places_called(self["where"].value() or "", chosen=self.chosen)
        return found if self.preset is None or self.preset in found else [self.preset, *found]

    @cached_property
    def companies(self) -> list[Unit]:
        """For who can't say where: they sort it out themselves."""
        return companies()

    @cached_property
    def company(self) -> Unit | None:
        """Whose page this is; None where there are several and no place is named."""
        if self.preset:
            return Unit.objects.filter(pk=self.preset.company_id).first()
        return self.companies[0] if len(self.companies) == 1 else None

    # What was sent ----------------------------------------------------------------------------------------------------
    def clean_text(self) -> str:
        text = self.cleaned_data["text"].strip()
        if len(text) < SHORTEST_TEXT:
            raise forms.ValidationError(_("Tell us a little more: what happened?"))
        return text

    def clean_occurred_at(self) -> dt.datetime | None:
        moment = self.cleaned_data["occurred_at"]
        if moment and moment > timezone.now() + dt.timedelta(minutes=5):
            raise forms.ValidationError(_("This lies in the future. When did it happen?"))
        if moment and moment < timezone.now() - dt.timedelta(days=3660):
            raise forms.ValidationError(_("This is more than ten years ago. When did it happen?"))
        return moment

    def clean_phone(self) -> str:
        phone = self.cleaned_data["phone"].strip()
        digits = sum(character.isdigit() for character in phone)
        if phone and not 5 <= digits <= 20:
            raise forms.ValidationError(_("This doesn't look like a phone number. Please check it."))
        return phone

    def clean_answer(self) -> str:
        return self.cleaned_data["answer"] or CONTACT

    def clean(self) -> dict:
        values = super().clean()
        self._find_unit(values)
        if values.get("answer") == CONTACT:
            self._check_contact(values)
        return values

    def _find_unit(self, values: dict) -> None:
        if self.chosen:
            values["unit"] = self.chosen
            return
        fitting = self.places
        if len(fitting) == 1:
            values["unit"] = fitting[0]
        elif fitting:
            self.add_error("where", _("Several places fit. Choose the one you mean."))
        else:
            self.add_error("where", _("Say where it was, or choose that you can't say exactly."))

    def _check_contact(self, values: dict) -> None:
        if (
            not values.get("phone")
            and not values.get("email")
            and not {"phone", "email"} & self.errors.keys()
        ):
            self.add_error(
                "phone", _("Give a phone number or an e-mail address, or choose to stay anonymous.")
            )
        if not values.get("consent"):
            self.add_error(
                "consent", _("We may keep your data only if you agree. You can also stay anonymous.")
            )

    def values(self) -> dict:
        """What `intake.receive` takes."""
        given = self.cleaned_data
        anonymous = given["answer"] == ANONYMOUS
        contact = {name: given[name] for name in ("name", "phone", "email")}
        return {
            **{name: given[name] for name in ("key", "text", "unit", "place", "occurred_at", "wish")},
            "anonymous": anonymous,
            "contact": None if anonymous else contact,
            "consented": not anonymous,
            "uploads": self.uploads,
        }

    # Is it a person? ----------------------------------------------------------------------------------------------------
    def is_human(self) -> bool:
        """Was the small question answered rightly?"""
        given = self.cleaned_data
        return doubting.is_answered(given["question"], given["sum"], given["key"])

    def ask(self) -> None:
        """Put the small question on the page; what was typed stays."""
        self.asked = doubting.ask(self.cleaned_data["key"])
        tried = self.cleaned_data["sum"] is not None
        self.add_error(
            "sum",
            _("That was not the right sum. Please try this one.") if tried
            else _("One small question before it is sent, so that no program fills this form."),
        )  # fmt: skip


def blank(unit: Unit | None = None, *, place: str = "") -> TellForm:
    """The form as it opens, with a new key."""
    form = TellForm(
        initial={
            "key": uuid.uuid4(), "unit": unit.pk if unit else None, "place": place[:200],
            "opened": doubting.opened_now(),
        }
    )  # fmt: skip
    form.preset = unit
    if place:
        form.fields["place"].widget.attrs["data-preset"] = ""  # a draft does not overwrite it
    return form


def again(data: QueryDict, preset: Unit | None = None) -> TellForm:
    """The form as it was, not judged: something beside its words has changed."""
    form = TellForm(initial={name: data.get(name) for name in data})
    form.data = data
    form.uploads = [ident for ident in map(as_uuid, data.getlist("uploads")) if ident]
    form.preset = preset
    return form


def companies() -> list[Unit]:
    return list(Unit.objects.active().filter(parent=None))


def as_uuid(text: str | None) -> uuid.UUID | None:
    try:
        return uuid.UUID(text or "")
    except ValueError:
        return None


def is_key(text: str) -> bool:
    """Can this be the number of a row? Ten digits at most: what is longer isn't one of ours."""
    return text.isascii() and text.isdigit() and len(text) < 10


# The customer's page ---------------------------------------------------------------------------------------------------
class MessageForm(KeyedForm):
    """A message, with files; or what is still missing after the answer."""

    text = forms.CharField(
        label=_("Your message"), max_length=5000, widget=forms.Textarea(attrs={"rows": 4}),
        error_messages={"required": _("Write your message first.")},
    )  # fmt: skip


class NotSolvedForm(MessageForm):
    text = forms.CharField(
        label=_("What is still missing?"), max_length=5000, widget=forms.Textarea(attrs={"rows": 5}),
        help_text=_("What did our answer leave open, and what would solve it for you?"),
        error_messages={"required": _("Tell us what is still missing.")},
    )  # fmt: skip


class SatisfiedForm(forms.Form):
    text = forms.CharField(
        label=_("Would you like to add something?"), max_length=1000, required=False,
        widget=forms.Textarea(attrs={"rows": 3}),
    )  # fmt: skip


class LookupForm(forms.Form):
    """The reference, and something that only the customer and we know."""

    reference = forms.CharField(
        label=_("Reference"), max_length=30,
        widget=forms.TextInput(attrs={"placeholder": "CP-2026-000123", "autocapitalize": "characters"}),
        error_messages={"required": _("Enter the reference of your complaint, such as CP-2026-000123.")},
    )  # fmt: skip
    ending = forms.CharField(
        label=_("Last four digits of your phone number"), max_length=30,
        widget=forms.TextInput(attrs={"inputmode": "numeric", "maxlength": "4", "autocomplete": "off"}),
        error_messages={"required": _("Enter the last four digits of the phone number you gave us.")},
    )  # fmt: skip

    def clean_reference(self) -> str:
        return self.cleaned_data["reference"].strip().upper()

    def clean_ending(self) -> str:
        return self.cleaned_data["ending"].strip()


class RenewForm(LookupForm):
    ending = forms.CharField(
        label=_("Your e-mail address, or the last four digits of your phone number"), max_length=254,
        widget=forms.TextInput(attrs={"autocomplete": "email"}),
        error_messages={"required": _("Enter the e-mail address or the phone ending you gave us.")},
    )  # fmt: skip
