"""The pages of early warnings: who sees what, what they cost, and what they do."""

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from incidents.errors import Invalid, NotAllowed, Stale
from incidents.models import Incident
from metrics.models import Note, Signal
from metrics.warning import acts, pairs, succession
from metrics.warning.watching import look
from reminders.models import Deadline

from .warning_world import USUAL, acts_of, kind, now, one_risen, put_complaints, set_target

pytestmark = pytest.mark.django_db


@pytest.fixture
def risen(cast, units) -> Signal:
    return one_risen(cast, units)


SEES = {"site_manager", "supervisor", "quality", "quality_two", "handler", "executive"}
MAY = {"site_manager", "quality", "quality_two"}
SENT = {
    "take": {}, "annotate": {"text": "It was the timetable."},
    "hand-over": {"to": "sun", "reason": "She knows more."},
    "close": {"finding": "cause", "text": "It was the timetable.", "limits": "keep"},
}  # fmt: skip


def test_every_act_denied_changes_nothing_and_another_division_finds_nothing(risen, cast, client):
    before = Signal.objects.values().get()
    for name, person in vars(cast).items():
        client.force_login(person)
        expected = 404 if name not in SEES else 200
        assert client.get(risen.get_absolute_url()).status_code == expected, name
        listed = client.get(reverse("warning-list"))
        assert (f"EW-{risen.pk}" in listed.content.decode()) == (name in SEES), name
        if name in MAY:
            continue
        for slug, values in SENT.items():
            url = reverse("warning-act", args=[risen.pk, slug])
            assert client.post(url, {"version": 1} | values).status_code == (
                404 if name not in SEES else 403
            ), name
    assert Signal.objects.values().get() == before and acts_of(risen) == ["signal.open"]


def test_the_pages_do_what_the_acts_do_and_lose_no_words(risen, cast, client):
    client.force_login(cast.quality)
    close = reverse("warning-act", args=[risen.pk, "close"])
    assert client.get(close).status_code == 200
    short = client.post(close, {"version": 1, "finding": "chance", "text": "", "limits": "anew"})
    assert short.status_code == 422
    stale = client.post(close, {"version": 7, "finding": "chance", "text": "A long story", "limits": "keep"})
    assert stale.status_code == 409 and "A long story" in stale.content.decode()
    form = client.get(reverse("warning-act", args=[risen.pk, "incident"])).content.decode()
    assert (
        f"Early warning EW-{risen.pk}: Complaint rate of High-speed Crew 3." in form and "not chance" in form
    )
    sent = {
        "version": 1, "type": kind().pk, "description": "Complaints rose by far.", "unit": risen.unit_id,
        "occurred_at": timezone.localtime().strftime("%Y-%m-%dT%H:%M"),
    }  # fmt: skip
    raised = client.post(reverse("warning-act", args=[risen.pk, "incident"]), sent)
    assert raised.status_code == 302 and raised.url == Incident.objects.get().get_absolute_url()
    done = client.post(
        close, {"version": 2, "finding": "cause", "text": "The fans failed.", "limits": "without"}
    )
    assert done.status_code == 302 and now(risen).status == "closed" and Note.objects.get().leaves_out
    assert (
        client.post(close, {"version": 3, "finding": "chance", "text": "Again"}).url
        == risen.get_absolute_url()
    )
    gone = client.get(reverse("warning-list"))
    assert f"EW-{risen.pk}" not in gone.content.decode()
    assert (
        f"EW-{risen.pk}"
        in client.get(reverse("warning-list"), {"state": "closed", "side": "concern"}).content.decode()
    )


def test_pages_cost_the_same_however_many_warnings(risen, cast, units, client):
    def asked(url: str, query: dict | None = None) -> int:
        client.get(url, query)  # whatever is asked only once
        with CaptureQueriesContext(connection) as statements:
            assert client.get(url, query).status_code == 200
        return len(statements)

    client.force_login(cast.quality)
    urls = [(reverse("warning-list"), None), (risen.get_absolute_url(), None)]
    urls.append((reverse("backtest", args=["complaint-rate"]), {"unit": units.crew.code}))
    few = [asked(*url) for url in urls]
    for unit in (units.east, units.west, units.station):
        put_complaints(unit, [*USUAL, 200])
        set_target(unit, by=cast.quality, owner=cast.quality_two)
    assert look() == 3
    acts.annotate(risen, by=cast.site_manager, version=1, text="Still looking.")
    many = [asked(*url) for url in urls]
    assert few == [now if now == was else (was, now) for was, now in zip(few, many, strict=True)]
    assert max(many) <= 22, many


def test_the_past_says_what_would_have_been_told_and_how_often_chance_does(risen, cast, units, client):
    url = reverse("backtest", args=["complaint-rate"])
    client.force_login(cast.site_manager)
    page = client.get(url, {"unit": units.crew.code}).content.decode()
    assert "Early warning in the past" in page and "Because a target is set for this unit." in page
    assert 'name="reason"' not in page and "about one period in 150" in page
    assert page.count('class="past-h one-sign"') == 1
    assert client.get(url, {"unit": units.west.code}).status_code == 404
    assert client.get(url, {"unit": units.crew.code, "grain": "week"}).status_code == 200
    switch = reverse("watch-switch", args=["complaint-rate"]) + f"?unit={units.crew.code}"
    assert client.post(switch, {"on": "", "reason": "No."}).status_code == 403
    client.force_login(cast.quality)
    assert client.post(switch, {"on": "", "reason": ""}).status_code == 422
    assert client.post(switch, {"on": "", "reason": "Too noisy."}).status_code == 302
    page = client.get(url, {"unit": units.crew.code}).content.decode()
    assert "Too noisy." in page and "Switch it on" in page and not pairs.watched()


def test_who_leaves_is_succeeded_in_their_warnings_and_it_can_be_undone(risen, cast, client):
    client.force_login(cast.quality)
    page = client.get(reverse("hand-over", args=[cast.site_manager.pk]))
    assert page.status_code == 200 and f"EW-{risen.pk}" in page.content.decode()
    (piece,) = succession.open_work(cast.site_manager, cast.quality)
    given = {"by": cast.admin, "giver": cast.site_manager, "reason": "She leaves."}
    with pytest.raises(Invalid):
        succession.hand_over(piece.case, taker=cast.west_manager, **given)
    with pytest.raises(NotAllowed):
        succession.hand_over(piece.case, taker=cast.supervisor, **given | {"by": cast.west_manager})
    row, parts = succession.hand_over(piece.case, taker=cast.supervisor, **given)
    assert (now(risen).owner, Deadline.objects.get().owner) == (cast.supervisor, cast.supervisor)
    with pytest.raises(Stale):
        succession.hand_over(piece.case, taker=cast.quality, **given)
    back = {"giver": cast.site_manager, "taker": cast.supervisor, "parts": parts}
    succession.take_back(risen.pk, by=cast.admin, version=row.version, **back)
    assert now(risen).owner == cast.site_manager and acts_of(risen).count("signal.hand_over") == 2
