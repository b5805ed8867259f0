"""Catalogues of the installation, such as the incident types: added, renamed, ordered, retired. Nothing is deleted:
old cases keep theirs.
"""

import uuid
from dataclasses import dataclass
from typing import Any

from django.db import transaction
from django.db.models import Model
from django.utils.functional import Promise
from django.utils.text import slugify
from django.utils.translation import gettext_lazy as _

from history.recording import record
from people.models import Person, Role, Unit

from .errors import Invalid, NotAllowed
from .models import IncidentType

#: What a type can be drawn with: names of icons, and the word read out for each.
ICONS = {
    "clock": _("Clock"),
    "triangle-alert": _("Warning sign"),
    "message-square-warning": _("Message"),
    "users": _("People"),
    "wrench": _("Wrench"),
    "shield-alert": _("Shield"),
    "circle-question-mark": _("Question mark"),
    "circle-alert": _("Exclamation mark"),
    "train-front": _("Train"),
    "ticket": _("Ticket"),
    "luggage": _("Luggage"),
    "utensils": _("Food"),
    "sparkles": _("Cleanliness"),
    "thermometer": _("Temperature"),
    "info": _("Information"),
    "accessibility": _("Accessibility"),
    "monitor": _("Screen"),
    "phone": _("Telephone"),
    "wallet": _("Money"),
    "heart-pulse": _("Health"),
    "concierge-bell": _("Service bell"),
    "smile": _("Smiling face"),
}
NAMES = ("name", "name_zh_hans", "name_zh_hant")
STEP = 10  # between the positions of neighbours


@dataclass(frozen=True)
class Catalogue:
    """One list that the whole installation shares. With `levels`, an entry may have finer ones below it."""

    model: type[Model]
    prefix: str  # of its acts in history
    roles: tuple[Role, ...]  # who changes it, for a whole company
    refused: Promise
    levels: bool = False

    def office(self, person: Person) -> Unit | None:
        """The company in which this person may change the list."""
        if not person.is_active:
            return None
        posts = (post for post in person.current_posts if post.role in self.roles)
        return next((post.unit for post in posts if post.unit.parent_id is None), None)

    def _require_office(self, person: Person) -> Unit:
        unit = self.office(person)
        if unit is None:
            raise NotAllowed(self.refused)
        return unit

    @transaction.atomic
    def add(self, *, by: Person, names: dict[str, str], icon: str, parent=None):
        """A new entry at the end of its list. Raises NotAllowed, Invalid."""
        unit = self._require_office(by)
        names = self._checked(names, icon, parent)
        siblings = self._siblings(parent)
        kind = self.model(
            code=self._new_code(names["name"], parent), icon=icon,
            position=(siblings[-1].position if siblings else 0) + STEP, **names, **self._below(parent),
        )  # fmt: skip
        kind.save()
        below = {"parent": parent.code if parent else ""} if self.levels else {}
        self._record(kind, "add", by, unit, after={**names, "icon": icon, **below})
        return kind

    def _below(self, parent) -> dict[str, Any]:
        return {"parent": parent} if self.levels else {}

    def _checked(self, names: dict[str, str], icon: str, parent) -> dict[str, str]:
        names = {field: (names.get(field) or "").strip() for field in NAMES}
        problems = {field: _("A type needs a name in every language.") for field in NAMES if not names[field]}
        if icon not in ICONS:
            problems["icon"] = _("Choose an icon.")
        if parent is not None and parent.parent_id:
            problems["parent"] = _("There are two levels: a finer type has none below it.")
        if problems:
            raise Invalid(problems)
        return names

    def _new_code(self, name: str, parent) -> str:
        """A lasting short name, readable where the English name allows it."""
        stem = slugify(name)[:28] or self.prefix
        code = f"{parent.code[:10]}-{stem}" if parent else stem
        if self.model.objects.filter(code=code).exists():
            code = f"{code[:32]}-{uuid.uuid4().hex[:6]}"
        return code

    def _siblings(self, parent) -> list:
        """In their order, locked: two people ordering at once wait for each other."""
        return list(self.model.objects.select_for_update().filter(**self._below(parent)))

    def _hold(self, kind):
        return self.model.objects.select_for_update().get(pk=kind.pk)

    def _record(self, kind, act: str, by: Person, unit: Unit, **details) -> None:
        case, act = f"{self.prefix}:{kind.pk}", f"{self.prefix}.{act}"
        record(case, act, label=kind.code, by=by, unit=unit, **details)

    @transaction.atomic
    def rename(self, kind, *, by: Person, names: dict[str, str], icon: str):
        """Other words or another icon for the same entry; its code and its cases stay. Raises NotAllowed, Invalid."""
        unit = self._require_office(by)
        new = {**self._checked(names, icon, None), "icon": icon}
        row = self._hold(kind)
        changed = {field: value for field, value in new.items() if getattr(row, field) != value}
        before = {field: getattr(row, field) for field in changed}
        for field, value in changed.items():
            setattr(row, field, value)
        if changed:
            row.save(update_fields=list(changed))
            self._record(row, "rename", by, unit, before=before, after=changed)
        return row

    @transaction.atomic
    def shift(self, kind, *, by: Person, up: bool) -> None:
        """One place up or down among its neighbours. At the end of the list nothing happens."""
        unit = self._require_office(by)
        siblings = self._siblings(getattr(kind, "parent", None))
        at = next(index for index, sibling in enumerate(siblings) if sibling.pk == kind.pk)
        other = at - 1 if up else at + 1
        if not 0 <= other < len(siblings):
            return
        siblings[at], siblings[other] = siblings[other], siblings[at]
        for index, sibling in enumerate(siblings, start=1):
            sibling.position = index * STEP
        self.model.objects.bulk_update(siblings, ["position"])
        self._record(kind, "order", by, unit, before={"place": at + 1}, after={"place": other + 1})

    @transaction.atomic
    def retire(self, kind, *, by: Person):
        """No longer offered, with what is below it; cases that have it keep it. Raises NotAllowed, Invalid."""
        unit = self._require_office(by)
        row = self._hold(kind)
        if getattr(row, "parent_id", None) is None:
            tops = self.model.objects.select_for_update().filter(retired=False, **self._below(None))
            if len(tops) <= 1 and not row.retired:
                raise Invalid({"retired": _("The last type that is offered can't be retired.")})
        return self._offer(row, "retire", by, unit, retired=True)

    @transaction.atomic
    def bring_back(self, kind, *, by: Person):
        """Offered again. Raises NotAllowed."""
        unit = self._require_office(by)
        return self._offer(self._hold(kind), "bring_back", by, unit, retired=False)

    def _offer(self, row, act: str, by: Person, unit: Unit, *, retired: bool):
        if row.retired != retired:
            row.retired = retired
            row.save(update_fields=["retired"])
            self._record(row, act, by, unit, before={"retired": not retired}, after={"retired": retired})
        return row


TYPES = Catalogue(
    IncidentType,
    prefix="type",
    roles=(Role.ADMINISTRATOR,),
    refused=_("Only an administrator of the whole company changes the incident types."),
    levels=True,
)
office, add, rename, shift = TYPES.office, TYPES.add, TYPES.rename, TYPES.shift
retire, bring_back = TYPES.retire, TYPES.bring_back
