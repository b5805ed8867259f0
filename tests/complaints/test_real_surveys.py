"""Surveys that others have published, taken through the import and the statistics: results equal ORACLES.json.

The files are data of the project, not of the product; without them each test says loudly that it was skipped.
"""

import json
from collections import defaultdict

import pytest
from django.core.files.base import ContentFile

from complaints.importing.answers.mapping import Question
from complaints.importing.answers.shares import published_shares
from complaints.models import Response, Survey
from complaints.surveys.statistics import Results
from incidents.importing.sample import Sample
from tests.complaints.imports import import_answers, real_file


@pytest.fixture(autouse=True)
def media(settings, tmp_path):
    settings.MEDIA_ROOT = tmp_path


def oracle(name: str) -> dict:
    return json.loads(real_file("ORACLES.json"))[name]


def near(value, places=4):
    return pytest.approx(value, abs=0.6 * 10**-places)


def results() -> Results:
    survey = Survey.objects.get()
    return Results(survey, Response.objects.all(), versions=list(survey.versions.all()))


@pytest.mark.django_db
def test_airline_passengers(cast, units, django_assert_max_num_queries):
    """25,976 passengers, 14 questions from 1 to 5 with 0 for "not applicable"; groups are the classes.

    The published index is the mean over the passengers of the means of their own answers, which is ours. "satisfaction"
    is a choice of two: with 100 for "satisfied" its index is the published share. It weighs nothing in the index.
    """
    known = oracle("airline_shared")
    data = real_file("airline_satisfaction_test.csv.gz")
    verdict = Question(
        "satisfaction", "choice", dimension="overall", weight="0",
        values={"satisfied": 100, "neutral or dissatisfied": 0},
    )  # fmt: skip
    dimensions = {
        "Inflight service": "attitude",
        "Online boarding": "efficiency",
        "Cleanliness": "environment",
    }
    questions = [Question(item, dimension=dimensions.get(item, "")) for item in known["items"]]
    job = import_answers(
        cast.quality, data, name="airline.csv.gz", unit=units.rail, answered_at="2016-01-01",
        columns={"external_id": "id", "group": "Class"}, questions=[*questions, verdict],
    )  # fmt: skip
    assert (job.status, job.summary["created"], job.summary["errors"]) == ("done", known["rows"], 0)
    found = results()
    with django_assert_max_num_queries(6):
        assert found.csi.n == 25_976 and found.csi.value == near(known["csi_overall"])
        assert found.csi.upper - found.csi.lower < 0.6
        assert {line.label: near(line.figure.value) for line in found.groups} == known["csi_by_class"]
        assert {line.label: line.n for line in found.groups} == known["n_by_class"]
        items = {row.item.in_language("en"): row for row in found.items}
        assert {name: near(items[name].index.value) for name in known["items"]} == known["item_csi"]
        asked = [items[name] for name in known["items"]]
        best = sum(row.distribution[4] + row.distribution[5] for row in asked)
        assert sum(row.n for row in asked) == 14 * 25_976 - known["zero_answers"]
        overall = found.overall
        drivers = found.drivers
    assert overall.index.value == near(known["satisfied_pct"]) == overall.top_box.value
    assert 100 * best / sum(row.n for row in asked) == near(known["top2box_all_items_pct"])
    assert drivers[0].key == "efficiency" and drivers[0].driver.n <= 25_976 and drivers[0].driver.value > 0.4
    assert found.measured_against == "overall"


@pytest.mark.django_db
def test_mobile_phone_customers(cast, units):
    """The ECSI's 250 customers, 24 questions from 1 to 10. The index is of the three about satisfaction (CUSA); its
    other blocks are dimensions here. A block's figure is the mean over customers of its questions, 0 to 100."""
    known = oracle("ecsi_mobi")
    blocks = {
        "IMAG": "reliability", "CUEX": "assurance", "PERQ": "content", "PERV": "efficiency", "CUSA": "overall",
        "CUSL": "empathy", "CUSC": "response",
    }  # fmt: skip
    data = real_file("ecsi_mobi_250.csv")
    headings = data.decode().splitlines()[0].split(",")
    questions = [
        Question(name, "likert10", dimension=blocks[name[:4]], weight="1" if name.startswith("CUSA") else "0")
        for name in headings
    ]
    job = import_answers(cast.quality, data, unit=units.rail, answered_at="1999-01-01", questions=questions)
    assert (job.summary["created"], job.summary["errors"]) == (known["n"], 0)
    found = results()
    assert (found.csi.n, found.csi.value) == (known["n"], near(known["csi_unweighted_0_100"]))
    means = {row.item.in_language("en"): row.mean.value for row in found.items}
    assert {name: near(means[name]) for name in known["means"]} == known["means"]
    told = {row.key: row.mean.value for row in found.dimensions}
    for block, dimension in blocks.items():
        if block not in ("CUSA", "CUSC"):
            assert told[dimension] == near(known["blocks"][block]), block
    assert told["response"] == near(known["complaints_handling"])
    assert found.drivers[0].tier == 1 and all(row.driver.lower > 0 for row in found.drivers)


def shares(name: str):
    return published_shares(Sample.of(ContentFile(real_file(name)), name, by=None))


def test_bart_riders():
    """What BART has published are shares of answers, without how many were asked: the import shows their index and the
    two best answers, gives no interval, and makes no answers of them that nobody gave. Missing ones don't count."""
    known = oracle("bart")
    found = shares("bart_customer_satisfaction_2008_2018.csv")
    assert found.headings[0] == "Very Satisfied" and len(found.headings) == 5
    assert {line.label: near(line.index) for line in found.lines} == known["csi_0_100_excl_missing"]
    assert {line.label: near(line.two_best) for line in found.lines} == known["top2_recomputed"]
    assert known["top2_recomputed"] == known["top2_published"]
    assert round(found.lines[-1].index, 2) == 61.13 and round(found.lines[0].index, 2) == 80.05


def test_hospital_patients():
    """HCAHPS publishes shares of bottom, middle and top answers in whole per cent, nationally and by state."""
    known = oracle("hcahps")
    tops = defaultdict(list)
    for line in shares("hcahps_national_results.csv").lines:
        period, measure = line.label.split(" · ")
        tops[period].append(line.best)
        if measure == "H_HSP_RATING":
            assert line.best == known["topbox_rating"][period]
        assert line.index == pytest.approx(line.best + (line.two_best - line.best) / 2)
    assert {period: near(sum(of) / len(of), 1) for period, of in tops.items()} == known[
        "mean_topbox_all_measures"
    ]
    states = [line for line in shares("hcahps_state_results.csv").lines if line.label.startswith("07_2023")]
    ratings = [line.best for line in states if line.label.endswith("H_HSP_RATING")]
    assert (
        sum(best < known["topbox_rating"]["07_2023"] for best in ratings)
        == known["states_below_national_rating_2023"]
    )


def test_answers_are_not_taken_for_shares():
    assert shares("ecsi_mobi_250.csv") is None and shares("airline_satisfaction_test.csv.gz") is None
