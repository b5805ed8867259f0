"""Files that staff put beside a complaint stay among those who work on it."""

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.urls import reverse

from complaints import filing, links
from complaints.models import Attachment
from history.models import Event
from incidents.errors import Invalid, NotAllowed
from tests.complaints import letterbox
from tests.incidents import samples

pytestmark = pytest.mark.django_db


@pytest.fixture
def complaint(cast, units, settings, tmp_path):
    settings.MEDIA_ROOT = tmp_path / "media"
    return letterbox.complain(units.station)


def photo(name: str = "log-page.jpg") -> SimpleUploadedFile:
    return SimpleUploadedFile(name, samples.picture(size=(80, 60)))


def test_a_page_of_the_log_is_for_those_who_work_on_it(client, complaint, cast):
    client.force_login(cast.handler)
    act = reverse("complaint-act", args=[complaint.number, "attach"])
    sent = client.post(act, {"files": [photo()], "version": complaint.version})
    assert sent.status_code == 302
    kept = complaint.attachments.get()
    assert (kept.message, kept.uploaded_by) == (None, cast.handler)
    assert "log-page.jpg" in client.get(complaint.get_absolute_url()).content.decode()
    told = Event.objects.get(case=complaint.case, act="complaint.attach")
    assert told.after["attachments"][0]["sha256"] == kept.sha256 and "log-page" not in told.payload
    client.force_login(cast.executive)
    assert "log-page.jpg" not in client.get(complaint.get_absolute_url()).content.decode()
    client.logout()
    token = links.token_for_letter(complaint)
    assert "log-page.jpg" not in client.get(reverse("customer-page", args=[token])).content.decode()
    assert client.get(reverse("customer-file", args=[token, kept.pk])).status_code == 404


def test_all_files_or_none_and_by_those_who_may(complaint, cast):
    bad = SimpleUploadedFile("trap.jpg", b"<html><script>alert(1)</script></html>")
    with pytest.raises(Invalid) as refused:
        filing.add_files(complaint, by=cast.handler, version=complaint.version, files=[photo(), bad])
    assert "files" in refused.value.fields
    with pytest.raises(Invalid):
        filing.add_files(complaint, by=cast.handler, version=complaint.version, files=[])
    with pytest.raises(NotAllowed):
        filing.add_files(complaint, by=cast.executive, version=complaint.version, files=[photo()])
    assert not Attachment.objects.exists()
