"""Forms about an early warning, and about whether an indicator is watched."""

import datetime as dt
import uuid

from django import forms
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from complaints.forms.incidents import TypeField
from incidents.forms.report import SHORTEST_DESCRIPTION
from incidents.models import IncidentType
from metrics.access import keeps
from metrics.models import Signal
from metrics.warning.acts import happened_at
from people.choices import UnitChoiceField
from people.fields import PersonField
from people.models import Person, Unit

KEEP, ANEW, WITHOUT = "keep", "anew", "without"


class WarningForm(forms.Form):
    """Base: with the version that the page was made from."""

    version = forms.IntegerField(widget=forms.HiddenInput)

    def __init__(self, *args, person: Person, signal: Signal, **options):
        super().__init__(*args, **options)
        self.person, self.signal = person, signal
        self.fields["version"].initial = signal.version

    def values(self) -> dict:
        """What the act takes, besides the warning and by."""
        return dict(self.cleaned_data)


class TakeForm(WarningForm):
    """Nothing but the word."""


class HandOverForm(WarningForm):
    to = PersonField(label=_("New owner"), help_text=_("Somebody who reads the figures of this unit."))
    reason = forms.CharField(label=_("Why?"), max_length=300, widget=forms.Textarea(attrs={"rows": 2}))

    def __init__(self, *args, **options):
        super().__init__(*args, **options)
        company = Unit(pk=self.signal.unit.company_id, path=f"/{self.signal.unit.company_id}/")
        self.fields["to"].queryset = Person.objects.active().filter(
            home_unit__in=Unit.objects.within(company)
        )


class AnnotateForm(WarningForm):
    text = forms.CharField(
        label=_("What was found so far"), max_length=2000, widget=forms.Textarea(attrs={"rows": 6}),
        help_text=_("What was stands in the history."),
    )  # fmt: skip

    def __init__(self, *args, **options):
        super().__init__(*args, **options)
        self.fields["text"].initial = self.signal.annotation


class RaiseForm(WarningForm):
    """Reports the incident behind it."""

    key = forms.UUIDField(widget=forms.HiddenInput, required=False)
    type = TypeField(
        label=_("What kind of incident?"), queryset=IncidentType.objects.none(),
        error_messages={"required": _("Choose what kind of incident it is.")},
    )  # fmt: skip
    description = forms.CharField(
        label=_("What happened?"), max_length=5000, min_length=SHORTEST_DESCRIPTION,
        widget=forms.Textarea(attrs={"rows": 6}),
        help_text=_("What the chart shows, and what you know beyond it. The chart goes with it as evidence."),
    )  # fmt: skip
    unit = UnitChoiceField(label=_("Unit"), queryset=Unit.objects.none(), empty_label=None)
    place = forms.CharField(label=_("Exact place"), max_length=200, required=False)
    occurred_at = forms.DateTimeField(
        label=_("When it happened"), input_formats=["%Y-%m-%dT%H:%M"],
        widget=forms.DateTimeInput(attrs={"type": "datetime-local"}, format="%Y-%m-%dT%H:%M"),
    )  # fmt: skip

    def __init__(self, *args, description: str = "", **options):
        super().__init__(*args, **options)
        self.fields["key"].initial = uuid.uuid4()
        self.fields["type"].queryset = IncidentType.objects.offered().select_related("parent")
        self.fields["unit"].queryset = Unit.objects.active().within(self.signal.unit)
        self.fields["unit"].initial = self.signal.unit_id
        self.fields["occurred_at"].initial = timezone.localtime(happened_at(self.signal))
        self.fields["description"].initial = description

    def clean_occurred_at(self) -> dt.datetime:
        """Its field shows whole minutes."""
        return min(self.cleaned_data["occurred_at"], timezone.now())


class CloseForm(WarningForm):
    """What it was; and what shall become of the limits, which only a quality manager decides."""

    finding = forms.ChoiceField(
        label=_("What was found?"), choices=Signal.Finding.choices, widget=forms.RadioSelect,
        error_messages={"required": _("Choose what was found.")},
    )  # fmt: skip
    text = forms.CharField(
        label=_("In words"), max_length=2000, widget=forms.Textarea(attrs={"rows": 4}),
        help_text=_("One sentence is enough. Whoever looks at the chart later reads it."),
    )  # fmt: skip
    limits = forms.ChoiceField(
        label=_("The limits of the chart"), widget=forms.RadioSelect, initial=KEEP,
        choices=[
            (KEEP, _("They stay as they are")),
            (ANEW, _("They begin anew: this is the level now")),
            (WITHOUT, _("They are reckoned without the periods that stood out")),
        ],
        help_text=_("New limits are for a change that lasts. Otherwise the same change would be noticed again and again."),
    )  # fmt: skip

    def __init__(self, *args, **options):
        super().__init__(*args, **options)
        if not self.signal.is_concern:
            self.fields["limits"].label = _("Shall the new level become the limits?")
        if not keeps(self.person, self.signal.unit):
            del self.fields["limits"]

    def values(self) -> dict:
        values = super().values()
        limits = values.pop("limits", KEEP)
        return values | {"rebase": limits == ANEW, "leave_out": limits == WITHOUT}


class WatchForm(forms.Form):
    """Switching it on or off."""

    on = forms.BooleanField(required=False, widget=forms.HiddenInput)
    reason = forms.CharField(label=_("Why?"), max_length=300, widget=forms.TextInput)


class FilterForm(forms.Form):
    """The filters of the list that aren't segments."""

    kpi = forms.ChoiceField(label=_("Indicator"), required=False)
    unit = forms.ChoiceField(label=_("Unit"), required=False)
    side = forms.ChoiceField(
        label=_("Direction"), required=False,
        choices=[("", pgettext_lazy("filter", "All")), ("concern", _("Concern")), ("better", _("Improving"))],
    )  # fmt: skip
    owner = forms.ChoiceField(
        label=_("Owner"), required=False, choices=[("", pgettext_lazy("filter", "All")), ("me", _("Me"))]
    )
