"""Forms about looking for the same risk in other places."""

from django import forms
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from capa.models import Cause, ElsewhereCheck
from incidents.forms.acts import ActForm
from incidents.models import Incident
from people.choices import UnitChoiceField
from people.fields import PersonField
from people.models import Person, Unit

from .about import AboutOneForm


class CheckElsewhereForm(ActForm):
    text = forms.CharField(
        label=_("What to look for"), max_length=300, widget=forms.Textarea(attrs={"rows": 2})
    )
    unit = UnitChoiceField(label=_("Where else could it be?"), queryset=Unit.objects.none())
    place = forms.CharField(label=_("Exact place"), max_length=200, required=False)
    owner = PersonField(label=_("Who looks"))
    due_on = forms.DateField(label=_("Until"), widget=forms.DateInput(attrs={"type": "date"}))
    cause = forms.ModelChoiceField(
        label=_("Because of which cause"), queryset=Cause.objects.none(), required=False, empty_label="—"
    )

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        path = f"/{self.incident.unit.company_id}/"
        self.fields["unit"].queryset = Unit.objects.filter(path__startswith=path).active()
        self.fields["owner"].queryset = Person.objects.active().filter(home_unit__path__startswith=path)
        self.fields["cause"].queryset = self.incident.causes.filter(cycle=self.incident.cycle)


class CheckForm(AboutOneForm):
    """Base of the forms about one place that somebody looks at."""

    about_field = "check"
    check = forms.ModelChoiceField(label=_("Place"), queryset=ElsewhereCheck.objects.none())

    def rows(self):
        return self.incident.elsewhere_checks.select_related("unit", "owner")


class ResultElsewhereForm(CheckForm):
    result = forms.ChoiceField(
        label=_("Is the same risk there?"),
        choices=[
            (ElsewhereCheck.Result.CLEAR, pgettext_lazy("elsewhere", "No, not found there")),
            (ElsewhereCheck.Result.FOUND, pgettext_lazy("elsewhere", "Yes, found there too")),
        ],
        widget=forms.RadioSelect,
    )
    finding = forms.CharField(
        label=_("What was found, and how?"), max_length=2000, widget=forms.Textarea(attrs={"rows": 3})
    )


class NameRaisedForm(CheckForm):
    """The incidents reported there lately stand at hand."""

    known = forms.ChoiceField(label=_("Incident raised there"), required=False, widget=forms.RadioSelect)
    number = forms.CharField(label=_("… or its number"), max_length=20, required=False)

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        choices = [(row.number, f"{row.number} {row.title}") for row in self._lately()]
        self.fields["known"].choices = choices
        if not choices:
            del self.fields["known"]
            self.fields["number"].label = _("Number of the incident raised there")

    def _lately(self):
        if self.about is None:
            return []
        there = Incident.objects.visible_to(self.person).filter(unit__path__startswith=self.about.unit.path)
        return there.exclude(pk=self.incident.pk).order_by("-reported_at", "-pk")[:5]

    def values(self) -> dict:
        return {
            "check": self.cleaned_data["check"],
            "number": self.cleaned_data["number"] or self.cleaned_data.get("known", ""),
        }
