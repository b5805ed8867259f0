"""Stage 2: the responsibility group verifies the facts, names who answers for it, and two people agree."""

import pytest

from history.models import Event
from incidents import confirm
from incidents.confirm import Share
from incidents.errors import Invalid, NotAllowed, Stale
from incidents.models import Incident
from incidents.stages import Attributable, Stage
from reminders.models import Notice
from tests.walks import report, substantiate

pytestmark = pytest.mark.django_db

FACTS = "The depot's log shows the fan at 1.8 times its rated current from 13:24."


@pytest.fixture
def incident(cast, units):
    return substantiate(report(cast, units), cast)


@pytest.fixture
def shares(cast, units):
    return [Share(Attributable.EQUIPMENT, units.workshop, cast.owner, 100)]


def test_two_people_of_the_group_pass_the_case_to_the_responsible_person(incident, cast, shares):
    row = confirm.attribute(
        incident, by=cast.supervisor, version=incident.version, facts=FACTS, shares=shares
    )
    assert row.stage == Stage.CONFIRM and row.owner in (cast.quality, cast.quality_two)
    row = confirm.agree(row, by=cast.quality, version=row.version)
    assert (row.stage, row.owner) == (Stage.ANALYSE, cast.owner)
    assert Notice.objects.filter(recipient=cast.owner, text="turn").exists()
    assert Incident.objects.visible_to(cast.depot_manager).contains(row)


def test_nobody_confirms_alone(incident, cast, shares):
    row = confirm.attribute(incident, by=cast.quality, version=incident.version, facts=FACTS, shares=shares)
    with pytest.raises(Invalid):
        confirm.agree(row, by=cast.quality, version=row.version)
    with pytest.raises(NotAllowed):  # a second quality manager is not the supervisor
        confirm.agree(row, by=cast.quality_two, version=row.version)
    assert Incident.objects.get().stage == Stage.CONFIRM


@pytest.mark.parametrize("parts", [(60, 30), (100, 10), (50, 51), (99,)])
def test_shares_make_a_hundred(incident, cast, units, parts):
    shares = [Share(Attributable.PROCESS, units.workshop, cast.owner, part) for part in parts]
    with pytest.raises(Invalid) as refused:
        confirm.attribute(incident, by=cast.supervisor, version=incident.version, facts=FACTS, shares=shares)
    assert "100" in str(refused.value)
    assert not Incident.objects.get().attributions.exists()


def test_a_changed_attribution_needs_agreement_anew(incident, cast, units, shares):
    row = confirm.attribute(
        incident, by=cast.supervisor, version=incident.version, facts=FACTS, shares=shares
    )
    other = [Share(Attributable.PROCESS, units.depot, cast.depot_manager, 100)]
    row = confirm.attribute(row, by=cast.quality, version=row.version, facts=FACTS, shares=other)
    assert row.stage == Stage.CONFIRM
    assert [agreement.person for agreement in row.agreements.all()] == [cast.quality]


def test_an_agreement_to_an_older_wording_is_stale(incident, cast, units, shares):
    seen = confirm.attribute(
        incident, by=cast.supervisor, version=incident.version, facts=FACTS, shares=shares
    )
    other = [Share(Attributable.PROCESS, units.depot, cast.depot_manager, 100)]
    confirm.attribute(seen, by=cast.supervisor, version=seen.version, facts=FACTS, shares=other)
    with pytest.raises(Stale):
        confirm.agree(seen, by=cast.quality, version=seen.version)
    assert Incident.objects.get().stage == Stage.CONFIRM


def test_nobody_attributes_to_or_agrees_about_themselves(incident, cast, units):
    own = [Share(Attributable.PROCESS, units.east, cast.supervisor, 100)]
    with pytest.raises(NotAllowed):
        confirm.attribute(incident, by=cast.supervisor, version=incident.version, facts=FACTS, shares=own)
    row = confirm.attribute(incident, by=cast.quality, version=incident.version, facts=FACTS, shares=own)
    with pytest.raises(NotAllowed):
        confirm.agree(row, by=cast.supervisor, version=row.version)
    assert Incident.objects.get().stage == Stage.CONFIRM


def test_an_upheld_objection_goes_back_and_a_rejected_one_stands(incident, cast, units, shares):
    row = confirm.attribute(
        incident, by=cast.supervisor, version=incident.version, facts=FACTS, shares=shares
    )
    row = confirm.agree(row, by=cast.quality, version=row.version)
    row = confirm.object_to(
        row, by=cast.owner, version=row.version, reason="The fan belongs to the supplier."
    )
    assert Notice.objects.filter(text="objection").count() == 1
    with pytest.raises(NotAllowed):
        confirm.decide_objection(row, by=cast.owner, version=row.version, upheld=True, decision="Mine")
    row = confirm.decide_objection(
        row, by=cast.quality, version=row.version, upheld=False, decision="It is ours."
    )
    assert row.stage == Stage.ANALYSE
    row = confirm.object_to(
        row, by=cast.depot_manager, version=row.version, reason="See the contract, clause 4."
    )
    row = confirm.decide_objection(
        row, by=cast.quality, version=row.version, upheld=True, decision="Clause 4 holds."
    )
    assert (row.stage, row.attempt, row.responsible_person) == (Stage.CONFIRM, 2, None)
    assert "incident.uphold_objection" in Event.objects.of(row.case).values_list("act", flat=True)


@pytest.mark.parametrize(
    "who", ["reporter", "site_manager", "handler", "executive", "admin", "west_manager", "owner"]
)
def test_others_attribute_nothing(incident, cast, shares, who):
    events = Event.objects.count()
    with pytest.raises(NotAllowed):
        confirm.attribute(
            incident, by=getattr(cast, who), version=incident.version, facts=FACTS, shares=shares
        )
    assert Event.objects.count() == events and not incident.attributions.exists()
