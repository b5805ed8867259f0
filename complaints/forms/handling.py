"""Forms of the way of a complaint: classify, correct, find out, end, and the ways aside."""

from django import forms
from django.utils.translation import gettext_lazy as _

from complaints.masking import words_for
from complaints.models import Category, Complaint
from complaints.states import Grade
from incidents.models import Incident
from people.choices import UnitChoiceField
from people.fields import PersonField
from people.models import Person, Unit
from reminders.models import Deadline

from .acts import ComplaintForm


def words(label, *, rows: int = 3, most: int = 1000, **options) -> forms.CharField:
    """A field for sentences."""
    return forms.CharField(
        label=label, max_length=most, widget=forms.Textarea(attrs={"rows": rows}), **options
    )


def colleagues(complaint: Complaint):
    """Who works in the company that the complaint is about."""
    company = Unit.objects.filter(pk=complaint.unit.company_id)
    return (
        Person.objects.active()
        .filter(home_unit__in=Unit.objects.within(*company))
        .select_related("home_unit")
    )


class NoteForm(ComplaintForm):
    note = words(_("Note"), rows=2, required=False)


class AcknowledgeForm(ComplaintForm):
    note = words(
        _("How were they told?"),
        rows=2,
        required=False,
        help_text=_("Who has an e-mail address gets a letter by this."),
    )


class ReasonForm(ComplaintForm):
    reason = words(_("Why?"))


class GradesForm(ComplaintForm):
    """What it is about, and how much it presses."""

    IN_A_ROW = ("category", "urgency", "importance")  # one of a few: beside each other
    category = forms.ModelChoiceField(
        label=_("What is it about?"), queryset=Category.objects.none(), empty_label=None, widget=forms.RadioSelect,
        error_messages={"required": _("Choose what it is about.")},
    )  # fmt: skip
    urgency = forms.TypedChoiceField(
        label=_("How urgent is it?"), help_text=_("How soon does the harm grow?"), choices=Grade.choices, coerce=int,
        widget=forms.RadioSelect, error_messages={"required": _("Choose how urgent it is.")},
    )  # fmt: skip
    importance = forms.TypedChoiceField(
        label=_("How important is it?"), help_text=_("How much is at stake, for how many?"), choices=Grade.choices,
        coerce=int, widget=forms.RadioSelect, error_messages={"required": _("Choose how important it is.")},
    )  # fmt: skip
    about = PersonField(
        label=_("Is it about a member of staff?"), required=False,
        help_text=_("Whoever it is about has no part in handling it."),
    )  # fmt: skip

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        row = self.complaint
        self.fields["category"].queryset = Category.objects.offered() | Category.objects.filter(
            pk=row.category_id
        )
        self.fields["about"].queryset = colleagues(row)
        for name in ("category", "urgency", "importance", "about"):
            self.fields[name].initial = getattr(row, f"{name}_id" if name in ("category", "about") else name)


class ClassifyForm(GradesForm):
    handler = PersonField(
        label=_("Who handles it?"), required=False,
        help_text=_("Anybody but you and whom it waits for now is asked first; it stays there until they accept."),
    )  # fmt: skip
    field_order = ("category", "urgency", "importance", "handler", "about")

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        self.fields["handler"].queryset = colleagues(self.complaint)
        self.fields["handler"].initial = self.complaint.handler_id or self.complaint.owner_id


class AmendForm(GradesForm):
    """Corrects details. Before it is classified nothing is asked about the grades: that is an act of its own."""

    title = forms.CharField(
        label=_("Title"), max_length=160,
        help_text=_("What stands in lists. Names of customers don't belong here."),
    )  # fmt: skip
    wish = words(_("What does the customer wish?"), rows=2, required=False)
    unit = UnitChoiceField(label=_("Unit"), queryset=Unit.objects.none(), empty_label=None)
    place = forms.CharField(label=_("Exact place"), max_length=200, required=False)
    occurred_at = forms.DateTimeField(
        label=_("When it happened"), required=False,
        widget=forms.DateTimeInput(attrs={"type": "datetime-local"}, format="%Y-%m-%dT%H:%M"),
    )  # fmt: skip
    reason = words(_("Why is it corrected?"), rows=2, required=False, most=300)
    field_order = (
        "title",
        "wish",
        "unit",
        "place",
        "occurred_at",
        "category",
        "urgency",
        "importance",
        "about",
        "reason",
    )

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        row = self.complaint
        self.fields["unit"].queryset = Unit.objects.active().filter(
            path__startswith=f"/{row.unit.company_id}/"
        )
        for name in ("title", "wish", "unit", "place", "occurred_at"):
            self.fields[name].initial = getattr(row, f"{name}_id" if name == "unit" else name)
        if row.category_id is None:
            for name in ("category", "urgency", "importance"):
                del self.fields[name]


class FindingForm(ComplaintForm):
    finding = words(
        _("What was found?"), rows=6, most=4000, help_text=_("The reply to the customer rests on this.")
    )

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        # Who reads the numbers masked writes them so: what isn't theirs to see goes through no form of theirs.
        self.fields["finding"].initial = words_for(self.person, self.complaint)(self.complaint.finding)


class PassOnForm(ComplaintForm):
    to_whom = forms.CharField(label=_("Who looks after it?"), max_length=160)
    text = words(
        _("What shall the customer read?"),
        rows=6,
        most=10000,
        help_text=_("Say whose it is and how they are reached."),
    )


class MergeForm(ComplaintForm):
    into = forms.CharField(
        label=_("Number of the other complaint"), max_length=20,
        help_text=_("The one that is being handled, such as CP-2026-000123."),
        error_messages={"required": _("Enter the number of the other complaint.")},
    )  # fmt: skip
    note = words(_("Note"), rows=2, required=False)

    def clean_into(self) -> Complaint:
        number = self.cleaned_data["into"].strip().upper()
        other = Complaint.objects.visible_to(self.person).filter(number=number).first()
        if other is None:
            raise forms.ValidationError(_("There is no complaint with this number."))
        return other


class OfferForm(ComplaintForm):
    to = PersonField(label=_("Who shall take it over?"))
    unit = UnitChoiceField(
        label=_("In which unit?"), queryset=Unit.objects.none(), empty_label=None,
        help_text=_("With another unit the complaint goes there once they accept."),
    )  # fmt: skip
    reason = words(_("Why?"), rows=2, most=300)

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        row = self.complaint
        self.fields["to"].queryset = colleagues(row).exclude(pk=row.owner_id)
        self.fields["unit"].queryset = Unit.objects.active().filter(
            path__startswith=f"/{row.unit.company_id}/"
        )
        self.fields["unit"].initial = row.unit_id


class PauseForm(ComplaintForm):
    reason = forms.ChoiceField(
        label=_("What does it wait for?"), choices=Deadline.PauseReason.choices, widget=forms.RadioSelect,
        initial=Deadline.PauseReason.CUSTOMER,
    )  # fmt: skip
    note = words(_("What has to come, and from whom?"), rows=2, most=300)


class ResumeForm(ComplaintForm):
    note = words(_("What has come?"), rows=2, most=300, required=False)


class RestrictForm(ComplaintForm):
    """Names the people, one in each line."""

    people = words(
        _("Who may see it?"), rows=5, most=4000,
        help_text=_("One person in each line, by name or user name. Who works on it has to be among them."),
    )  # fmt: skip
    reason = words(_("Why?"), rows=2, most=300)

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        row = self.complaint
        if row.sensitive:
            named = Person.objects.filter(pk__in=[int(token[1:]) for token in row.readers])
        else:
            working = {row.owner_id, row.handler_id, row.offered_to_id, self.person.pk} - {None, row.about_id}
            named = Person.objects.filter(pk__in=working)
        self.fields["people"].initial = "\n".join(f"{one.display_name} ({one.username})" for one in named)

    def clean_people(self) -> list[Person]:
        field = PersonField(queryset=colleagues(self.complaint))
        return [field.clean(line) for line in self.cleaned_data["people"].splitlines() if line.strip()]


class JoinIncidentForm(ComplaintForm):
    incident = forms.CharField(
        label=_("Number of the incident"), max_length=20, help_text=_("Such as SQ-2026-000123."),
        error_messages={"required": _("Enter the number of the incident.")},
    )  # fmt: skip

    def clean_incident(self) -> Incident:
        number = self.cleaned_data["incident"].strip().upper()
        incident = Incident.objects.visible_to(self.person).filter(number=number).first()
        if incident is None:
            raise forms.ValidationError(_("There is no incident with this number."))
        return incident
