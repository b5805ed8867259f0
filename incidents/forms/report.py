"""The report form: what a first witness knows, and nothing that has to be judged."""

import datetime as dt
import uuid
from functools import cached_property

from django import forms
from django.db.models import Q
from django.http import QueryDict
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from incidents.models import IncidentType
from incidents.stages import Channel, ReporterKind
from people.models import Person, Unit

SHORTEST_DESCRIPTION = 10
CHANNELS = (
    Channel.SYSTEM, Channel.QR, Channel.ONSITE, Channel.PHONE, Channel.EMAIL, Channel.INSPECTION, Channel.SURVEY,
)  # fmt: skip


class ReportForm(forms.Form):
    """Made for one person: types and units are those that this person may report for."""

    key = forms.UUIDField(widget=forms.HiddenInput)
    uploads = forms.Field(label=_("Photos or video"), widget=forms.MultipleHiddenInput, required=False)
    type = forms.CharField(
        label=_("What kind of incident?"), max_length=40,
        error_messages={"required": _("Choose what kind of incident it is.")},
    )  # fmt: skip
    subtype = forms.CharField(label=_("More exactly"), max_length=40, required=False)
    description = forms.CharField(
        label=_("What happened?"),
        help_text=_("What you saw and who was affected. Causes come later."),
        max_length=5000,
        widget=forms.Textarea(attrs={"rows": 4}),
        error_messages={"required": _("Describe what happened, at least 10 characters.")},
    )
    unit = forms.IntegerField(
        label=_("Unit"),
        widget=forms.Select,
        error_messages={"required": _("Choose where it happened.")},
    )
    place = forms.CharField(
        label=_("Exact place"),
        help_text=_("Train and car, platform, counter, room"),
        max_length=200,
        required=False,
    )
    occurred_at = forms.DateTimeField(
        label=_("When it happened"),
        widget=forms.DateTimeInput(attrs={"type": "datetime-local"}, format="%Y-%m-%dT%H:%M"),
        error_messages={"required": _("Say when it happened.")},
    )
    people_affected = forms.IntegerField(
        label=_("How many people were affected?"), min_value=0, max_value=1_000_000, required=False
    )
    impact = forms.CharField(
        label=_("Scope of impact"), help_text=_("Trains, counters or services concerned, and for how long"),
        max_length=1000, required=False, widget=forms.Textarea(attrs={"rows": 2}),
    )  # fmt: skip
    containment = forms.CharField(
        label=_("What was done on the spot?"), max_length=2000, required=False,
        widget=forms.Textarea(attrs={"rows": 2}),
    )  # fmt: skip
    reporter_kind = forms.ChoiceField(
        label=_("Who reports it?"), choices=ReporterKind.choices, initial=ReporterKind.SELF, required=False
    )
    contact_name = forms.CharField(label=_("Name"), max_length=80, required=False)
    contact_phone = forms.CharField(
        label=_("Phone"), max_length=30, required=False, widget=forms.TextInput(attrs={"type": "tel"})
    )
    contact_email = forms.EmailField(label=_("E-mail"), required=False)
    channel = forms.ChoiceField(
        label=_("How did it reach you?"),
        choices=[(channel.value, channel.label) for channel in CHANNELS],
        initial=Channel.SYSTEM,
        required=False,
    )

    scanned_unit: Unit | None = None  # named by a QR code

    def __init__(self, *args, person: Person, **kwargs):
        super().__init__(*args, **kwargs)
        self.person = person
        self.uploads = self._ids_of_uploads() if self.is_bound else []
        self.fields["unit"].widget.choices = self._unit_choices

    def _ids_of_uploads(self) -> list[uuid.UUID]:
        found = []
        for value in self.data.getlist("uploads"):
            try:
                found.append(uuid.UUID(value))
            except ValueError:
                continue
        return found

    # What is offered (asked only when the form is shown) -------------------------------------------------------------
    @cached_property
    def types(self) -> list[tuple[IncidentType, list[IncidentType]]]:
        """The offered types in two levels."""
        offered = list(IncidentType.objects.offered())
        children: dict[int, list[IncidentType]] = {}
        for kind in offered:
            if kind.parent_id:
                children.setdefault(kind.parent_id, []).append(kind)
        return [(kind, children.get(kind.pk, [])) for kind in offered if not kind.parent_id]

    @cached_property
    def units(self) -> list[Unit]:
        """The open units of the person's companies, as a tree in one list."""
        companies = Q(pk__in=[])
        for company in self.person.company_ids:
            companies |= Q(path__startswith=f"/{company}/")
        return list(Unit.objects.active().filter(companies))

    def _unit_choices(self) -> list[tuple]:
        home = self.person.home_unit_id
        top = self["unit"].value() in (None, "") and not home
        indented = [(unit.pk, f"{' ' * unit.depth}{unit.name}") for unit in self.units]
        return [("", _("Choose a unit")), *indented] if top else indented

    @cached_property
    def chosen_unit(self) -> Unit | None:
        """What the page says beside "Where"."""
        value = str(self["unit"].value() or "")
        return next((unit for unit in self.units if str(unit.pk) == value), None)

    @property
    def moment(self) -> dt.datetime | None:
        """What the page says beside "When"."""
        try:
            return self.fields["occurred_at"].to_python(self["occurred_at"].value())
        except forms.ValidationError:
            return None

    # What was sent ----------------------------------------------------------------------------------------------------
    def clean_description(self) -> str:
        text = self.cleaned_data["description"].strip()
        if len(text) < SHORTEST_DESCRIPTION:
            raise forms.ValidationError(_("Describe what happened, at least 10 characters."))
        return text

    def clean_unit(self) -> Unit:
        """One statement for the chosen unit and the home unit together: the report asks for both."""
        chosen, home = self.cleaned_data["unit"], self.person.home_unit_id
        found = Unit.objects.in_bulk({chosen, home} - {None})
        if home in found:
            self.person.home_unit = found[home]
        unit = found.get(chosen)
        if unit is None or unit.closed_on or not self._is_ours(unit):
            raise forms.ValidationError(_("Choose a unit from the list."))
        return unit

    def _is_ours(self, unit: Unit) -> bool:
        home = self.person.home_unit if self.person.home_unit_id else None
        return bool(home and home.company_id == unit.company_id) or unit.company_id in self.person.company_ids

    def clean_occurred_at(self) -> dt.datetime:
        moment = self.cleaned_data["occurred_at"]
        if moment > timezone.now() + dt.timedelta(minutes=5):
            raise forms.ValidationError(_("This lies in the future. When did it happen?"))
        if moment < timezone.now() - dt.timedelta(days=3660):
            raise forms.ValidationError(_("This is more than ten years ago. When did it happen?"))
        return moment

    def clean_reporter_kind(self) -> str:
        return self.cleaned_data["reporter_kind"] or ReporterKind.SELF

    def clean_channel(self) -> str:
        return self.cleaned_data["channel"] or Channel.SYSTEM

    def clean(self) -> dict:
        values = super().clean()
        self._find_type(values)
        if values.get("reporter_kind") == ReporterKind.OTHER:
            named = any(values.get(f"contact_{name}") for name in ("name", "phone", "email"))
            if not named and "contact_email" not in self.errors:
                self.add_error(
                    "contact_name", _("Say who told you: a name, a phone number or an e-mail address.")
                )
        return values

    def _find_type(self, values: dict) -> None:
        """The finer type counts only below the chosen one: without JavaScript an old choice may still be ticked."""
        codes = {values.get("type"), values.get("subtype")} - {None, ""}
        if not values.get("type"):
            return
        found = {kind.code: kind for kind in IncidentType.objects.offered().filter(code__in=codes)}
        top, finer = found.get(values["type"]), found.get(values.get("subtype"))
        if top is None or top.parent_id:
            self.add_error("type", _("Choose what kind of incident it is."))
            return
        values["type"] = finer if finer and finer.parent_id == top.pk else top

    def values(self) -> dict:
        """What `identify.report` takes."""
        values = dict(self.cleaned_data)
        contact = {name: values.pop(f"contact_{name}") for name in ("name", "phone", "email")}
        del values["subtype"]
        is_other = values["reporter_kind"] == ReporterKind.OTHER
        return {**values, "uploads": self.uploads, "contact": contact if is_other else None}


def blank(person: Person, *, unit_code: str = "", place: str = "") -> ReportForm:
    """The form as it opens: now, at the place of the QR code or at home, with a new key."""
    form = ReportForm(
        person=person,
        initial={
            "key": uuid.uuid4(),
            "unit": person.home_unit_id,
            "place": place[:200],
            "occurred_at": timezone.localtime(),
            "channel": Channel.SYSTEM,
        },
    )
    scanned = next(
        (unit for unit in form.units if unit_code and unit.code.lower() == unit_code.lower()), None
    )
    if scanned:
        form.initial |= {"unit": scanned.pk, "channel": Channel.QR}
        form.scanned_unit = scanned
        form.fields["unit"].widget.attrs["data-preset"] = ""
        form.fields["place"].widget.attrs["data-preset"] = ""
    return form


def again(data: QueryDict, *, person: Person) -> ReportForm:
    """The form as it was, not judged: something beside its words has changed."""
    form = ReportForm(person=person, initial=data.dict())
    form.data = data
    form.uploads = form._ids_of_uploads()
    return form


def with_new_key(data: QueryDict) -> QueryDict:
    """The same words under a new key: for somebody who really means to report once more."""
    data = data.copy()
    data["key"] = str(uuid.uuid4())
    return data
