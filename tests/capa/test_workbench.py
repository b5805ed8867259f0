"""The workbench of the analysis: what it shows, what its posts do, and that nothing typed is lost."""

import functools
import io
import json
import xml.etree.ElementTree as ElementTree

import pytest
from django.urls import reverse
from PIL import Image

from capa import analyse, verify
from capa.models import Cause
from capa.report_draft import draft
from history.models import Event, Signature
from history.signing import digest_of
from incidents import lettering
from incidents.errors import Invalid
from incidents.models import Incident
from tests.races.crowd import all_at_once, outcomes
from tests.walks import analysed, confirmed, planned, tracked, verdict

pytestmark = pytest.mark.django_db


@pytest.fixture
def incident(cast, units):
    return confirmed(cast, units)


@pytest.fixture
def chen(client, cast):
    client.force_login(cast.owner)
    return client


def add(incident, cast, text, category="machine", **more) -> Cause:
    analyse.add_cause(incident, by=cast.owner, version=None, text=text, category=category, **more)
    return incident.causes.latest("pk")


def confirm(incident, cast, cause, **more):
    values = {"finding": "Seen when it was taken apart.", "notes": ["Protocol 7"], "is_root": True} | more
    analyse.confirm_cause(incident, by=cast.owner, version=None, cause=cause, **values)
    cause.refresh_from_db()


def bench(incident, name="workbench", *args, **query) -> str:
    address = reverse(name, args=[incident.number, *args])
    return address + ("?" + "&".join(f"{key}={value}" for key, value in query.items()) if query else "")


def send(client, incident, cause, status=302, **data):
    row = {
        "seen": cause.version,
        "was_text": cause.text,
        "text": cause.text,
        "was_category": cause.category,
    } | data
    response = client.post(bench(incident, "workbench-cause", cause.pk), row)
    assert response.status_code == status, response.content.decode()[:400]
    cause.refresh_from_db()
    return response.content.decode()


# The page ------------------------------------------------------------------------------------------------------------
def test_everybody_who_sees_the_case_reads_it(cast, units, client, incident):
    for who in ("owner", "reporter"):
        client.force_login(getattr(cast, who))
        page = client.get(bench(incident))
        assert page.status_code == 200
        assert ('data-editable="yes"' in page.content.decode()) == (who == "owner")
    analysed(cast, units, incident)
    assert 'data-editable="no"' in client.get(bench(incident)).content.decode()
    client.force_login(cast.hotel_quality)
    assert client.get(bench(incident)).status_code == 404


@pytest.mark.parametrize("causes", [3, 60])
def test_the_number_of_questions_does_not_grow(cast, incident, chen, causes, django_assert_num_queries):
    parent = None
    for number in range(causes):
        cause = add(
            incident, cast, f"Cause {number}", side=["occurrence", "escape"][number % 5 == 4], parent=parent
        )
        if number % 3 == 0:
            confirm(incident, cast, cause)
        parent = cause if number % 4 == 0 and cause.side == "occurrence" else None
    with django_assert_num_queries(QUESTIONS):
        assert chen.get(bench(incident, cause=incident.causes.first().pk)).status_code == 200


QUESTIONS = 16


def test_two_questions_with_their_own_trees_and_pictures(cast, incident, chen):
    why = add(incident, cast, "Bearing worn")
    unseen = add(incident, cast, "Only the temperature is checked", "Checklist", side="escape")
    below = add(incident, cast, "Checklist of 2019", "", parent=unseen)
    assert (why.side, below.side, below.category) == ("occurrence", "escape", "Checklist")
    page = chen.get(bench(incident, side="escape")).content.decode()
    tree = page[page.index('id="workbench-tree"') : page.index('id="add"')]
    assert "Checklist of 2019" in tree and "Bearing worn" not in tree
    assert "Not noticed: " in page
    picture = page[page.index('<svg class="fish" viewBox="0 0') :]
    assert "Checklist" in picture[: picture.index("</svg>")]  # a bone of its own


def test_a_bone_named_like_one_of_the_six_is_that_one(cast, incident):
    assert add(incident, cast, "Bearing worn", " machine ").category == "machine"
    assert add(incident, cast, "Bearing worn", "Machine").category == "machine"
    with pytest.raises(Invalid):
        add(incident, cast, "Bearing worn", "x" * 31)


# Its posts -----------------------------------------------------------------------------------------------------------
def test_a_row_saves_what_was_typed_and_obeys_its_button(cast, incident, chen):
    first, second = add(incident, cast, "One"), add(incident, cast, "Two")
    send(chen, incident, second, text="Two  and\nmore", do="in", category="people")
    assert (second.text, second.parent, second.category) == ("Two and more", first, "machine")
    send(chen, incident, second, do="out")
    send(chen, incident, second, own_category="Supplier")
    assert (second.parent, second.category) == (None, "Supplier")
    page = send(chen, incident, first, text="  ", status=422)
    assert "Write down the supposed cause." in page and first.text == "One"


def test_a_script_gets_the_tree_alone_and_nothing_while_nothing_changed(cast, incident, chen):
    add(incident, cast, "One")
    incident.refresh_from_db()
    asked = {"headers": {"HX-Request": "true"}}
    assert chen.get(bench(incident, since=incident.version), **asked).status_code == 204
    part = chen.get(bench(incident, since=1), **asked).content.decode()
    assert "<html" not in part and 'id="cause-' in part and 'hx-swap-oob="true"' in part


def test_a_stale_row_is_refused_and_shows_both_texts(cast, incident, chen):
    cause = add(incident, cast, "Bearing worn")
    page_made_from = Cause.objects.get(pk=cause.pk)
    analyse.amend_cause(incident, by=cast.quality, version=None, cause=cause, text="Bearing dry", seen=1)
    page = send(chen, incident, page_made_from, text="Bearing worn out", status=409)
    assert "Bearing worn out" in page and "Bearing dry" in page and "Wang Qiang" in page
    cause.refresh_from_db()
    assert (cause.text, cause.version) == ("Bearing dry", 2)
    send(chen, incident, cause, text="Bearing worn out")  # "keep mine" was made from what stands now
    assert cause.text == "Bearing worn out"


def test_who_moves_is_not_in_the_way_of_who_rewords(cast, incident, chen):
    one, two = add(incident, cast, "One"), add(incident, cast, "Two")
    analyse.shift_cause(incident, by=cast.quality, version=None, cause=two, direction="in", seen=1)
    send(chen, incident, two, text="Two, reworded")
    two.refresh_from_db()
    assert (two.parent, two.text) == (one, "Two, reworded")
    moved = Cause.objects.get(pk=two.pk)
    analyse.shift_cause(
        incident, by=cast.quality, version=None, cause=two, direction="out", seen=moved.version
    )
    send(chen, incident, moved, do="out", status=409)  # both moved it


def test_what_was_taken_back_can_be_added_again(cast, incident, chen):
    cause = add(incident, cast, "Bearing worn")
    analyse.remove_cause(incident, by=cast.quality, version=None, cause=cause, seen=1)
    response = chen.post(
        bench(incident, "workbench-cause", cause.pk),
        {"seen": 1, "was_text": "Bearing worn", "text": "Bearing worn out", "was_category": "machine"},
    )
    page = response.content.decode()
    assert response.status_code == 409 and "Bearing worn out" in page and "Wang Qiang" in page
    assert not incident.causes.exists()


def test_state_and_proof_are_given_in_one_form(cast, incident, chen):
    cause = add(incident, cast, "Bearing worn")

    def find(status=302, **data):
        data = {"seen": cause.version, "status": "confirmed", "finding": "Taken apart."} | data
        response = chen.post(bench(incident, "workbench-finding", cause.pk), data)
        assert response.status_code == status
        cause.refresh_from_db()
        return response.content.decode()

    assert "Name what proves it" in find(status=422)
    find(proof_note="It grinds", kind="video", source="CCTV car 3", mark="00:12:31")
    proof = cause.proofs.get()
    assert (cause.status, proof.kind, proof.source, proof.mark) == (
        "confirmed",
        "video",
        "CCTV car 3",
        "00:12:31",
    )
    find(is_root="on")
    assert cause.is_root and cause.proofs.count() == 1
    find(is_root="on", proof_note="So does the fitter say", kind="interview", source="Wei Gong")
    assert cause.proofs.count() == 2
    stale = chen.post(
        bench(incident, "workbench-finding", cause.pk),
        {"seen": 1, "status": "refuted", "finding": "From an old page"},
    )
    page = stale.content.decode()
    assert stale.status_code == 409 and "From an old page" in page and "Taken apart." in page
    assert Cause.objects.get().status == "confirmed"
    shown = chen.get(bench(incident)).content.decode()
    assert "CCTV car 3" in shown and "00:12:31" in shown and "Wei Gong" in shown


def test_words_conflict_only_where_both_wrote(cast, incident, chen):
    def write(field, text, seen, status=302, **more):
        data = {"field": field, "text": text, "seen": seen} | more
        response = chen.post(bench(incident, "workbench-words"), data)
        assert response.status_code == status
        return response.content.decode()

    analyse.describe(incident, by=cast.quality, version=None, report="Wang's words")
    write("problem", "Not cooled", seen=1)  # an old page, but another text
    page = write("report", "Chen's words", seen=1, status=409)
    assert "Wang&#x27;s words" in page and "Chen&#x27;s words" in page and "Wang Qiang" in page
    assert incident.analyses.get().report == "Wang's words"
    write("report", "Chen's words", seen=incident.analyses.get().version)
    assert incident.analyses.get().report == "Chen's words"
    assert "At most 2000" in write("problem", "x" * 2001, seen=9, status=422)


def test_the_draft_never_overwrites_what_somebody_typed(cast, incident, chen):
    root = add(incident, cast, "Bearing worn")
    confirm(incident, cast, root, kind="interview", source="Wei Gong")
    out = add(incident, cast, "Filter clogged", "method")
    analyse.refute_cause(incident, by=cast.owner, version=None, cause=out, finding="It was clean.")

    def ask(text, do):
        data = {"field": "report", "text": text, "seen": 1, "do": do}
        return chen.post(bench(incident, "workbench-words"), data).content.decode()

    drafted = ask("", "draft")
    field = drafted[drafted.index('id="id_report"') :]
    for words in (
        "Bearing worn (Machine): Seen when",
        "Interview: Wei Gong",
        "Filter clogged: It was clean.",
    ):
        assert words in field
    asked = ask("My own words", "draft")
    assert "My own words</textarea>" in asked and "Put the draft in place of mine" in asked
    assert "My own words" not in ask("My own words", "replace")
    assert incident.analyses.get().report == ""  # a draft is saved by who saves it


# Signed --------------------------------------------------------------------------------------------------------------
def test_the_report_is_signed_and_says_whether_it_still_holds(cast, units, client):
    incident = analysed(cast, units)
    signature = Signature.objects.get(case=incident.case)
    analysis = incident.analyses.get()
    assert (signature.of, signature.meaning, signature.signer) == (
        f"analysis:{analysis.pk}",
        "cause-report",
        cast.owner,
    )
    signed = json.loads(signature.content)
    assert [root["text"] for root in signed["roots"]] == ["Not on the weekly card"]
    assert [proof["note"] for proof in signed["proofs"]] == ["Weekly card V3.2"]
    assert signature.digest == digest_of(signature.content)
    assert Event.objects.get(act="incident.conclude").after["digest"] == signature.digest
    client.force_login(cast.reporter)
    page = client.get(bench(incident)).content.decode()
    assert "Matches what stands here" in page and signature.digest[:12] in page
    incident.analyses.update(report="Changed behind everybody's back")
    assert "Has changed since it was signed" in client.get(bench(incident)).content.decode()


# Rounds --------------------------------------------------------------------------------------------------------------
def test_earlier_rounds_stay_in_view_and_a_supposition_is_taken_over(cast, units, incident, chen):
    open_end = add(incident, cast, "New type of bearing", "Supplier")
    incident.refresh_from_db()
    incident = tracked(cast, units, planned(cast, units, analysed(cast, units, incident)))
    incident = verify.judge(incident, by=cast.quality, version=incident.version, **verdict("not_effective"))
    page = chen.get(bench(incident)).content.decode()
    assert "From earlier rounds" in page and "Condenser fan bearing worn" in page
    assert page.index('id="id_why_differs"') < page.index('id="id_problem"')
    chen.post(bench(incident, "workbench-take-over", open_end.pk))
    taken = incident.causes.get(cycle=2)
    assert (taken.text, taken.category, taken.status) == ("New type of bearing", "Supplier", "hypothesis")
    assert "taken over" in chen.get(bench(incident)).content.decode()


# Files ---------------------------------------------------------------------------------------------------------------
def test_the_drawing_is_a_file_that_stands_for_itself(cast, incident, chen):
    add(incident, cast, "轴承磨损 <b>")
    response = chen.get(bench(incident, "fishbone-svg"))
    assert "attachment" in response["Content-Disposition"]
    root = ElementTree.fromstring(response.content)
    assert root.tag == "{http://www.w3.org/2000/svg}svg" and "var(" not in response.content.decode()
    texts = [element.text for element in root.iter("{http://www.w3.org/2000/svg}text")]
    assert "轴承磨损 <b>" in texts and any(incident.number in text for text in texts)


def test_the_picture_has_every_character_or_says_so(cast, incident, chen, monkeypatch):
    add(incident, cast, "Bearing worn")
    picture = Image.open(io.BytesIO(chen.get(bench(incident, "fishbone-png")).content))
    width, height = picture.size
    assert width > 1800 and height > 800 and len(picture.getcolors(1 << 24)) > 20
    add(incident, cast, "\U000f1234 of nobody's alphabet")
    refused = chen.get(bench(incident, "fishbone-png"))
    assert refused.status_code == 501 and "No font of the server can draw" in refused.content.decode()
    monkeypatch.setattr(lettering, "_faces", lambda: [])
    assert chen.get(bench(incident, "fishbone-png")).status_code == 501


# Many at once --------------------------------------------------------------------------------------------------------
@pytest.mark.django_db(transaction=True)
def test_many_add_at_once_and_nobody_is_refused(cast, units):
    incident = confirmed(cast, units)
    people = (cast.owner, cast.quality, cast.supervisor)
    acts = [
        functools.partial(
            analyse.add_cause,
            incident,
            by=people[number % 3],
            version=None,
            text=f"Cause {number}",
            category="people",
        )
        for number in range(30)
    ]
    assert outcomes(all_at_once(acts)) == {"done": 30}
    assert sorted(incident.causes.values_list("position", flat=True)) == list(range(30))


@pytest.mark.django_db(transaction=True)
def test_of_twenty_who_reword_the_same_cause_one_wins(cast, units):
    incident = confirmed(cast, units)
    cause = add(incident, cast, "Bearing worn")
    acts = [
        functools.partial(
            analyse.amend_cause,
            incident,
            by=cast.quality,
            version=None,
            cause=cause,
            text=f"Words {number}",
            seen=1,
        )
        for number in range(20)
    ]
    results = all_at_once(acts)
    assert outcomes(results) == {"done": 1, "Overtaken": 19}
    stands = incident.causes.get().text
    assert all(result.now.text == stands for result in results if isinstance(result, analyse.Overtaken))
    words = [
        functools.partial(
            analyse.describe, incident, by=cast.quality, version=None, seen=1, report=f"Words {number}"
        )
        for number in range(20)
    ]
    assert outcomes(all_at_once(words)) == {"done": 1, "Overtaken": 19}


def test_a_long_report_is_cut_to_what_the_field_takes(cast, incident):
    for number in range(40):
        add(incident, cast, f"{number} " + "x" * 290)
    assert len(draft(Incident.objects.get(pk=incident.pk))) == 8000
