"""What others could see, change or guess of a customer's: the holes that were found by looking for them."""

import datetime as dt
import uuid

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.urls import reverse
from django.utils import timezone

from complaints import (
    attaching,
    corresponding,
    erasing,
    finding_again,
    handling,
    identity,
    intake,
    links,
    restricting,
    searching,
    throttling,
)
from complaints.models import Complaint, Invitation, Response
from complaints.states import Channel, State
from complaints.surveys import comments, raising, sight
from history.models import Event
from incidents.errors import Invalid, NotAllowed
from tests.complaints import canaries
from tests.complaints.asking_customers import survey
from tests.incidents import samples

pytestmark = pytest.mark.django_db
MINE = {"name": "Mallory", "phone": canaries.PHONE, "email": canaries.EMAIL}


def word(client, url, **more) -> str:
    return client.get(url, **more).content.decode()


# Who says that they are somebody ----------------------------------------------------------------------------------------
def test_who_complains_under_anothers_number_is_not_led_to_what_they_wrote(client, cast, units):
    """Mallory knows Huang's number, complains under it, and a handler joins the two."""
    theirs, _token = canaries.told(units.station)
    mine, token = intake.receive(by=None, unit=units.station, text="Late!", channel=Channel.WEB, contact=MINE)
    handling.merge(mine, by=cast.handler, version=None, into=theirs)
    page = word(client, reverse("customer-page", args=[token]))
    assert (
        theirs.number not in page and canaries.WORD not in page and links.token_for_letter(theirs) not in page
    )


def test_who_gave_anothers_number_is_handed_nothing_of_theirs_and_erases_nothing(client, cast, units):
    """Mallory complains under Huang's number and address, then asks for "her" data, and to have it erased."""
    theirs, _token = canaries.told(units.station)
    for name in ("Mallory", ""):
        mine, _token = intake.receive(
            by=None, unit=units.station, text="Late!", channel=Channel.WEB, contact={**MINE, "name": name}
        )
        customer = identity.customer_of(mine, cast.handler)
        assert theirs not in customer.complaints and theirs in customer.perhaps()
        Complaint.objects.update(state=State.WITHDRAWN, closed_at=timezone.now())
        erasing.confirm(
            erasing.ask(mine, by=cast.handler, reason="request", note="By mail."), by=cast.quality
        )
        theirs.refresh_from_db()
        assert canaries.WORD in theirs.text and theirs.contact.phone == canaries.PHONE
    client.force_login(cast.handler)
    assert theirs.number in word(client, reverse("complaint-customer", args=[theirs.number]))


def test_four_digits_open_no_page_whose_link_has_run_out(client, cast, units):
    complaint, _token = canaries.told(units.station)
    assert finding_again.find(complaint.number, "1402") == complaint
    Complaint.objects.update(link_expires_at=timezone.now() - dt.timedelta(minutes=1))
    assert finding_again.find(complaint.number, "1402") is None
    answer = client.post(reverse("customer-lookup"), {"reference": complaint.number, "ending": "1402"})
    assert answer.status_code == 422


def test_guessing_endings_ends_long_before_it_succeeds():
    """Per case and month at most 30 of 10,000 endings; of all cases together 400 tries a day."""
    assert throttling.TRIES_FOR_REFERENCE_IN_A_MONTH.times / 10_000 <= 0.003
    assert throttling.TRIES_IN_A_DAY.times / 10_000 <= 0.04
    assert throttling.TRIES.times * 24 >= throttling.TRIES_IN_A_DAY.times


def test_another_spelling_of_the_reference_is_the_same_to_the_brake(client, cast, units):
    complaint, _token = canaries.told(units.station)
    for number in range(throttling.TRIES_FOR_REFERENCE.times):
        spelt = [complaint.number, complaint.number.lower(), f" {complaint.number} "][number % 3]
        assert (
            client.post(reverse("customer-lookup"), {"reference": spelt, "ending": "0000"}).status_code == 422
        )
    right = client.post(reverse("customer-lookup"), {"reference": complaint.number, "ending": "1402"})
    assert right.status_code == 429


def test_no_odd_link_opens_anything(client, cast, units):
    canaries.told(units.station)
    for token in ("x", "a" * 43, "a:b:c", "🙂", "%00", "%2e%2e", "1:1:1" * 60):
        assert client.get(f"/case/{token}/").status_code == 404, token
        answer = client.post(f"/case/{token}/write/", {"text": "x", "key": str(uuid.uuid4())})
        assert answer.status_code == 404, token


def test_a_link_of_one_case_opens_no_file_of_another(client, cast, units):
    _mine, token = intake.receive(
        by=None, unit=units.station, text="Late!", channel=Channel.WEB, contact=MINE
    )
    theirs, _token = canaries.told(units.station)
    photo = theirs.attachments.get()
    for name in ("customer-file", "customer-thumbnail"):
        assert client.get(reverse(name, args=[token, photo.pk])).status_code == 404


def test_an_upload_of_somebody_else_is_not_taken_up(units):
    theirs = attaching.store(SimpleUploadedFile("a.jpg", samples.picture()), by=None, key=uuid.uuid4())
    for key in (uuid.uuid4(), None):
        with pytest.raises(Invalid):
            intake.receive(
                by=None, unit=units.station, text="x", channel=Channel.WEB, key=key, uploads=[theirs.pk]
            )
    assert not Complaint.objects.exists()


def test_the_key_of_a_form_is_no_link(client, cast, units):
    """Who reads the key of somebody's form (a cache, a shared device) has not their page."""
    key = uuid.uuid4()
    intake.receive(by=None, unit=units.station, text="Late!", channel=Channel.WEB, key=key)
    assert client.get(reverse("customer-page", args=[str(key)])).status_code == 404


# Staff ------------------------------------------------------------------------------------------------------------------
def test_masked_numbers_are_not_tried_out_by_searching(client, cast, units):
    complaint, _token = canaries.told(units.station)
    client.force_login(cast.executive)
    for asked, found in ((canaries.WORD, True), (canaries.PHONE, False), (canaries.EMAIL, False)):
        page = word(client, reverse("complaint-list"), data={"q": asked})
        assert (reverse("complaint", args=[complaint.number]) in page) is found, asked
    assert canaries.PHONE not in str(searching.vector_of(complaint))


def test_a_complaint_for_named_people_joins_none_that_others_see(cast, units):
    secret, plain = canaries.told(units.station)[0], canaries.told(units.station)[0]
    restricting.restrict(secret, by=cast.handler, version=None, people=[cast.handler], reason="Harassment.")
    for one, other in ((secret, plain), (plain, secret)):
        with pytest.raises(Invalid, match="named people"):
            handling.merge(one, by=cast.handler, version=None, into=other)


def test_what_was_joined_and_made_secret_since_has_no_reference_to_show(client, cast, units):
    one, other = canaries.told(units.station)[0], canaries.told(units.station)[0]
    handling.merge(one, by=cast.handler, version=None, into=other)
    other.refresh_from_db()
    restricting.restrict(other, by=cast.handler, version=None, people=[cast.handler], reason="Harassment.")
    for person, sees in ((cast.handler, True), (cast.quality, False)):
        client.force_login(person)
        for address in (one.get_absolute_url(), reverse("api-complaint", args=[one.number])):
            page = word(client, address)
            assert one.number in page and (other.number in page) is sees, address


def test_the_one_complained_about_has_no_part_in_it_and_no_sight_of_the_customer(client, cast, units):
    complaint = canaries.answered(canaries.told(units.station)[0], cast)
    Complaint.objects.update(about=cast.quality)
    complaint.refresh_from_db()
    handling.escalate(complaint, by=cast.handler, version=None, reason=f"{canaries.NAME} insists.")
    client.force_login(cast.quality)
    page = word(client, complaint.get_absolute_url())
    assert not any(secret in page for secret in canaries.PERSONAL) and "黄** insists." in page
    assert (
        client.post(reverse("complaint-contact", args=[complaint.number]), {"why": "call"}).status_code == 403
    )
    with pytest.raises(NotAllowed):
        identity.customer_of(complaint, cast.quality)
    with pytest.raises(NotAllowed):
        corresponding.write(complaint, by=cast.quality, version=None, text="Take it back.")


# Surveys of sensitive complaints ----------------------------------------------------------------------------------------
@pytest.fixture
def rated(cast, units) -> Response:
    """The customer of a complaint that was made sensitive since rates it badly, in words."""
    complaint, _token = canaries.told(units.station)
    Complaint.objects.filter(pk=complaint.pk).update(
        sensitive=True, readers=[f"p{cast.supervisor.pk}"], handler=cast.supervisor, state=State.WITHDRAWN
    )
    complaint = Complaint.objects.get(pk=complaint.pk)
    version = survey(units, cast.quality, bad_below=50)
    invitation = Invitation.objects.create(
        survey=version.survey, version=version, unit=units.station, complaint=complaint, contact=complaint.contact,
        digest="d" * 64, expires_at=timezone.now(),
    )  # fmt: skip
    return Response.objects.create(
        version=version, unit=units.station, channel="link", invitation=invitation, scores=[1, 1, 1], index=0,
        comment=f"He did it again. {canaries.WORD}",
    )  # fmt: skip


def test_a_bad_rating_of_a_sensitive_complaint_is_for_the_same_people(rated, cast):
    raising.raise_if_bad(rated)
    raised = rated.complaint
    assert (
        raised.sensitive and raised.readers == [f"p{cast.supervisor.pk}"] and raised.owner == cast.supervisor
    )
    assert not Complaint.objects.visible_to(cast.handler).filter(pk=raised.pk).exists()
    assert not Event.objects.visible_to(cast.quality).filter(case=raised.case).exists()


def test_and_so_are_its_words(rated, cast):
    assert sight.responses(cast.quality).count() == 1  # a figure among figures
    assert not comments.of(Response.objects.all(), cast.quality).exists()
    assert comments.of(Response.objects.all(), cast.supervisor).count() == 1
