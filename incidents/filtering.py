"""Filters of the lists of cases: read from the address, said in words, and applied.

filters = IncidentFilter(request.GET, person=request.user)
filters.found            # the cases that this person may see and that pass; none when a value can't be
filters.chips            # [{key, value, label}] for parts/_filters.html
filters.problems         # [(label, message)]
"""

import datetime as dt
from collections.abc import Iterator

from django import forms
from django.db.models import Model, Q, QuerySet
from django.http import QueryDict
from django.utils import formats, timezone
from django.utils.functional import cached_property
from django.utils.html import format_html, format_html_join
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from people.models import Contact, Person, Role, Unit
from people.units import in_tree_order

from .listing import Sort
from .search import fold, matching

#: Roles that may know a contact by the ending of the phone number.
KNOWS_CONTACTS = (Role.HANDLER, Role.QUALITY)
PHONE_ENDING = 4
EARLIEST, LATEST = dt.date(1950, 1, 1), dt.date(2199, 12, 31)

OPEN, CLOSED = "open", "closed"


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


class CaseFilter(forms.Form):
    """What the filters of all lists of cases share. Bound to the address; a value that can't be is told, not ignored.

    Subclasses add their own fields and conditions, and say what is listed and in which orders.
    """

    q = forms.CharField(label=_("Search"), required=False, max_length=200, widget=forms.HiddenInput)
    unit = forms.ChoiceField(label=_("Unit"), required=False, widget=QuickSelect)
    overdue = forms.BooleanField(label=_("Overdue"), required=False)
    again = forms.BooleanField(label=_("Round 2 or later"), required=False)

    error_css_class = "bad"
    use_required_attribute = False

    model: type[Model]
    sorts: dict[str, Sort]
    SPANS: tuple[str, ...] = ()  # a day from and a day until for each; the first is when it came in
    UNITS: tuple[str, ...] = ("unit",)
    PEOPLE: tuple[str, ...] = ()
    FLAGS: tuple[str, ...] = ("overdue", "again")
    SEVERAL: tuple[str, ...] = ()  # fields of the case with several values to choose from

    def __init__(self, query: QueryDict, *, person: Person, without: tuple[str, ...] = ()):
        super().__init__(without_blanks(query), auto_id="filter_%s")
        self.person = person
        for name in without:
            del self.fields[name]
        for name in set(self.dates) & set(self.fields):
            self.fields[name].widget = forms.DateInput(format="%Y-%m-%d", attrs={"type": "date"})
            self.fields[name].input_formats = ["%Y-%m-%d"]
        units = [("", _("All")), *((unit.code, self._indented(unit)) for unit in self.units.values())]
        for name in set(self.UNITS) & set(self.fields):
            self.fields[name].choices = units
        colleagues = Person.objects.filter(home_unit__in=company_units(person))
        for name in set(self.PEOPLE) & set(self.fields):
            self.fields[name].queryset = colleagues

    @property
    def dates(self) -> list[str]:
        return [f"{span}_{end}" for span in self.SPANS for end in ("from", "until")]

    # What can be chosen -----------------------------------------------------------------------------------------------
    @cached_property
    def units(self) -> dict[str, Unit]:
        """The units of the person's companies by their code, in the order of the tree."""
        return {unit.code: unit for unit in in_tree_order(company_units(self.person))}

    def _indented(self, unit: Unit) -> str:
        return "\u2003" * unit.depth + unit.name

    # What is wrong ----------------------------------------------------------------------------------------------------
    def clean(self):
        for what in self.SPANS:
            start, end = self.cleaned_data.get(f"{what}_from"), self.cleaned_data.get(f"{what}_until")
            if start and end and end < start:
                self.add_error(f"{what}_until", _("This lies before the first day."))
        for name in set(self.dates) & self.cleaned_data.keys():
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
        return self.sorts[self._value("sort") or next(iter(self.sorts))]

    @property
    def text(self) -> str:
        return (self._value("q") or "").strip()

    def _value(self, name: str):
        return None if name in self.errors else self.cleaned_data.get(name)

    @property
    def found(self) -> QuerySet:
        """The cases that the person may see and that pass all filters; none when one of them can't be."""
        visible = self.model.objects.visible_to(self.person)
        if not self.is_valid():
            return visible.none()
        return visible.filter(self.within, *self._conditions())

    @cached_property
    def within(self) -> Q:
        """The limits of the time of coming in: where a list by that time begins."""
        return self._period(self.SPANS[0]) if self.is_valid() else Q()

    def _conditions(self) -> Iterator[Q]:
        values = self.cleaned_data
        if self.text:
            yield self._search(self.text)
        if state := values.get("state"):
            yield self.in_state(state)
        for name in self.SEVERAL:
            if values.get(name):
                yield Q(**{f"{name}__in": values[name]})
        if values.get("unit"):
            yield Q(unit__in=self._with_units_below(values["unit"]))
        for name in self.PEOPLE:
            if values.get(name):
                yield Q(**{name: values[name]})
        if values.get("overdue"):
            yield Q(due_at__lt=timezone.now())  # only what is open is due
        for what in self.SPANS[1:]:
            yield self._period(what)

    def in_state(self, state: str) -> Q:
        """Open or closed."""
        raise NotImplementedError

    def _with_units_below(self, code: str) -> list[int]:
        top = self.units[code]
        return [unit.pk for unit in self.units.values() if unit.path.startswith(top.path)]

    def _period(self, what: str) -> Q:
        start, end = self.cleaned_data.get(f"{what}_from"), self.cleaned_data.get(f"{what}_until")
        period = Q()
        if start:
            period &= Q(**{f"{what}_at__gte": midnight(start)})
        if end:
            period &= Q(**{f"{what}_at__lt": midnight(end + dt.timedelta(days=1))})
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
        if name in self.FLAGS:
            return str(field.label) if self._value(name) else ""
        return gettext("%(filter)s: %(value)s") % {
            "filter": field.label,
            "value": self._value_in_words(name, raw),
        }

    def _value_in_words(self, name: str, raw: str) -> str:
        if name in self.dates:
            day = self._value(name)
            return formats.date_format(day, "Y-m-d") if day else raw
        if name in self.PEOPLE:
            return str(self._value(name) or raw)
        if name in self.UNITS:
            return str(self.units.get(raw, raw))
        return str(dict(getattr(self.fields[name], "choices", ())).get(_number(raw), raw))


def _number(raw: str) -> int | str:
    """Grades are chosen by number, everything else by its key."""
    return int(raw) if raw.isascii() and raw.isdigit() else raw


def midnight(day: dt.date) -> dt.datetime:
    """The moment at which a day begins, in the reader's time zone."""
    return timezone.make_aware(dt.datetime.combine(day, dt.time()))
