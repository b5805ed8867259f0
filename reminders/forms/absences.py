from django import forms
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from people.fields import PersonField
from people.models import Person
from people.plausible import PlausibleDays


class AbsenceForm(PlausibleDays, forms.Form):
    """When somebody is away, and who is told in their place."""

    begins_on = forms.DateField(label=_("First day away"), widget=forms.DateInput(attrs={"type": "date"}))
    ends_on = forms.DateField(label=_("Last day away"), widget=forms.DateInput(attrs={"type": "date"}))
    deputy = PersonField(
        label=_("Who stands in for you?"), queryset=Person.objects.none(),
        help_text=_("They are told what you are told; your work stays yours."),
    )  # fmt: skip

    def __init__(self, *args, person: Person, **kwargs):
        super().__init__(*args, **kwargs)
        companies = [f"/{pk}/" for pk in person.company_ids]
        colleagues = Person.objects.none()
        for path in companies:
            colleagues |= Person.objects.active().filter(home_unit__path__startswith=path)
        self.fields["deputy"].queryset = colleagues.exclude(pk=person.pk)
        self.initial.setdefault("begins_on", timezone.localdate())
