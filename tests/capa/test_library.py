"""The archive: what is found, what it shows of a case, whose it is, and what it costs."""

import datetime as dt

import pytest
from django.db import connection
from django.http import QueryDict
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from capa import library, short_path, verify
from capa.forms.library import LAST_CLOSED, ArchiveFilter
from capa.models import Cause, Measure
from incidents import identify
from incidents.lifecycle import move
from incidents.listing import Place, page_of
from incidents.models import Incident
from incidents.stages import Severity, Stage
from people.models import Person
from tests import walks
from tests.incidents.asking import asked as listed

pytestmark = pytest.mark.django_db


def asked(person, **filters) -> list[Incident]:
    """The first page of the archive with these filters, as this person finds it."""
    person = Person.objects.get(pk=person.pk)
    form = ArchiveFilter(listed.query(**filters), person=person)
    assert form.problems == [], form.problems
    return page_of(form.found, LAST_CLOSED, within=form.within, text=form.text).rows


def two_rounds(cast, units, **details):
    """A first round that did not work, a second one that did."""
    case = walks.tracked(cast, units, **details)
    case = verify.judge(case, by=cast.quality, version=case.version, **walks.verdict("not_effective", 48, 50))
    return walks.improved(cast, units, walks.verified(cast, units, walks.tracked(
        cast, units, walks.planned(cast, units, walks.analysed(cast, units, case))
    )))  # fmt: skip


def on_the_spot(cast, units, **details):
    case = walks.substantiate(
        walks.report(cast, units, **details),
        cast,
        Severity.MINOR,
        short_path=True,
        correction="Moved to car 4.",
    )
    return short_path.accept(case, by=cast.quality, version=case.version)


def closed_elsewhere(cast, units):
    case = walks.report(cast, units, external_source="Old desk", external_id="77")
    Incident.objects.filter(pk=case.pk).update(severity=Severity.MODERATE)
    case.refresh_from_db()
    closed_at = timezone.now() - dt.timedelta(days=400)
    return move(case, "bring_over", by=cast.quality, version=None, changes={"closed_at": closed_at})


@pytest.fixture
def ended(cast, units):
    """One case of each way to end, and one that is still open."""
    walks.verified(cast, units)
    return {
        "effective": walks.improved(cast, units), "again": two_rounds(cast, units),
        "short": on_the_spot(cast, units), "elsewhere": closed_elsewhere(cast, units),
    }  # fmt: skip


# What is found -------------------------------------------------------------------------------------------------------
def test_only_closed_cases_the_last_closed_first(cast, ended):
    assert asked(cast.quality) == [ended["short"], ended["again"], ended["effective"], ended["elsewhere"]]


FOUND_BY = [
    ({"verdict": "effective"}, {"effective", "again"}),
    ({"verdict": "not_effective"}, {"again"}),
    ({"verdict": "inconclusive"}, set()),
    ({"verdict": "short"}, {"short"}),
    ({"verdict": "elsewhere"}, {"elsewhere"}),
    ({"verdict": ["short", "not_effective"]}, {"short", "again"}),
    ({"cause": "machine"}, {"effective", "again"}),
    ({"cause": "people"}, set()),
    ({"cause": "own"}, set()),
    ({"tier": "intermediate"}, {"effective", "again"}),
    ({"tier": "strong"}, set()),
    ({"strength": "standardise", "cause": "machine"}, {"effective", "again"}),
    ({"strength": "standardise", "cause": "people"}, set()),
    ({"kind": "corrective"}, {"effective", "again"}),
    ({"kind": "preventive"}, set()),
    ({"severity": 1}, {"short"}),
    ({"type": "facility"}, {"effective", "again", "short", "elsewhere"}),
    ({"type": "delay"}, set()),
    ({"unit": "ER-E"}, {"effective", "again", "short", "elsewhere"}),
    ({"unit": "ER-W"}, set()),
    ({"responsible": "ER-D"}, {"effective", "again"}),
]


def test_filters(cast, ended):
    names = {case: name for name, case in ended.items()}
    found = [
        (filters, {names[case] for case in asked(cast.quality, **filters)}) for filters, _wanted in FOUND_BY
    ]
    assert found == FOUND_BY


def test_the_day_of_closing(cast, ended):
    today = timezone.localdate()
    assert ended["elsewhere"] not in asked(cast.quality, closed_from=today)
    assert asked(cast.quality, closed_until=today - dt.timedelta(days=1)) == [ended["elsewhere"]]
    form = ArchiveFilter(
        listed.query(closed_from="2026-02-01", closed_until="2026-01-01"), person=cast.quality
    )
    assert form.problems and not form.found.exists()


def test_a_measure_has_to_be_all_that_is_asked(cast, units):
    """Training against one category and a forcing function against another are not training against the other."""
    case = walks.improved(cast, units)
    first, second = Measure.objects.filter(incident=case)
    other = Cause.objects.create(
        incident=case, cycle=1, text="Nobody was told", category="people", status="confirmed", is_root=True,
        added_by=cast.owner,
    )  # fmt: skip
    Measure.objects.filter(pk=first.pk).update(strength="train")
    Measure.objects.filter(pk=second.pk).update(strength="force", cause=other)
    assert asked(cast.quality, tier="weak", cause="machine") == [case]
    assert asked(cast.quality, tier="strong", cause="people") == [case]
    assert asked(cast.quality, tier="weak", cause="people") == []
    Cause.objects.filter(pk=other.pk).update(category="Weather")
    assert asked(cast.quality, tier="strong", cause="own") == asked(cast.quality, cause="own") == [case]


@pytest.mark.parametrize(
    "words",
    ["weekly card", "轴承", "風機軸承", "bearings of the batch", "look at what turns", "G1027 bearing"],
)
def test_a_case_is_found_by_its_causes_measures_and_lessons(cast, units, words):
    """Also in Chinese, in either script: a cause in Simplified is found by Traditional words."""
    case = walks.verified(cast, units)
    Cause.objects.filter(incident=case, is_root=True).update(text="风机轴承 Not on the weekly card")
    assert asked(cast.quality, q=words) == []
    case = walks.improved(cast, units, case)
    assert asked(cast.quality, q=words) == [case]
    assert asked(cast.quality, q="unicorn") == []


def test_what_was_put_right_on_the_spot_is_found_by_its_correction(cast, units):
    assert asked(cast.quality, q="moved to car 4") == []
    assert [on_the_spot(cast, units)] == asked(cast.quality, q="moved to car 4")


# What is shown -------------------------------------------------------------------------------------------------------
def test_an_entry_holds_the_round_that_ended_the_case(cast, ended):
    shown = {entry.incident: entry for entry in library.entries(asked(cast.quality))}
    again = shown[ended["again"]]
    assert [cause.cycle for cause in again.roots] == [2] and {m.round for m in again.measures} == {2}
    assert len(again.verdicts) == 2 and again.failed_rounds == 1
    effect = again.effect
    assert effect.row.verdict == "effective" and effect.is_rate
    assert effect.found.ratio == pytest.approx(0.5)  # QUALITY A: 22/1.1M after 48/1.2M
    assert effect.found.lower == pytest.approx(0.287423, abs=5e-6)
    assert effect.found.upper == pytest.approx(0.844469, abs=5e-6)
    assert shown[ended["elsewhere"]].was_closed_elsewhere and shown[ended["short"]].effect is None
    assert not shown[ended["short"]].was_closed_elsewhere and shown[ended["short"]].correction


def test_proportions_are_shown_as_a_difference(cast, units):
    """QUALITY A: 56 of 70 less 48 of 80 is 0.2, from 0.05243 to 0.33387."""
    case = walks.improved(cast, units)
    case.verifications.update(
        data="proportion", after_events=56, after_exposure=70, before_events=48, before_exposure=80
    )
    effect = library.entries([case])[0].effect
    assert not effect.is_rate
    assert effect.points == pytest.approx((20.0, 5.243, 33.387), abs=5e-4)


def test_the_page_tells_it(cast, ended, client):
    client.force_login(cast.quality)
    page = client.get("/archive/").content.decode()
    for words in (
        "Not on the weekly card", "Put the fan bearing on the weekly card", "Simplification, checklist",
        "Rate after ÷ before: <b>0.50</b> (95 % interval 0.29–0.84)", "2 rounds", "Look at what turns",
        "Put right on the spot", "Closed in another system", "Moved to car 4.",
    ):  # fmt: skip
        assert words in page, words
    assert "style=" not in page and "<script>" not in page
    page = client.get("/archive/?verdict=not_effective&cause=machine").content.decode()
    assert "How it ended: Not effective in some round" in page and page.count("lib-case") == 1
    assert "No closed case passes these filters" in client.get("/archive/?q=unicorn").content.decode()


def test_an_address_that_cannot_be_is_told(cast, client):
    client.force_login(cast.quality)
    for query in ("verdict=splendid", "cause=gremlins", "after=nowhere", "closed_from=soon", "unit=NONE"):
        response = client.get(f"/archive/?{query}")
        assert response.status_code == 400, query
    assert client.get("/archive/?q=&tier=").url == "/archive/?"


def test_a_search_keeps_the_filters(cast, ended, client):
    client.force_login(cast.quality)
    page = client.get("/archive/?cause=machine&strength=standardise&q=card").content.decode()
    for name, value in (("cause", "machine"), ("strength", "standardise")):
        assert f'<input type="hidden" name="{name}" value="{value}">' in page


# Whose ---------------------------------------------------------------------------------------------------------------
def test_everybody_finds_their_own_and_nobody_elses(cast, units):
    here = walks.improved(cast, units)
    hotel = walks.report(
        cast, units, unit=units.hotels, by=cast.hotel_quality, description="Hotel: bearing failed."
    )
    Incident.objects.filter(pk=hotel.pk).update(stage=Stage.CLOSED, severity=2, closed_at=timezone.now())
    west = on_the_spot_in_the_west(cast, units)
    assert Incident.objects.filter(stage=Stage.CLOSED).count() == 3
    sees = {
        "quality": {here, west}, "executive": {here, west}, "reporter": {here}, "owner": {here}, "admin": set(),
        "site_manager": {here}, "west_manager": {west}, "hotel_quality": {hotel}, "colleague": {west},
    }  # fmt: skip
    for name, cases in sees.items():
        assert set(asked(getattr(cast, name))) == cases, name
        assert set(asked(getattr(cast, name), q="bearing")) == cases - {west}, name
        assert set(asked(getattr(cast, name), verdict=["short", "elsewhere"])) == cases - {here}, name


def on_the_spot_in_the_west(cast, units):
    case = walks.report(
        cast, units, unit=units.west_station, by=cast.colleague, description="West: a lamp was out."
    )
    case = identify.substantiate(
        case, by=cast.west_manager, version=case.version, severity=1, short_path=True, correction="New lamp."
    )
    return short_path.accept(case, by=cast.quality, version=case.version)


# Pages and cost ------------------------------------------------------------------------------------------------------
def many(case: Incident, count: int) -> None:
    """Copies of a closed case with all that the archive shows of it."""
    causes, measures = list(case.causes.all()), list(case.measures.all())
    plan, verdict = case.plans.get(), case.verifications.get()
    known = Incident.objects.count()
    for number in range(count):
        values = {
            f.attname: getattr(case, f.attname) for f in Incident._meta.concrete_fields if not f.primary_key
        }
        values |= {
            "number": f"SQ-2020-{known + number:06d}",
            "closed_at": case.closed_at - dt.timedelta(hours=number),
        }
        copy = Incident.objects.create(**values)
        new_plan = copied(plan, incident=copy)
        roots = {cause.pk: copied(cause, incident=copy, parent=None) for cause in causes}
        for measure in measures:
            copied(measure, incident=copy, plan=new_plan, cause=roots[measure.cause_id], number=None)
        copied(verdict, incident=copy)


def copied(row, **changes):
    row = type(row).objects.get(pk=row.pk)
    row.pk, row._state.adding = None, True
    for name, value in changes.items():
        setattr(row, name, value)
    row.save()
    return row


def test_pages_follow_each_other_without_a_gap(cast, units):
    case = walks.improved(cast, units)
    many(case, 57)
    form = ArchiveFilter(QueryDict("cause=machine"), person=cast.quality)
    found, place = [], Place()
    while True:
        page = page_of(form.found, LAST_CLOSED, place, size=10)
        found += page.rows
        if not page.older:
            break
        place = Place.of(LAST_CLOSED.columns, after=page.older)
    wanted = sorted(Incident.objects.all(), key=lambda row: (row.closed_at, row.pk), reverse=True)
    assert found == wanted and len(found) == 58


PAGES = ("/archive/", "/archive/?q=bearing&cause=machine&verdict=effective", "/archive/?tier=weak&unit=ER-E")


def test_a_page_takes_few_statements_and_no_more_with_more_cases(cast, units, client):
    case = walks.improved(cast, units)
    client.force_login(cast.quality)
    counts = {path: [] for path in PAGES}
    for size in (30, 60):
        many(case, size)
        for path, numbers in counts.items():
            with CaptureQueriesContext(connection) as statements:
                assert client.get(path).status_code == 200
            numbers.append(len(statements))
    assert all(few <= 15 and most <= few for few, most in counts.values()), counts
