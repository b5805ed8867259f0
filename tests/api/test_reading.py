"""What the API tells, and to whom."""

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from capa import verify
from tests import walks
from tests.api.conftest import said

pytestmark = pytest.mark.django_db


def test_a_case_is_told_from_the_report_to_the_lessons(cast, units, program):
    case = walks.improved(cast, units)
    told = program(cast.quality).read(f"incidents/{case.number}/")
    assert (told["stage"], told["round"], told["severity"]) == ("closed", 1, 3)
    assert told["version"] == case.version
    assert told["unit"] == {"id": units.crew.pk, "code": "ER-E-C3", "name": "High-speed Crew 3"}
    assert [(row["person"]["username"], row["share"]) for row in told["attributions"]] == [("chen", 100)]
    assert [cause["text"] for cause in told["causes"] if cause["is_root"]] == ["Not on the weekly card"]
    assert {measure["status"] for measure in told["measures"]} == {"done"}
    assert told["verifications"][0]["verdict"] == "effective"
    assert told["improvements"][0]["proof"] == "Manual 12, page 4"
    assert told["gate"] == [] and [offer["act"] for offer in told["acts"]] == ["link", "unlink", "reopen"]


def test_it_says_what_the_next_step_needs_and_who_may_take_it(cast, units, program):
    case = walks.report(cast, units)
    for person, acts in [
        (cast.reporter, {"add-evidence"}),
        (cast.site_manager, {"substantiate", "dismiss", "merge"}),
    ]:
        told = program(person).read(f"incidents/{case.number}/")
        assert acts <= {offer["act"] for offer in told["acts"]}
        assert {"label": "A severity is chosen", "met": False} in told["gate"]
    assert "substantiate" not in {
        offer["act"] for offer in program(cast.reporter).read(f"incidents/{case.number}/")["acts"]
    }


def test_what_isnt_theirs_doesnt_exist_for_them(cast, units, program):
    case = walks.planned(cast, units)
    measure = walks.open_measures(case)[0].number
    assert program(cast.quality).read("incidents/")["results"][0]["number"] == case.number
    for person in (cast.colleague, cast.west_manager, cast.hotel_quality, cast.admin):
        stranger = program(person)
        assert stranger.read("incidents/")["results"] == []
        for path in (f"incidents/{case.number}/", f"measures/{measure}/"):
            said(stranger.ask("get", path), 404, "not_found")
        said(stranger.act(case.number, "complete", version=case.version), 404, "not_found")
        said(
            stranger.send(f"measures/{measure}/acts/progress/", {"text": "x", "progress": 5}),
            404,
            "not_found",
        )


def test_a_contact_is_masked_for_everybody(cast, units, program):
    contact = {"name": "张伟民", "phone": "18612341402", "email": "weimin@example.org"}
    case = walks.report(cast, units, reporter_kind="other", contact=contact)
    for person in (cast.reporter, cast.site_manager, cast.quality, cast.handler):
        answer = program(person).ask("get", f"incidents/{case.number}/")
        assert answer.json()["contact"] == {
            "name": "张**",
            "phone": "186****1402",
            "email": "w***@example.org",
        }
        assert not any(value in answer.content.decode() for value in contact.values())


def test_the_list_has_the_filters_of_the_page(cast, units, program):
    first, second = walks.report(cast, units), walks.substantiate(walks.report(cast, units), cast)
    quality = program(cast.quality)

    def numbers(query: str) -> list[str]:
        return [row["number"] for row in quality.read(f"incidents/?{query}")["results"]]

    assert numbers("") == [second.number, first.number]
    assert numbers("stage=identify") == [first.number]
    assert numbers("stage=identify&stage=confirm&sort=oldest") == [first.number, second.number]
    assert numbers("severity=3&unit=ER-E&reporter=zhou") == [second.number]
    assert numbers("q=air+conditioning&type=facility") == [second.number, first.number]


def test_pages_follow_each_other_both_ways(cast, units, program):
    cases = [walks.report(cast, units).number for _ in range(5)]
    quality, seen, path = program(cast.quality), [], "incidents/?size=2&stage=identify"
    while path:
        page = quality.read(path)
        seen.append([row["number"] for row in page["results"]])
        path = page["next"] and page["next"].partition("/api/v1/")[2]
    assert seen == [[cases[4], cases[3]], [cases[2], cases[1]], [cases[0]]]
    back = quality.read(page["previous"].partition("/api/v1/")[2])
    assert [row["number"] for row in back["results"]] == seen[1]


@pytest.mark.parametrize(
    ("query", "field"),
    [
        ("stage=nowhere", "stage"), ("severity=9", "severity"), ("unit=HH", "unit"), ("owner=nobody", "owner"),
        ("reported_from=yesterday", "reported_from"), ("after=nonsense", "after"), ("before=%00", "before"),
        ("size=0", "size"), ("size=many", "size"), ("stat=open", "stat"),
    ],
)  # fmt: skip
def test_a_filter_that_cant_be_is_told_not_ignored(cast, program, query, field):
    refused = said(program(cast.quality).ask("get", f"incidents/?{query}"), 422, "invalid")
    assert set(refused["fields"]) == {field}


def test_who_one_is_and_what_one_may_name(cast, units, program):
    zhou = program(cast.reporter)
    me = zhou.read("me/")
    assert (me["username"], me["name"], me["unit"]["code"]) == ("zhou", "Zhou Jie", "ER-E-C3")
    assert me["posts"] == [{"role": "reporter", "unit": me["unit"]}]
    assert [unit["code"] for unit in zhou.read("units/")][:2] == ["ER", "ER-E"]
    assert "HH" not in {unit["code"] for unit in zhou.read("units/")}
    types = {kind["code"]: kind["parent"] for kind in zhou.read("types/")}
    assert types["facility-climate"] == "facility" and types["facility"] is None


def test_it_speaks_the_language_and_the_time_of_the_person(cast, units, program):
    case = walks.report(cast, units)
    cast.quality.language, cast.quality.time_zone = "en", "Asia/Tokyo"
    cast.quality.save()
    answer = program(cast.quality).ask("get", f"incidents/{case.number}/", **{"Accept-Language": "zh-hans"})
    assert answer["Content-Language"] == "en" and answer["Cache-Control"] == "no-store"
    assert answer.json()["reported_at"].endswith("+09:00")


def test_a_round_more_costs_no_statement_more(cast, units, program):
    """Cases with few and with many causes and measures, lists of one and of ten: the same number of questions."""
    quality = program(cast.quality)
    quality.read("me/")  # notes the day on which the token was used
    walks.report(cast, units)

    def statements(path: str) -> int:
        with CaptureQueriesContext(
            connection,
        ) as captured:
            quality.read(path)
        return len(captured)

    short = statements("incidents/")
    small = walks.planned(cast, units)
    before = statements(f"incidents/{small.number}/")
    for _ in range(9):
        walks.report(cast, units)
    assert statements("incidents/") == short <= 15
    many = again(cast, units)
    assert statements(f"incidents/{many.number}/") == before <= 36


def again(cast, units):
    """A case in its second round, with an older one beside it."""
    case = walks.tracked(cast, units)
    case = verify.judge(
        case, by=cast.quality, version=case.version, **walks.verdict("not_effective", after=60)
    )
    return walks.planned(cast, units, walks.analysed(cast, units, case))
