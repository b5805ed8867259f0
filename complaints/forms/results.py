"""What of a survey's answers is looked at: the filters of the page of results, kept in its address."""

import datetime as dt

from django import forms
from django.db.models import Q
from django.http import QueryDict
from django.utils.functional import cached_property
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from complaints.models import Category, Response, Survey, SurveyVersion
from complaints.surveys import sight
from complaints.surveys.figures import MONTH, QUARTER
from incidents.filtering import EARLIEST, LATEST, QuickSelect, midnight, without_blanks
from people.models import Person, Unit
from people.units import in_tree_order

BY = ((QUARTER, pgettext_lazy("results", "By quarter")), (MONTH, pgettext_lazy("results", "By month")))


class ResultsFilter(forms.Form):
    """Which answers: of which version, unit and all below it, days, channel and group."""

    unit = forms.ChoiceField(label=_("Unit"), required=False, widget=QuickSelect)
    version = forms.ChoiceField(label=_("Version"), required=False, widget=QuickSelect)
    channel = forms.ChoiceField(label=_("Channel"), required=False, widget=QuickSelect)
    group = forms.CharField(label=_("Group"), required=False, max_length=60)
    answered_from = forms.DateField(label=_("Answered from"), required=False)
    answered_until = forms.DateField(label=_("Answered until"), required=False)
    by = forms.ChoiceField(label=_("Over time"), required=False, choices=BY, widget=forms.HiddenInput)

    use_required_attribute = False
    DATES = ("answered_from", "answered_until")

    def __init__(self, query: QueryDict, *, person: Person, survey: Survey):
        super().__init__(without_blanks(query), auto_id="filter_%s")
        self.person, self.survey = person, survey
        for name in self.DATES:
            self.fields[name].widget = forms.DateInput(format="%Y-%m-%d", attrs={"type": "date"})
            self.fields[name].input_formats = ["%Y-%m-%d"]
        self.fields["unit"].choices = [
            ("", _("All")), *((unit.code, "\u2003" * unit.depth + unit.name) for unit in self.units.values())
        ]  # fmt: skip
        numbers = [str(version.number) for version in self.all_versions]
        self.fields["version"].choices = [("", _("All")), *((number, number) for number in numbers)]
        self.fields["channel"].choices = [("", _("All")), *Response.Channel.choices]

    @cached_property
    def units(self) -> dict[str, Unit]:
        """The units whose answers this person may see, within the survey's reach, in the order of the tree."""
        mine = sight.units_of(self.person).filter(path__contains=f"/{self.survey.unit_id}/")
        return {unit.code: unit for unit in in_tree_order(mine)}

    @cached_property
    def all_versions(self) -> list[SurveyVersion]:
        return list(self.survey.versions.exclude(published_at=None))

    def clean(self):
        first, last = (self.cleaned_data.get(name) for name in self.DATES)
        if first and last and last < first:
            self.add_error("answered_until", _("This lies before the first day."))
        for name in self.DATES:
            day = self.cleaned_data.get(name)
            if day and not EARLIEST <= day <= LATEST:
                self.add_error(
                    name, _("Choose a day between %(first)s and %(last)s.") % {"first": EARLIEST, "last": LATEST}
                )  # fmt: skip
        return self.cleaned_data

    @property
    def problems(self) -> list[tuple[str, str]]:
        return [(self.fields[name].label, error) for name, errors in self.errors.items() for error in errors]

    def _value(self, name: str):
        return self.cleaned_data.get(name) if self.is_valid() else None

    @property
    def period(self) -> str:
        """What one point of the trend stands for."""
        return self._value("by") or QUARTER

    @property
    def versions(self) -> list[SurveyVersion]:
        number = self._value("version")
        return [version for version in self.all_versions if number in (None, "", str(version.number))]

    @property
    def chosen_unit(self) -> Unit | None:
        return self.units.get(self._value("unit") or "")

    @property
    def rows(self):
        """The answers that the person may see and that pass; none when a value can't be."""
        visible = sight.responses(self.person)
        return (
            visible.filter(self._within("answered_at"), *self._others())
            if self.is_valid()
            else visible.none()
        )

    @property
    def invitations(self):
        """Those asked in these days, for the response rate; None where other filters make it senseless."""
        if not self.is_valid() or self._value("channel") or self._value("group"):
            return None
        visible = sight.invitations(self.person).filter(survey=self.survey)
        return visible.filter(self._within("created_at"), self._below())

    def _within(self, name: str) -> Q:
        first, last = (self._value(field) for field in self.DATES)
        span = Q()
        if first:
            span &= Q(**{f"{name}__gte": midnight(first)})
        if last:
            span &= Q(**{f"{name}__lt": midnight(last + dt.timedelta(days=1))})
        return span

    def _below(self) -> Q:
        if self.chosen_unit is None:
            return Q()
        return Q(
            unit__in=[unit.pk for unit in self.units.values() if unit.path.startswith(self.chosen_unit.path)]
        )

    def _others(self):
        yield self._below()
        for name in ("channel", "group"):
            if value := self._value(name):
                yield Q(**{name: value})

    @property
    def tops(self) -> list[Unit]:
        """The units that are compared: those next below the chosen one, and it itself for what is answered there."""
        inside = [
            unit
            for unit in self.units.values()
            if self.chosen_unit is None or unit.path.startswith(self.chosen_unit.path)
        ]
        if not inside:
            return []
        level = min(unit.depth for unit in inside)
        heads = [unit for unit in inside if unit.depth == level]
        below = [unit for unit in inside if unit.depth == level + 1]
        return heads if len(heads) > 1 or not below else [*below, *heads]

    @property
    def chips(self) -> list[dict]:
        """The filters in force, in words."""
        if not self.is_valid():
            return []
        found = []
        for name in ("unit", "version", "channel", "group", *self.DATES):
            value = self.cleaned_data.get(name)
            if not value:
                continue
            words = (
                dict(self.fields[name].choices).get(value, value) if name in ("unit", "channel") else value
            )
            label = f"{self.fields[name].label}: {str(words).strip()}"
            found.append({"key": name, "value": str(value), "label": label})
        return found


class CommentsFilter(ResultsFilter):
    """Which comments: as for results, and by what they are about and whether somebody has read them."""

    category = forms.ChoiceField(label=_("Category"), required=False, widget=QuickSelect)
    todo = forms.BooleanField(label=_("Not classified yet"), required=False)

    def __init__(self, query: QueryDict, *, person: Person, survey: Survey):
        super().__init__(query, person=person, survey=survey)
        categories = [(kind.code, str(kind)) for kind in Category.objects.all()]
        self.fields["category"].choices = [("", _("All")), *categories]
        del self.fields["by"]

    def _others(self):
        yield from super()._others()
        if code := self._value("category"):
            yield Q(comment_category__code=code)
        if self._value("todo"):
            yield Q(comment_category=None)

    @property
    def chips(self) -> list[dict]:
        found = super().chips
        if not self.is_valid():
            return found
        if code := self.cleaned_data.get("category"):
            words = dict(self.fields["category"].choices)[code]
            found.append(
                {"key": "category", "value": code, "label": f"{self.fields['category'].label}: {words}"}
            )
        if self.cleaned_data.get("todo"):
            found.append({"key": "todo", "value": "on", "label": self.fields["todo"].label})
        return found
