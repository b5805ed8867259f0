"""The suggestion box and thanks: the author always hears back; whoever stays anonymous stays it; nobody is counted."""

import datetime as dt
import threading
import uuid

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from history.models import Event, Submission
from history.submissions import KeyReused
from incidents.errors import Invalid, NotAllowed, Stale
from incidents.identify import follow_token
from incidents.stages import ReporterKind
from metrics.assessment import personal
from metrics.models import Recognition, Suggestion
from metrics.periods import Period
from metrics.suggestions import acts, thanks
from people.models import Person
from reminders.models import Deadline, Notice
from reminders.policies import ground_of
from tests import walks

pytestmark = pytest.mark.django_db
SOON = dt.timedelta(days=20)


@pytest.fixture
def suggestion(cast, units) -> Suggestion:
    """Zhou suggests a second trolley for the crew."""
    return acts.suggest(
        by=cast.reporter, unit=units.crew, text="A second trolley in car 8.\nThe first is always empty by noon.",
        benefit="Less waiting",
    )  # fmt: skip


def adopted(row: Suggestion, cast, by=None) -> Suggestion:
    return acts.adopt(
        row, by=by or cast.quality, version=row.version, owner=cast.supervisor, answer="We buy one.",
        due_on=timezone.localdate() + SOON,
    )  # fmt: skip


def told(person) -> list[str]:
    return list(Notice.objects.filter(recipient=person).order_by("pk").values_list("text", flat=True))


# The box -------------------------------------------------------------------------------------------------------------
def test_from_idea_to_proof_the_author_always_hears(suggestion, cast):
    assert suggestion.number.startswith("SG-") and suggestion.number.endswith("000001")
    deadline = Deadline.objects.get(subject=suggestion.case)
    assert deadline.owner == cast.quality and deadline.due_at == suggestion.answer_due_at
    assert told(cast.quality) == ["suggestion-new"]
    row = acts.consider(suggestion, by=cast.site_manager, version=1)
    row = adopted(row, cast)
    assert told(cast.supervisor) == ["suggestion-yours"]
    assert Deadline.objects.get(subject=row.case, closed_at=None).owner == cast.supervisor
    with pytest.raises(Invalid):
        acts.finish(row, by=cast.supervisor, version=row.version, proof=" ")
    with pytest.raises(NotAllowed):
        acts.finish(row, by=cast.quality, version=row.version, proof="Bought")
    row = acts.finish(row, by=cast.supervisor, version=row.version, proof="Order 4711")
    assert row.state == "done" and not Deadline.objects.filter(subject=row.case, closed_at=None).exists()
    assert told(cast.reporter) == ["suggestion-considered", "suggestion-adopted", "suggestion-done"]
    thanked = Recognition.objects.get()
    assert (thanked.person, thanked.suggestion) == (cast.reporter, row)


def test_it_is_answered_within_ten_working_days(suggestion, units):
    work = ground_of(units.crew).work
    begins, ends = work.local_day(suggestion.made_at), work.local_day(suggestion.answer_due_at)
    days = [begins + dt.timedelta(days=count + 1) for count in range((ends - begins).days)]
    assert sum(work.is_working_day(day) for day in days) == 10 and suggestion.answer_due_at == work.closes(
        ends
    )


def test_declined_with_a_reason_only(suggestion, cast):
    with pytest.raises(Invalid):
        acts.decline(suggestion, by=cast.quality, version=1, answer=" ")
    row = acts.decline(suggestion, by=cast.quality, version=1, answer="There is no room for it.")
    assert told(cast.reporter) == ["suggestion-declined"] and not Recognition.objects.exists()
    with pytest.raises(Stale):
        adopted(row, cast)


@pytest.mark.parametrize(
    "who", ["reporter", "colleague", "supervisor", "executive", "admin", "west_manager", "hotel_quality"]
)
def test_who_does_not_answer(suggestion, cast, who):
    person = getattr(cast, who)
    for act in (
        lambda: adopted(suggestion, cast, by=person),
        lambda: acts.decline(suggestion, by=person, version=1, answer="No"),
        lambda: acts.consider(suggestion, by=person, version=1),
    ):
        with pytest.raises(NotAllowed):
            act()
    suggestion.refresh_from_db()
    assert (suggestion.state, suggestion.version) == ("new", 1) and not Recognition.objects.exists()


def test_nobody_adopts_their_own(cast, units):
    row = acts.suggest(by=cast.quality, unit=units.crew, text="Let us measure the noise")
    assert Deadline.objects.get(subject=row.case).owner == cast.quality_two
    with pytest.raises(NotAllowed):
        adopted(row, cast)
    assert adopted(row, cast, by=cast.quality_two).state == "adopted"


def test_taken_back_by_its_author_while_it_waits(suggestion, cast):
    with pytest.raises(NotAllowed):
        acts.withdraw(suggestion, by=cast.quality, version=1)
    assert acts.withdraw(suggestion, by=cast.reporter, version=1).state == "withdrawn"
    assert not Deadline.objects.filter(closed_at=None).exists()


def test_another_owner_and_day(suggestion, cast):
    row = adopted(suggestion, cast)
    later = row.due_on + dt.timedelta(days=9)
    with pytest.raises(Invalid):  # a stranger
        acts.hand_over(
            row, by=cast.quality, version=row.version, owner=cast.hotel_quality, due_on=later, reason="Ill"
        )
    row.refresh_from_db()
    row = acts.hand_over(
        row, by=cast.quality, version=row.version, owner=cast.owner, due_on=later, reason="Ill"
    )
    assert Deadline.objects.get(subject=row.case, closed_at=None).owner == cast.owner


def test_anonymous_leaves_no_trace_and_earns_no_thanks(cast, units, client):
    key = uuid.uuid4()
    client.force_login(cast.reporter)
    form = {
        "key": key,
        "text": "The roster is unfair to parents",
        "unit": units.crew.pk,
        "is_anonymous": "on",
    }
    response = client.post(reverse("suggestion-new"), form)
    row = Suggestion.objects.get()
    assert row.author is None and response.url.startswith(
        reverse("suggestion-follow", args=[follow_token(key)])
    )
    assert Event.objects.get(case=row.case).actor is None and Submission.objects.get(key=key).person is None
    assert client.get(row.get_absolute_url()).status_code == 404  # not even its author
    client.logout()
    page = client.get(reverse("suggestion-follow", args=[follow_token(key)]))
    assert row.number in page.text and "Zhou" not in page.text
    row = adopted(row, cast)
    assert not Recognition.objects.exists() and not Notice.objects.filter(recipient=cast.reporter).exists()
    assert "We buy one." in client.get(reverse("suggestion-follow", args=[follow_token(key)])).text
    assert client.get(reverse("suggestion-follow", args=["0" * 64])).status_code == 404


def test_a_form_sent_twice_is_one_suggestion(cast, units):
    key = uuid.uuid4()
    values = {"by": cast.reporter, "unit": units.crew, "key": key}
    first = acts.suggest(text="A second trolley", **values)
    assert acts.suggest(text="A second trolley", **values) == first
    with pytest.raises(KeyReused):
        acts.suggest(text="A third trolley", **values)
    assert Suggestion.objects.count() == 1
    with pytest.raises(NotAllowed):
        acts.suggest(text="A second trolley", by=cast.hotel_quality, unit=units.crew)


def test_who_sees_a_suggestion(suggestion, cast, client):
    adopted(suggestion, cast)
    readers = {"reporter", "site_manager", "supervisor", "quality", "handler", "executive"}
    for who in ("colleague", "owner", "admin", "west_manager", "hotel_quality", *sorted(readers)):
        client.force_login(getattr(cast, who))
        expected = 200 if who in readers else 404
        assert client.get(suggestion.get_absolute_url()).status_code == expected, who
        if who not in readers:
            address = reverse("suggestion-act", args=[suggestion.number, "finish"])
            assert client.post(address, {"version": 2, "proof": "x"}).status_code == 404
    assert Suggestion.objects.get().state == "adopted"


def test_the_story_on_the_pages(suggestion, cast, client):
    act = lambda slug: reverse("suggestion-act", args=[suggestion.number, slug])  # noqa: E731
    client.force_login(cast.reporter)
    assert "A second trolley" in client.get(reverse("suggestion-list")).text
    assert client.post(act("adopt"), {"version": 1}).status_code == 403
    client.force_login(cast.quality)
    form = {"version": 1, "answer": "We buy one.", "owner": "sun", "due_on": timezone.localdate() + SOON}
    assert client.post(act("adopt"), form | {"answer": ""}).status_code == 422
    assert "SG-" in client.get(reverse("mywork")).text
    assert client.post(act("adopt"), form).status_code == 302
    stale = client.post(act("hand-over"), form | {"reason": "Ill"})
    assert stale.status_code == 409 and 'name="version" value="2"' in stale.text
    client.force_login(cast.supervisor)
    assert client.post(act("finish"), {"version": 2, "proof": "Order 4711"}).status_code == 302


@pytest.mark.parametrize(
    "address",
    [
        "/suggestions/%00/",
        "/suggestions/follow/%00/",
        "/assessment/?scheme=x&state=%00&after=%00",
        "/thanks/99999999999999999999/",
    ],
)
def test_an_odd_address_breaks_nothing(cast, client, address):
    client.force_login(cast.quality)
    client.raise_request_exception = False
    assert client.get(address).status_code < 500


# Thanks --------------------------------------------------------------------------------------------------------------
def test_a_confirmed_report_is_thanked_for_once(cast, units):
    confirmed = walks.substantiate(walks.report(cast, units), cast)
    walks.report(cast, units, title="Not judged yet")
    walks.substantiate(walks.report(cast, units, reporter_kind=ReporterKind.ANONYMOUS), cast)
    assert thanks.for_confirmed_reports() == 1 and thanks.for_confirmed_reports() == 0
    row = Recognition.objects.get()
    assert (row.person, row.incident_id, row.on_wall) == (cast.reporter, confirmed.pk, False)
    month = Period.containing(timezone.localdate(), "month")
    counted = personal.count([cast.reporter, cast.colleague], month)
    assert [counted["own-reports", one.pk].numerator for one in (cast.reporter, cast.colleague)] == [1, 0]


def test_words_of_thanks_and_the_wall_with_consent_only(suggestion, cast, client):
    adopted(suggestion, cast)
    row = Recognition.objects.get()
    for who in (cast.reporter, cast.colleague, cast.west_manager, cast.admin):
        with pytest.raises(NotAllowed):
            thanks.thank(row, by=who, words="Thank you")
    client.force_login(cast.site_manager)
    assert "Zhou Jie" in client.get(reverse("thanks-give")).text
    assert (
        client.post(reverse("thank", args=[row.pk]), {"words": "Nobody waits any more."}).status_code == 302
    )
    assert "thanked" in told(cast.reporter)
    with pytest.raises(Stale):
        thanks.thank(row, by=cast.quality, words="From me, too")
    client.force_login(cast.colleague)
    assert "Nobody waits" not in client.get(reverse("thanks-wall")).text
    assert client.post(reverse("thanks-on-wall", args=[row.pk]), {"shown": "yes"}).status_code == 404
    client.force_login(cast.reporter)
    assert "Nobody waits" in client.get(reverse("thanks")).text
    assert client.post(reverse("thanks-on-wall", args=[row.pk]), {"shown": "yes"}).status_code == 302
    client.force_login(cast.colleague)
    assert "Nobody waits" in client.get(reverse("thanks-wall")).text
    client.force_login(cast.hotel_quality)
    assert "Nobody waits" not in client.get(reverse("thanks-wall")).text
    thanks.show_on_wall(row, by=cast.reporter, shown=False)
    assert not thanks.wall(cast.colleague).exists()


def test_managers_do_not_learn_what_their_people_told_others(cast, units, client):
    """Zhou, of the crew, wrote about another division: the crew's manager sees neither the idea nor whose it was."""
    row = acts.suggest(by=cast.reporter, unit=units.west_station, text="Our manager sends us there too late")
    adopted(row, cast, by=cast.quality_two)
    assert Recognition.objects.get().unit == units.crew
    client.force_login(cast.site_manager)
    assert "Zhou Jie" not in client.get(reverse("thanks-give")).text
    assert client.get(reverse("thank", args=[Recognition.objects.get().pk])).status_code == 404
    assert thanks.to_thank(cast.quality).exists()


def queries(client, address: str) -> int:
    with CaptureQueriesContext(connection) as found:
        assert client.get(address).status_code == 200
    return len(found)


def test_pages_ask_as_often_whatever_there_is(suggestion, cast, units, client):
    client.force_login(cast.quality)
    adopted(suggestion, cast)
    Recognition.objects.update(on_wall=True)
    addresses = [
        reverse(name) for name in ("suggestion-list", "thanks", "thanks-wall", "thanks-give", "mywork")
    ]
    acts.suggest(by=cast.reporter, unit=units.crew, text="Suggestion number one")
    before = [queries(client, address) for address in addresses]
    for number in range(4):
        row = acts.suggest(by=cast.colleague, unit=units.crew, text=f"Suggestion number {number}")
        if number % 2:
            adopted(row, cast)
    Recognition.objects.update(on_wall=True)
    assert [queries(client, address) for address in addresses] == before
    assert max(before) <= 16


@pytest.mark.django_db(transaction=True)
def test_two_who_answer_at_once(cast, units):
    """One adopts while another declines: one of them is told that it has changed."""
    row = acts.suggest(by=cast.reporter, unit=units.crew, text="A second trolley in car 8")
    barrier, came = threading.Barrier(2), []

    def answer(act):
        barrier.wait()
        try:
            act()
            came.append("done")
        except Stale:
            came.append("stale")
        finally:
            connection.close()

    people = [Person.objects.get(pk=one.pk) for one in (cast.quality, cast.quality_two)]
    ways = (
        lambda: adopted(row, cast, by=people[0]),
        lambda: acts.decline(row, by=people[1], version=1, answer="No room"),
    )
    threads = [threading.Thread(target=answer, args=[way]) for way in ways]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(came) == ["done", "stale"]
