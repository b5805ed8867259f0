"""Forms of stage 2."""

from django import forms
from django.utils.translation import gettext_lazy as _

from incidents.confirm import Share
from incidents.stages import Attributable
from people.fields import PersonField
from people.models import Person, Unit

from .acts import ActForm


class ShareForm(forms.Form):
    """One line of the attribution. An empty line is left out."""

    kind = forms.ChoiceField(
        label=_("Attributed to"), choices=[("", "—"), *Attributable.choices], required=False
    )
    unit = forms.ModelChoiceField(label=_("Responsible unit"), queryset=Unit.objects.none(), required=False)
    person = PersonField(label=_("Responsible person"), required=False)
    share = forms.IntegerField(label=_("Share in %"), min_value=1, max_value=100, required=False)
    reason = forms.CharField(label=_("Why"), max_length=500, required=False)

    def __init__(self, *args, company: Unit, **kwargs):
        super().__init__(*args, **kwargs)
        self.fields["unit"].queryset = Unit.objects.within(company).active()
        self.fields["person"].queryset = Person.objects.active().filter(
            home_unit__path__startswith=company.path
        )

    @property
    def is_filled(self) -> bool:
        return any(self.cleaned_data.get(name) for name in ("kind", "unit", "person"))

    def clean(self):
        cleaned = super().clean()
        if any(cleaned.get(name) for name in ("kind", "unit", "person")):
            for name in ("kind", "unit", "person"):
                if not cleaned.get(name) and name not in self.errors:
                    self.add_error(name, _("Fill in this field, or empty the whole line."))
        return cleaned


ShareFormSet = forms.formset_factory(ShareForm, extra=1, max_num=8, validate_max=True)


class AttributeForm(ActForm):
    """The proposal: facts, and up to eight shares of the responsibility."""

    facts = forms.CharField(
        label=_("Verification of the facts"),
        help_text=_("What was checked, where and with whom, and what was found."),
        max_length=4000,
        widget=forms.Textarea(attrs={"rows": 4}),
    )

    #: Lists of lines within the form: the attribute -> (prefix of its fields, formset).
    lists = {"shares": ("share", ShareFormSet)}

    def __init__(self, data=None, *args, **kwargs):
        super().__init__(data, *args, **kwargs)
        current = self.incident.attributions.filter(attempt=self.incident.attempt)
        self.fields["facts"].initial = self.incident.facts_verified
        self.shares = ShareFormSet(
            data,
            prefix="share",
            initial=[
                {
                    "kind": s.kind,
                    "unit": s.unit_id,
                    "person": s.person_id,
                    "share": s.share,
                    "reason": s.reason,
                }
                for s in current
            ],
            form_kwargs={"company": Unit.objects.get(pk=self.incident.unit.company_id)},
        )

    def is_valid(self):
        return all([super().is_valid(), self.shares.is_valid()])

    def values(self) -> dict:
        filled = [form.cleaned_data for form in self.shares if form.is_filled]
        alone = len(filled) == 1
        return {
            "facts": self.cleaned_data["facts"],
            "shares": [
                Share(
                    kind=line["kind"],
                    unit=line["unit"],
                    person=line["person"],
                    share=line["share"] or (100 if alone else 0),
                    reason=line["reason"],
                )
                for line in filled
            ],
        }


class ObjectForm(ActForm):
    reason = forms.CharField(
        label=_("What is wrong with the attribution?"),
        max_length=2000,
        widget=forms.Textarea(attrs={"rows": 4}),
    )


class DecideObjectionForm(ActForm):
    upheld = forms.TypedChoiceField(
        label=_("Decision"),
        choices=[("yes", _("Upheld: attribute anew")), ("no", _("Rejected: the attribution stands"))],
        coerce=lambda value: value == "yes",
        widget=forms.RadioSelect,
    )
    decision = forms.CharField(label=_("Reasons"), max_length=2000, widget=forms.Textarea(attrs={"rows": 4}))
