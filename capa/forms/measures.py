"""The filters of the list of measures."""

from django import forms
from django.db.models import QuerySet
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from capa.models import Measure
from people.models import CASE_ROLES, Unit

OPEN = "open"


class FilterForm(forms.Form):
    """Whose, in which state, overdue, of which unit. What can't be read counts as not chosen."""

    who = forms.ChoiceField(
        label=_("Whose"), choices=[("", _("Mine")), ("all", pgettext_lazy("measures", "All"))], required=False
    )
    status = forms.ChoiceField(
        label=_("Status"),
        choices=[("", _("Not finished")), *Measure.Status.choices, ("any", _("Any"))],
        required=False,
    )
    unit = forms.ModelChoiceField(
        label=_("Unit"), queryset=Unit.objects.none(), required=False, empty_label=_("All units")
    )
    overdue = forms.BooleanField(label=_("Overdue only"), required=False)

    def __init__(self, *args, person, **kwargs):
        super().__init__(*args, **kwargs)
        self.person = person
        self.fields["unit"].queryset = person.units(*CASE_ROLES)
        self.is_valid()

    def chosen(self, name: str):
        return self.cleaned_data.get(name)

    def found(self) -> QuerySet:
        """The measures that fit."""
        rows = Measure.objects.visible_to(self.person)
        if self.chosen("who") != "all":
            rows = rows.filter(owner=self.person)
        if not self.chosen("status") or self.chosen("overdue"):
            rows = rows.unfinished()
        elif self.chosen("status") != "any":
            rows = rows.filter(status=self.chosen("status"))
        if self.chosen("overdue"):
            rows = rows.filter(due_on__lt=timezone.localdate())
        if unit := self.chosen("unit"):
            rows = rows.filter(unit__path__startswith=unit.path)
        return rows

    def active(self) -> list[dict]:
        """The chosen filters in words, each of which can be taken away. Mine or all has its own switch."""
        words = {
            "status": dict(self.fields["status"].choices).get(self.chosen("status")),
            "unit": str(self.chosen("unit") or ""),
            "overdue": self.fields["overdue"].label if self.chosen("overdue") else "",
        }
        return [
            {"key": name, "value": self.data.get(name, ""), "label": label}
            for name, label in words.items()
            if label and self.data.get(name)
        ]
