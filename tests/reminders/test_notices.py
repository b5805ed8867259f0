"""Notices: read in the reader's language and zone, each by its own recipient only."""

import datetime as dt

import pytest
import time_machine
from django.urls import reverse
from django.utils import timezone, translation

from incidents.stages import TURN
from reminders.models import Notice
from reminders.notices import TEXTS, WHAT, notify, sentence, what_is_due
from tests.walks import report

pytestmark = pytest.mark.django_db


def tell(person, number=1, text="overdue", url="/notices/", **params):
    notify(
        [person], text, occasion=f"incident:{number}:{text}", subject=f"incident:{number}", url=url,
        params={"label": f"SQ-2026-{number:06}", **params},
    )  # fmt: skip
    return Notice.objects.get(recipient=person, occasion=f"incident:{number}:{text}")


# Words ---------------------------------------------------------------------------------------------------------------
def test_a_turn_names_what_is_to_be_done(cast, units):
    report(cast, units)
    notice = Notice.objects.get(recipient=cast.site_manager)
    assert "is waiting for you: Judge the report." in sentence(notice)


def test_every_stage_has_words_for_its_turn():
    assert {f"turn.{stage}" for stage in TURN} <= WHAT.keys()
    assert what_is_due("confirm") == "turn.confirm" and what_is_due("measure:7") == "measure"
    assert {"measure", "improvement", "request"} <= WHAT.keys()


def test_a_moment_is_told_in_the_readers_zone(cast):
    notice = tell(cast.owner, due="2026-11-18T10:00:00+00:00", what="measure")
    with time_machine.travel(dt.datetime(2026, 11, 21, tzinfo=dt.UTC)):
        with timezone.override("Asia/Shanghai"):
            assert (
                sentence(notice) == "SQ-2026-000001 is overdue since 2026-11-18 18:00: Carry out the measure"
            )
        with timezone.override("America/New_York"):
            assert "2026-11-18 05:00" in sentence(notice)


def test_dates_titles_and_odd_values_are_told_as_they_are(cast):
    notice = tell(
        cast.owner, text="measure-assigned", about="CA-2026-000007", due="2026-12-01", what="100 % of T"
    )
    assert sentence(notice) == "Measure CA-2026-000007 is yours, due 2026-12-01: 100 % of T"
    assert sentence(tell(cast.owner, 2)) == "SQ-2026-000002 is overdue since –: –"
    assert (
        sentence(Notice(text="from a later release", params={"label": "SQ-9"}, subject="incident:9"))
        == "SQ-9"
    )


@pytest.mark.parametrize("language", ["en", "zh-hans", "zh-hant"])
def test_every_text_can_be_told(language):
    with translation.override(language):
        for key in TEXTS:
            assert "%(" not in sentence(Notice(text=key, params={}))


def test_the_same_occasion_is_told_once(cast):
    tell(cast.owner)
    tell(cast.owner)
    assert Notice.objects.count() == 1


def test_who_has_left_is_told_nothing(cast):
    cast.owner.is_active = False
    notify(
        [cast.owner, None], "closed", occasion="x", subject="incident:1", url="/", params={"label": "SQ-1"}
    )
    assert Notice.objects.count() == 0


# The page ------------------------------------------------------------------------------------------------------------
def test_the_list_shows_own_notices_newest_first(client, cast):
    tell(cast.owner, 1)
    tell(cast.owner, 2)
    tell(cast.quality, 3)
    client.force_login(cast.owner)
    html = client.get(reverse("notices")).content.decode()
    assert html.index("SQ-2026-000002") < html.index("SQ-2026-000001") and "SQ-2026-000003" not in html


def test_opening_a_notice_reads_it_and_leads_on(client, cast):
    notice = tell(cast.owner, url="/notices/?show=unread")
    client.force_login(cast.owner)
    response = client.get(reverse("notice", args=[notice.pk]))
    assert response.status_code == 302 and response["Location"] == "/notices/?show=unread"
    notice.refresh_from_db()
    first_read = notice.read_at
    client.get(reverse("notice", args=[notice.pk]))
    notice.refresh_from_db()
    assert first_read is not None and notice.read_at == first_read


@pytest.mark.parametrize(
    "url", ["https://evil.example/", "//evil.example/", "javascript:alert(1)", "/\\evil.example"]
)
def test_a_notice_leads_nowhere_else(client, cast, url):
    notice = tell(cast.owner, url=url)
    client.force_login(cast.owner)
    assert client.get(reverse("notice", args=[notice.pk]))["Location"] == reverse("notices")


def test_somebody_elses_notice_is_not_there(client, cast):
    notice = tell(cast.owner)
    client.force_login(cast.quality)
    assert client.get(reverse("notice", args=[notice.pk])).status_code == 404
    assert client.post(reverse("notice-read", args=[notice.pk])).status_code == 404
    assert client.post(reverse("notices-read")).status_code == 302
    assert Notice.objects.get(pk=notice.pk).read_at is None


def test_one_or_all_are_marked_as_read(client, cast):
    first, _second, _third = (tell(cast.owner, number) for number in (1, 2, 3))
    client.force_login(cast.owner)
    client.post(reverse("notice-read", args=[first.pk]))
    assert Notice.objects.filter(read_at=None).count() == 2
    assert "SQ-2026-000001" not in client.get(reverse("notices"), {"show": "unread"}).content.decode()
    client.post(reverse("notices-read"))
    assert Notice.objects.filter(read_at=None).count() == 0
    assert "You have seen everything" in client.get(reverse("notices"), {"show": "unread"}).content.decode()


def test_marking_needs_a_post(client, cast):
    notice = tell(cast.owner)
    client.force_login(cast.owner)
    assert client.get(reverse("notices-read")).status_code == 405
    assert client.get(reverse("notice-read", args=[notice.pk])).status_code == 405
    assert Notice.objects.get().read_at is None


def test_pages_of_fifty(client, cast):
    for number in range(1, 108):
        tell(cast.owner, number)
    client.force_login(cast.owner)
    first = client.get(reverse("notices"))
    second = client.get(reverse("notices"), {"after": first.context["older"]})
    third = client.get(reverse("notices"), {"after": second.context["older"]})
    assert [len(page.context["rows"]) for page in (first, second, third)] == [50, 50, 7]
    assert not first.context["newer"] and not third.context["older"]
    back = client.get(reverse("notices"), {"before": third.context["newer"]})
    assert [row["notice"].pk for row in back.context["rows"]] == [
        row["notice"].pk for row in second.context["rows"]
    ]


@pytest.mark.parametrize("count", [3, 60])
def test_the_page_asks_the_same_questions_however_many_there_are(
    client, cast, count, django_assert_max_num_queries
):
    for number in range(count):
        tell(cast.owner, number)
    client.force_login(cast.owner)
    with django_assert_max_num_queries(8):
        client.get(reverse("notices"))


def test_a_title_that_is_markup_stays_text(client, cast):
    tell(cast.owner, text="turn", what="turn.confirm", title="<img src=x onerror=alert(1)>")
    client.force_login(cast.owner)
    assert "&lt;img src=x" in client.get(reverse("notices")).content.decode()


# The bell ------------------------------------------------------------------------------------------------------------
def test_the_bell_says_only_what_is_new(client, cast, django_assert_max_num_queries):
    client.force_login(cast.owner)
    first = client.get(reverse("notices-bell"))
    with django_assert_max_num_queries(4):
        again = client.get(reverse("notices-bell"), headers={"If-None-Match": first["ETag"]})
    assert first.status_code == 200 and again.status_code == 304 and not again.content
    tell(cast.owner)
    changed = client.get(reverse("notices-bell"), headers={"If-None-Match": first["ETag"]})
    assert changed.status_code == 200 and "Notices, 1 unread" in changed.content.decode()


def test_nobody_polls_the_bell_of_a_stranger(client, cast):
    assert client.get(reverse("notices-bell")).status_code == 302
    assert client.get(reverse("notices-bell"), headers={"HX-Request": "true"}).status_code == 401
