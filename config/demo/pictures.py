"""The photographs of the demo: flat scenes drawn by the program, taken in by the same door as everybody's files."""

import datetime as dt
import io
import uuid
from random import Random

from django.core.files.base import ContentFile
from django.utils import timezone

from incidents import evidence
from people.models import Person

from .drawing import Canvas
from .scenes import SCENES

#: Variations of each scene: other colours, another place of things.
VARIATIONS = 2


class Album:
    """Draws each scene once and gives its file as often as it is wanted."""

    def __init__(self):
        self._drawn: dict[tuple[str, int], bytes] = {}

    def upload(self, scene: str, person: Person, rng: Random, *, name: str, variation: int | None = None):
        """A photo of the scene as the person's own upload: its id."""
        variation = rng.randrange(VARIATIONS) if variation is None else variation
        return self.keep(
            f"{name} {timezone.localtime():%H%M}.jpg", self._photo(scene, variation), person, rng
        )

    def keep(self, name: str, content: bytes, person: Person, rng: Random) -> uuid.UUID:
        """Any file as the person's own upload: its id."""
        key = uuid.UUID(int=rng.getrandbits(128), version=4)
        return evidence.store_upload(ContentFile(content, name=name), by=person, key=key).pk

    def _photo(self, scene: str, variation: int) -> bytes:
        if (scene, variation) not in self._drawn:
            canvas = Canvas()
            SCENES[scene](canvas, variation)
            self._drawn[scene, variation] = canvas.as_jpeg()
        return self._drawn[scene, variation]


def log_of(rows: int, start: dt.datetime, rng: Random) -> bytes:
    """The log of an air conditioning that fails: a CSV file with a reading every four seconds."""
    text = io.StringIO()
    text.write("time,car_temp_c,set_c,condenser_fan_a,high_pressure_bar,alarm\n")
    for number in range(rows):
        moment = start + dt.timedelta(seconds=4 * number)
        share = number / rows
        failed = share > 0.12
        temperature = 25.1 + (8.7 * (share - 0.12) / 0.88 if failed else 0) + rng.uniform(-0.1, 0.1)
        current = 0.0 if failed else 4.2 + 3.4 * share / 0.12 + rng.uniform(-0.1, 0.1)
        pressure = 31.0 if 0.11 < share < 0.13 else 12.0 if failed else 24.0 + rng.uniform(-0.5, 0.5)
        alarm = "HP_TRIP" if failed and number % 15 == 0 else ""
        text.write(
            f"{timezone.localtime(moment):%H:%M:%S},{temperature:.1f},24.0,{current:.1f},{pressure:.1f},{alarm}\n"
        )
    return text.getvalue().encode()
