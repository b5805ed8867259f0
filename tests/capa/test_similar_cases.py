"""What similar cases have taught: causes, measures, and whether these worked; as a page and as a part of others."""

import datetime as dt

import pytest
from django.urls import reverse
from django.utils import timezone

from capa import short_path, verify
from capa.models import Recurrence
from capa.similar import known_like
from incidents import linking
from incidents.models import Incident
from incidents.stages import Stage
from tests import walks

pytestmark = pytest.mark.django_db

HX = {"HX-Request": "true"}


@pytest.fixture
def asked(cast, units) -> Incident:
    """A new report: the air conditioning again."""
    return walks.report(
        cast, units, description="The air conditioning of car 5 failed, passengers complained."
    )


@pytest.fixture
def see(client):
    def look(person, incident, status=200, **headers):
        client.force_login(person)
        response = client.get(reverse("similar", args=[incident.number]), headers=headers)
        assert response.status_code == status
        return response.content.decode()

    return look


def test_an_effective_one_tells_cause_measures_and_figures(asked, cast, units, see):
    closed = walks.improved(cast, units)
    page = see(cast.quality, asked, **HX)
    assert closed.number in page and "Not on the weekly card" in page
    assert "Put the fan bearing on the weekly card" in page and "intermediate" in page
    assert "Effective" in page
    assert "Rate ratio 0.50 (95 % interval 0.29 to 0.84)" in page  # QUALITY A: 22/1.1M after 48/1.2M


def test_an_inconclusive_one_says_so(asked, cast, units, see):
    tracked = walks.tracked(cast, units)
    values = walks.verdict("inconclusive", before=12, after=6, departure="Counted anew.") | {
        "watch_until": timezone.localdate() + dt.timedelta(days=60)
    }
    verify.judge(tracked, by=cast.quality, version=tracked.version, **values)
    page = see(cast.quality, asked, **HX)
    assert "Inconclusive" in page and "Rate ratio 0.55 (95 % interval 0.17 to 1.57)" in page


def test_closed_elsewhere_and_put_right_on_the_spot_is_not_called_effective(asked, cast, units, see):
    elsewhere, on_the_spot = (
        walks.report(cast, units),
        walks.substantiate(walks.report(cast, units), cast, severity=1, short_path=True, correction="Reset."),
    )
    Incident.objects.filter(pk=elsewhere.pk).update(stage=Stage.CLOSED, severity=2)
    short_path.accept(on_the_spot, by=cast.quality, version=on_the_spot.version)
    page = see(cast.quality, asked, **HX)
    assert "Closed elsewhere: effect not judged here" in page and "Put right on the spot" in page
    assert "chip-accent" not in page and "Rate ratio" not in page


def test_what_came_back_and_what_is_linked_is_told(asked, cast, units, see):
    closed = walks.improved(cast, units)
    Recurrence.objects.create(earlier=closed, later=asked, status="confirmed")
    linking.link(asked, closed, by=cast.quality, version=asked.version)
    page = see(cast.quality, asked, **HX)
    assert "came back once" in page and "linked" in page
    assert reverse("act", args=[asked.number, "link"]) not in page  # nothing is left to link


def test_a_case_reopened_since_is_not_passed_off_as_effective(asked, cast, units):
    closed = walks.improved(cast, units)
    Incident.objects.filter(pk=closed.pk).update(stage=Stage.ANALYSE, cycle=2)
    [known] = known_like(asked, cast.quality)
    assert known.was_reopened and known.verdict.verdict == "effective"
    assert [cause.text for cause in known.roots] == ["Not on the weekly card"]  # of the round that was judged


# Acts ----------------------------------------------------------------------------------------------------------------
def test_who_judges_joins_or_links_with_one_click(asked, cast, units, see, client):
    other = walks.report(cast, units, by=cast.colleague)
    page = see(cast.site_manager, asked)
    merge = f"{reverse('act', args=[asked.number, 'merge'])}?into={other.number}"
    assert merge in page
    assert f'value="{other.number}"' in client.get(merge).content.decode()
    client.post(
        reverse("act", args=[asked.number, "link"]), {"version": asked.version, "other": other.number}
    )
    assert [row.other for row in linking.links_of(asked, cast.site_manager)] == [other]


def test_who_only_reads_is_offered_nothing_to_do(asked, cast, units, see):
    walks.report(cast, units)
    page = see(cast.executive, asked)
    assert '<form method="post" action="/incidents/' not in page and "into=" not in page


def test_later_than_confirming_nothing_is_joined(cast, units, see):
    other, confirmed = walks.report(cast, units), walks.confirmed(cast, units)
    page = see(cast.quality, confirmed)
    assert (
        other.number in page
        and "into=" not in page
        and reverse("act", args=[confirmed.number, "link"]) in page
    )


# Who sees what -------------------------------------------------------------------------------------------------------
def test_nobody_learns_of_cases_that_are_not_theirs(asked, cast, units, see):
    closed = walks.improved(cast, units)
    Incident.objects.filter(pk=closed.pk).update(title="Heat in car 3")
    hotel = walks.report(cast, units, by=cast.hotel_quality, unit=units.hotels)
    assert closed.number in see(cast.quality, asked) and hotel.number not in see(cast.quality, asked)
    see(cast.hotel_quality, asked, status=404)
    see(cast.west_manager, asked, status=404)
    mine = walks.report(cast, units, by=cast.colleague)
    page = see(cast.colleague, mine)
    assert closed.number not in page and asked.number not in page and "Heat in car 3" not in page
    assert "No similar case among those that you may see." in page


@pytest.mark.parametrize(
    ("walk", "is_shown"),
    [(walks.report, True), (walks.confirmed, True), (walks.analysed, True), (walks.planned, False)],
)  # fmt: skip
def test_the_incident_page_fetches_it_up_to_the_plan(cast, units, client, walk, is_shown):
    incident = walk(cast, units)
    client.force_login(cast.quality)
    page = client.get(incident.get_absolute_url()).content.decode()
    assert (f'hx-get="{reverse("similar", args=[incident.number])}"' in page) is is_shown
    assert reverse("similar", args=[incident.number]) in page  # always to be found beside the links


def test_it_asks_the_same_number_of_questions_for_few_and_many(
    cast, units, client, django_assert_num_queries
):
    asked = walks.report(cast, units)
    walks.improved(cast, units)
    client.force_login(cast.quality)
    url = reverse("similar", args=[asked.number])
    client.get(url, headers=HX)
    with django_assert_num_queries(
        12
    ) as few:  # session, person, incident, posts, and eight for what is known
        client.get(url, headers=HX)
    for _ in range(2):
        walks.improved(cast, units)
    for number in range(8):
        walks.report(cast, units, place=f"Car {number}")
    with django_assert_num_queries(len(few)):
        client.get(url, headers=HX)


def test_so_does_the_workbench(cast, units, client):
    incident = walks.confirmed(cast, units)
    client.force_login(cast.owner)
    page = client.get(reverse("workbench", args=[incident.number])).content.decode()
    assert f'hx-get="{reverse("similar", args=[incident.number])}"' in page
