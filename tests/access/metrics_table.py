"""The part of the authorisation table about figures, early warnings, reports and assessment."""

from tests.access.cells import NOBODY, Cell, only  # noqa: F401

#: Who sees the figures of the crew's unit by a post there or above it, and who keeps them.
READERS = frozenset({"site_manager", "supervisor", "quality", "handler", "executive"})
KEEPERS = frozenset({"quality"})
#: Who sees figures at all, those of their own units; who keeps some.
READERS_ANYWHERE = READERS | {"depot_manager", "west_manager", "hotel_quality"}
KEEPERS_ANYWHERE = KEEPERS | {"west_manager", "hotel_quality"}

#: url name -> (GET, POST)
TABLE: dict[str, tuple[Cell, Cell]] = {}


def world(cast, units) -> dict:
    """What the addresses above need: url name -> arguments."""
    return {}
