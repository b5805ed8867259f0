"""Writing on a chart."""

from django import forms
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from capa.models import Measure
from metrics.notes import FIRST_YEAR, REASON_LIMIT, TEXT_LIMIT
from metrics.periods import today
from people.models import Person


class NoteForm(forms.Form):
    """A note on the chart of one indicator of one unit."""

    day = forms.DateField(label=_("Day"), widget=forms.DateInput(attrs={"type": "date"}))
    text = forms.CharField(label=pgettext_lazy("note", "What happened"), max_length=TEXT_LIMIT)
    measure = forms.CharField(
        label=_("Measure"), required=False, max_length=20, help_text=_("Its number: CA-2026-000406.")
    )
    rebases = forms.BooleanField(label=_("The limits begin anew from this day"), required=False)
    leaves_out = forms.BooleanField(label=_("Leave this period out of the limits"), required=False)

    def __init__(self, *args, person: Person, **options):
        super().__init__(*args, **options)
        self.person = person
        self.fields["day"].widget.attrs |= {"max": today().isoformat(), "min": f"{FIRST_YEAR}-01-01"}

    def clean_measure(self) -> Measure | None:
        number = self.cleaned_data["measure"].strip().upper()
        if not number:
            return None
        found = Measure.objects.visible_to(self.person).filter(number=number).first()
        if found is None:
            raise forms.ValidationError(_("There is no measure with this number."))
        return found


class WithdrawForm(forms.Form):
    reason = forms.CharField(label=_("Why is it withdrawn?"), max_length=REASON_LIMIT)
