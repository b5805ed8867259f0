"""The part of the authorisation table about figures, early warnings, reports and assessment."""

import datetime as dt

from metrics.models import Note
from tests.access.cells import NOBODY, Cell, only  # noqa: F401

#: Who sees the figures of the crew's unit by a post there or above it, and who keeps them.
READERS = frozenset({"site_manager", "supervisor", "quality", "handler", "executive"})
KEEPERS = frozenset({"quality"})
#: Who sees figures at all, those of their own units; who keeps some.
READERS_ANYWHERE = READERS | {"depot_manager", "west_manager", "hotel_quality"}
KEEPERS_ANYWHERE = KEEPERS | {"west_manager", "hotel_quality"}

#: url name -> (GET, POST)
TABLE: dict[str, tuple[Cell, Cell]] = {
    # Indicators: whoever sees figures of any unit has a catalogue; the ones asked for here are the crew's.
    "indicators": (only(READERS_ANYWHERE), NOBODY),
    "indicator": (only(READERS_ANYWHERE), NOBODY),
    "indicator-csv": (only(READERS_ANYWHERE), NOBODY),
    "indicator-xlsx": (only(READERS_ANYWHERE), NOBODY),
    "indicator-svg": (only(READERS_ANYWHERE), NOBODY),
    "indicator-png": (only(READERS_ANYWHERE), NOBODY),
    "indicator-note": (NOBODY, only(KEEPERS_ANYWHERE, refused=READERS_ANYWHERE - KEEPERS_ANYWHERE)),
    "indicator-note-withdraw": (NOBODY, only(KEEPERS, refused=READERS - KEEPERS)),
}


def world(cast, units) -> dict:
    """What the addresses above need: url name -> arguments."""
    note = Note.objects.create(
        kpi="complaint-rate", unit=units.crew, day=dt.date(2026, 3, 1), text="A new rule", by=cast.quality
    )
    indicator = ("indicator", "indicator-csv", "indicator-xlsx", "indicator-svg", "indicator-png", "indicator-note")
    return {name: ["complaint-rate"] for name in indicator} | {"indicator-note-withdraw": [note.pk]}
