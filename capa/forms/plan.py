"""Forms of stage 4."""

from django import forms
from django.utils.functional import cached_property
from django.utils.translation import gettext_lazy as _

from capa import planned
from capa.models import Cause, Measure
from capa.reading import case_of
from incidents.forms.acts import ActForm, SignedActForm
from people.fields import PersonField
from people.models import Person, Unit

from .about import AboutOneForm


class NoteForm(ActForm):
    """A step that can be explained, and need not be."""

    note = forms.CharField(
        label=_("Comment"), max_length=2000, required=False, widget=forms.Textarea(attrs={"rows": 2})
    )


class SignedNoteForm(SignedActForm, NoteForm):
    """A step that is signed, and can be explained."""


class ReasonForm(ActForm):
    """An act whose reason somebody else will read."""

    reason = forms.CharField(label=_("Reason"), max_length=2000, widget=forms.Textarea(attrs={"rows": 3}))


class PlanInView:
    """For the acts that pass a version on: its page shows what is weak in it and what changed since it was returned."""

    @cached_property
    def plan(self) -> dict:
        return planned.section(self.incident)


class SubmitForm(PlanInView, NoteForm):
    pass


class DecideForm(PlanInView, SignedNoteForm):
    """Approving or co-signing, with one's signature."""


class SendBackForm(PlanInView, ReasonForm):
    pass


class WritePlanForm(ActForm):
    feasibility = forms.CharField(
        label=_("Feasibility"),
        help_text=_("Can it be done: people, money, material, time? What could go wrong?"),
        max_length=2000, required=False, widget=forms.Textarea(attrs={"rows": 4}),
    )  # fmt: skip
    expected_effect = forms.CharField(
        label=_("Expected effect"),
        help_text=_("What should change, by how much, and where will it show?"),
        max_length=2000, required=False, widget=forms.Textarea(attrs={"rows": 4}),
    )  # fmt: skip

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        if plan := case_of(self.incident).plan:
            self.initial |= {"feasibility": plan.feasibility, "expected_effect": plan.expected_effect}


class MeasureFields(forms.Form):
    """What a measure says."""

    text = forms.CharField(
        label=_("What is to be done?"), max_length=300, widget=forms.Textarea(attrs={"rows": 2})
    )
    cause = forms.ModelChoiceField(
        label=_("Against which root cause?"), queryset=Cause.objects.none(), required=False
    )
    kind = forms.ChoiceField(label=_("Kind"), choices=Measure.Kind.choices, initial=Measure.Kind.CORRECTIVE)
    strength = forms.ChoiceField(
        label=_("How strong is it?"),
        help_text=_(
            "From strong to weak: what takes the hazard away or makes the wrong way impossible lasts; what asks"
            " people to remember, to be careful or to read a notice seldom does by itself."
        ),
        choices=Measure.Strength.choices,
        initial=Measure.Strength.STANDARDISE,
        widget=forms.RadioSelect,
    )
    owner = PersonField(
        label=_("Owner"), help_text=_("One person who carries it out and reports on it."), required=False
    )
    unit = forms.ModelChoiceField(
        label=_("Unit"),
        help_text=_("Where it is carried out. Left empty: the owner's."),
        queryset=Unit.objects.none(),
        required=False,
    )
    due_on = forms.DateField(
        label=_("Due"), required=False, widget=forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d")
    )
    target = forms.CharField(
        label=_("Target"),
        help_text=_("How will one see that it is done well? A figure, a count, a test."),
        max_length=300,
        required=False,
    )
    baseline_value = forms.DecimalField(
        label=_("Value today"), max_digits=14, decimal_places=3, required=False
    )
    expected_value = forms.DecimalField(
        label=_("Value expected"), max_digits=14, decimal_places=3, required=False
    )
    value_unit = forms.CharField(
        label=_("Unit of the values"),
        help_text=_("%, minutes, cases per month …"),
        max_length=30,
        required=False,
    )
    cost = forms.DecimalField(
        label=_("Cost in yuan"), min_value=0, max_digits=12, decimal_places=2, required=False
    )

    def offer_choices(self) -> None:
        company = Unit(path=f"/{self.incident.unit.company_id}/")
        self.fields["unit"].queryset = Unit.objects.active().within(company)
        self.fields["cause"].queryset = self.incident.causes.filter(
            cycle=self.incident.cycle, status=Cause.Status.CONFIRMED
        ).order_by("-is_root", "position")
        self.fields["owner"].queryset = Person.objects.active().filter(
            home_unit__path__startswith=company.path
        )


class AddMeasureForm(ActForm, MeasureFields):
    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        self.offer_choices()


class MeasureForm(AboutOneForm):
    """Base of the forms about one measure of the draft."""

    about_field = "measure"
    measure = forms.ModelChoiceField(label=_("Measure"), queryset=Measure.objects.none())

    def rows(self):
        return self.incident.measures.filter(plan=case_of(self.incident).plan).select_related("owner")


class AmendMeasureForm(MeasureForm, MeasureFields):
    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        self.offer_choices()
        if self.about:
            names = (
                "text", "cause_id", "kind", "strength", "owner_id", "unit_id", "due_on", "target", "baseline_value",
                "expected_value", "value_unit", "cost",
            )  # fmt: skip
            self.initial |= {name.removesuffix("_id"): getattr(self.about, name) for name in names}
            if self.about.owner and self.about.unit_id == self.about.owner.home_unit_id:
                self.initial["unit"] = None  # it follows the owner
