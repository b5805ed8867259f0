"""Forms of review meetings. The chair's signature asks for the password again, as every signature does."""

import datetime as dt

from django import forms
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from capa.agenda import Candidate, Line, candidates, lines_for
from capa.meetings import MOST_ITEMS, Topic
from capa.models import Meeting
from people import proving
from people.choices import UnitChoiceField
from people.fields import PersonField
from people.models import Person, Role, Unit
from people.plausible import PlausibleDays

#: Empty fields for further attendees and topics. Saved full, the next page has as many again.
MORE_ATTENDEES, MORE_TOPICS, MOST_ATTENDEES = 6, 3, 60


def _day(label, **more) -> forms.DateField:
    widget = forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d")
    return forms.DateField(label=label, widget=widget, input_formats=["%Y-%m-%d"], **more)


def _colleagues(unit: Unit | None, person: Person):
    """Everybody of the company."""
    companies = {unit.company_id} if unit else person.company_ids
    paths = [Unit(pk=pk, path=f"/{pk}/") for pk in companies]
    return Person.objects.active().filter(home_unit__in=Unit.objects.within(*paths))


class MeetingForm(PlausibleDays, forms.Form):
    """Base: a form about one meeting (None: one that is being called), with the version that the page was made from."""

    version = forms.IntegerField(widget=forms.HiddenInput, required=False)

    def __init__(self, *args, person: Person, meeting: Meeting | None = None, **kwargs):
        super().__init__(*args, **kwargs)
        self.person, self.meeting = person, meeting
        self.fields["version"].initial = meeting.version if meeting else None
        if meeting is None:
            del self.fields["version"]

    def seen_version(self) -> int:
        return self.cleaned_data.get("version") or 0

    def values(self) -> dict:
        """What the act's function takes, besides meeting, by and version."""
        return {name: value for name, value in self.cleaned_data.items() if name != "version"}


class DetailsForm(MeetingForm):
    """When, where, who. The attendees have a field each, which suggests names while one types."""

    title = forms.CharField(label=_("Title"), max_length=160)
    held_at = forms.DateTimeField(
        label=_("When"), input_formats=["%Y-%m-%dT%H:%M"],
        widget=forms.DateTimeInput(attrs={"type": "datetime-local"}, format="%Y-%m-%dT%H:%M"),
    )  # fmt: skip
    place = forms.CharField(label=_("Where"), max_length=200, required=False)
    chair = PersonField(label=_("Chair"), help_text=_("Leads the meeting and signs the minutes."))

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        colleagues = _colleagues(self.meeting and self.meeting.unit, self.person)
        self.fields["chair"].queryset = colleagues
        present = list(self.meeting.attendees.all()) if self.meeting else []
        for place in range(self._size(len(present))):
            field = PersonField(
                label=_("Attendee %(n)s") % {"n": place + 1}, required=False, queryset=colleagues
            )
            if place < len(present):
                field.initial = present[place]
            self.fields[f"attendee_{place}"] = field

    def _size(self, present: int) -> int:
        sent = sum(name.startswith("attendee_") for name in self.data) if self.is_bound else 0
        return min(max(sent, present + MORE_ATTENDEES), MOST_ATTENDEES)

    @property
    def main(self) -> list[forms.BoundField]:
        return [field for field in self.visible_fields() if not field.name.startswith("attendee_")]

    @property
    def attendees(self) -> list[forms.BoundField]:
        return [field for field in self.visible_fields() if field.name.startswith("attendee_")]

    def values(self) -> dict:
        values = super().values()
        people = [values.pop(name) for name in list(values) if name.startswith("attendee_")]
        return values | {"attendees": [person for person in people if person]}


class CallForm(DetailsForm):
    """Calling one: of which unit and period besides. The last month is proposed."""

    unit = UnitChoiceField(label=_("Unit"), queryset=Unit.objects.none())
    period_from = _day(_("Cases from"))
    period_until = _day(_("Cases until"))
    field_order = ["title", "unit", "period_from", "period_until", "held_at", "place", "chair"]

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        self.fields["unit"].queryset = self.person.units(Role.QUALITY)
        today = timezone.localdate()
        last = today.replace(day=1) - dt.timedelta(days=1)
        self.fields["period_from"].initial, self.fields["period_until"].initial = last.replace(day=1), last
        self.fields["chair"].initial = self.person


class AgendaForm(MeetingForm):
    """Lines to tick, each with its place: what stands on the agenda already, what the period offers, topics in words.

    Fields by the key of what they are about: on_item_7, place_item_7; on_case_12, place_case_12; topic_item_7, topic_0.
    """

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        meeting = self.meeting
        self.lines: list[Line] = lines_for(self.person, meeting)
        standing = {line.item.incident_id for line in self.lines}
        found = candidates(self.person, meeting.unit, meeting.period_from, meeting.period_until)
        self.candidates: list[Candidate] = [one for one in found if one.incident.pk not in standing][
            :MOST_ITEMS
        ]
        is_new = not self.lines
        for place, line in enumerate(self.lines, start=1):
            self._add(f"item_{line.item.pk}", place, True, line.number or line.title)
            if line.item.incident_id is None:
                self.fields[f"topic_item_{line.item.pk}"] = self._topic(initial=line.item.text)
        for place, one in enumerate(self.candidates, start=len(self.lines) + 1):
            self._add(f"case_{one.incident.pk}", place, is_new, one.incident.number)
        for number in range(MORE_TOPICS):
            self.fields[f"topic_{number}"] = self._topic()

    def _add(self, key: str, place: int, is_on: bool, name: str) -> None:
        self.fields[f"on_{key}"] = forms.BooleanField(
            label=_("On the agenda: %(name)s") % {"name": name}, required=False, initial=is_on
        )
        self.fields[f"place_{key}"] = forms.IntegerField(
            label=_("Place of %(name)s") % {"name": name}, required=False, min_value=1, max_value=999, initial=place,
            widget=forms.NumberInput(attrs={"inputmode": "numeric"}),
        )  # fmt: skip

    @staticmethod
    def _topic(initial: str = "") -> forms.CharField:
        return forms.CharField(label=_("Topic"), max_length=300, required=False, initial=initial)

    @property
    def standing_rows(self) -> list[dict]:
        """For the page: each line with its fields."""
        return [
            {
                "line": line,
                "on": self[f"on_item_{line.item.pk}"],
                "place": self[f"place_item_{line.item.pk}"],
                "topic": self[f"topic_item_{line.item.pk}"] if line.item.incident_id is None else None,
            }
            for line in self.lines
        ]

    @property
    def candidate_rows(self) -> list[dict]:
        return [
            {
                "case": one,
                "on": self[f"on_case_{one.incident.pk}"],
                "place": self[f"place_case_{one.incident.pk}"],
            }
            for one in self.candidates
        ]

    @property
    def new_topics(self) -> list[forms.BoundField]:
        return [self[f"topic_{number}"] for number in range(MORE_TOPICS)]

    def values(self) -> dict:
        data, chosen = self.cleaned_data, []
        for line in self.lines:
            key = f"item_{line.item.pk}"
            text = data.get(f"topic_{key}", "") or line.item.text
            if data.get(f"on_{key}"):
                chosen.append((data.get(f"place_{key}"), Topic(line.item.incident, text, item=line.item)))
        for one in self.candidates:
            key = f"case_{one.incident.pk}"
            if data.get(f"on_{key}"):
                chosen.append((data.get(f"place_{key}"), Topic(one.incident, reasons=tuple(one.reasons))))
        for number in range(MORE_TOPICS):
            if text := data.get(f"topic_{number}", "").strip():
                chosen.append((None, Topic(text=text)))
        order = sorted(range(len(chosen)), key=lambda row: (chosen[row][0] or 1000, row))
        return {"topics": [chosen[row][1] for row in order]}


class MinutesForm(MeetingForm):
    """The minutes as a whole, and notes on each line whose case the writer may open."""

    minutes = forms.CharField(
        label=_("Minutes"), max_length=20000, required=False, widget=forms.Textarea(attrs={"rows": 10}),
        help_text=_("What was discussed and found, for those who weren't there."),
    )  # fmt: skip

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        self.fields["minutes"].initial = self.meeting.minutes
        self.lines = [line for line in lines_for(self.person, self.meeting) if line.is_open]
        for line in self.lines:
            self.fields[f"notes_{line.item.pk}"] = forms.CharField(
                label=_("Notes"), max_length=4000, required=False, initial=line.item.notes,
                widget=forms.Textarea(attrs={"rows": 3}),
            )  # fmt: skip

    @property
    def rows(self) -> list[dict]:
        return [{"line": line, "notes": self[f"notes_{line.item.pk}"]} for line in self.lines]

    def values(self) -> dict:
        notes = {line.item.pk: self.cleaned_data[f"notes_{line.item.pk}"] for line in self.lines}
        return {"minutes": self.cleaned_data["minutes"], "notes": notes}


class DecisionForm(MeetingForm):
    """A measure that the meeting decides; `decision`: one that is reworded."""

    text = forms.CharField(
        label=_("What is to be done?"), max_length=300, widget=forms.Textarea(attrs={"rows": 2})
    )
    item = forms.TypedChoiceField(
        label=_("On which line of the agenda"), required=False, coerce=int, empty_value=None
    )
    owner = PersonField(label=_("Owner"))
    unit = UnitChoiceField(label=_("Unit"), queryset=Unit.objects.none())
    due_on = _day(_("Due"))
    target = forms.CharField(label=_("How will it be seen that it is done?"), max_length=300)

    def __init__(self, *args, decision=None, **kwargs):
        super().__init__(*args, **kwargs)
        company = Unit(pk=self.meeting.unit.company_id, path=f"/{self.meeting.unit.company_id}/")
        self.fields["unit"].queryset = Unit.objects.within(company)
        self.fields["unit"].initial = self.meeting.unit
        self.fields["owner"].queryset = _colleagues(self.meeting.unit, self.person)
        shown = lines_for(self.person, self.meeting)
        self.items = {line.item.pk: line.item for line in shown}
        lines = [(line.item.pk, _named(line)) for line in shown]
        self.fields["item"].choices = [("", _("On none of its own")), *lines]
        if decision:
            for name in ("text", "owner", "due_on", "target"):
                self.fields[name].initial = getattr(decision, name)
            self.fields["unit"].initial, self.fields["item"].initial = decision.unit, decision.item_id

    def values(self) -> dict:
        values = super().values()
        return values | {"item": self.items.get(values["item"])}


def _named(line: Line) -> str:
    return f"{line.item.position}. {line.number} {line.title}".strip()


class SignForm(MeetingForm):
    """The chair's signature."""

    password = forms.CharField(
        label=_("Your password, as your signature"), strip=False, max_length=4096,
        widget=forms.PasswordInput(attrs={"autocomplete": "current-password"}),
    )  # fmt: skip

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        self.method = proving.way_of(self.person)
        if self.method == proving.SESSION:
            del self.fields["password"]
        elif self.method == proving.CODE:
            self.fields["password"].label = _("Code of your authenticator app, as your signature")
            self.fields["password"].widget.attrs |= {"autocomplete": "one-time-code", "inputmode": "numeric"}

    def clean_password(self) -> str:
        proving.prove(self.person, self.cleaned_data["password"])
        return ""

    def values(self) -> dict:
        return {"method": self.method}


class FinishForm(forms.Form):
    """The owner's word that a decision is carried out."""

    proof = forms.CharField(
        label=_("What shows that it is done?"), max_length=300, widget=forms.Textarea(attrs={"rows": 2}),
        help_text=_("For example a work order, a manual and its page, a list of signatures."),
    )  # fmt: skip


class HandOverForm(forms.Form):
    owner = PersonField(label=_("New owner"))
    reason = forms.CharField(label=_("Why?"), max_length=300, widget=forms.Textarea(attrs={"rows": 2}))

    def __init__(self, *args, person: Person, decision, **kwargs):
        super().__init__(*args, **kwargs)
        self.fields["owner"].queryset = _colleagues(decision.meeting.unit, person)
