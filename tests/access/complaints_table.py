"""The part of the authorisation table about complaints, surveys and the pages of customers."""

import uuid

from django.core.files.uploadedfile import SimpleUploadedFile

from complaints import attaching, intake
from complaints.states import Channel
from tests.access.cells import NEITHER, NOBODY, PUBLIC, Cell, only
from tests.incidents import samples

#: Who sees a complaint of the crew's unit by a post there or above it.
DESK = frozenset({"site_manager", "supervisor", "quality", "handler", "executive"})

#: url name -> (GET, POST)
TABLE: dict[str, tuple[Cell, Cell]] = {
    "complaint": (only(DESK), NOBODY),
    # of customers, without an account: whoever holds the link; what a foreign link opens: tests/complaints
    "tell": (PUBLIC, PUBLIC),
    "tell-at": (PUBLIC, PUBLIC),
    "tell-places": (PUBLIC, NEITHER),
    "tell-upload": (NEITHER, PUBLIC),
    "tell-take-back": (NOBODY, NOBODY),  # DELETE: see tests/complaints/test_public_form.py
    "customer-lookup": (PUBLIC, PUBLIC),
    "customer-renew": (PUBLIC, PUBLIC),
    "customer-page": (PUBLIC, NEITHER),
    "customer-write": (NEITHER, PUBLIC),
    "customer-not-solved": (PUBLIC, PUBLIC),
    "customer-solved": (PUBLIC, PUBLIC),
    "customer-file": (PUBLIC, NEITHER),
    "customer-thumbnail": (PUBLIC, NEITHER),
    "customer-poster": (
        only({"site_manager", "supervisor", "quality", "handler", "executive", "admin"}),
        NOBODY,
    ),
}


def world(cast, units) -> dict:
    """What the addresses are filled with: a complaint about the crew that Zhao took down."""
    complaint, _token = intake.receive(
        by=cast.handler, unit=units.crew, text="The conductor was rude to my mother.", channel=Channel.PHONE
    )
    return {"complaint": [complaint.number]} | _of_a_customer(units)


def _of_a_customer(units) -> dict:
    """What a customer who wrote with a photo opens by their link."""
    key = uuid.uuid4()
    photo = attaching.store(SimpleUploadedFile("seat.jpg", samples.picture()), by=None, key=key)
    _complaint, token = intake.receive(
        by=None,
        unit=units.station,
        text="Seats are broken.",
        channel=Channel.WEB,
        key=key,
        uploads=[photo.pk],
    )
    names = ("customer-page", "customer-write", "customer-not-solved", "customer-solved")
    return {
        **dict.fromkeys(names, [token]),
        **dict.fromkeys(("customer-file", "customer-thumbnail"), [token, photo.pk]),
        "tell-at": [units.station.code], "customer-poster": [units.crew.code], "tell-take-back": [photo.pk],
    }  # fmt: skip
