"""The filters of the incident lists: read from the address, said in words, and applied.

filters = IncidentFilter(request.GET, person=request.user)
filters.found            # the incidents that this person may see and that pass; none when a value can't be
filters.chips            # [{key, value, label}] for parts/_filters.html
filters.problems         # [(label, message)]
"""

import datetime as dt

from django import forms
from django.db.models import Q, QuerySet
from django.http import QueryDict
from django.utils import formats, timezone
from django.utils.functional import cached_property
from django.utils.html import format_html, format_html_join
from django.utils.translation import gettext, pgettext_lazy
from django.utils.translation import gettext_lazy as _

from people.fields import PersonField
from people.models import Contact, Person, Role, Unit
from people.units import in_tree_order

from .listing import NEWEST, SORTS, Sort
from .models import Incident, IncidentType
from .search import fold, matching
from .stages import LOOP, TERMINAL, Channel, Severity, Stage

#: Roles that may know a contact by the ending of the phone number.
KNOWS_CONTACTS = (Role.HANDLER, Role.QUALITY)
PHONE_ENDING = 4
EARLIEST, LATEST = dt.date(1950, 1, 1), dt.date(2199, 12, 31)

OPEN, CLOSED = "open", "closed"
STATES = ((OPEN, pgettext_lazy("incidents", "Open")), (CLOSED, pgettext_lazy("incidents", "Closed")))


def company_units(person: Person) -> QuerySet[Unit]:
    """All units of the companies that the person works for."""
    return Unit.objects.within(*(Unit(pk=pk, path=f"/{pk}/") for pk in person.company_ids))


def without_blanks(query: QueryDict) -> QueryDict:
    """The filters that were filled in: a form sends the empty ones along."""
    kept = QueryDict(mutable=True)
    for name, values in query.lists():
        if filled := [value for value in values if value.strip()]:
            kept.setlist(name, filled)
    return kept


class QuickSelect(forms.Select):
    """A <select> written at once: Django renders a template per option, which hundreds of units would feel."""

    def render(self, name, value, attrs=None, renderer=None):
        chosen = {
            str(item) for item in (value if isinstance(value, list | tuple) else [value]) if item is not None
        }
        options = format_html_join(
            "",
            '<option value="{}"{}>{}</option>',
            ((key, " selected" if str(key) in chosen else "", label) for key, label in self.choices),
        )
        return format_html(
            "<select {}>{}</select>", self._written(self.build_attrs(attrs or {}, {"name": name})), options
        )

    def _written(self, attrs: dict):
        return format_html_join(
            " ", '{}="{}"', ((key, value) for key, value in attrs.items() if value not in (None, False))
        )


class IncidentFilter(forms.Form):
    """Every filter of a list of incidents. Bound to the address; a value that can't be is told, not ignored."""

    q = forms.CharField(label=_("Search"), required=False, max_length=200, widget=forms.HiddenInput)
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
    unit = forms.ChoiceField(label=_("Unit"), required=False, widget=QuickSelect)
    responsible = forms.ChoiceField(label=_("Responsible unit"), required=False, widget=QuickSelect)
    owner = PersonField(label=_("Waits for"), required=False)
    reporter = PersonField(label=_("Reported by"), required=False)
    channel = forms.MultipleChoiceField(
        label=_("Channel"), required=False, choices=Channel.choices, widget=forms.CheckboxSelectMultiple
    )
    overdue = forms.BooleanField(label=_("Overdue"), required=False)
    again = forms.BooleanField(label=_("Round 2 or later"), required=False)
    reported_from = forms.DateField(label=_("Reported from"), required=False)
    reported_until = forms.DateField(label=_("Reported until"), required=False)
    occurred_from = forms.DateField(label=_("Happened from"), required=False)
    occurred_until = forms.DateField(label=_("Happened until"), required=False)

    error_css_class = "bad"
    use_required_attribute = False
    DATES = ("reported_from", "reported_until", "occurred_from", "occurred_until")

    def __init__(self, query: QueryDict, *, person: Person, without: tuple[str, ...] = ()):
        super().__init__(without_blanks(query), auto_id="filter_%s")
        self.person = person
        for name in without:
            del self.fields[name]
        for name in set(self.DATES) & set(self.fields):
            self.fields[name].widget = forms.DateInput(format="%Y-%m-%d", attrs={"type": "date"})
            self.fields[name].input_formats = ["%Y-%m-%d"]
        self.fields["type"].choices = [("", _("All")), *self._type_choices()]
        units = [("", _("All")), *((unit.code, self._indented(unit)) for unit in self.units.values())]
        self.fields["unit"].choices = self.fields["responsible"].choices = units
        colleagues = Person.objects.filter(home_unit__in=company_units(person))
        for name in {"owner", "reporter"} & set(self.fields):
            self.fields[name].queryset = colleagues

    # What can be chosen -----------------------------------------------------------------------------------------------
    @cached_property
    def units(self) -> dict[str, Unit]:
        """The units of the person's companies by their code, in the order of the tree."""
        return {unit.code: unit for unit in in_tree_order(company_units(self.person))}

    @cached_property
    def types(self) -> list[IncidentType]:
        return list(IncidentType.objects.all())

    def _indented(self, unit: Unit) -> str:
        return "\u2003" * unit.depth + unit.name

    def _type_choices(self):
        children: dict[int | None, list[IncidentType]] = {}
        for kind in self.types:
            children.setdefault(kind.parent_id, []).append(kind)
        for parent in children.get(None, []):
            yield parent.code, str(parent)
            for child in children.get(parent.pk, []):
                yield child.code, f"\u2003{child}"

    # What is wrong ----------------------------------------------------------------------------------------------------
    def clean(self):
        for what in ("reported", "occurred"):
            start, end = self.cleaned_data.get(f"{what}_from"), self.cleaned_data.get(f"{what}_until")
            if start and end and end < start:
                self.add_error(f"{what}_until", _("This lies before the first day."))
        for name in set(self.DATES) & self.cleaned_data.keys():
            day = self.cleaned_data[name]
            if day and not EARLIEST <= day <= LATEST:
                self.add_error(
                    name,
                    _("Choose a day between %(first)s and %(last)s.") % {"first": EARLIEST, "last": LATEST},
                )
        return self.cleaned_data

    @property
    def problems(self) -> list[tuple[str, str]]:
        return [(self.fields[name].label, error) for name, errors in self.errors.items() for error in errors]

    # What is asked for -----------------------------------------------------------------------------------------------
    @cached_property
    def order(self) -> Sort:
        return SORTS[self._value("sort") or NEWEST.key]

    @property
    def text(self) -> str:
        return (self._value("q") or "").strip()

    def _value(self, name: str):
        return None if name in self.errors else self.cleaned_data.get(name)

    @property
    def found(self) -> QuerySet[Incident]:
        """The incidents that the person may see and that pass all filters; none when one of them can't be."""
        visible = Incident.objects.visible_to(self.person)
        if not self.is_valid():
            return visible.none()
        return visible.filter(self.within, *self._conditions())

    @cached_property
    def within(self) -> Q:
        """The limits of the time of reporting: where a list by that time begins."""
        return self._period("reported") if self.is_valid() else Q()

    def _conditions(self):
        values = self.cleaned_data
        if self.text:
            yield self._search(self.text)
        if state := values.get("state"):
            yield Q(stage__in=LOOP if state == OPEN else TERMINAL)
        for name in ("stage", "severity", "channel"):
            if values.get(name):
                yield Q(**{f"{name}__in": values[name]})
        if values.get("type"):
            yield Q(type__in=self._with_kinds_below(values["type"]))
        if values.get("unit"):
            yield Q(unit__in=self._with_units_below(values["unit"]))
        if values.get("responsible"):
            yield Q(responsible_unit__in=self._with_units_below(values["responsible"]))
        for name in ("owner", "reporter"):
            if values.get(name):
                yield Q(**{name: values[name]})
        if values.get("overdue"):
            yield Q(due_at__lt=timezone.now())  # only what is open is due
        if values.get("again"):
            yield Q(cycle__gte=2)
        yield self._period("occurred")

    def _with_kinds_below(self, code: str) -> list[int]:
        top = next(kind.pk for kind in self.types if kind.code == code)
        return [kind.pk for kind in self.types if top in (kind.pk, kind.parent_id)]

    def _with_units_below(self, code: str) -> list[int]:
        top = self.units[code]
        return [unit.pk for unit in self.units.values() if unit.path.startswith(top.path)]

    def _period(self, what: str) -> Q:
        start, end = self.cleaned_data.get(f"{what}_from"), self.cleaned_data.get(f"{what}_until")
        period = Q()
        if start:
            period &= Q(**{f"{what}_at__gte": _midnight(start)})
        if end:
            period &= Q(**{f"{what}_at__lt": _midnight(end + dt.timedelta(days=1))})
        return period

    def _search(self, text: str) -> Q:
        """Words, numbers, and for those who may know it the ending of a contact's phone number."""
        condition = matching(text)
        if condition is None:  # nothing but signs
            return Q(pk__in=[])
        digits = fold(text)
        is_ending = len(digits) == PHONE_ENDING and digits.isascii() and digits.isdigit()
        if not is_ending or not self.person.has_any_role(*KNOWS_CONTACTS):
            return condition
        known = list(Contact.objects.filter(phone_ending=digits).values_list("pk", flat=True)[:1000])
        if not known:
            return condition
        return condition | Q(contact__in=known, unit__in=self.person.units(*KNOWS_CONTACTS))

    # Said in words ----------------------------------------------------------------------------------------------------
    @property
    def chips(self) -> list[dict]:
        """Every filter in force, removable by its key and value in the address. Order and state stand elsewhere."""
        return [
            {"key": name, "value": raw, "label": label}
            for name in self.fields
            if name not in ("sort", "state")
            for raw in self.data.getlist(name)
            if (label := self._in_words(name, raw))
        ]

    def _in_words(self, name: str, raw: str) -> str:
        field = self.fields[name]
        if name in ("overdue", "again"):
            return str(field.label) if self._value(name) else ""
        return gettext("%(filter)s: %(value)s") % {
            "filter": field.label,
            "value": self._value_in_words(name, raw),
        }

    def _value_in_words(self, name: str, raw: str) -> str:
        if name in self.DATES:
            day = self._value(name)
            return formats.date_format(day, "Y-m-d") if day else raw
        if name in ("owner", "reporter"):
            return str(self._value(name) or raw)
        if name in ("unit", "responsible"):
            return str(self.units.get(raw, raw))
        if name == "type":
            return next((str(kind) for kind in self.types if kind.code == raw), raw)
        return str(dict(getattr(self.fields[name], "choices", ())).get(_number(raw), raw))


def _number(raw: str) -> int | str:
    """Severities are chosen by number, everything else by its key."""
    return int(raw) if raw.isascii() and raw.isdigit() else raw


def _midnight(day: dt.date) -> dt.datetime:
    return timezone.make_aware(dt.datetime.combine(day, dt.time()))
