"""Forms of the administrator's pages. The acts check everything again."""

from django import forms
from django.conf import settings
from django.core.exceptions import NON_FIELD_ERRORS, ValidationError
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from people.choices import UnitChoiceField
from people.models import ApiToken, Person, Post, Role, Unit, time_zones
from people.plausible import PlausibleDays


class ActForm(PlausibleDays, forms.Form):
    """A form whose act may refuse: `refuse` puts what it said beside the fields it names."""

    def refuse(self, error: ValidationError) -> None:
        if not hasattr(error, "error_dict"):
            self.add_error(None, error)
            return
        for name, errors in error.error_dict.items():
            self.add_error(name if name in self.fields and name != NON_FIELD_ERRORS else None, errors)


def date_field(**options) -> forms.DateField:
    return forms.DateField(widget=forms.DateInput(format="%Y-%m-%d", attrs={"type": "date"}), **options)


def model_field(model, name: str, **options) -> forms.Field:
    return model._meta.get_field(name).formfield(**options)


class PersonForm(ActForm):
    """What is kept about a person; `units` are those that may be chosen."""

    display_name = model_field(Person, "display_name", label=_("Name"))
    username = model_field(Person, "username", help_text=_("For signing in: letters, digits and @ . + - _"))
    job_title = model_field(Person, "job_title")
    home_unit = UnitChoiceField(label=_("Unit"), queryset=Unit.objects.none(), empty_label=None)
    email = model_field(Person, "email")
    phone = model_field(Person, "phone")
    language = model_field(Person, "language")
    time_zone = forms.ChoiceField(label=_("Time zone"), choices=time_zones)

    def __init__(self, *args, units, **kwargs):
        super().__init__(*args, **kwargs)
        self.fields["home_unit"].queryset = units
        self.fields["username"].widget.attrs |= {"autocomplete": "off", "autocapitalize": "none"}


class HireForm(PersonForm):
    roles = forms.MultipleChoiceField(
        label=_("Roles in this unit"), choices=Role.choices, initial=[Role.REPORTER],
        widget=forms.CheckboxSelectMultiple, help_text=_("More posts, also in other units, can be given later."),
    )  # fmt: skip
    starts_on = date_field(label=_("From"), initial=timezone.localdate)


class PostForm(ActForm):
    unit = UnitChoiceField(label=_("Unit"), queryset=Unit.objects.none(), empty_label=None)
    role = forms.ChoiceField(label=_("Role"), choices=Role.choices)
    starts_on = date_field(label=_("From"), initial=timezone.localdate)
    ends_on = date_field(label=_("Until"), required=False, help_text=_("The last day; empty while it lasts."))

    def __init__(self, *args, units, **kwargs):
        super().__init__(*args, **kwargs)
        self.fields["unit"].queryset = units


class EndPostForm(ActForm):
    ends_on = date_field(
        label=_("Last day"), initial=timezone.localdate,
        help_text=_("Yesterday takes the right away at once."),
    )  # fmt: skip
    reason = forms.CharField(label=_("Reason"), max_length=300, required=False)


class ReasonForm(ActForm):
    reason = forms.CharField(label=_("Reason"), max_length=300, required=False)


class UnitForm(ActForm):
    name = model_field(Unit, "name")
    code = model_field(Unit, "code")
    parent = UnitChoiceField(label=_("Belongs to"), queryset=Unit.objects.none(), empty_label=None)

    def __init__(self, *args, units, **kwargs):
        super().__init__(*args, **kwargs)
        self.fields["parent"].queryset = units


class RenameForm(ActForm):
    name = model_field(Unit, "name")


class PeopleFilter(forms.Form):
    """The filters of the list of people, all from the address."""

    STATES = [
        ("", pgettext_lazy("people", "Active")),
        ("left", pgettext_lazy("people", "Left")),
        ("all", pgettext_lazy("people", "All")),
    ]
    q = forms.CharField(required=False, max_length=80)
    unit = UnitChoiceField(
        label=_("Unit"), queryset=Unit.objects.none(), required=False, empty_label=_("All units")
    )
    role = forms.ChoiceField(label=_("Role"), required=False, choices=[("", _("All roles")), *Role.choices])
    state = forms.ChoiceField(required=False, choices=STATES)

    def __init__(self, *args, units, **kwargs):
        super().__init__(*args, **kwargs)
        self.fields["unit"].queryset = units

    def narrow(self, people):
        """The people that fit; a filter that can't be understood is left out."""
        self.is_valid()
        chosen = self.cleaned_data
        if text := chosen.get("q", "").strip():
            people = people.filter(username__icontains=text) | people.filter(display_name__icontains=text) | (
                people.filter(job_title__icontains=text) | people.filter(home_unit__name__icontains=text)
            )  # fmt: skip
        if unit := chosen.get("unit"):
            people = people.filter(home_unit__path__startswith=unit.path)
        if role := chosen.get("role"):
            holders = Post.objects.filter(Post.in_force(timezone.localdate()), role=role)
            people = people.filter(pk__in=holders.values("person"))
        state = chosen.get("state")
        if state != "all":
            people = people.filter(is_active=state != "left")
        return people


class SetupForm(ActForm):
    company = forms.CharField(label=_("Company"), max_length=120)
    code = model_field(Unit, "code", label=_("Short code"))
    display_name = forms.CharField(label=_("Your name"), max_length=80)
    username = model_field(Person, "username")
    password = forms.CharField(
        label=_("Password"), strip=False, max_length=200,
        widget=forms.PasswordInput(attrs={"autocomplete": "new-password"}),
        help_text=_("At least 10 characters, and not only digits."),
    )  # fmt: skip
    again = forms.CharField(
        label=_("Password, once more"), strip=False, max_length=200,
        widget=forms.PasswordInput(attrs={"autocomplete": "new-password"}),
    )  # fmt: skip
    time_zone = forms.ChoiceField(label=_("Time zone"), choices=time_zones, initial=settings.TIME_ZONE)

    def clean(self):
        cleaned = super().clean()
        if cleaned.get("password") and cleaned.get("again") and cleaned["password"] != cleaned["again"]:
            self.add_error("again", _("The two passwords differ."))
        return cleaned


class UploadForm(ActForm):
    file = forms.FileField(label=_("CSV or XLSX file"))


class TokenForm(ActForm):
    name = model_field(ApiToken, "name")
    days = forms.TypedChoiceField(
        label=_("How long does it last?"), coerce=int, initial=90,
        choices=[(30, _("A month")), (90, _("Three months")), (365, _("A year"))],
    )  # fmt: skip
