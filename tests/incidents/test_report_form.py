"""Reporting in the browser: the form, what it keeps when it is refused, and what is said afterwards."""

import datetime as dt
import re
import uuid

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from history.models import Event, Submission
from incidents import identify
from incidents.models import Evidence, Incident, IncidentType
from incidents.stages import Channel, ReporterKind, Stage
from people.models import Contact
from people.units import found
from tests.incidents import samples

pytestmark = pytest.mark.django_db

WORDS = "The air conditioning of car 3 failed and passengers complained."


def filled(units, **changes) -> dict:
    values = {
        "key": str(uuid.uuid4()), "type": "quality", "subtype": "quality-comfort", "description": WORDS,
        "unit": units.crew.pk, "place": "Car 3", "reporter_kind": "self", "channel": "system",
        "occurred_at": timezone.localtime().strftime("%Y-%m-%dT%H:%M"), "people_affected": "86",
    }  # fmt: skip
    return {name: value for name, value in (values | changes).items() if value is not None}


@pytest.fixture
def as_reporter(client, cast):
    client.force_login(cast.reporter)
    return client


def send_file(client, content=None, name="photo.jpg"):
    file = SimpleUploadedFile(name, samples.picture() if content is None else content)
    return client.post(reverse("report-uploads"), {"file": file})


# The form ------------------------------------------------------------------------------------------------------------
def test_the_form_opens_at_home_now(as_reporter, units):
    page = as_reporter.get(reverse("report")).content.decode()
    assert re.search(rf'<option value="{units.crew.pk}" selected>', page)
    assert "Harbour Hotels" not in page and "West Division" in page
    assert "Severity" not in page and "How severe" not in page
    assert page.count('name="type"') == 7 and 'value="quality-comfort"' in page


def test_a_qr_code_sets_the_place(as_reporter, units):
    page = as_reporter.get(reverse("report"), {"unit": "er-e-hz", "place": "Gate 12"}).content.decode()
    assert re.search(rf'<option value="{units.station.pk}" selected>', page)
    assert "from the QR code" in page and 'value="Gate 12"' in page
    assert 'value="qr" selected' in page


def test_another_companys_qr_code_sets_nothing(as_reporter, units):
    page = as_reporter.get(reverse("report"), {"unit": "HH"}).content.decode()
    assert re.search(rf'<option value="{units.crew.pk}" selected>', page)


def test_retired_types_and_closed_units_are_not_offered(as_reporter, units):
    IncidentType.objects.filter(code="staff").update(retired=True)
    units.station.closed_on = timezone.localdate()
    units.station.save()
    page = as_reporter.get(reverse("report")).content.decode()
    assert 'value="staff"' not in page and 'value="staff-procedure"' not in page
    assert "Hangzhou East" not in page
    answer = as_reporter.post(
        reverse("report"), filled(units, type="staff", subtype=None, unit=units.station.pk)
    )
    assert answer.status_code == 422 and Incident.objects.count() == 0


def test_the_form_asks_the_same_few_questions_whatever_the_size(
    as_reporter, units, django_assert_num_queries
):
    as_reporter.get(reverse("report"))
    with django_assert_num_queries(6):  # session, person, posts, home unit, types, units
        as_reporter.get(reverse("report"))
    for number in range(30):
        found(name=f"Crew {number}", code=f"X{number}", parent=units.east)
    with django_assert_num_queries(6):
        as_reporter.get(reverse("report"))


# Sending -------------------------------------------------------------------------------------------------------------
def test_a_report_is_on_record_and_thanked_for(as_reporter, cast, units):
    answer = as_reporter.post(reverse("report"), filled(units))
    incident = Incident.objects.get()
    assert answer.status_code == 302 and answer.url == reverse("report-sent", args=[incident.number])
    assert (incident.type.code, incident.unit, incident.place) == ("quality-comfort", units.crew, "Car 3")
    assert (incident.stage, incident.reporter, incident.people_affected) == (
        Stage.IDENTIFY,
        cast.reporter,
        86,
    )
    page = as_reporter.get(answer.url).content.decode()
    assert incident.number in page and "Li Min has been told" in page and "It is judged by" in page
    assert f'data-draft-clear="report-{cast.reporter.pk}"' in page


def test_a_report_costs_few_statements(as_reporter, units):
    """11 between BEGIN and COMMIT: session, person, units, type, site manager, number, key, incident, event, deadline,
    notice. One more with photos.
    """
    pictures = [send_file(as_reporter).json()["id"] for _number in range(3)]
    for uploads, most in (([], 12), (pictures, 13)):
        with CaptureQueriesContext(
            connection,
        ) as queries:
            answer = as_reporter.post(reverse("report"), filled(units, uploads=uploads))
        assert answer.status_code == 302
        statements = [
            q["sql"] for q in queries if not re.match("(?i)(RELEASE )?SAVEPOINT|BEGIN|COMMIT", q["sql"])
        ]
        assert len(statements) == most, "\n".join(statements)


def test_the_finer_type_counts_only_below_the_chosen_one(as_reporter, units):
    as_reporter.post(reverse("report"), filled(units, type="delay", subtype="quality-comfort"))
    assert Incident.objects.get().type.code == "delay"


def test_everything_wrong_is_told_at_once_and_linked(as_reporter, units):
    wrong = filled(
        units, type=None, description="Too hot", occurred_at="2199-01-01T00:00", people_affected="many",
        containment="Handed out water",
    )  # fmt: skip
    answer = as_reporter.post(reverse("report"), wrong)
    page = answer.content.decode()
    assert answer.status_code == 422 and Incident.objects.count() == 0
    for target in ("id_type", "id_description", "id_occurred_at", "id_people_affected"):
        assert f'href="#{target}"' in page and f'id="{target}"' in page
    assert "Too hot" in page and "Handed out water" in page and wrong["key"] in page
    assert page.index('role="alert"') < page.index('id="shots-title"')


@pytest.mark.parametrize("who", ["hotels", "nowhere"])
def test_nobody_reports_for_a_foreign_unit(as_reporter, units, who):
    unit = units.hotels.pk if who == "hotels" else 999_999
    answer = as_reporter.post(reverse("report"), filled(units, unit=unit))
    assert answer.status_code == 422 and Incident.objects.count() == 0
    assert as_reporter.post(reverse("report"), filled(units, unit=units.west.pk)).status_code == 302


def test_somebody_else_told_it(as_reporter, cast, units):
    told = filled(
        units, reporter_kind="other", channel="phone", contact_name="张伟", contact_phone="18612341402"
    )
    answer = as_reporter.post(reverse("report"), told)
    incident = Incident.objects.get()
    assert (incident.contact.name, incident.channel) == ("张伟", Channel.PHONE)
    assert incident.reporter == cast.reporter
    page = as_reporter.get(answer.url).content.decode()
    assert "186****1402" in page and "18612341402" not in page and "张伟" not in page
    told_of = Event.objects.get(act="incident.report")
    assert "张伟" not in told_of.payload and "18612341402" not in told_of.payload


def test_somebody_else_needs_a_name_or_an_address(as_reporter, units):
    answer = as_reporter.post(reverse("report"), filled(units, reporter_kind="other"))
    assert answer.status_code == 422 and 'href="#id_contact_name"' in answer.content.decode()


def test_contact_data_of_a_report_of_ones_own_is_dropped(as_reporter, units):
    as_reporter.post(reverse("report"), filled(units, contact_name="张伟"))
    assert Incident.objects.get().contact is None and Contact.objects.count() == 0


def test_people_without_an_account_are_asked_to_sign_in(client, cast, units):
    answer = client.post(reverse("report"), filled(units))
    assert answer.status_code == 302 and answer.url.startswith(reverse("account_login"))
    assert Incident.objects.count() == 0


def test_the_page_of_thanks_is_for_the_reporter(client, cast, units):
    client.force_login(cast.reporter)
    url = client.post(reverse("report"), filled(units)).url
    for other in (cast.colleague, cast.site_manager, cast.hotel_quality):
        client.force_login(other)
        assert client.get(url).status_code == 404


# Files ---------------------------------------------------------------------------------------------------------------
def test_files_arrive_while_one_still_writes(as_reporter, cast, units):
    answer = send_file(as_reporter, samples.photo_with_place(), "IMG 1.jpeg")
    assert answer.status_code == 201
    sent = answer.json()
    assert (sent["name"], sent["kind"]) == ("IMG 1.jpeg", "image")
    assert as_reporter.get(sent["thumbnail"]).headers["Content-Type"] == "image/webp"
    as_reporter.post(reverse("report"), filled(units, uploads=[sent["id"]]))
    evidence = Incident.objects.get().evidence.get()
    assert (str(evidence.pk), evidence.uploaded_by, evidence.stage) == (
        sent["id"],
        cast.reporter,
        Stage.IDENTIFY,
    )
    event = Event.objects.get(act="incident.report")
    assert event.after["evidence"] == [
        {"evidence": sent["id"], "kind": "image", "size": evidence.size, "sha256": evidence.sha256}
    ]


def test_a_refused_file_says_why(as_reporter):
    answer = send_file(as_reporter, b"<svg xmlns='x'></svg>")
    assert answer.status_code == 422 and "accepted" in answer.json()["error"]
    assert as_reporter.post(reverse("report-uploads")).status_code == 422
    assert Evidence.objects.count() == 0


def test_a_refused_file_says_why_in_the_readers_language(as_reporter, cast, monkeypatch):
    cast.reporter.language = "zh-hans"
    cast.reporter.save()
    asked = []
    monkeypatch.setattr(
        "incidents.files.refusing._filled", lambda text, values: asked.append(str(text)) or str(text)
    )
    assert send_file(as_reporter, b"").headers["Content-Language"] == "zh-hans"


def test_a_file_that_is_too_large_is_dropped_on_the_way(as_reporter, units, settings):
    settings.UPLOAD_MAX_BYTES = 300_000
    answer = send_file(as_reporter, samples.picture() + bytes(400_000))
    assert answer.status_code == 413 and "larger" in answer.json()["error"]
    big = SimpleUploadedFile("film.mp4", bytes(400_000))
    answer = as_reporter.post(reverse("report"), filled(units) | {"files": [big]})
    assert answer.status_code == 422 and "film.mp4" in answer.content.decode()
    assert Incident.objects.count() == Evidence.objects.count() == 0


def test_there_is_a_limit_for_a_day(as_reporter, settings):
    settings.UPLOAD_QUOTA_PER_DAY = len(samples.picture()) + 10
    assert send_file(as_reporter).status_code == 201
    answer = send_file(as_reporter)
    assert answer.status_code == 422 and "tomorrow" in answer.json()["error"]
    Evidence.objects.update(uploaded_at=timezone.now() - dt.timedelta(days=2))
    assert send_file(as_reporter).status_code == 201


def test_there_is_a_limit_for_a_report(as_reporter, units, settings):
    settings.UPLOAD_MAX_FILES = 2
    uploads = [send_file(as_reporter).json()["id"] for _number in range(3)]
    answer = as_reporter.post(reverse("report"), filled(units, uploads=uploads))
    page = answer.content.decode()
    assert answer.status_code == 422 and "Too many files" in page and Incident.objects.count() == 0
    assert page.count('name="uploads"') == 3  # to choose from


def test_files_of_others_and_files_in_use_are_not_taken(client, cast, units):
    client.force_login(cast.colleague)
    foreign = send_file(client).json()["id"]
    client.force_login(cast.reporter)
    answer = client.post(reverse("report"), filled(units, uploads=[foreign]))
    assert answer.status_code == 422 and "no longer there" in answer.content.decode()
    assert client.delete(reverse("report-upload", args=[foreign])).status_code == 404
    own = send_file(client).json()["id"]
    assert client.post(reverse("report"), filled(units, uploads=[own])).status_code == 302
    assert client.post(reverse("report"), filled(units, uploads=[own])).status_code == 422
    assert client.delete(reverse("report-upload", args=[own])).status_code == 404
    assert Incident.objects.count() == 1 and Evidence.objects.count() == 2


def test_a_file_is_taken_back(as_reporter, media, django_capture_on_commit_callbacks):
    sent = send_file(as_reporter).json()
    assert len([path for path in media.rglob("*") if path.is_file()]) == 2
    with django_capture_on_commit_callbacks(execute=True):
        assert as_reporter.delete(reverse("report-upload", args=[sent["id"]])).status_code == 204
    assert Evidence.objects.count() == 0
    assert not [path for path in media.rglob("*") if path.is_file()]


def test_signed_out_a_script_is_told_so(client, cast):
    assert send_file(client).status_code == 401
    assert client.delete(reverse("report-upload", args=[uuid.uuid4()])).status_code == 401


def test_without_javascript_files_come_with_the_form(as_reporter, units):
    files = [
        SimpleUploadedFile("a.jpg", samples.picture(colour="red")),
        SimpleUploadedFile("b.mp4", samples.film()),
    ]
    answer = as_reporter.post(reverse("report"), filled(units) | {"files": files})
    assert answer.status_code == 302
    assert {e.kind for e in Incident.objects.get().evidence.all()} == {"image", "video"}


def test_without_javascript_files_survive_a_refusal(as_reporter, units):
    files = [SimpleUploadedFile("a.jpg", samples.picture()), SimpleUploadedFile("b.jpg", b"not a picture")]
    answer = as_reporter.post(reverse("report"), filled(units, description="Hot") | {"files": files})
    page = answer.content.decode()
    assert answer.status_code == 422 and "b.jpg: Files of this kind" in page
    (kept,) = re.findall(r'name="uploads" value="([^"]+)"', page)
    answer = as_reporter.post(reverse("report"), filled(units, uploads=[kept]))
    assert str(Incident.objects.get().evidence.get().pk) == kept


def test_without_javascript_a_file_is_taken_back_and_the_words_stay(as_reporter, units):
    kept, unwanted = (send_file(as_reporter).json()["id"] for _number in range(2))
    answer = as_reporter.post(
        reverse("report"), filled(units, description="Hot", uploads=[kept, unwanted], remove=unwanted)
    )
    page = answer.content.decode()
    assert answer.status_code == 200 and "errbox" not in page and ">\nHot</textarea>" in page
    assert re.findall(r'name="uploads" value="([^"]+)"', page) == [kept]
    assert 'value="86"' in page and str(Evidence.objects.get().pk) == kept


# Twice ---------------------------------------------------------------------------------------------------------------
def test_the_same_form_twice_is_one_report(as_reporter, units):
    form = filled(units)
    first, second = (as_reporter.post(reverse("report"), form) for _time in range(2))
    assert first.url == second.url and Incident.objects.count() == 1
    assert Event.objects.filter(act="incident.report").count() == Submission.objects.count() == 1


def test_the_same_form_with_files_twice_is_one_report(as_reporter, units):
    form = filled(units)
    for _time in range(2):
        files = [SimpleUploadedFile("a.jpg", samples.picture())]
        assert as_reporter.post(reverse("report"), form | {"files": files}).status_code == 302
    assert Incident.objects.count() == Evidence.objects.count() == 1


def test_the_same_key_with_other_words_is_told_and_offered_anew(as_reporter, units):
    form = filled(units)
    as_reporter.post(reverse("report"), form)
    answer = as_reporter.post(
        reverse("report"), form | {"description": "Something quite different happened."}
    )
    page = answer.content.decode()
    assert answer.status_code == 422 and "was sent before" in page and Incident.objects.get().number in page
    assert form["key"] not in page and "Something quite different" in page
    key = re.search(r'name="key" value="([^"]+)"', page)[1]
    again = form | {"description": "Something quite different happened.", "key": key}
    assert as_reporter.post(reverse("report"), again).status_code == 302
    assert Incident.objects.count() == 2


def test_somebody_elses_key_shows_nothing_of_their_report(client, cast, units):
    form = filled(units)
    client.force_login(cast.reporter)
    client.post(reverse("report"), form)
    client.force_login(cast.colleague)
    answer = client.post(reverse("report"), form)
    assert answer.status_code == 422 and Incident.objects.get().number not in answer.content.decode()


# Anonymous -----------------------------------------------------------------------------------------------------------
def report_anonymously(client, units, **changes):
    sent = send_file(client).json()["id"]
    return client.post(reverse("report"), filled(units, reporter_kind="anonymous", uploads=[sent], **changes))


def test_anonymous_leaves_no_trace_of_the_person(as_reporter, cast, units):
    answer = report_anonymously(as_reporter, units, contact_name="Zhou Jie")
    incident = Incident.objects.get()
    assert (incident.reporter, incident.contact, incident.reporter_kind) == (
        None,
        None,
        ReporterKind.ANONYMOUS,
    )
    assert f"p{cast.reporter.pk}" not in incident.readers
    assert incident.evidence.get().uploaded_by is None
    event = Event.objects.get(act="incident.report")
    assert event.actor is None and event.actor_name == "" and "Zhou" not in event.payload
    assert Submission.objects.get().person is None
    assert not Incident.objects.visible_to(cast.reporter).exists()
    token = answer.url.split("/")[2]
    assert incident.follow_digest == identify.follow_digest(token) and token not in str(vars(incident))


def test_the_secret_link_tells_the_stage_and_nothing_personal(client, cast, units):
    client.force_login(cast.reporter)
    answer = report_anonymously(client, units)
    page = client.get(answer.url).content.decode()
    assert "Keep this link" in page and f"testserver{answer.url.split('?')[0]}" in page
    client = Client(headers={"accept-language": "en"})
    follow = client.get(answer.url.split("?")[0])
    page = follow.content.decode()
    assert (
        follow.headers["X-Robots-Tag"].startswith("noindex") and "no-store" in follow.headers["Cache-Control"]
    )
    assert follow.headers["Referrer-Policy"] == "no-referrer"
    incident = Incident.objects.get()
    assert incident.number in page and "The site manager judges" in page
    for secret in ("Li Min", "Zhou", WORDS, units.crew.name, "Car 3"):
        assert secret not in page
    identify.dismiss(
        incident, by=cast.site_manager, version=incident.version, reason="The log shows 24 degrees all day."
    )
    page = client.get(answer.url.split("?")[0]).content.decode()
    assert "not substantiated" in page and "The log shows 24 degrees" in page


def test_the_same_anonymous_form_twice_gives_the_same_link(as_reporter, units):
    form = filled(units, reporter_kind="anonymous")
    first, second = (as_reporter.post(reverse("report"), form).url for _time in range(2))
    assert first == second and Incident.objects.count() == 1


def test_a_guessed_link_leads_nowhere(client, cast, units):
    assert client.get(reverse("follow", args=["0" * 64])).status_code == 404
    assert client.get("/follow/x/").status_code == 404


def test_a_named_report_has_no_secret_link(client, cast, units):
    client.force_login(cast.reporter)
    client.post(reverse("report"), filled(units))
    assert Incident.objects.get().follow_digest == ""
