"""What customers wrote: read by all who see the unit, as it was by those who work on it; raised as a complaint once."""

import datetime as dt

import pytest
from django.urls import reverse
from django.utils import timezone

from complaints import intake
from complaints.models import Complaint, Invitation, Response
from complaints.states import Channel
from complaints.surveys import comments
from history.models import Event
from incidents.errors import NotAllowed
from tests.complaints.answers import answer, survey_of

pytestmark = pytest.mark.django_db
WORDS = "The toilet was broken. Call me: 13912341402, huang@example.org"


@pytest.fixture
def version(cast, units):
    version = survey_of(units.rail, cast.quality)
    answer(version, units.station, (1, 1, 1, 0, None), comment=WORDS)
    answer(version, units.west_station, (5, 5, 5, 9, None), comment="Fine in the West.", group="B")
    answer(version, units.crew, (5, 5, 5, 9, None))
    return version


def listed(client, person, version, **query):
    client.force_login(person)
    return client.get(reverse("survey-comments", args=[version.survey_id]), query)


def test_each_reads_what_their_task_needs(client, cast, version):
    handler = listed(client, cast.handler, version)
    assert [c.text for c in handler.context["comments"]][::-1].count(WORDS) == 1 and len(
        handler.context["comments"]
    ) == 2
    executive = listed(client, cast.executive, version).content.decode()
    assert "toilet was broken" in executive and "13912341402" not in executive and "huang@" not in executive
    assert "comment-raise" not in executive and "Raise a complaint" not in executive
    east = listed(client, cast.supervisor, version).content.decode()
    assert "Fine in the West" not in east and "13912341402" not in east
    west = listed(client, cast.west_manager, version)
    assert [c.text for c in west.context["comments"]] == ["Fine in the West."]


def test_a_comment_is_classified_by_those_who_work_on_it(client, cast, version):
    response = Response.objects.get(comment=WORDS)
    client.force_login(cast.handler)
    here = reverse("survey-comments", args=[version.survey_id])
    answered = client.post(
        reverse("comment-classify", args=[response.pk]), {"category": "facility", "next": here + "?todo=on"}
    )
    assert answered.url == here + "?todo=on"
    response.refresh_from_db()
    assert (response.comment_category.code, response.comment_read_by) == ("facility", cast.handler)
    told = Event.objects.get(act="survey.classify_comment")
    assert told.after["category"] == "facility" and "toilet" not in told.payload
    assert len(listed(client, cast.handler, version, category="facility").context["comments"]) == 1
    assert len(listed(client, cast.handler, version, todo="on").context["comments"]) == 1
    with pytest.raises(NotAllowed):
        comments.classify(response, None, by=cast.executive)
    client.force_login(cast.west_manager)
    assert (
        client.post(reverse("comment-classify", args=[response.pk]), {"category": "safety"}).status_code
        == 404
    )
    away = client.post(
        reverse("comment-classify", args=[Response.objects.get(group="B").pk]),
        {"next": "https://evil.example/"},
    )
    assert away.url == here
    response.refresh_from_db()
    assert response.comment_category.code == "facility"


def test_a_complaint_is_raised_once(client, cast, version):
    response = Response.objects.get(comment=WORDS)
    client.force_login(cast.handler)
    first = client.post(reverse("comment-raise", args=[response.pk]))
    again = client.post(reverse("comment-raise", args=[response.pk]))
    complaint = Complaint.objects.get()
    assert first.url == again.url == complaint.get_absolute_url()
    assert (complaint.text, complaint.channel, complaint.unit, complaint.anonymous) == (
        WORDS,
        "survey",
        response.unit,
        True,
    )
    assert "toilet" not in Event.objects.get(act="survey.raise_from_comment").payload
    assert complaint.number in listed(client, cast.handler, version).content.decode()
    with pytest.raises(NotAllowed):
        comments.raise_complaint(Response.objects.get(group="B"), by=cast.supervisor)
    assert Complaint.objects.count() == 1


def test_a_case_for_named_people_is_not_named_in_the_surveys_history(cast, units, version):
    first, _token = intake.receive(
        by=cast.handler, unit=units.station, text="Rude.", channel=Channel.PHONE, contact={"name": "黄小明"}
    )
    Complaint.objects.filter(pk=first.pk).update(sensitive=True, readers=[f"p{cast.handler.pk}"])
    invitation = Invitation.objects.create(
        survey=version.survey, version=version, unit=units.station, contact=first.contact, complaint=first,
        digest="d", expires_at=timezone.now() + dt.timedelta(days=1),
    )  # fmt: skip
    response = Response.objects.get(comment=WORDS)
    Response.objects.update_or_create(pk=response.pk, defaults={"invitation": invitation})
    response.refresh_from_db()
    comments.classify(response, None, by=cast.handler)
    raised = comments.raise_complaint(response, by=cast.handler)
    assert raised.sensitive
    seen = Event.objects.visible_to(cast.quality).values_list("act", flat=True)
    assert list(seen) == ["survey.classify_comment"]
    assert Event.objects.get(act="survey.raise_from_comment").case == raised.case


def test_the_list_costs_the_same_for_many(client, cast, units, version, django_assert_max_num_queries):
    listed(client, cast.handler, version)
    with django_assert_max_num_queries(16):
        listed(client, cast.handler, version)
    for number in range(40):
        answer(version, units.station, (1, 1, 1, 0, None), comment=f"Number {number}")
    with django_assert_max_num_queries(16):
        assert len(listed(client, cast.handler, version).context["comments"]) == 25
