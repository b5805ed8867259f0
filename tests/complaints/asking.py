"""A customer at the public form, without a browser."""

import datetime as dt
import uuid

from django.core import signing
from django.core.files.uploadedfile import SimpleUploadedFile
from django.urls import reverse
from django.utils import timezone

from complaints import doubting
from tests.incidents import samples

WORDS = "The lift at exit C has been out of order for three days."
HUANG = {"name": "黄小明", "phone": "139 1234 1402", "email": "huang@example.org", "consent": "on"}


def opened(ago: dt.timedelta = dt.timedelta(minutes=2)) -> str:
    """The mark of a form that was opened some time ago."""
    return signing.dumps(int((timezone.now() - ago).timestamp()), salt=doubting.SALT_OPENED)


def filled(units, **changes) -> dict:
    """What a customer posts who gives a phone number and an e-mail address."""
    values = {
        "key": str(uuid.uuid4()), "opened": opened(), "text": WORDS, "unit": units.station.pk, "place": "Exit C",
        "wish": "Mend it.", "answer": "contact", "website": "", **HUANG,
    }  # fmt: skip
    return {name: value for name, value in (values | changes).items() if value is not None}


def send_file(client, key, content=None, name="lift.jpg"):
    file = SimpleUploadedFile(name, samples.picture() if content is None else content)
    return client.post(reverse("tell-upload"), {"file": file}, headers={"X-Upload-Key": str(key)})
