"""Forms of the suggestion box and of thanks."""

import uuid

from django import forms
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from people.choices import UnitChoiceField
from people.fields import PersonField
from people.models import Person, Unit

from .assessment import RowForm, colleagues, day_field


class SuggestForm(forms.Form):
    """What, where, what it would bring. Everybody of the company may send it."""

    key = forms.UUIDField(widget=forms.HiddenInput)
    text = forms.CharField(
        label=_("What do you suggest?"), max_length=2000, widget=forms.Textarea(attrs={"rows": 5}),
        error_messages={"required": _("Say what you suggest.")},
    )  # fmt: skip
    unit = UnitChoiceField(label=_("For which unit?"), queryset=Unit.objects.none())
    place = forms.CharField(label=_("Exact place"), max_length=200, required=False)
    benefit = forms.CharField(
        label=_("What would it bring?"), max_length=300, required=False, widget=forms.Textarea(attrs={"rows": 2}),
        help_text=_("For example less waiting, fewer complaints, safer work."),
    )  # fmt: skip
    is_anonymous = forms.BooleanField(
        label=_("Without my name"), required=False,
        help_text=_(
            "Your name is stored nowhere with it. You get a secret link, shown once, to read the answer; nobody can "
            "thank you or ask you back."
        ),
    )  # fmt: skip

    def __init__(self, *args, person: Person, **kwargs):
        super().__init__(*args, **kwargs)
        companies = Q(pk__in=[])
        for company in person.company_ids:
            companies |= Q(path__startswith=f"/{company}/")
        self.fields["unit"].queryset = Unit.objects.active().filter(companies)
        self.fields["unit"].initial = person.home_unit_id
        self.fields["key"].initial = uuid.uuid4


class AdoptForm(RowForm):
    answer = forms.CharField(
        label=_("What will be done?"), max_length=1000, widget=forms.Textarea(attrs={"rows": 4}),
        help_text=_("The author reads it."),
    )  # fmt: skip
    owner = PersonField(label=_("Who carries it out?"))
    due_on = day_field(_("Due"))

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        self.fields["owner"].queryset = colleagues(self.row.unit)


class DeclineForm(RowForm):
    answer = forms.CharField(
        label=_("Why not?"), max_length=1000, widget=forms.Textarea(attrs={"rows": 4}),
        help_text=_("The author reads it: thank them for the idea, too."),
    )  # fmt: skip


class HandOverForm(RowForm):
    owner = PersonField(label=_("Who carries it out?"))
    due_on = day_field(_("Due"))
    reason = forms.CharField(label=_("Why?"), max_length=300, widget=forms.Textarea(attrs={"rows": 2}))

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        self.fields["owner"].queryset = colleagues(self.row.unit)
        self.fields["owner"].initial, self.fields["due_on"].initial = self.row.owner, self.row.due_on


class FinishForm(RowForm):
    proof = forms.CharField(
        label=_("What shows that it is done?"), max_length=300, widget=forms.Textarea(attrs={"rows": 2}),
        help_text=_("For example a work order, a manual and its page, a list of signatures."),
    )  # fmt: skip


class ThankForm(forms.Form):
    words = forms.CharField(
        label=_("Your words of thanks"), max_length=300, widget=forms.Textarea(attrs={"rows": 3}),
        help_text=_("Say what it helped. The person reads it; others only if the person wants that."),
    )  # fmt: skip
