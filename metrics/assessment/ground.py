"""What every act on a scorecard stands on: the locked row, its history, its notices."""

from collections.abc import Iterable

from django.utils.translation import gettext_lazy as _

from history.recording import record
from incidents.errors import Stale
from metrics.models import Scorecard
from people.models import Person
from reminders.notices import notify


def locked(card: Scorecard) -> Scorecard:
    rows = Scorecard.objects.select_for_update(of=("self",))
    return rows.select_related("scheme", "basis", "unit", "person", "issued_by").get(pk=card.pk)


def hold(card: Scorecard, *states: str, version: int) -> Scorecard:
    """Lock the card for an act, as it was seen and in one of these states. Raises Stale."""
    row = locked(card)
    if row.state == Scorecard.State.FINAL:
        raise Stale(_("This scorecard is signed: nothing on it changes any more."))
    if row.version != version or row.state not in states:
        raise Stale(_("Somebody changed this scorecard since you opened it. Look at it again, then decide."))
    return row


def save(row: Scorecard) -> Scorecard:
    row.version += 1
    row.save()
    return row


def record_about(row: Scorecard, act: str, *, by: Person | None, after: dict | None = None) -> None:
    """One Event. Points and words stand on the card, where fewer people read them than the audit trail."""
    record(row.case, act, label=row.label[:120], by=by, unit=row.unit, after=after)


def tell(row: Scorecard, people: Iterable[Person | None], text: str, *, by: Person | None, **params) -> None:
    notify(
        [person for person in people if person is not None and person != by], text,
        occasion=f"{row.case}:{text}:{row.version}", subject=row.case, url=row.get_absolute_url(),
        params={"label": row.label, **params},
    )  # fmt: skip
