"""Forms of stage 7, of opening a case again, and of the short path."""

from django import forms
from django.utils.translation import gettext_lazy as _

from capa.improve import may_acknowledge
from capa.models import Improvement
from incidents.forms.acts import ActForm
from incidents.stages import Severity
from people.fields import PersonField
from people.models import Person, Unit

from .about import AboutOneForm
from .proofs import ProofFields


class LessonsForm(ActForm):
    lessons = forms.CharField(
        label=_("What was learned?"), max_length=4000, widget=forms.Textarea(attrs={"rows": 6})
    )

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        self.initial.setdefault("lessons", self.incident.lessons)


def _due() -> forms.DateField:
    return forms.DateField(
        label=_("Due"), required=False, widget=forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d")
    )


class ImprovementForm(ActForm):
    kind = forms.ChoiceField(
        label=_("What changes?"),
        choices=[choice for choice in Improvement.Kind.choices if choice[0] != Improvement.Kind.SPREAD],
        widget=forms.RadioSelect,
    )
    text = forms.CharField(
        label=_("In words"), help_text=_("If nothing has to change: why not."), max_length=1000,
        widget=forms.Textarea(attrs={"rows": 3}),
    )  # fmt: skip
    owner = PersonField(label=_("Owner"), required=False)
    due_on = _due()

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        path = f"/{self.incident.unit.company_id}/"
        self.fields["owner"].queryset = Person.objects.active().filter(home_unit__path__startswith=path)


class PassOnForm(ActForm):
    text = forms.CharField(
        label=_("What should they take up?"), max_length=1000, widget=forms.Textarea(attrs={"rows": 3})
    )
    units = forms.ModelMultipleChoiceField(
        label=_("Units"), queryset=Unit.objects.none(), widget=forms.CheckboxSelectMultiple
    )
    due_on = _due()

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        path = f"/{self.incident.unit.company_id}/"
        self.fields["units"].queryset = Unit.objects.filter(path__startswith=path).active()
        self.fields["due_on"].required = True


class AcknowledgeForm(AboutOneForm):
    """The answer of one unit. Only what was passed on to a unit of this person can be answered."""

    about_field = "improvement"
    improvement = forms.ModelChoiceField(label=_("Lesson"), queryset=Improvement.objects.none())
    applies = forms.TypedChoiceField(
        label=_("Does it apply to your unit?"),
        choices=[("yes", _("Yes, it applies here")), ("no", _("No, it does not apply here"))],
        coerce=lambda value: value == "yes",
        widget=forms.RadioSelect,
    )
    acknowledgement = forms.CharField(
        label=_("What will you do? Or why does it not apply?"), max_length=1000,
        widget=forms.Textarea(attrs={"rows": 3}),
    )  # fmt: skip

    def rows(self):
        asked = self.incident.improvements.filter(
            kind=Improvement.Kind.SPREAD, cycle=self.incident.cycle, acknowledged_at=None, done_at=None
        ).select_related("unit")
        return asked.filter(pk__in=[row.pk for row in asked if may_acknowledge(row, self.person)])


class FinishImprovementForm(AboutOneForm, ProofFields):
    about_field = "improvement"
    improvement = forms.ModelChoiceField(label=_("Improvement"), queryset=Improvement.objects.none())

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        self.offer_evidence()

    def rows(self):
        rows = self.incident.improvements.filter(cycle=self.incident.cycle, done_at=None).exclude(
            applies=False
        )
        return rows.exclude(kind=Improvement.Kind.SPREAD, acknowledged_at=None).select_related("unit")

    def values(self) -> dict:
        proofs = self.proofs()
        return {
            "improvement": self.cleaned_data["improvement"],
            "proof": " ".join(proofs["notes"]),
            "evidence": proofs["evidence"],
        }


class ReopenForm(ActForm):
    reason = forms.CharField(
        label=_("Why does it have to be looked at again?"), max_length=2000,
        widget=forms.Textarea(attrs={"rows": 3}),
    )  # fmt: skip
    severity = forms.TypedChoiceField(
        label=_("How severe is it?"),
        choices=Severity.choices,
        coerce=int,
        empty_value=None,
        required=False,
        widget=forms.RadioSelect,
    )

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        if self.incident.severity is not None:
            del self.fields["severity"]
