"""The design of a verification, the calculator and the verdict in the browser's forms."""

import datetime as dt
import itertools

import pytest
from django.urls import reverse
from django.utils import timezone

from capa import plan, verify
from capa.measuring import incident_scope
from capa.models import Verification, VerificationDesign
from history.models import Signature
from incidents.models import Incident
from incidents.stages import Stage
from tests.conftest import PASSWORD
from tests.walks import analysed, designed, drafted, planned, report, tracked, verdict

pytestmark = pytest.mark.django_db


def ago(days: int) -> dt.date:
    return timezone.localdate() - dt.timedelta(days=days)


def happened(cast, units, *days_ago: int, **details) -> list[Incident]:
    moments = [timezone.now() - dt.timedelta(days=days) for days in days_ago]
    return [report(cast, units, occurred_at=moment, **details) for moment in moments]


def typed(**values) -> dict:
    return {
        "source": "typed", "metric": "Failures", "data": "rate", "direction": "lower",
        "unit_of_exposure": "train days", "baseline_from": ago(400), "baseline_until": ago(200),
        "baseline_events": 48, "baseline_exposure": 1_200_000, "baseline_source": "Fault log",
        "observation_days": 180, "expected_exposure": 1_100_000, "smallest_change": 50, **values,
    }  # fmt: skip


@pytest.fixture
def at_plan(cast, units, client):
    incident = analysed(cast, units)
    client.force_login(cast.owner)
    return incident


def address(incident, slug: str) -> str:
    return reverse("act", args=[incident.number, slug])


# The design ----------------------------------------------------------------------------------------------------------
def test_the_form_opens_with_what_the_system_counts(at_plan, cast, units, client):
    happened(cast, units, 30, 60, 400)
    page = client.get(address(at_plan, "fix-design"))
    form = page.context["form"]
    assert form.counted == 2 and form.answer.question.events == 2
    text = page.content.decode()
    assert "The system counts 2 in the baseline" in text and "It can't be known this way" in text
    assert "style=" not in text and "Calculate" in text


def test_what_the_system_counts_is_not_taken_from_the_form(at_plan, cast, units, client):
    happened(cast, units, 30, 60, 400)
    data = {
        "version": at_plan.version, "source": "incidents", "exposure": "days", "data": "proportion",
        "direction": "lower", "baseline_from": ago(100), "baseline_until": ago(1), "baseline_events": 99,
        "baseline_exposure": 5, "observation_days": 120, "smallest_change": 50,
    }  # fmt: skip
    response = client.post(address(at_plan, "fix-design"), data)
    assert response.status_code == 302, response.content.decode()
    design = VerificationDesign.objects.get()
    assert (design.source, design.data, design.unit_of_exposure) == ("incidents", "rate", "days")
    assert (design.baseline_events, design.baseline_exposure, design.expected_exposure) == (2, 100, 120)
    assert design.scope == {
        "type": at_plan.type_id, "unit": at_plan.unit_id, "category": "", "exposure": "days",
    }  # fmt: skip
    assert str(at_plan.type) in design.metric
    page = client.get(at_plan.get_absolute_url()).content.decode()
    assert "How the effect will be verified" in page and "Can't be known" in page


def test_only_confirmed_kinds_of_causes_are_offered(at_plan, client):
    form = client.get(address(at_plan, "fix-design")).context["form"]
    assert [value for value, _label in form.fields["category"].choices] == ["", "machine"]


def test_typed_numbers_carry_their_source(at_plan, client):
    for missing in ("baseline_source", "metric", "baseline_events", "unit_of_exposure", "expected_exposure"):
        response = client.post(
            address(at_plan, "fix-design"), {"version": at_plan.version, **typed(**{missing: ""})}
        )
        assert response.status_code == 422 and missing in response.context["form"].errors
    assert not VerificationDesign.objects.exists()
    response = client.post(address(at_plan, "fix-design"), {"version": at_plan.version, **typed()})
    assert response.status_code == 302
    assert VerificationDesign.objects.get().baseline_source == "Fault log"
    again = client.get(address(at_plan, "fix-design")).context["form"]
    assert again.initial["metric"] == "Failures" and again.answer.question.events == 48


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("baseline_until", ago(500)),
        ("baseline_until", ago(-3)),
        ("observation_days", 0),
        ("observation_days", 9999),
        ("smallest_change", 0),
        ("baseline_exposure", 0),
        ("baseline_events", -1),
    ],
)
def test_what_cant_be_is_refused_at_its_field(at_plan, client, field, value):
    response = client.post(
        address(at_plan, "fix-design"), {"version": at_plan.version, **typed(**{field: value})}
    )
    assert response.status_code == 422 and field in response.context["form"].errors
    assert "Fault log" in response.content.decode() and not VerificationDesign.objects.exists()


def test_a_part_is_no_more_than_the_whole(at_plan, client):
    data = typed(data="proportion", baseline_events=90, baseline_exposure=80)
    response = client.post(address(at_plan, "fix-design"), {"version": at_plan.version, **data})
    assert "baseline_events" in response.context["form"].errors


def test_calculate_saves_nothing(at_plan, client):
    response = client.post(
        address(at_plan, "fix-design"), {"version": at_plan.version, **typed(), "calculate": "1"}
    )
    assert response.status_code == 422 and response.context["form"].answer.verdict == "known"
    assert "It can be known" in response.content.decode() and not VerificationDesign.objects.exists()


def test_the_answer_follows_the_form(at_plan, cast, client):
    url = reverse("design-answer", args=[at_plan.number])
    page = client.get(url, typed()).content.decode()
    assert "It can be known" in page and "<html" not in page
    assert "As soon as the figures are there" in client.get(url, typed(baseline_events="")).content.decode()
    assert client.get(url, typed(baseline_events=3)).context["answer"].verdict == "never"
    assert 'class="mode-typed mode-volume"' in page and "hx-swap-oob" in page
    counted = client.get(url, {"source": "incidents", "exposure": "days"}).content.decode()
    assert 'class="mode-counted mode-days"' in counted
    client.force_login(cast.executive)
    assert client.get(url, typed()).status_code == 403
    client.force_login(cast.hotel_quality)
    assert client.get(url, typed()).status_code == 404


def test_the_approver_sees_whether_it_can_be_known(cast, units, client):
    incident = drafted(cast, units)
    incident = plan.submit(incident, by=cast.owner, version=incident.version)
    client.force_login(cast.quality)
    page = client.get(incident.get_absolute_url())
    assert page.context["plan"]["answer"].question.events == 48
    assert "What can be known after how many days" in page.content.decode()
    assert client.post(address(incident, "fix-design"), typed()).status_code in (302, 409, 422)
    assert VerificationDesign.objects.get().metric == "Failures of the air conditioning"


# The calculator ------------------------------------------------------------------------------------------------------
def test_the_calculator_is_for_everybody_and_keeps_nothing(
    cast, units, client, django_assert_max_num_queries
):
    url = reverse("how-long-to-watch")
    client.force_login(cast.colleague)
    assert client.get(url).context["answer"] is None
    asked = {
        "events": 6, "exposure": 180, "per_day": 1, "change": 50, "days": 90, "direction": "lower", "data": "rate",
    }  # fmt: skip
    with django_assert_max_num_queries(8):
        page = client.get(url, asked)
    text = page.content.decode()
    assert page.context["answer"].verdict == "never" and "Watch at least 117 days" in text
    assert "<svg" in text and "style=" not in text
    known = client.get(url, asked | {"events": 60, "days": 180}).content.decode()
    assert "It can be known" in known and "or fewer would prove" in known
    percent = client.get(
        url, asked | {"events": 48, "exposure": 80, "data": "proportion", "direction": "higher"}
    )
    assert "points" in percent.content.decode()


@pytest.mark.parametrize(
    ("field", "value"),
    [("events", -1), ("exposure", 0), ("days", 0), ("change", "x"), ("per_day", ""), ("days", 10**6)],
)
def test_the_calculator_says_what_it_cant_reckon_with(cast, client, field, value):
    client.force_login(cast.colleague)
    asked = {
        "events": 6,
        "exposure": 180,
        "per_day": 1,
        "change": 50,
        "days": 90,
        "direction": "lower",
        "data": "rate",
    }
    page = client.get(reverse("how-long-to-watch"), asked | {field: value})
    assert page.status_code == 200 and field in page.context["form"].errors and page.context["answer"] is None


def test_no_figures_are_too_odd_for_it(cast, client):
    client.force_login(cast.colleague)
    for events, direction, data, change in itertools.product(
        (0, 1, 10**7), ("lower", "higher"), ("rate", "proportion"), ("0.1", 100, 1000)
    ):
        asked = {"events": events, "exposure": 10**7, "per_day": "0.001", "change": change, "days": 730}
        asked |= {"direction": direction, "data": data}
        page = client.get(reverse("how-long-to-watch"), asked)
        assert page.status_code == 200 and page.context["answer"], asked


# The verdict ---------------------------------------------------------------------------------------------------------
@pytest.fixture
def counting(cast, units):
    """Twelve before; the system counts what follows."""
    happened(cast, units, *range(200, 212))
    incident = drafted(cast, units)
    incident = designed(
        incident, cast.owner, source="incidents", scope=incident_scope(incident, {}), metric="Climate in crew 3",
        unit_of_exposure="days", baseline_from=ago(560), baseline_until=ago(196), baseline_events=12,
        baseline_exposure=365, expected_exposure=180, baseline_source="",
    )  # fmt: skip
    incident = plan.submit(incident, by=cast.owner, version=incident.version)
    return tracked(cast, units, plan.approve(incident, by=cast.quality, version=incident.version))


def send(client, incident, **values):
    """Open the page, change what is given, send it."""
    form = client.get(address(incident, "judge")).context["form"]
    data = {name: form[name].value() for name in form.fields}
    data = {name: value for name, value in data.items() if value is not None}
    return client.post(address(incident, "judge"), data | {"password": PASSWORD} | values)


def test_the_verdict_comes_filled_in_and_is_signed(counting, cast, units, client):
    happened(cast, units, 20)
    client.force_login(cast.quality)
    page = client.get(address(counting, "judge"))
    form = page.context["form"]
    assert (form.initial["before_events"], form.initial["after_events"]) == (12, 1)
    assert form.compared.row.proposal == "effective" and "95 % interval" in page.content.decode()
    response = send(client, counting, verdict="effective", reasons="Fewer", password="wrong")
    assert response.status_code == 422 and not Verification.objects.exists()
    response = send(client, counting, verdict="effective", reasons="Fewer")
    assert response.status_code == 302, response.context["form"].errors
    assert Signature.objects.get(meaning="verdict").method == "password"
    assert Verification.objects.get().departure == ""


def test_edited_figures_need_the_reason_for_the_departure(counting, cast, client):
    client.force_login(cast.quality)
    response = send(client, counting, verdict="effective", reasons="None", before_events=30)
    assert response.status_code == 422 and set(response.context["form"].errors) == {"departure"}
    assert response.context["form"].is_open
    response = send(
        client,
        counting,
        verdict="effective",
        reasons="None",
        before_events=30,
        departure="The paper list has 30",
    )
    assert response.status_code == 302
    page = client.get(counting.get_absolute_url()).content.decode()
    assert "departs from the design" in page and "The paper list has 30" in page


def test_what_is_counted_while_one_thinks_is_shown_before_it_is_judged(counting, cast, units, client):
    client.force_login(cast.quality)
    form = client.get(address(counting, "judge")).context["form"]
    data = {name: form[name].value() for name in form.fields if form[name].value() is not None}
    happened(cast, units, 20, 21)
    data |= {"password": PASSWORD, "verdict": "effective", "reasons": "Nothing since"}
    response = client.post(address(counting, "judge"), data)
    assert response.status_code == 422 and not Verification.objects.exists()
    text = response.content.decode()
    assert "more was counted" in text and "Nothing since" in text
    again = response.context["form"]
    assert (again["after_events"].value(), again.has_moved) == ("2", True)
    data |= {"seen": again["seen"].value(), "after_events": 2}
    assert client.post(address(counting, "judge"), data).status_code == 302
    assert Verification.objects.get().after_events == 2


def test_comparing_judges_nothing_and_asks_for_no_password(counting, cast, client):
    client.force_login(cast.quality)
    response = send(client, counting, compare="1", password="", before_events=30)
    assert response.status_code == 422 and not response.context["form"].errors
    assert response.context["form"].compared.row.before_events == 30 and not Verification.objects.exists()


@pytest.mark.parametrize(
    ("values", "field"),
    [
        ({"verdict": ""}, "verdict"),
        ({"reasons": ""}, "reasons"),
        ({"verdict": "inconclusive", "watch_until": ""}, "watch_until"),
        ({"after_exposure": 0, "departure": "x"}, "after_exposure"),
        ({"after_until": ago(-9), "departure": "x"}, "after_until"),
        ({"before_events": -2}, "before_events"),
    ],
)
def test_a_refusal_stands_at_its_field(counting, cast, client, values, field):
    client.force_login(cast.quality)
    response = send(client, counting, **({"verdict": "effective", "reasons": "Because"} | values))
    assert response.status_code == 422 and field in response.context["form"].errors
    assert not Verification.objects.exists()


def test_effective_is_refused_at_its_field_while_the_observation_runs(counting, cast, client):
    VerificationDesign.objects.update(observed_until=ago(-30))
    client.force_login(cast.quality)
    page = client.get(address(counting, "judge"))
    assert "The observation runs until" in page.content.decode()
    assert page.context["form"].initial["watch_until"] >= ago(-30)
    response = send(client, counting, verdict="effective", reasons="Fewer")
    assert (
        "verdict" in response.context["form"].errors
        and Incident.objects.get(pk=counting.pk).stage == Stage.VERIFY
    )
    until = ago(-60)
    response = send(client, counting, verdict="inconclusive", reasons="Early", watch_until=until)
    assert response.status_code == 302, response.context["form"].errors
    assert VerificationDesign.objects.get().observed_until == until


def test_typed_figures_are_asked_for(cast, units, client):
    incident = tracked(cast, units)
    client.force_login(cast.quality)
    form = client.get(address(incident, "judge")).context["form"]
    assert [bound.name for bound in form.typed] == [
        "after_events",
        "after_exposure",
    ] and form.compared is None
    response = send(
        client, incident, verdict="effective", reasons="Half", after_events=22, after_exposure="1100000"
    )
    assert "source" in response.context["form"].errors
    response = send(
        client,
        incident,
        verdict="effective",
        reasons="Half",
        after_events=22,
        after_exposure="1100000",
        source="Log",
    )
    assert response.status_code == 302, response.context["form"].errors


def test_a_plan_without_a_design_is_judged_as_before(cast, units, client):
    incident = tracked(cast, units)
    VerificationDesign.objects.all().delete()
    happened(cast, units, 100)
    client.force_login(cast.quality)
    page = client.get(address(incident, "judge"))
    assert page.context["form"].initial["before_events"] == 1 and "without a design" in page.content.decode()
    response = send(client, incident, verdict="not_effective", reasons="No", source="Here")
    assert response.status_code == 302, response.context["form"].errors


# Recurrences and the page --------------------------------------------------------------------------------------------
def test_recurrences_are_links_for_those_who_may_see_them_and_a_number_for_all(counting, cast, units, client):
    seen, other = happened(cast, units, 20, 40)
    Incident.objects.filter(pk=other.pk).update(readers=["p0"])  # nobody's but its own people's
    client.force_login(cast.quality)
    page = client.get(counting.get_absolute_url())
    found = page.context["verification"]["recurrences"]
    assert (found.total, found.rows, found.hidden) == (2, [seen], 1)
    text = page.content.decode()
    assert seen.number in text and other.number not in text and "yours to see" in text


def test_a_long_list_of_recurrences_is_cut(counting, cast, units, client):
    happened(cast, units, *([30] * 32))
    client.force_login(cast.quality)
    found = client.get(counting.get_absolute_url()).context["verification"]["recurrences"]
    assert (found.total, len(found.rows), found.hidden, found.has_more) == (32, 30, 0, True)


@pytest.mark.parametrize("events", [1, 25])
def test_the_pages_ask_the_same_number_of_questions(
    counting, cast, units, client, events, django_assert_num_queries, django_assert_max_num_queries
):
    happened(cast, units, *([30] * events))
    client.force_login(cast.quality)
    client.get(address(counting, "judge"))
    with django_assert_max_num_queries(22):
        client.get(address(counting, "judge"))
    with django_assert_max_num_queries(27):
        client.get(counting.get_absolute_url())


def test_a_past_round_keeps_its_verdict_beside_the_new_design(cast, units, client):
    incident = tracked(cast, units)
    incident = verify.judge(
        incident, by=cast.quality, version=incident.version, **verdict("not_effective", after=60)
    )
    incident = planned(cast, units, analysed(cast, units, incident))
    client.force_login(cast.quality)
    page = client.get(incident.get_absolute_url())
    assert page.context["verification"]["last"].row.cycle == 1 and page.status_code == 200
    assert page.context["verification"]["last"].signatures[0]["stands"]


# Odd addresses -------------------------------------------------------------------------------------------------------
ODD = ("abc", "-1", "1e9", "9999-12-31", "proportion")


@pytest.mark.parametrize("value", ODD)
def test_no_address_breaks_the_forms(counting, cast, units, client, value):
    client.force_login(cast.quality)
    judged = {name: value for name in client.get(address(counting, "judge")).context["form"].fields}
    assert client.get(address(counting, "judge"), judged).status_code == 200
    for name in judged:
        assert client.get(address(counting, "judge"), {name: value}).status_code == 200, name
    other = analysed(cast, units)
    client.force_login(cast.owner)
    for name in client.get(address(other, "fix-design")).context["form"].fields:
        assert client.get(address(other, "fix-design"), {name: value}).status_code == 200, name
        answer = client.get(reverse("design-answer", args=[other.number]), typed(**{name: value}))
        assert answer.status_code == 200, name
