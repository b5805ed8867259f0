"""Making, editing, signing and correcting monthly reports, and naming who reads them."""

from django import forms
from django.utils.translation import get_language
from django.utils.translation import gettext_lazy as _

from metrics.access import kept_units
from metrics.periods import Grain, Period, last_over
from metrics.reporting import making
from metrics.reporting.wording import LANGUAGES
from people import proving
from people.choices import UnitChoiceField
from people.fields import PersonField
from people.models import Person, Unit

#: So many months that are over are offered.
MONTHS_OFFERED = 12


class MakeForm(forms.Form):
    """A draft of one month, in one language."""

    unit = UnitChoiceField(label=_("Unit"), queryset=Unit.objects.none(), empty_label=None)
    month = forms.ChoiceField(label=_("Month"))
    language = forms.ChoiceField(label=_("Language"), choices=LANGUAGES.items())

    def __init__(self, *args, person: Person, **options):
        super().__init__(*args, **options)
        self.fields["unit"].queryset = kept_units(person).active()
        months = reversed(last_over(Grain.MONTH).back(MONTHS_OFFERED))
        self.fields["month"].choices = [(month.key, month.label) for month in months]
        self.fields["language"].initial = get_language()

    def clean_month(self) -> Period:
        return Period.parse(self.cleaned_data["month"])


class WordsForm(forms.Form):
    """One part of a report in somebody's own words."""

    version = forms.IntegerField(widget=forms.HiddenInput)
    text = forms.CharField(
        label=_("Text"), required=False, max_length=making.LONGEST, strip=True,
        help_text=_("Empty: the part is left out of the report. No names of customers, and of nobody who is to blame."),
        widget=forms.Textarea(attrs={"rows": 7}),
    )  # fmt: skip


class SignForm(forms.Form):
    """The signature asks for the password again, as every signature does."""

    version = forms.IntegerField(widget=forms.HiddenInput)
    password = forms.CharField(
        label=_("Your password, as your signature"), strip=False, max_length=4096,
        widget=forms.PasswordInput(attrs={"autocomplete": "current-password"}),
    )  # fmt: skip

    def __init__(self, *args, person: Person, **options):
        super().__init__(*args, **options)
        self.person, self.method = person, proving.way_of(person)
        if self.method == proving.SESSION:
            del self.fields["password"]
        elif self.method == proving.CODE:
            self.fields["password"].label = _("Code of your authenticator app, as your signature")
            self.fields["password"].widget.attrs |= {"autocomplete": "one-time-code", "inputmode": "numeric"}

    def clean_password(self) -> str:
        proving.prove(self.person, self.cleaned_data["password"])
        return ""


class CorrectForm(forms.Form):
    reason = forms.CharField(
        label=_("What is wrong in the signed report?"), max_length=500,
        help_text=_("It stands on the corrected report."), widget=forms.Textarea(attrs={"rows": 3}),
    )  # fmt: skip


class ReaderForm(forms.Form):
    """Somebody else who gets the report of a unit."""

    unit = UnitChoiceField(label=_("Unit"), queryset=Unit.objects.none(), empty_label=None)
    person = PersonField(label=_("Reader"), max_length=200)

    def __init__(self, *args, person: Person, **options):
        super().__init__(*args, **options)
        self.fields["unit"].queryset = kept_units(person).active()
        paths = [Unit(pk=pk, path=f"/{pk}/") for pk in person.company_ids]
        self.fields["person"].queryset = Person.objects.active().filter(
            home_unit__in=Unit.objects.within(*paths)
        )
