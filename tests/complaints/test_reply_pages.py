"""The pages of answering: acts on a complaint, templates with a preview, rules. All of it without JavaScript."""

import pytest
from django.urls import reverse

from complaints import reply_rules, reply_templates, replying
from complaints.acts import find, open_to
from complaints.gates import gate_of
from complaints.models import Complaint, Reply, ReplyRule, ReplyTemplate
from complaints.states import State
from history.models import Event
from tests.complaints.letterbox import HUANG, answered, complain, fresh, investigated

pytestmark = pytest.mark.django_db


@pytest.fixture
def as_(client):
    def as_(person):
        client.force_login(person)
        return client

    return as_


def act(complaint, slug: str) -> str:
    return reverse("complaint-act", args=[complaint.number, slug])


def do(client, complaint, slug: str, **values):
    return client.post(act(complaint, slug), {"version": fresh(complaint).version, **values})


def test_a_reply_from_the_template_to_the_approval_to_the_customer(cast, units, as_):
    reply_rules.set_rule(by=cast.quality, unit=units.rail, min_priority=1)
    template = reply_templates.add_template(
        by=cast.handler, unit=units.rail, name="Delay", language="en", text="Dear {customer}, {finding}"
    )
    complaint, client = investigated(cast, units.station), as_(cast.handler)
    page = client.get(act(complaint, "draft-reply"), {"template": template.pk}).content.decode()
    assert "Dear {customer}, The crew waited for a signal." in page and "has to be approved" in page
    assert do(client, complaint, "draft-reply", text="Dear {name}").status_code == 422
    done = do(client, complaint, "draft-reply", text="Dear {customer}, we are sorry.", template=template.pk)
    assert done.status_code == 302 and Reply.objects.get().template == template
    assert do(client, complaint, "send-reply", way="mail").status_code == 409, "it isn't approved yet"
    assert do(client, complaint, "submit-reply").status_code == 302
    assert do(client, complaint, "approve-reply").status_code == 403, "nor by who wrote it"
    client = as_(cast.quality)
    page = client.get(act(complaint, "approve-reply")).content.decode()
    assert "we are sorry." in page and HUANG["name"] not in page
    assert do(client, complaint, "return-reply", reason="").status_code == 422
    assert do(client, complaint, "approve-reply").status_code == 302
    client = as_(cast.handler)
    page = client.get(act(complaint, "send-reply")).content.decode()
    assert page.count('type="radio"') >= 4 and "approved by Wang Qiang" in page
    assert do(client, complaint, "send-reply", way="mail").status_code == 302
    assert fresh(complaint).state == State.REPLIED
    page = client.get(complaint.get_absolute_url())
    assert page.status_code == 200 and "we are sorry." in page.content.decode()


def test_a_follow_up_and_a_compensation_by_their_pages(cast, units, as_):
    complaint, client = answered(cast, units.station), as_(cast.handler)
    assert do(client, complaint, "follow-up", outcome="not_satisfied").status_code == 422
    assert do(client, complaint, "follow-up", outcome="unreachable").status_code == 302
    assert "Not reached once so far" in client.get(act(complaint, "follow-up")).content.decode()
    assert do(client, complaint, "compensate", kind="refund", currency="CNY").status_code == 422
    assert (
        do(client, complaint, "compensate", kind="refund", currency="CNY", amount="12.50").status_code == 302
    )
    assert do(client, complaint, "message", text="Thank you for waiting.").status_code == 302
    assert do(client, complaint, "follow-up", outcome="satisfied").status_code == 302
    assert fresh(complaint).state == State.FOLLOWED_UP
    page = client.get(complaint.get_absolute_url()).content.decode()
    assert "12.50 CNY" in page and "Thank you for waiting." in page


@pytest.mark.parametrize(
    "slug",
    [
        "draft-reply",
        "submit-reply",
        "approve-reply",
        "return-reply",
        "send-reply",
        "follow-up",
        "compensate",
        "message",
        "call-customer",
    ],
)
def test_who_may_not_is_refused_and_who_may_not_see_it_finds_nothing(cast, units, as_, slug):
    complaint = investigated(cast, units.station)
    before = Complaint.objects.values().get(pk=complaint.pk), Event.objects.count()
    values = {
        "text": "x",
        "way": "mail",
        "outcome": "satisfied",
        "kind": "gift",
        "reason": "x",
        "currency": "CNY",
    }
    for who, status in ((cast.executive, 403), (cast.west_manager, 404), (cast.hotel_quality, 404)):
        assert as_(who).get(act(complaint, slug)).status_code == status
        assert do(as_(who), complaint, slug, **values).status_code == status
    assert before == (Complaint.objects.values().get(pk=complaint.pk), Event.objects.count())
    assert find(slug) is not None


def test_a_page_costs_the_same_however_many_templates_there_are(
    cast, units, as_, django_assert_max_num_queries
):
    complaint, client = investigated(cast, units.station), as_(cast.handler)
    counts = []
    for more in (1, 40):
        for number in range(more):
            reply_templates.add_template(
                by=cast.handler, unit=units.rail, name=f"T{number}", language="en", text="{finding}"
            )
            reply_rules.set_rule(by=cast.quality, unit=units.rail, min_priority=4)
        for who, url in (
            (cast.handler, act(complaint, "draft-reply")),
            (cast.handler, reverse("reply-templates")),
            (cast.quality, reverse("reply-rules")),
        ):
            client = as_(who)
            with django_assert_max_num_queries(40) as asked:
                assert client.get(url).status_code == 200
            counts.append(len(asked))
    assert counts[:3] == counts[3:] and max(counts) <= 25


def test_a_template_is_previewed_saved_and_taken_out_of_use(cast, units, as_):
    client = as_(cast.handler)
    form = {
        "name": "Delay",
        "unit": units.rail.pk,
        "language": "en",
        "text": "Dear {customer}: {finding} {number}",
    }
    page = client.post(reverse("reply-template-add"), form | {"preview": "1"}).content.decode()
    assert "Ms Huang" in page and "CP-2026-000123" in page and not ReplyTemplate.objects.exists()
    refused = client.post(reverse("reply-template-add"), form | {"text": "Dear {nobody}"})
    assert refused.status_code == 422 and "{incident_measures}" in refused.content.decode()
    assert client.post(reverse("reply-template-add"), form).status_code == 302
    row = ReplyTemplate.objects.get()
    assert client.post(reverse("reply-template", args=[row.pk]), form | {"name": "Late"}).status_code == 302
    assert "Late" in client.get(reverse("reply-templates")).content.decode()
    assert client.post(reverse("reply-template-retire", args=[row.pk])).status_code == 302
    client.get(reverse("reply-templates"))  # which says so
    assert "Late" not in client.get(reverse("reply-templates")).content.decode()
    assert client.get(reverse("reply-template", args=[row.pk])).status_code == 404
    acts = Event.objects.filter(case=units.rail.case).order_by("seq").values_list("act", flat=True)
    assert [name for name in acts if "reply" in name] == [
        "unit.set_reply_template", "unit.change_reply_template", "unit.retire_reply_template"
    ]  # fmt: skip


def test_a_rule_is_set_and_ended_and_is_another_companys_business_no_more(cast, units, as_):
    client = as_(cast.quality)
    assert client.post(reverse("reply-rules"), {"unit": units.rail.pk}).status_code == 422
    assert (
        client.post(reverse("reply-rules"), {"unit": units.hotels.pk, "min_priority": 3}).status_code == 422
    )
    assert client.post(reverse("reply-rules"), {"unit": units.rail.pk, "min_priority": 3}).status_code == 302
    rule = ReplyRule.objects.get()
    assert "priority High or higher" in client.get(reverse("reply-rules")).content.decode()
    stranger = as_(cast.hotel_quality)
    assert "Eastern Rail" not in stranger.get(reverse("reply-rules")).content.decode()
    assert stranger.post(reverse("reply-rule-end", args=[rule.pk])).status_code == 404
    assert as_(cast.quality).post(reverse("reply-rule-end", args=[rule.pk])).status_code == 302
    rule.refresh_from_db()
    assert rule.ended_at is not None and not reply_rules.asks(complain(units.station))


def test_the_next_step_is_one_that_can_be_taken(cast, units):
    """Write, ask for approval, approve, send: always one of them comes first, and never one that would be refused."""
    reply_rules.set_rule(by=cast.quality, unit=units.rail, min_priority=1)
    complaint = investigated(cast, units.station)

    def first(person) -> str:
        row = fresh(complaint)
        offers = open_to(person, row, gate_of(row, "send_reply"))
        return next((offer.act.slug for offer in offers.values() if offer.act.is_forward), "")

    assert first(cast.handler) == "draft-reply"
    replying.draft(complaint, by=cast.handler, version=None, text="We are sorry.")
    assert first(cast.handler) == "submit-reply"
    replying.submit(complaint, by=cast.handler, version=None)
    assert first(cast.quality) == "approve-reply"
    replying.approve(complaint, by=cast.quality, version=None)
    assert first(cast.handler) == "send-reply"
