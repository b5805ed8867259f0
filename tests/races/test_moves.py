"""Two hundred people press at the same moment: one wins, the others are told, nothing is lost (QUALITY D2)."""

import functools

import pytest

from history.models import Event
from history.verification import verify
from incidents import confirm, identify
from incidents.confirm import Share
from incidents.errors import Refused
from incidents.models import Incident
from incidents.stages import Attributable, Severity, Stage
from tests.races.crowd import all_at_once, outcomes
from tests.walks import report, substantiate

pytestmark = pytest.mark.django_db(transaction=True)

CROWD = 200


def acts_of(incident) -> list[str]:
    return list(Event.objects.of(incident.case).order_by("seq").values_list("act", flat=True))


def test_of_two_hundred_same_verdicts_one_wins(cast, units):
    incident = report(cast, units)
    judge = functools.partial(
        identify.substantiate,
        incident,
        by=cast.site_manager,
        version=incident.version,
        severity=Severity.SERIOUS,
    )
    found = outcomes(all_at_once([judge] * CROWD))
    assert found == {"done": 1, "Stale": CROWD - 1}
    assert acts_of(incident) == ["incident.report", "incident.substantiate"]
    row = Incident.objects.get()
    assert (row.stage, row.version) == (Stage.CONFIRM, incident.version + 1)


def test_of_two_hundred_mixed_verdicts_one_wins(cast, units):
    incident, other = report(cast, units), report(cast, units, by=cast.colleague)
    seen = {"by": cast.site_manager, "version": incident.version}
    verdicts = [
        functools.partial(identify.substantiate, incident, severity=Severity.MAJOR, **seen),
        functools.partial(identify.dismiss, incident, reason="A drill, announced the day before.", **seen),
        functools.partial(identify.merge, incident, other, **seen),
        functools.partial(
            identify.dismiss, incident, by=cast.reporter, version=incident.version, reason="No"
        ),
    ]
    found = outcomes(all_at_once(verdicts * (CROWD // 4)))
    assert found["done"] == 1 and found["NotAllowed"] >= CROWD // 4 - 1
    assert found["done"] + found["Stale"] + found["NotAllowed"] == CROWD
    assert len(acts_of(incident)) == 2
    assert Incident.objects.get(pk=incident.pk).stage in (Stage.CONFIRM, Stage.DISMISSED, Stage.MERGED)


def test_a_hundred_stale_pages_change_nothing(cast, units):
    seen = substantiate(report(cast, units), cast)
    shares = [Share(Attributable.EQUIPMENT, units.workshop, cast.owner, 100)]
    confirm.attribute(seen, by=cast.supervisor, version=seen.version, facts="Log checked.", shares=shares)
    before = Incident.objects.values().get()
    late = functools.partial(
        confirm.attribute,
        seen,
        by=cast.quality,
        version=seen.version,
        facts="From an old page.",
        shares=shares,
    )
    results = all_at_once([late] * 100)
    assert outcomes(results) == {"Stale": 100}
    assert Incident.objects.values().get() == before


def test_two_people_agree_at_once_and_the_case_moves_on_once(cast, units):
    incident = substantiate(report(cast, units), cast)
    shares = [Share(Attributable.EQUIPMENT, units.workshop, cast.owner, 100)]
    incident = confirm.attribute(
        incident, by=cast.supervisor, version=incident.version, facts="Log checked.", shares=shares
    )
    agree = [
        functools.partial(confirm.agree, incident, by=person, version=incident.version)
        for person in (cast.quality, cast.quality_two)
    ]
    results = all_at_once(agree * 20)
    assert outcomes(results)["done"] == 1
    assert all(isinstance(item, Refused) for item in results if isinstance(item, Exception))
    assert Incident.objects.get().stage == Stage.ANALYSE
    assert acts_of(incident).count("incident.confirm") == 1


def test_two_merges_the_opposite_way_round_do_not_deadlock(cast, units):
    for _round in range(10):
        one, two = report(cast, units), report(cast, units, by=cast.colleague)
        results = all_at_once(
            [
                functools.partial(identify.merge, one, two, by=cast.site_manager, version=one.version),
                functools.partial(identify.merge, two, one, by=cast.site_manager, version=two.version),
            ]
        )
        assert outcomes(results)["done"] == 1, results
        stages = set(Incident.objects.filter(pk__in=[one.pk, two.pk]).values_list("stage", flat=True))
        assert stages == {Stage.IDENTIFY, Stage.MERGED}


def test_numbers_have_no_gap_and_chains_hold_under_a_crowd_of_reports(cast, units):
    results = all_at_once([functools.partial(report, cast, units)] * 60)
    assert outcomes(results) == {"done": 60}
    numbers = sorted(int(incident.number[-6:]) for incident in results)
    assert numbers == list(range(1, 61))
    assert list(verify()) == []
