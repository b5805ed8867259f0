"""Two workers look at the same figures in the same moment; two people close the same warning (QUALITY D2)."""

import functools

import pytest

from history.models import Event
from history.verification import verify
from metrics.models import Signal
from metrics.warning import acts
from metrics.warning.watching import look
from reminders.models import Deadline, Notice
from tests.metrics.warning_world import USUAL, put_complaints, set_target
from tests.races.crowd import all_at_once, outcomes

pytestmark = pytest.mark.django_db(transaction=True)


def test_eight_workers_open_it_once_and_eight_people_close_it_once(cast, units):
    for unit in (units.crew, units.station):
        put_complaints(unit, [*USUAL, 190])
        set_target(unit, by=cast.quality, owner=cast.quality)
    results = all_at_once([look] * 8)
    assert outcomes(results) == {"done": 8} and sum(results) == 2
    assert Signal.objects.count() == Notice.objects.count() == Deadline.objects.count() == 2
    signal = Signal.objects.earliest("pk")
    close = functools.partial(
        acts.close, signal, by=cast.quality, version=1, finding="chance", text="Nobody knows.", rebase=False
    )
    assert outcomes(all_at_once([close] * 8)) == {"done": 1, "Stale": 7}
    assert list(Event.objects.of(signal.case).order_by("seq").values_list("act", flat=True)) == [
        "signal.open", "signal.close",
    ]  # fmt: skip
    assert list(verify()) == []
