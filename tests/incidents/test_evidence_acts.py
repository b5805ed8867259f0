"""Evidence of a case: seen, downloaded, added and withdrawn by those who may, and by nobody else."""

import datetime as dt
import hashlib
import uuid

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.urls import reverse
from django.utils import timezone

from history.models import Event
from incidents import evidence, identify
from incidents.errors import Invalid, NotAllowed
from incidents.models import Evidence
from incidents.stages import Stage
from incidents.tasks import discard_abandoned_uploads
from tests.incidents import samples
from tests.walks import report, substantiate

pytestmark = pytest.mark.django_db


def file(content=None, name="photo.jpg"):
    return SimpleUploadedFile(name, samples.picture() if content is None else content)


@pytest.fixture
def case(cast, units):
    """Zhou's report with a photo and a film."""
    uploads = [
        evidence.store_upload(file(), by=cast.reporter),
        evidence.store_upload(file(samples.film(), "film.mp4"), by=cast.reporter),
        evidence.store_upload(file(samples.pdf(), "log.pdf"), by=cast.reporter),
    ]
    incident = report(cast, units, uploads=[upload.pk for upload in uploads])
    for upload in uploads:
        upload.refresh_from_db()
    incident.photo, incident.film, incident.document = uploads
    return incident


# Looking at it -------------------------------------------------------------------------------------------------------
PAGES = ["evidence", "evidence-view", "evidence-inline", "evidence-thumbnail"]


@pytest.mark.parametrize("page", PAGES)
@pytest.mark.parametrize("who", ["reporter", "site_manager", "quality", "handler", "executive"])
def test_who_sees_the_case_sees_its_evidence(client, cast, case, page, who):
    client.force_login(getattr(cast, who))
    assert client.get(reverse(page, args=[case.photo.pk])).status_code == 200


@pytest.mark.parametrize("page", PAGES)
@pytest.mark.parametrize("who", ["colleague", "west_manager", "depot_manager", "admin", "hotel_quality"])
def test_for_others_it_does_not_exist(client, cast, case, page, who):
    client.force_login(getattr(cast, who))
    assert client.get(reverse(page, args=[case.photo.pk])).status_code == 404


@pytest.mark.parametrize("page", PAGES)
def test_signed_out_one_is_asked_to_sign_in(client, case, page):
    answer = client.get(reverse(page, args=[case.photo.pk]))
    assert answer.status_code == 302 and answer.url.startswith(reverse("account_login"))


def test_an_upload_that_is_not_reported_yet_is_its_senders_alone(client, cast, units):
    upload = evidence.store_upload(file(), by=cast.reporter)
    client.force_login(cast.reporter)
    assert client.get(reverse("evidence-view", args=[upload.pk])).status_code == 200
    client.force_login(cast.quality)
    assert client.get(reverse("evidence-view", args=[upload.pk])).status_code == 404


def test_a_download_can_do_nothing_in_a_browser(client, cast, case):
    client.force_login(cast.reporter)
    answer = client.get(reverse("evidence", args=[case.document.pk]))
    assert answer.headers["Content-Type"] == "application/pdf"
    assert answer.headers["Content-Disposition"] == 'attachment; filename="log.pdf"'
    assert answer.headers["X-Content-Type-Options"] == "nosniff"
    assert answer.headers["Cache-Control"] == "private, no-store"
    assert "sandbox" in answer.headers["Content-Security-Policy"]
    assert b"".join(answer.streaming_content) == samples.pdf()


def test_documents_are_never_shown_inline(client, cast, case):
    client.force_login(cast.reporter)
    assert client.get(reverse("evidence-inline", args=[case.document.pk])).status_code == 404
    assert client.get(reverse("evidence-thumbnail", args=[case.document.pk])).status_code == 404
    assert (
        reverse("evidence", args=[case.document.pk])
        in client.get(reverse("evidence-view", args=[case.document.pk])).content.decode()
    )


@pytest.mark.parametrize(
    "asked, status, first, last",
    [
        ("bytes=0-9", 206, 0, 10),
        ("bytes=10-", 206, 10, None),
        ("bytes=-5", 206, -5, None),
        ("lines=1-2", 200, 0, None),
    ],
)
def test_a_player_gets_the_part_it_asks_for(client, cast, case, asked, status, first, last):
    client.force_login(cast.reporter)
    answer = client.get(reverse("evidence-inline", args=[case.film.pk]), headers={"range": asked})
    whole = case.film.file.read()
    assert answer.status_code == status and answer.headers["Accept-Ranges"] == "bytes"
    assert b"".join(answer.streaming_content) == whole[first:last]
    if status == 206:
        assert answer.headers["Content-Range"].endswith(f"/{len(whole)}")


@pytest.mark.parametrize("asked", ["bytes=99999999-", "bytes=9-3"])
def test_a_part_that_is_not_there_is_refused(client, cast, case, asked):
    client.force_login(cast.reporter)
    answer = client.get(reverse("evidence-inline", args=[case.film.pk]), headers={"range": asked})
    assert answer.status_code == 416


def test_the_viewer_shows_what_is_known(client, cast, case):
    client.force_login(cast.site_manager)
    page = client.get(reverse("evidence-view", args=[case.film.pk])).content.decode()
    assert "<video" in page and case.film.sha256 in page and case.number in page and "Zhou Jie" in page
    assert page.count(reverse("evidence-view", args=[case.photo.pk])) == 1
    assert "Withdraw" not in page


def test_the_viewer_asks_the_same_few_questions(client, cast, case, django_assert_max_num_queries):
    client.force_login(cast.quality)
    url = reverse("evidence-view", args=[case.photo.pk])
    with django_assert_max_num_queries(9):
        client.get(url)
    evidence.add_files(case, by=cast.reporter, files=[file() for _number in range(8)])
    with django_assert_max_num_queries(9):
        client.get(url)
    with django_assert_max_num_queries(4):  # session, person, posts, evidence
        client.get(reverse("evidence-thumbnail", args=[case.photo.pk]))


def test_files_lie_under_names_that_say_nothing(case, media):
    stored = [path for path in media.rglob("*") if path.is_file()]
    assert len(stored) == 4  # three files and a thumbnail
    assert not [path for path in stored if "photo" in path.name or path.suffix]
    assert all(path.stat().st_mode & 0o077 == 0 for path in stored)


# Adding --------------------------------------------------------------------------------------------------------------
@pytest.mark.parametrize("who", ["reporter", "site_manager", "quality", "handler"])
def test_evidence_is_added_with_an_event_for_each(cast, case, who):
    person = getattr(cast, who)
    added = evidence.add_files(
        case, by=person, files=[file(), file(samples.wav(), "call.wav")], caption="Later"
    )
    assert [item.caption for item in added] == ["Later", "Later"] and case.evidence.count() == 5
    events = Event.objects.of(case.case).filter(act="incident.add_evidence")
    assert {event.after["sha256"] for event in events} == {item.sha256 for item in added}
    assert {(event.actor, event.after["kind"]) for event in events} == {(person, "image"), (person, "audio")}


@pytest.mark.parametrize("who", ["colleague", "executive", "admin", "west_manager", "hotel_quality"])
def test_others_add_nothing(cast, case, who):
    with pytest.raises(NotAllowed):
        evidence.add_files(case, by=getattr(cast, who), files=[file()])
    assert case.evidence.count() == Evidence.objects.count() == 3
    assert not Event.objects.filter(act="incident.add_evidence").exists()


def test_one_bad_file_keeps_the_others_out_too(cast, case, django_capture_on_commit_callbacks, media):
    stored = {path for path in media.rglob("*") if path.is_file()}
    with django_capture_on_commit_callbacks(execute=True), pytest.raises(Invalid) as refused:
        evidence.add_files(case, by=cast.reporter, files=[file(), file(b"<html>", "x.jpg")])
    assert set(refused.value.fields) == {"files"}
    assert Evidence.objects.count() == 3
    assert {path for path in media.rglob("*") if path.is_file()} == stored


def test_adding_makes_no_page_stale(cast, case):
    version = case.version
    evidence.add_files(case, by=cast.reporter, files=[file()])
    identify.dismiss(case, by=cast.site_manager, version=version, reason="It was the wrong train.")


def test_added_later_it_belongs_to_the_stage_it_came_in(cast, case):
    confirmed = substantiate(case, cast)
    (added,) = evidence.add_files(confirmed, by=cast.supervisor, files=[file()])
    assert (added.stage, added.cycle) == (Stage.CONFIRM, 1)


def test_nothing_is_added_to_a_merged_case(cast, units, case):
    other = report(cast, units)
    merged = identify.merge(case, other, by=cast.site_manager, version=case.version)
    with pytest.raises(Invalid):
        evidence.add_files(merged, by=cast.reporter, files=[file()])
    assert Evidence.objects.count() == 3


def test_the_incident_page_has_a_form_for_it(client, cast, case):
    client.force_login(cast.reporter)
    url = reverse("act", args=[case.number, "add-evidence"])
    assert 'type="file"' in client.get(url).content.decode()
    answer = client.post(
        url, {"version": case.version, "files": [file(), file(samples.pdf(), "a.pdf")], "caption": "Two"}
    )
    assert answer.status_code == 302 and case.evidence.count() == 5
    answer = client.post(url, {"version": case.version, "files": [file(b"x", "x.exe")]})
    assert answer.status_code == 422 and "accepted" in answer.content.decode() and case.evidence.count() == 5


# Withdrawing ---------------------------------------------------------------------------------------------------------
def test_withdrawn_evidence_is_gone_for_all_but_quality_managers(client, cast, case):
    client.force_login(cast.quality)
    url = reverse("evidence-view", args=[case.photo.pk])
    assert "Withdraw" in client.get(url).content.decode()
    answer = client.post(reverse("evidence-withdraw", args=[case.photo.pk]), {"reason": "Shows an ID card"})
    assert answer.status_code == 302
    event = Event.objects.get(act="incident.withdraw_evidence")
    assert (event.actor, event.reason, event.after["sha256"]) == (
        cast.quality,
        "Shows an ID card",
        case.photo.sha256,
    )
    assert "Shows an ID card" in client.get(url).content.decode()
    for who in (cast.reporter, cast.site_manager, cast.executive):
        client.force_login(who)
        for page in PAGES:
            assert client.get(reverse(page, args=[case.photo.pk])).status_code == 404
    assert not case.evidence.shown().filter(pk=case.photo.pk).exists()


def test_withdrawing_needs_a_reason(client, cast, case):
    client.force_login(cast.quality)
    answer = client.post(reverse("evidence-withdraw", args=[case.photo.pk]), {"reason": " "})
    assert answer.status_code == 422 and case.evidence.shown().count() == 3
    with pytest.raises(Invalid):
        evidence.withdraw(case.photo, by=cast.quality, reason=" ")


def test_evidence_is_withdrawn_once(cast, case):
    evidence.withdraw(case.photo, by=cast.quality, reason="Shows an ID card")
    with pytest.raises(Invalid):
        evidence.withdraw(case.photo, by=cast.quality, reason="Again")
    assert Event.objects.filter(act="incident.withdraw_evidence").count() == 1


@pytest.mark.parametrize("who", ["reporter", "site_manager", "supervisor", "handler", "executive"])
def test_others_withdraw_nothing(client, cast, case, who):
    client.force_login(getattr(cast, who))
    answer = client.post(reverse("evidence-withdraw", args=[case.photo.pk]), {"reason": "I don't like it"})
    assert answer.status_code == 403 and case.evidence.shown().count() == 3
    with pytest.raises(NotAllowed):
        evidence.withdraw(case.photo, by=getattr(cast, who), reason="I don't like it")


def test_strangers_cannot_even_try_to_withdraw(client, cast, case):
    client.force_login(cast.hotel_quality)
    url = reverse("evidence-withdraw", args=[case.photo.pk])
    assert client.post(url, {"reason": "x"}).status_code == 404
    assert client.post(reverse("evidence-withdraw", args=[uuid.uuid4()]), {"reason": "x"}).status_code == 404
    assert case.evidence.shown().count() == 3


# Left lying ----------------------------------------------------------------------------------------------------------
def test_uploads_that_nobody_reported_are_discarded_with_their_files(
    cast, case, media, django_capture_on_commit_callbacks
):
    left, fresh = (evidence.store_upload(file(), by=cast.reporter) for _number in range(2))
    Evidence.objects.filter(pk=left.pk).update(uploaded_at=timezone.now() - dt.timedelta(hours=49))
    Evidence.objects.filter(incident=case).update(uploaded_at=timezone.now() - dt.timedelta(days=400))
    with django_capture_on_commit_callbacks(execute=True):
        discard_abandoned_uploads()
    assert set(Evidence.objects.values_list("pk", flat=True)) == {
        fresh.pk, case.photo.pk, case.film.pk, case.document.pk,
    }  # fmt: skip
    assert not (media / left.file.name).exists() and not (media / left.thumbnail.name).exists()
    assert (media / fresh.file.name).exists() and (media / case.photo.file.name).exists()


def test_a_failed_write_leaves_no_file_behind(cast, media, monkeypatch):
    def fail(*args, **kwargs):
        raise OSError("the database is gone")

    monkeypatch.setattr(Evidence, "save", fail)
    with pytest.raises(OSError):
        evidence.store_upload(file(), by=cast.reporter)
    assert not [path for path in media.rglob("*") if path.is_file()]


def test_what_is_stored_is_what_its_checksum_says(cast):
    upload = evidence.store_upload(file(samples.photo_with_place()), by=cast.reporter)
    stored = upload.file.read()
    assert hashlib.sha256(stored).hexdigest() == upload.stored_sha256 and len(stored) == upload.size
    assert hashlib.sha256(samples.photo_with_place()).hexdigest() == upload.sha256
