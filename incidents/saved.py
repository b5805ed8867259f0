"""Saved views: the filters of a list under a name, for oneself or for a unit."""

from django import forms
from django.db import IntegrityError, transaction
from django.db.models import Q, QuerySet
from django.http import QueryDict
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from people.choices import UnitChoiceField
from people.models import CASE_ROLES, Person, Unit

from .errors import Invalid
from .models import SavedView

MOST = 50  # views of one person
LONGEST = SavedView._meta.get_field("query").max_length
#: Where in a list one stands is no part of a view.
PLACES = ("after", "before", "page", "saved")


def visible_to(person: Person) -> QuerySet[SavedView]:
    """One's own views, and those shared with a unit that one belongs to or stands below."""
    above: set[int] = set(person.home_unit.lineage) if person.home_unit_id else set()
    for post in person.current_posts:
        above.update(post.unit.lineage)
    return SavedView.objects.filter(Q(owner=person) | Q(shared_with__in=above))


def shareable_units(person: Person) -> QuerySet[Unit]:
    """Units with which the person may share: their own, and those in which they hold a case role."""
    units = person.units(*CASE_ROLES)
    return units | Unit.objects.filter(pk=person.home_unit_id) if person.home_unit_id else units


def plain_query(query: QueryDict) -> str:
    """The filters of an address in one order, without the place in the list: equal views have equal queries."""
    kept = query.copy()
    for name in PLACES:
        kept.pop(name, None)
    plain = QueryDict(mutable=True)
    for name in sorted(kept):
        values = [value for value in kept.getlist(name) if value.strip()]
        if values:
            plain.setlist(name, sorted(values))
    return plain.urlencode()


class SavedViewForm(forms.Form):
    name = forms.CharField(label=pgettext_lazy("of a thing", "Name"), max_length=60)
    shared_with = UnitChoiceField(
        label=_("Share with"), queryset=Unit.objects.none(), required=False, empty_label=_("Nobody: only for me"),
        help_text=_("The people of this unit and of those below it find it in their list."),
    )  # fmt: skip

    def __init__(self, *args, person: Person, **kwargs):
        super().__init__(*args, **kwargs)
        self.fields["shared_with"].queryset = shareable_units(person)


def save_view(*, by: Person, name: str, shared_with: Unit | None, page: str, query: QueryDict) -> SavedView:
    """Keep these filters under a name. Raises Invalid."""
    text = plain_query(query)
    if len(text) > LONGEST:
        raise Invalid({"name": _("These filters are too long to be saved.")})
    if by.saved_views.count() >= MOST:
        raise Invalid({"name": _("You have %(most)s saved views. Delete one first.") % {"most": MOST}})
    view = SavedView(owner=by, page=page, query=text)
    return _write(view, name, shared_with)


def change_view(view: SavedView, *, name: str, shared_with: Unit | None) -> SavedView:
    """Give it another name, share it or keep it to oneself again. Raises Invalid."""
    return _write(view, name, shared_with)


def _write(view: SavedView, name: str, shared_with: Unit | None) -> SavedView:
    view.name, view.shared_with = name.strip(), shared_with
    try:
        with transaction.atomic():
            view.save()
    except IntegrityError as error:
        raise Invalid({"name": _("You already have a view with this name.")}) from error
    return view
