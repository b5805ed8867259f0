"""The filters of the lists of incidents."""

from django import forms
from django.db.models import Q
from django.http import QueryDict
from django.utils.functional import cached_property
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from people.fields import PersonField
from people.models import Person

from .filtering import CLOSED, OPEN, CaseFilter, QuickSelect
from .listing import SORTS
from .models import Incident, IncidentType
from .stages import LOOP, TERMINAL, Channel, Severity, Stage

STATES = ((OPEN, pgettext_lazy("incidents", "Open")), (CLOSED, pgettext_lazy("incidents", "Closed")))


class IncidentFilter(CaseFilter):
    """Every filter of a list of incidents."""

    sort = forms.ChoiceField(
        label=_("Order"), required=False, choices=[(sort.key, sort.label) for sort in SORTS.values()],
        widget=forms.HiddenInput,
    )  # fmt: skip
    state = forms.ChoiceField(label=_("State"), required=False, choices=STATES, widget=forms.HiddenInput)
    stage = forms.MultipleChoiceField(
        label=_("Stage"), required=False, choices=Stage.choices, widget=forms.CheckboxSelectMultiple
    )
    severity = forms.TypedMultipleChoiceField(
        label=_("Severity"),
        required=False,
        choices=Severity.choices,
        coerce=int,
        widget=forms.CheckboxSelectMultiple,
    )
    type = forms.ChoiceField(label=_("Type"), required=False, widget=QuickSelect)
    responsible = forms.ChoiceField(label=_("Responsible unit"), required=False, widget=QuickSelect)
    owner = PersonField(label=_("Waits for"), required=False)
    reporter = PersonField(label=_("Reported by"), required=False)
    channel = forms.MultipleChoiceField(
        label=_("Channel"), required=False, choices=Channel.choices, widget=forms.CheckboxSelectMultiple
    )
    reported_from = forms.DateField(label=_("Reported from"), required=False)
    reported_until = forms.DateField(label=_("Reported until"), required=False)
    occurred_from = forms.DateField(label=_("Happened from"), required=False)
    occurred_until = forms.DateField(label=_("Happened until"), required=False)

    model, sorts = Incident, SORTS
    SPANS = ("reported", "occurred")
    UNITS = ("unit", "responsible")
    PEOPLE = ("owner", "reporter")
    SEVERAL = ("stage", "severity", "channel")
    field_order = (
        "q", "sort", "state", "stage", "severity", "type", "unit", "responsible", "owner", "reporter", "channel",
        "overdue", "again", "reported_from", "reported_until", "occurred_from", "occurred_until",
    )  # fmt: skip

    def __init__(self, query: QueryDict, *, person: Person, without: tuple[str, ...] = ()):
        super().__init__(query, person=person, without=without)
        self.fields["type"].choices = [("", _("All")), *self._type_choices()]

    @cached_property
    def types(self) -> list[IncidentType]:
        return list(IncidentType.objects.all())

    def _type_choices(self):
        children: dict[int | None, list[IncidentType]] = {}
        for kind in self.types:
            children.setdefault(kind.parent_id, []).append(kind)
        for parent in children.get(None, []):
            yield parent.code, str(parent)
            for child in children.get(parent.pk, []):
                yield child.code, f"\u2003{child}"

    def in_state(self, state: str) -> Q:
        return Q(stage__in=LOOP if state == OPEN else TERMINAL)

    def _conditions(self):
        yield from super()._conditions()
        values = self.cleaned_data
        if values.get("type"):
            yield Q(type__in=self._with_kinds_below(values["type"]))
        if values.get("responsible"):
            yield Q(responsible_unit__in=self._with_units_below(values["responsible"]))
        if values.get("again"):
            yield Q(cycle__gte=2)

    def _with_kinds_below(self, code: str) -> list[int]:
        top = next(kind.pk for kind in self.types if kind.code == code)
        return [kind.pk for kind in self.types if top in (kind.pk, kind.parent_id)]

    def _value_in_words(self, name: str, raw: str) -> str:
        if name == "type":
            return next((str(kind) for kind in self.types if kind.code == raw), raw)
        return super()._value_in_words(name, raw)
