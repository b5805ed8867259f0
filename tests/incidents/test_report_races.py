"""The same form sent many times at once, through the real pages on a real PostgreSQL (QUALITY D3)."""

import collections
import functools
import random
import uuid

import pytest
from django.conf import settings
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from history.models import Event, Submission
from history.verification import verify
from incidents.evidence import store_upload
from incidents.models import Evidence, Incident
from reminders.models import Deadline, Notice
from tests.incidents import samples
from tests.races.crowd import all_at_once

pytestmark = pytest.mark.django_db(transaction=True)

AT_ONCE = 50


@pytest.fixture
def post(cast):
    """Sends a form as Zhou, from whichever thread calls."""
    first = Client()
    first.force_login(cast.reporter)
    session = first.cookies[settings.SESSION_COOKIE_NAME].value

    def send(form: dict):
        client = Client()
        client.cookies[settings.SESSION_COOKIE_NAME] = session
        return client.post(reverse("report"), form)

    return send


def form(units, number: int, **changes) -> dict:
    return {
        "key": str(uuid.uuid4()), "type": "delay", "description": f"The queue at gate {number} took half an hour.",
        "unit": units.crew.pk, "occurred_at": timezone.localtime().strftime("%Y-%m-%dT%H:%M"),
    } | changes  # fmt: skip


def all_sent(post, forms: list[dict]) -> list:
    answers = []
    for start in range(0, len(forms), AT_ONCE):
        together = forms[start : start + AT_ONCE]
        answers += all_at_once([functools.partial(post, one) for one in together], in_transaction=False)
    for answer in answers:
        if isinstance(answer, Exception):
            raise answer
    return answers


def double_submit(post, units, how_many: int, times: int) -> None:
    forms = [form(units, number) for number in range(how_many)] * times
    random.Random(7).shuffle(forms)
    # The copies of a form stay near each other, so that they really meet.
    forms.sort(key=lambda one: int(one["description"].split()[4]) // 10)
    answers = all_sent(post, forms)
    assert {answer.status_code for answer in answers} == {302}
    targets = collections.defaultdict(set)
    for sent, answer in zip(forms, answers, strict=True):
        targets[sent["key"]].add(answer.url)
    assert all(len(urls) == 1 for urls in targets.values())
    assert len(set().union(*targets.values())) == how_many
    counts = [Incident.objects.count(), Event.objects.filter(act="incident.report").count(),
              Deadline.objects.count(), Notice.objects.count(), Submission.objects.count()]  # fmt: skip
    assert counts == [how_many] * 5
    serials = sorted(
        int(number.rsplit("-", 1)[1]) for number in Incident.objects.values_list("number", flat=True)
    )
    assert serials == list(range(1, how_many + 1))
    assert not list(verify())


def test_twenty_forms_sent_five_times_are_twenty_reports(post, units):
    double_submit(post, units, 20, 5)


@pytest.mark.slow
def test_five_hundred_forms_sent_five_times_are_five_hundred_reports(post, units):
    double_submit(post, units, 500, 5)


def test_one_key_with_many_bodies_lets_one_through(post, units):
    key = str(uuid.uuid4())
    answers = all_sent(post, [form(units, number, key=key) for number in range(12)])
    assert sorted(answer.status_code for answer in answers) == [302] + [422] * 11
    assert Incident.objects.count() == Submission.objects.count() == 1


def test_a_form_with_a_photo_sent_many_times_keeps_it_once(post, units, media):
    one = form(units, 1)
    content = samples.picture()
    answers = all_sent(
        post, [one | {"files": [SimpleUploadedFile("a.jpg", content)]} for _number in range(8)]
    )
    assert {answer.status_code for answer in answers} == {302}
    assert Incident.objects.count() == Evidence.objects.count() == 1
    assert len([path for path in media.rglob("*") if path.is_file()]) == 2  # picture and thumbnail


def test_one_upload_is_taken_up_by_one_report(post, cast, units):
    upload = store_upload(SimpleUploadedFile("a.jpg", samples.picture()), by=cast.reporter)
    answers = all_sent(post, [form(units, number, uploads=str(upload.pk)) for number in range(10)])
    assert sorted(answer.status_code for answer in answers) == [302] + [422] * 9
    assert Incident.objects.get().evidence.get() == upload
