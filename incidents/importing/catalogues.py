"""Our own lists that a file's values are looked up in: types, units, severities, channels. Read once per file."""

from collections import defaultdict
from collections.abc import Iterable
from typing import Any, ClassVar

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from incidents.models import IncidentType
from incidents.search import fold
from incidents.stages import Channel, Severity
from people.models import Person, Role, Unit

from .fields import guess_channel, guess_severity, guess_state
from .mapping import Mapping, MappingError

#: Who may import: these roles in the unit of each row, or above it.
IMPORTERS = (Role.QUALITY, Role.HANDLER)

_UNKNOWN: dict[str, Promise] = {
    "type": _("This type is not known: say which of ours it is."),
    "unit": _("There is no unit with this code or name."),
    "severity": _("This severity is not known: say which of ours it is."),
    "channel": _("This channel is not known: say which of ours it is."),
}
_ABSENT: dict[str, Promise] = {"type": _("The type is missing."), "unit": _("The unit is missing.")}


def may_import(person: Person) -> bool:
    """Is there any unit for which this person may import?"""
    return person.is_active and person.has_any_role(*IMPORTERS)


class UnitCatalogue:
    """The units of the companies of whoever imports. `default` is the code of the unit of rows that name none."""

    #: Who may import what is imported.
    ROLES: ClassVar[tuple[Role, ...]] = IMPORTERS

    def __init__(self, default: str, by: Person):
        self.units: dict[str, Unit] = {}
        self.unit_names: dict[str, set[str]] = defaultdict(set)
        companies = Unit.objects.filter(pk__in=by.company_ids)
        for unit in Unit.objects.within(*companies).active():
            self.units[unit.code] = unit
            for name in (unit.code, unit.name):
                self.unit_names[fold(name)].add(unit.code)
        self.own_paths = tuple(unit.path for unit in by.posted_units(*self.ROLES))
        if default and default not in self.units:
            raise MappingError(_("There is no unit “%(value)s”."), value=default)

    def may_import(self, unit: Unit) -> bool:
        return unit.path.startswith(self.own_paths)

    def recognise_unit(self, text: str) -> str:
        """By code or name. A name that two units share is no answer."""
        return text if text in self.units else only(self.unit_names.get(fold(text)))

    def unknown_unit(self, text: str) -> Promise:
        if len(self.unit_names.get(fold(text), ())) > 1:
            return _("Several units have this name: give the code.")
        return _UNKNOWN["unit"] if text else _ABSENT["unit"]


class Catalogues(UnitCatalogue):
    """The lists of an import of cases: types of incidents. Another kind of case has another list of types."""

    #: Fields without which a row can't be imported.
    NEEDED: ClassVar[frozenset[str]] = frozenset({"type", "unit"})

    def __init__(self, mapping: Mapping, by: Person):
        super().__init__(mapping.options.unit, by)
        self.options = mapping.options
        self.types: dict[str, Any] = {}
        self.type_names: dict[str, set[str]] = defaultdict(set)
        for kind in self.offered_types():
            self.types[kind.code] = kind
            for name in (kind.code, kind.name, kind.name_zh_hans, kind.name_zh_hant):
                self.type_names[fold(name)].add(kind.code)
        if self.options.type and self.options.type not in self.types:
            raise MappingError(_("There is no type “%(value)s”."), value=self.options.type)

    def offered_types(self) -> Iterable[Any]:
        return IncidentType.objects.offered()

    def recognise_type(self, text: str) -> str:
        return only(self.type_names.get(fold(text)))

    def recognise(self, name: str, text: str) -> str:
        """The key of ours that a value of theirs probably means; empty when none is recognised."""
        if name == "type":
            return self.recognise_type(text)
        if name == "unit":
            return self.recognise_unit(text)
        return {"severity": guess_severity, "channel": guess_channel, "state": guess_state}[name](text)

    def default(self, name: str) -> str:
        return str(getattr(self.options, name, "") or "")

    def get(self, name: str, key: str) -> Any:
        """What a key of ours stands for; None when there is no such thing."""
        if name == "type":
            return self.types.get(key)
        if name == "unit":
            return self.units.get(key)
        if name == "severity":
            return Severity(int(key)) if key.isdecimal() and int(key) in Severity.values else None
        if name == "channel":
            return key if key in Channel.values else None
        return key

    def unknown(self, name: str, text: str) -> Promise:
        if name == "unit":
            return self.unknown_unit(text)
        return _UNKNOWN[name] if text else _ABSENT[name]


def only(found: set[str] | None) -> str:
    return next(iter(found)) if found and len(found) == 1 else ""
