"""The list of complaints: found by words, number and phone ending, filtered, paged, and taken away masked."""

import datetime as dt

import pytest
from django.urls import reverse
from django.utils import timezone

from complaints import handling, intake
from complaints.models import Category, Complaint
from complaints.states import Channel
from history.models import Event
from incidents import exporting, jobs
from incidents.models import Job

pytestmark = pytest.mark.django_db
HUANG = {"name": "黄小明", "phone": "13912341402"}


def told(unit, text, *, channel=Channel.WEB, contact=None, **details) -> Complaint:
    complaint, _token = intake.receive(
        by=None, unit=unit, text=text, channel=channel, contact=dict(contact) if contact else None, **details
    )
    return Complaint.objects.get(pk=complaint.pk)


@pytest.fixture
def many(cast, units) -> list[Complaint]:
    """The rude conductor, handled and overdue; the lift; the cold tea by mail."""
    rude = told(units.crew, "列车员对我母亲大喊大叫。", contact=HUANG)
    rude = handling.classify(
        rude, by=cast.handler, version=rude.version, category=Category.objects.get(code="attitude"), urgency=3,
        importance=3,
    )  # fmt: skip
    Complaint.objects.filter(pk=rude.pk).update(due_at=timezone.now() - dt.timedelta(hours=1))
    return [
        rude,
        told(units.station, "The lift at exit C is out of order."),
        told(units.station, "Cold tea.", channel=Channel.EMAIL),
    ]


def numbers(client, **query) -> set[str]:
    page = client.get(reverse("complaint-list"), query)
    assert page.status_code == 200, page.content.decode()[:2000]
    return {row.number for row in page.context["page"].rows}


def test_every_filter_finds_what_it_says(cast, units, client, many):
    rude, lift, tea = (row.number for row in many)
    client.force_login(cast.handler)
    assert numbers(client) == {rude, lift, tea}
    for query, found in (
        ({"q": "大喊"}, {rude}),
        ({"q": "lift"}, {lift}),
        ({"q": tea}, {tea}),
        ({"q": "1402"}, {rude}),
        ({"at": "classified"}, {rude}),
        ({"state": "open", "unit": "ER-E-HZ"}, {lift, tea}),
        ({"state": "closed"}, set()),
        ({"category": "attitude"}, {rude}),
        ({"priority": "4"}, {rude}),
        ({"channel": "email"}, {tea}),
        ({"handler": "zhao"}, {rude}),
        ({"overdue": "on"}, {rude}),
        ({"sensitive": "on"}, set()),
        ({"received_until": "2020-01-01"}, set()),
        ({"sort": "due"}, {rude, lift, tea}),
    ):
        assert numbers(client, **query) == found, query
    assert client.get(reverse("complaint-list"), {"priority": "9"}).status_code == 400
    client.force_login(cast.site_manager)  # of the crew: sees its complaints, and no customer by their number
    assert numbers(client) == {rude} and numbers(client, q="1402") == set()


def test_pages_follow_each_other_at_the_same_cost(cast, units, client, django_assert_max_num_queries):
    client.force_login(cast.handler)
    for rounds in (3, 30):
        for number in range(rounds):
            told(units.crew, f"Complaint number {number}", contact=HUANG)
        with django_assert_max_num_queries(14):
            page = client.get(reverse("complaint-list"))
    seen = {row.number for row in page.context["page"].rows}
    older = client.get(reverse("complaint-list"), {"after": page.context["page"].older})
    assert len(seen) == 25 and len(older.context["page"].rows) == 8
    assert seen.isdisjoint(row.number for row in older.context["page"].rows)


def test_the_list_is_taken_away_masked_and_on_record(cast, client, many):
    client.force_login(cast.handler)
    sent = client.post(reverse("complaint-export"), {"query": "q=1402", "format": "csv"})
    text = sent.content.decode("utf-8-sig")
    assert sent.status_code == 200 and many[0].number in text and many[1].number not in text
    assert "139****1402" in text and HUANG["phone"] not in text and HUANG["name"] not in text
    event = Event.objects.get(act="complaint.export")
    assert event.after["rows"] == 1 and event.after["searched"] and "1402" not in event.payload
    assert client.post(reverse("complaint-export"), {"format": "xlsx"}).content[:2] == b"PK"


def test_a_long_list_is_written_by_the_worker(cast, client, many, monkeypatch):
    monkeypatch.setattr(exporting, "AT_ONCE", 1)
    client.force_login(cast.handler)
    sent = client.post(reverse("complaint-export"), {"format": "csv"})
    job = Job.objects.get(kind=Job.Kind.EXPORT_COMPLAINTS)
    assert jobs.run(job.pk)
    job.refresh_from_db()
    assert sent.url == job.get_absolute_url() and job.summary.get("rows") == 3


def test_what_is_due_stands_in_my_work_with_its_own_button(cast, client, many):
    client.force_login(cast.handler)
    html = client.get(reverse("mywork")).content.decode()
    assert many[1].number in html and "Classify the complaint" in html and ">Classify<" in html
    client.force_login(cast.executive)
    assert many[1].number not in client.get(reverse("mywork")).content.decode()
