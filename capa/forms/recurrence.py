"""Saying whether an earlier case came back."""

from django import forms
from django.utils.translation import gettext_lazy as _

from capa.models import Recurrence
from incidents.models import Incident

from .about import AboutOneForm


class _AboutRecurrenceForm(AboutOneForm):
    """About one suspicion that an earlier case, which the person sees, came back as this one."""

    about_field = "recurrence"
    recurrence = forms.ModelChoiceField(label=_("Earlier case"), queryset=Recurrence.objects.none())

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        self.fields["recurrence"].label_from_instance = lambda row: str(row.earlier)

    def rows(self):
        rows = self.incident.recurs_from.filter(status=Recurrence.Status.SUSPECTED)
        seen = Incident.objects.visible_to(self.person).filter(pk__in=rows.values("earlier"))
        return rows.filter(earlier__in=seen.values("pk")).select_related("earlier", "earlier__unit")


class ConfirmRecurrenceForm(_AboutRecurrenceForm):
    reopen = forms.BooleanField(
        label=_("Reopen the earlier case"),
        help_text=_("It goes back to the analysis, for a new round. Otherwise it stays closed."),
        required=False,
    )
    reason = forms.CharField(
        label=_("How do you know?"), required=False, max_length=1000, widget=forms.Textarea(attrs={"rows": 3}),
        help_text=_("Needed to reopen the earlier case: its people read this."),
    )  # fmt: skip


class RejectRecurrenceForm(_AboutRecurrenceForm):
    reason = forms.CharField(
        label=_("Why is it something else?"), max_length=1000, widget=forms.Textarea(attrs={"rows": 3}),
        error_messages={"required": _("Say why it is something else.")},
    )  # fmt: skip
