"""The watch over closed cases: what may have come back is flagged once on both, and a person says what it is."""

import datetime as dt
import threading
from concurrent.futures import ThreadPoolExecutor

import pytest
from django.db import connections, transaction
from django.urls import reverse
from django.utils import timezone

from capa import improve, recurrence, short_path
from capa.models import Cause, Recurrence, RecurrenceWatch
from capa.tasks import find_recurrences
from capa.watches import WATCH_DAYS, open_watch
from history.models import Event
from incidents import identify
from incidents.errors import Invalid, NotAllowed, Stale
from incidents.models import ImportedRow, Incident, IncidentType
from incidents.stages import Severity, Stage
from people.models import Post, Role
from reminders.models import Heartbeat, Notice
from tests import walks

pytestmark = pytest.mark.django_db

DAY = dt.timedelta(days=1)


@pytest.fixture
def closed(cast, units) -> Incident:
    """The air conditioning of car 3: closed as effective, and watched."""
    return walks.improved(cast, units)


def again(cast, units, **details) -> Incident:
    """It fails once more."""
    return walks.report(cast, units, **{"occurred_at": timezone.now(), "place": "Car 5"} | details)


def acts_of(incident) -> list[str]:
    return list(Event.objects.of(incident.case).order_by("seq").values_list("act", flat=True))


def flags() -> list[tuple]:
    return list(Recurrence.objects.order_by("pk").values_list("earlier", "later", "status"))


# The watch -----------------------------------------------------------------------------------------------------------
@pytest.mark.parametrize(("severity", "days"), [(1, 90), (2, 120), (3, 180), (4, 365)])
def test_a_watch_lasts_by_severity(cast, units, severity, days):
    case = walks.report(cast, units, place="  Car 3 ")
    Incident.objects.filter(pk=case.pk).update(severity=severity)
    case.refresh_from_db()
    now = timezone.now()
    watch = open_watch(case, now)
    assert (watch.begins_at, watch.ends_at - now) == (now, days * DAY)
    assert (watch.type, watch.unit, watch.place) == (case.type, units.crew, "car 3")
    assert open_watch(case, now).pk == watch.pk  # one per round
    assert set(WATCH_DAYS) == set(Severity)


def test_who_closes_a_case_as_effective_begins_the_watch(closed):
    watch = RecurrenceWatch.objects.get()
    assert (watch.incident, watch.cycle, watch.begins_at) == (closed, 1, closed.closed_at)
    assert watch.ends_at == closed.closed_at + 180 * DAY


def test_what_was_put_right_on_the_spot_is_not_watched(cast, units):
    case = walks.substantiate(
        walks.report(cast, units), cast, severity=1, short_path=True, correction="Reset on the spot."
    )
    short_path.accept(case, by=cast.quality, version=case.version)
    assert not RecurrenceWatch.objects.exists()


def test_reopening_ends_the_watch(closed, cast, units):
    later = again(cast, units)
    improve.reopen(closed, by=cast.quality, version=closed.version, reason="Found another one.")
    watch = RecurrenceWatch.objects.get()
    assert watch.ends_at <= timezone.now()
    again(cast, units, occurred_at=timezone.now())
    assert recurrence.find() == 0 and later.recurs_from.count() == 0


# Finding -------------------------------------------------------------------------------------------------------------
def test_the_same_in_the_same_unit_is_flagged_once_on_both(closed, cast, units):
    Notice.objects.all().delete()
    later = again(cast, units)
    seen = Notice.objects.exclude(text="turn").count()
    find_recurrences()
    assert flags() == [(closed.pk, later.pk, "suspected")]
    assert acts_of(closed)[-1] == "incident.may_recur" and acts_of(later)[-1] == "incident.may_be_recurrence"
    event = Event.objects.of(closed.case).order_by("seq").last()
    assert (event.actor, event.source, event.after) == (None, "system", {"came_back_as": later.number})
    [notice] = Notice.objects.exclude(text="turn")[seen:]
    assert (notice.text, notice.recipient, notice.url) == (
        "may-recur",
        cast.quality,
        later.get_absolute_url(),
    )
    assert closed.title not in str(notice.params.get("other")) and notice.params["other"] == later.number
    before = acts_of(closed), acts_of(later), Notice.objects.count()
    assert recurrence.find() == 0
    assert before == (acts_of(closed), acts_of(later), Notice.objects.count())
    assert Heartbeat.objects.get(name="recurrences").notices == 0


@pytest.mark.parametrize(
    "what",
    ["another kind", "another unit", "before the close", "after the watch", "dismissed", "merged", "earlier open"],
)  # fmt: skip
def test_it_is_not_flagged(closed, cast, units, what):
    details = {}
    if what == "another kind":
        details["type"] = IncidentType.objects.get(code="delay")
    if what == "another unit":
        details |= {"unit": units.station, "by": cast.quality}
    if what == "before the close":
        details["occurred_at"] = closed.closed_at - dt.timedelta(minutes=1)
    if what == "after the watch":
        RecurrenceWatch.objects.update(
            begins_at=timezone.now() - 2 * DAY, ends_at=timezone.now() - dt.timedelta(seconds=1)
        )
    later = again(cast, units, **details)
    if what == "dismissed":
        identify.dismiss(later, by=cast.site_manager, version=later.version, reason="A drill.")
    if what == "merged":
        identify.merge(later, closed, by=cast.site_manager, version=later.version)
    if what == "earlier open":
        Incident.objects.filter(pk=closed.pk).update(stage=Stage.ANALYSE)
    assert recurrence.find() == 0 and flags() == []


@pytest.mark.parametrize(
    ("unit", "place", "is_flagged"),
    [("station", "car 3 ", True), ("east", "Car 3", True), ("station", "Car 4", False), ("station", "", False),
     ("west_station", "Car 3", False), ("west", "Car 3", False)],
)  # fmt: skip
def test_the_same_exact_place_counts_in_the_units_around(closed, cast, units, unit, place, is_flagged):
    """Beside, above and below; a car 3 of the other division is another car."""
    assert closed.place == "Car 3"
    later = again(cast, units, by=cast.quality, unit=getattr(units, unit), place=place)
    assert recurrence.find() == int(is_flagged)
    assert flags() == ([(closed.pk, later.pk, "suspected")] if is_flagged else [])


def imported(incident, cast, **changes) -> Incident:
    ImportedRow.objects.create(incident=incident, row=2)
    Incident.objects.filter(pk=incident.pk).update(**changes)
    return incident


def test_an_import_brings_no_flood(closed, cast, units):
    """What was closed elsewhere isn't new; what is open is flagged, but nobody gets a notice for each."""
    imported(again(cast, units), cast, stage=Stage.CLOSED, severity=2, closed_at=timezone.now())
    still_open = imported(again(cast, units), cast)
    assert recurrence.find() == 1 and flags() == [(closed.pk, still_open.pk, "suspected")]
    assert not Notice.objects.filter(text="may-recur").exists()


def test_what_was_missed_while_nothing_ran_is_found(closed, cast, units):
    """Beat stood still for a month: it goes on from its last look, and a week before."""
    later = again(cast, units)
    month = timezone.now() + 30 * DAY
    Heartbeat.objects.create(name="recurrences", at=timezone.now(), took=dt.timedelta())
    assert recurrence.find(now=month) == 1 and later.recurs_from.exists()
    assert Heartbeat.objects.get(name="recurrences").at == month


def test_one_new_incident_is_held_against_the_three_latest_closes_only(cast, units):
    now = timezone.now()
    cases = [walks.report(cast, units, occurred_at=now - DAY) for _ in range(5)]
    Incident.objects.update(stage=Stage.CLOSED, severity=2)
    for number, case in enumerate(cases):
        case.refresh_from_db()
        open_watch(case, now - dt.timedelta(hours=5 - number))
    later = again(cast, units)
    assert recurrence.find() == 3 and recurrence.find() == 0
    assert set(later.recurs_from.values_list("earlier", flat=True)) == {case.pk for case in cases[-3:]}


def test_a_look_costs_what_is_new(closed, cast, units, django_assert_num_queries):
    for _ in range(3):
        again(cast, units)
    recurrence.find()
    with django_assert_num_queries(6) as few:  # last look, pairs, and the sign of life
        recurrence.find()
    for number in range(12):
        again(cast, units, place=f"Car {number}", type=IncidentType.objects.get(code="delay"))
    with django_assert_num_queries(len(few)):
        recurrence.find()


def test_who_does_not_see_the_later_case_is_told_no_number(closed, cast, units):
    """Li is quality manager of the crew alone now; the station's report isn't theirs to see."""
    Post.objects.filter(role=Role.QUALITY).delete()
    Post.objects.create(
        person=cast.site_manager, unit=units.crew, role=Role.QUALITY, starts_on=timezone.localdate() - DAY
    )
    later = again(cast, units, by=cast.supervisor, unit=units.station, place="Car 3")
    assert recurrence.find() == 1
    notice = Notice.objects.get(text="may-recur-unseen")
    assert notice.recipient == cast.site_manager and notice.url == closed.get_absolute_url()
    assert later.number not in str(notice.params)


# At the same moment --------------------------------------------------------------------------------------------------
def own_connection(work, *values):
    try:
        return work(*values)
    finally:
        connections.close_all()


@pytest.mark.django_db(transaction=True)
def test_four_looks_at_once_flag_each_pair_once(cast, units):
    closed = walks.improved(cast, units)
    later = [again(cast, units) for _ in range(6)]
    gate = threading.Barrier(4, timeout=30)

    def begin(_number):
        gate.wait()
        return own_connection(recurrence.find)

    with ThreadPoolExecutor(4) as pool:
        found = list(pool.map(begin, range(4)))
    recurrence.find()  # what two of them stepped aside for
    assert sorted(flags()) == [(closed.pk, row.pk, "suspected") for row in later]
    assert sum(found) <= 6
    assert acts_of(closed).count("incident.may_recur") == 6
    assert all(acts_of(row).count("incident.may_be_recurrence") == 1 for row in later)
    assert Notice.objects.filter(text="may-recur").count() == 6


@pytest.mark.django_db(transaction=True)
def test_a_case_that_is_just_being_judged_is_passed_over_not_waited_for(cast, units):
    walks.improved(cast, units)
    later = again(cast, units)
    with ThreadPoolExecutor(1) as pool, transaction.atomic():
        identify.substantiate(later, by=cast.site_manager, version=later.version, severity=2)
        assert pool.submit(own_connection, recurrence.find).result(timeout=20) == 0
    assert recurrence.find() == 1


# Saying what it is ---------------------------------------------------------------------------------------------------
@pytest.fixture
def suspected(closed, cast, units) -> Recurrence:
    again(cast, units)
    recurrence.find()
    return Recurrence.objects.get()


def test_confirmed_it_stands_in_both_histories_and_counts(suspected, cast):
    later, earlier = suspected.later, suspected.earlier
    row = recurrence.confirm(
        later, by=cast.quality, version=later.version, recurrence=suspected, reason="The same fan."
    )
    suspected.refresh_from_db()
    assert (suspected.status, suspected.decided_by, suspected.reason) == (
        "confirmed",
        cast.quality,
        "The same fan.",
    )
    assert row.version == later.version + 1 and recurrence.confirmed_recurrences(earlier) == 1
    assert acts_of(later)[-1] == "incident.confirm_recurrence"
    assert acts_of(earlier)[-1] == "incident.recurrence_confirmed"
    assert Incident.objects.get(pk=earlier.pk).stage == Stage.CLOSED


def test_confirmed_with_reopening_the_earlier_case_goes_into_a_new_round(suspected, cast):
    later = suspected.later
    with pytest.raises(Invalid) as refused:
        recurrence.confirm(later, by=cast.quality, version=later.version, recurrence=suspected, reopen=True)
    assert set(refused.value.fields) == {"reason"} and Recurrence.objects.get().status == "suspected"
    recurrence.confirm(
        later,
        by=cast.quality,
        version=later.version,
        recurrence=suspected,
        reopen=True,
        reason="The same fan.",
    )
    earlier = Incident.objects.get(pk=suspected.earlier_id)
    assert (earlier.stage, earlier.cycle) == (Stage.ANALYSE, 2)
    assert acts_of(earlier)[-2:] == ["incident.recurrence_confirmed", "incident.reopen"]
    assert RecurrenceWatch.objects.get().ends_at <= timezone.now()


def test_what_is_open_again_already_is_not_reopened_twice(suspected, cast):
    later, earlier = suspected.later, suspected.earlier
    improve.reopen(earlier, by=cast.quality, version=earlier.version, reason="Seen already.")
    with pytest.raises(Invalid) as refused:
        recurrence.confirm(
            later,
            by=cast.quality,
            version=later.version,
            recurrence=suspected,
            reopen=True,
            reason="The same.",
        )
    assert set(refused.value.fields) == {"reopen"}


def test_rejected_with_a_reason_it_counts_for_nothing(suspected, cast):
    later, earlier = suspected.later, suspected.earlier
    with pytest.raises(Invalid):
        recurrence.reject(later, by=cast.quality, version=later.version, recurrence=suspected, reason=" ")
    row = recurrence.reject(
        later, by=cast.quality, version=later.version, recurrence=suspected, reason="A blown fuse."
    )
    assert recurrence.confirmed_recurrences(earlier) == 0
    assert acts_of(earlier)[-1] == "incident.recurrence_rejected"
    assert recurrence.find() == 0  # nobody is asked again
    with pytest.raises(Invalid):
        recurrence.confirm(row, by=cast.quality, version=row.version, recurrence=suspected)


@pytest.mark.parametrize("who", ["reporter", "site_manager", "supervisor", "owner", "handler", "executive"])
@pytest.mark.parametrize("act", ["confirm", "reject"])
def test_only_a_quality_manager_says_so(suspected, cast, who, act):
    later = suspected.later
    before = acts_of(later), acts_of(suspected.earlier)
    with pytest.raises(NotAllowed):
        getattr(recurrence, act)(
            later, by=getattr(cast, who), version=later.version, recurrence=suspected, reason="So it is."
        )
    assert before == (acts_of(later), acts_of(suspected.earlier)) and flags()[0][2] == "suspected"


@pytest.mark.parametrize("case", ["earlier", "later"])
@pytest.mark.parametrize("act", ["confirm", "reject"])
def test_who_answers_for_one_of_the_two_cases_does_not(suspected, cast, case, act):
    Incident.objects.filter(pk=getattr(suspected, f"{case}_id")).update(responsible_person=cast.quality_two)
    later = suspected.later
    with pytest.raises(NotAllowed):
        getattr(recurrence, act)(
            later, by=cast.quality_two, version=later.version, recurrence=suspected, reason="It is not mine."
        )
    assert flags()[0][2] == "suspected"


def test_nor_who_carried_out_one_of_its_measures(suspected, cast):
    measure = suspected.earlier.measures.exclude(number=None).first()
    measure.owner = cast.quality_two
    measure.save(update_fields=["owner"])
    later = suspected.later
    with pytest.raises(NotAllowed):
        recurrence.reject(
            later, by=cast.quality_two, version=later.version, recurrence=suspected, reason="Something else."
        )


def test_an_old_page_or_another_cases_flag_changes_nothing(suspected, cast, units):
    later, other = suspected.later, again(cast, units, type=IncidentType.objects.get(code="delay"))
    with pytest.raises(Stale):
        recurrence.confirm(later, by=cast.quality, version=later.version + 1, recurrence=suspected)
    with pytest.raises(Invalid):
        recurrence.confirm(other, by=cast.quality, version=other.version, recurrence=suspected)
    assert flags()[0][2] == "suspected"


# What is shown -------------------------------------------------------------------------------------------------------
@pytest.fixture
def see(client):
    def look(person, incident):
        client.force_login(person)
        return client.get(incident.get_absolute_url()).content.decode()

    return look


def test_both_pages_tell_it_and_the_later_one_asks(suspected, cast, see):
    later, earlier = suspected.later, suspected.earlier
    page = see(cast.quality, later)
    assert "This may be an earlier case that came back" in page and earlier.get_absolute_url() in page
    assert f"confirm-recurrence/?recurrence={suspected.pk}" in page
    page = see(cast.quality, earlier)
    assert "This may have come back" in page and later.get_absolute_url() in page
    assert "confirm-recurrence" not in page
    assert "confirm-recurrence" not in see(cast.site_manager, later)


def test_who_does_not_see_the_other_case_learns_only_that_there_is_one(closed, cast, units, see):
    """He Ping reports it again: the earlier case was Zhou's, and neither sees the other's."""
    Incident.objects.filter(pk=closed.pk).update(title="Heat in car 3")
    later = again(cast, units, by=cast.colleague, description="Unbearable again, all windows shut.")
    recurrence.find()
    page = see(cast.colleague, later)
    assert "This may be an earlier case that came back" in page and "isn't yours to see" in page
    assert "Heat in car 3" not in page and closed.get_absolute_url() not in page
    page = see(cast.reporter, closed)
    assert "Unbearable" not in page and later.get_absolute_url() not in page


def test_the_acts_are_done_on_their_pages(suspected, cast, client):
    later = suspected.later
    client.force_login(cast.quality)
    url = reverse("act", args=[later.number, "confirm-recurrence"])
    page = client.get(url, {"recurrence": suspected.pk}).content.decode()
    assert suspected.earlier.title in page
    answer = client.post(
        url, {"version": later.version, "recurrence": suspected.pk, "reopen": "on", "reason": "The same fan."}
    )
    assert answer.status_code == 302 and answer.headers["Location"].endswith("#recurrence")
    assert Incident.objects.get(pk=suspected.earlier_id).cycle == 2
    assert "This is an earlier case that came back" in client.get(later.get_absolute_url()).content.decode()


def test_a_suspicion_about_what_was_dismissed_since_is_shown_no_more(suspected, cast, see):
    later = suspected.later
    identify.dismiss(later, by=cast.site_manager, version=later.version, reason="A drill.")
    assert "may have come back" not in see(cast.quality, suspected.earlier).split('id="timeline"')[0]


@pytest.mark.parametrize(("category", "same"), [("machine", True), ("people", False)])
def test_the_same_category_of_cause_is_told(suspected, cast, category, same):
    of_earlier = suspected.earlier.causes.get(is_root=True)
    Cause.objects.filter(pk=of_earlier.pk).update(category="machine")
    Cause.objects.create(
        incident=suspected.later, cycle=1, category=category, text="Worn", status="confirmed", is_root=True,
        added_by=cast.owner,
    )  # fmt: skip
    [flag] = recurrence.flags(suspected.later, cast.quality)
    assert flag.row.same_cause is same


def test_flags_cost_two_questions(closed, cast, units, django_assert_num_queries):
    with django_assert_num_queries(1):
        assert recurrence.flags(closed, cast.quality) == []
    for _ in range(5):
        again(cast, units)
    recurrence.find()
    cast.quality.current_posts  # noqa: B018 - asked once per request anyway
    row = Incident.objects.get(pk=closed.pk)
    with django_assert_num_queries(2):
        assert len(recurrence.flags(row, cast.quality)) == 5
