"""The incident types of the installation: added, renamed, ordered, retired. Never deleted: old cases keep theirs."""

import uuid

from django.db import transaction
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
}
NAMES = ("name", "name_zh_hans", "name_zh_hant")
STEP = 10  # between the positions of neighbours


def office(person: Person) -> Unit | None:
    """The company in which this person may change the list of types: as an administrator of the whole company."""
    if not person.is_active:
        return None
    posts = (post for post in person.current_posts if post.role == Role.ADMINISTRATOR)
    return next((post.unit for post in posts if post.unit.parent_id is None), None)


def _require_office(person: Person) -> Unit:
    unit = office(person)
    if unit is None:
        raise NotAllowed(_("Only an administrator of the whole company changes the incident types."))
    return unit


@transaction.atomic
def add(*, by: Person, names: dict[str, str], icon: str, parent: IncidentType | None = None) -> IncidentType:
    """A new type at the end of its list; below `parent`, if given. Raises NotAllowed, Invalid."""
    unit = _require_office(by)
    names = _checked(names, icon, parent)
    siblings = _siblings(parent)
    kind = IncidentType(
        parent=parent, code=_new_code(names["name"], parent), icon=icon,
        position=(siblings[-1].position if siblings else 0) + STEP, **names,
    )  # fmt: skip
    kind.save()
    _record(
        kind, "type.add", by, unit, after={**names, "icon": icon, "parent": parent.code if parent else ""}
    )
    return kind


def _checked(names: dict[str, str], icon: str, parent: IncidentType | None) -> dict[str, str]:
    names = {field: (names.get(field) or "").strip() for field in NAMES}
    problems = {field: _("A type needs a name in every language.") for field in NAMES if not names[field]}
    if icon not in ICONS:
        problems["icon"] = _("Choose an icon.")
    if parent is not None and parent.parent_id:
        problems["parent"] = _("There are two levels: a finer type has none below it.")
    if problems:
        raise Invalid(problems)
    return names


def _new_code(name: str, parent: IncidentType | None) -> str:
    """A lasting short name, readable where the English name allows it."""
    stem = slugify(name)[:28] or "type"
    code = f"{parent.code[:10]}-{stem}" if parent else stem
    if IncidentType.objects.filter(code=code).exists():
        code = f"{code[:32]}-{uuid.uuid4().hex[:6]}"
    return code


def _siblings(parent: IncidentType | None) -> list[IncidentType]:
    """In their order, locked: two administrators ordering at once wait for each other."""
    return list(IncidentType.objects.select_for_update().filter(parent=parent))


def _hold(kind: IncidentType) -> IncidentType:
    return IncidentType.objects.select_for_update().get(pk=kind.pk)


def _record(kind: IncidentType, act: str, by: Person, unit: Unit, **details) -> None:
    record(f"type:{kind.pk}", act, label=kind.code, by=by, unit=unit, **details)


@transaction.atomic
def rename(kind: IncidentType, *, by: Person, names: dict[str, str], icon: str) -> IncidentType:
    """Other words or another icon for the same type; its code and its cases stay. Raises NotAllowed, Invalid."""
    unit = _require_office(by)
    new = {**_checked(names, icon, None), "icon": icon}
    row = _hold(kind)
    changed = {field: value for field, value in new.items() if getattr(row, field) != value}
    before = {field: getattr(row, field) for field in changed}
    for field, value in changed.items():
        setattr(row, field, value)
    if changed:
        row.save(update_fields=list(changed))
        _record(row, "type.rename", by, unit, before=before, after=changed)
    return row


@transaction.atomic
def shift(kind: IncidentType, *, by: Person, up: bool) -> None:
    """One place up or down among its neighbours. At the end of the list nothing happens."""
    unit = _require_office(by)
    siblings = _siblings(kind.parent)
    at = next(index for index, sibling in enumerate(siblings) if sibling.pk == kind.pk)
    other = at - 1 if up else at + 1
    if not 0 <= other < len(siblings):
        return
    siblings[at], siblings[other] = siblings[other], siblings[at]
    for index, sibling in enumerate(siblings, start=1):
        sibling.position = index * STEP
    IncidentType.objects.bulk_update(siblings, ["position"])
    _record(kind, "type.order", by, unit, before={"place": at + 1}, after={"place": other + 1})


@transaction.atomic
def retire(kind: IncidentType, *, by: Person) -> IncidentType:
    """No longer offered, with what is below it; cases that have it keep it. Raises NotAllowed, Invalid."""
    unit = _require_office(by)
    row = _hold(kind)
    if row.parent_id is None:
        tops = IncidentType.objects.select_for_update().filter(parent=None, retired=False)
        if len(tops) <= 1 and not row.retired:
            raise Invalid({"retired": _("The last type that is offered can't be retired.")})
    return _offer(row, "type.retire", by, unit, retired=True)


@transaction.atomic
def bring_back(kind: IncidentType, *, by: Person) -> IncidentType:
    """Offered again. Raises NotAllowed."""
    unit = _require_office(by)
    return _offer(_hold(kind), "type.bring_back", by, unit, retired=False)


def _offer(row: IncidentType, act: str, by: Person, unit: Unit, *, retired: bool) -> IncidentType:
    if row.retired != retired:
        row.retired = retired
        row.save(update_fields=["retired"])
        _record(row, act, by, unit, before={"retired": not retired}, after={"retired": retired})
    return row
