"""The filters of the measures, the same for list, calendar, timeline and export."""

from django import forms
from django.db.models import QuerySet
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from capa.models import Measure
from people.choices import UnitChoiceField
from people.models import CASE_ROLES, Unit

OPEN = "open"


def _day(label) -> forms.DateField:
    return forms.DateField(
        label=label, required=False, input_formats=["%Y-%m-%d"],
        widget=forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d"),
    )  # fmt: skip


class FilterForm(forms.Form):
    """Whose, in which state, overdue, of which unit, due when. What can't be read counts as not chosen."""

    who = forms.ChoiceField(
        label=_("Whose"), choices=[("", _("Mine")), ("all", pgettext_lazy("measures", "All"))], required=False
    )
    status = forms.ChoiceField(
        label=_("Status"),
        choices=[("", _("Not finished")), *Measure.Status.choices, ("any", _("Any"))],
        required=False,
    )
    unit = UnitChoiceField(
        label=_("Unit"), queryset=Unit.objects.none(), required=False, empty_label=_("All units")
    )
    due_from = _day(_("Due from"))
    due_until = _day(_("Due until"))
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
        if day := self.chosen("due_from"):
            rows = rows.filter(due_on__gte=day)
        if day := self.chosen("due_until"):
            rows = rows.filter(due_on__lte=day)
        return rows

    def active(self) -> list[dict]:
        """The chosen filters in words, each of which can be taken away. Mine or all has its own switch."""
        first, last = self.chosen("due_from"), self.chosen("due_until")
        words = {
            "status": _("%(filter)s: %(value)s")
            % {
                "filter": self.fields["status"].label,
                "value": dict(self.fields["status"].choices).get(self.chosen("status"), ""),
            },
            "unit": str(self.chosen("unit") or ""),
            "due_from": _("due from %(day)s") % {"day": first} if first else "",
            "due_until": _("due until %(day)s") % {"day": last} if last else "",
            "overdue": self.fields["overdue"].label if self.chosen("overdue") else "",
        }
        return [
            {"key": name, "value": self.data.get(name, ""), "label": label}
            for name, label in words.items()
            if label and self.data.get(name)
        ]
