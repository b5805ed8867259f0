"""The page on which somebody says how they want to be told."""

import datetime as dt

import pytest
from django.urls import reverse

from people.models import Person
from reminders.channels import DEFAULTS, KINDS
from reminders.models import Delivery, Preferences, Switch
from reminders.preferring import choose, modes_of

pytestmark = pytest.mark.django_db

PAGE = "preferences"


def filled(**changes) -> dict:
    values = {"digest": "daily", "digest_at": "08:00", "quiet_from": "", "quiet_until": ""}
    return values | {f"mode-{text}": mode for text, mode in DEFAULTS.items()} | changes


def test_the_page_shows_every_kind_as_it_is_by_default(client, cast):
    client.force_login(cast.owner)
    page = client.get(reverse(PAGE)).content.decode()
    for kind in KINDS.values():
        assert str(kind.label).replace("'", "&#x27;") in page
    assert page.count(" checked") == len(KINDS) + 1
    assert 'value="08:00"' in page and "In your time zone" in page


def test_what_is_chosen_decides_from_then_on(client, cast, tell):
    client.force_login(cast.owner)
    wishes = filled(**{"mode-turn": "off", "mode-closed": "now"}, digest="weekly", digest_at="07:15",
                    quiet_from="21:30", quiet_until="06:45")  # fmt: skip
    assert client.post(reverse(PAGE), wishes).status_code == 302
    kept = Preferences.objects.get()
    assert (kept.person, kept.digest, kept.digest_at) == (cast.owner, "weekly", dt.time(7, 15))
    assert (kept.quiet_from, kept.quiet_until) == (dt.time(21, 30), dt.time(6, 45))
    assert dict(Switch.objects.values_list("text", "mode")) == {"turn": "off", "closed": "now"}
    tell(cast.owner, 1, "turn")
    tell(cast.owner, 2, "closed")
    assert [row.subject for row in Delivery.objects.all()] == ["incident:2"]
    page = client.get(reverse(PAGE)).content.decode()
    assert 'value="21:30"' in page and 'value="weekly"' in page
    client.post(reverse(PAGE), filled())
    assert not Switch.objects.exists(), "what is as by default isn't kept"


@pytest.mark.parametrize(
    ("changes", "says"),
    [
        ({"quiet_from": "22:00"}, "when the quiet begins and when it ends"),
        ({"quiet_until": "07:00"}, "when the quiet begins and when it ends"),
        ({"quiet_from": "22:00", "quiet_until": "22:00"}, "keep every mail back for ever"),
        ({"quiet_from": "25:00", "quiet_until": "07:00"}, "Enter a valid time"),
        ({"mode-turn": "pigeon"}, "Select a valid choice"),
        ({"digest": "hourly"}, "Select a valid choice"),
        ({"digest_at": ""}, "This field is required"),
    ],
)
def test_what_cannot_be_is_said_and_changes_nothing(client, cast, changes, says):
    client.force_login(cast.owner)
    answer = client.post(reverse(PAGE), filled(**changes))
    assert answer.status_code == 422 and says in answer.content.decode()
    assert not Preferences.objects.exists() and not Switch.objects.exists()


def test_it_concerns_oneself_only(client, cast):
    choose(
        cast.quality, digest="none", digest_at=dt.time(9), quiet_from=None, quiet_until=None,
        modes=DEFAULTS | {"turn": "off"}
    )  # fmt: skip
    client.force_login(cast.owner)
    client.post(reverse(PAGE), filled())
    assert Preferences.objects.get(person=cast.quality).digest == "none"
    assert modes_of(cast.quality)["turn"] == "off" and modes_of(cast.owner)["turn"] == "now"


def test_who_has_no_address_reads_so(client, cast):
    Person.objects.filter(pk=cast.owner.pk).update(email="")
    client.force_login(cast.owner)
    page = client.get(reverse(PAGE)).content.decode()
    assert "nothing is mailed to you" in page and reverse("profile") in page


def test_a_switch_of_another_release_is_passed_over(client, cast):
    Switch.objects.create(person=cast.owner, text="of-another-release", mode="now")
    client.force_login(cast.owner)
    assert client.get(reverse(PAGE)).status_code == 200


@pytest.mark.parametrize("switches", [0, 20])
def test_the_page_asks_little(client, cast, switches, django_assert_max_num_queries):
    Switch.objects.bulk_create(
        Switch(person=cast.owner, text=text, mode="off") for text in list(KINDS)[:switches]
    )
    client.force_login(cast.owner)
    with django_assert_max_num_queries(8):
        client.get(reverse(PAGE))
