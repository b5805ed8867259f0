"""The part of the authorisation table about complaints, surveys and the pages of customers."""

from complaints import intake
from complaints.states import Channel
from tests.access.cells import NOBODY, Cell, only

#: Who sees a complaint of the crew's unit by a post there or above it.
DESK = frozenset({"site_manager", "supervisor", "quality", "handler", "executive"})

#: url name -> (GET, POST)
TABLE: dict[str, tuple[Cell, Cell]] = {
    "complaint": (only(DESK), NOBODY),
}


def world(cast, units) -> dict:
    """What the addresses are filled with: a complaint about the crew that Zhao took down."""
    complaint, _token = intake.receive(
        by=cast.handler, unit=units.crew, text="The conductor was rude to my mother.", channel=Channel.PHONE
    )
    return {"complaint": [complaint.number]}
