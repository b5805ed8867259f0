"""Moving a unit in the tree: who sees the cases of its places changes with it."""

from django.db import transaction

from history.administration import units as administration
from history.administration.scope import refuse_unless_administers_unit
from people import units as tree
from people.models import Person, Unit

from .access import recompute_readers


@transaction.atomic
def move_unit(unit: Unit, parent: Unit, *, by: Person, reason: str = "") -> int:
    """Hang a unit with everything below it under another one; gives the number of cases whose readers were renewed.

    Raises PermissionDenied unless `by` manages both, ValidationError for what can't be.
    """
    refuse_unless_administers_unit(by, unit)
    refuse_unless_administers_unit(by, unit.parent)
    refuse_unless_administers_unit(by, parent)
    old = unit.parent
    if old == parent:
        return 0
    tree.move_below(unit, parent)
    administration.record_about(
        unit, "unit.move", by=by, reason=reason, before={"parent": old.code}, after={"parent": parent.code}
    )
    return recompute_readers(unit)
