"""Who may do which act on a complaint, by page and by program: whoever may not changes nothing."""

import pytest
from django.test import Client
from django.urls import reverse

from complaints import acts, handling, intake, restricting, takeover
from complaints.models import Category, Complaint
from complaints.states import Channel
from tests.access.test_table import ask

pytestmark = pytest.mark.django_db

#: Those who see complaints of the crew by a post, one who works there, and one of another division.
VISITORS = ("reporter", "site_manager", "supervisor", "quality", "handler", "executive", "west_manager")
READERS = frozenset({"site_manager", "supervisor", "quality", "handler", "executive"})
CARE = frozenset({"quality", "handler"})
WORKING = CARE | {"supervisor", "site_manager"}
NOBODY: frozenset = frozenset()

#: Slug -> who may, of a complaint about the crew that waits for Zhao, who handles it.
TABLE: dict[str, frozenset] = {
    **dict.fromkeys(
        (
            "acknowledge", "amend", "amend-contact", "call-customer", "classify", "close", "compensate",
            "draft-reply", "follow-up", "lift", "merge", "message", "pass-on", "pause", "renew-link", "reopen",
            "restrict", "resume", "send-reply", "submit-reply", "withdraw",
        ),
        CARE,
    ),
    **dict.fromkeys(
        (
            "attach", "escalate", "investigate", "join-incident", "leave-incident", "offer", "raise-incident",
            "record-finding",
        ),
        WORKING,
    ),
    "approve-reply": frozenset({"quality"}),
    "return-reply": frozenset({"quality"}),
    "accept": NOBODY,
    "decline": NOBODY,
}  # fmt: skip


@pytest.fixture
def complaint(cast, units) -> Complaint:
    found, _token = intake.receive(
        by=None, unit=units.crew, text="The conductor shouted at my mother.", channel=Channel.WEB
    )
    return handling.classify(
        found,
        by=cast.handler,
        version=None,
        category=Category.objects.get(code="attitude"),
        urgency=2,
        importance=2,
    )


def wrong_answers(
    cast, complaint, table: dict[str, frozenset], readers=READERS, visitors=VISITORS
) -> list[str]:
    """What answers otherwise than the table says; by page and by program."""
    wrong = []
    for who in visitors:
        client = Client()
        client.force_login(getattr(cast, who))
        for slug, may in table.items():
            expected = 404 if who not in readers else "in" if who in may else 403
            page = reverse("complaint-act", args=[complaint.number, slug])
            for address in (page, reverse(f"api-complaint-{slug}", args=[complaint.number])):
                found, status = ask(client, "POST", address)
                if found != expected or status >= 500:
                    wrong.append(f"{address} by {who}: {status}, expected {expected}")
    return wrong


def test_every_act_is_declared():
    assert {act.slug for act in acts.all_acts()} == set(TABLE)


def test_every_act_is_for_those_who_may_only(cast, complaint):
    wrong = wrong_answers(cast, complaint, TABLE)
    assert not wrong, "\n" + "\n".join(wrong)


def test_who_is_asked_to_take_it_over_answers_and_nobody_else(cast, complaint):
    takeover.offer(
        complaint, by=cast.handler, version=complaint.version, to=cast.site_manager, reason="Yours."
    )
    asked = frozenset({"site_manager"})
    wrong = wrong_answers(cast, complaint, {"accept": asked, "decline": asked})
    assert not wrong, "\n" + "\n".join(wrong)


def test_whoever_it_is_about_does_nothing_with_it(cast, complaint):
    handling.amend(complaint, by=cast.handler, version=complaint.version, about=cast.quality)
    barred = {slug: may - {"quality"} for slug, may in TABLE.items()}
    wrong = wrong_answers(cast, complaint, barred, visitors=("quality",))
    assert not wrong, "\n" + "\n".join(wrong)


def test_a_sensitive_one_is_there_for_the_named_only(cast, complaint, client):
    restricting.restrict(
        complaint, by=cast.handler, version=complaint.version, people=[cast.handler, cast.supervisor],
        reason="Harassment.",
    )  # fmt: skip
    named = frozenset({"handler", "supervisor"})
    few = {slug: TABLE[slug] & named for slug in ("classify", "investigate", "approve-reply")}
    wrong = wrong_answers(cast, complaint, few, readers=named)
    assert not wrong, "\n" + "\n".join(wrong)
    for who, sees in (("quality", False), ("supervisor", True)):
        client.force_login(getattr(cast, who))
        for address in (
            reverse("complaint-list"),
            "/api/v1/complaints/",
            f"/complaints/?q={complaint.number}",
        ):
            html = client.get(address).content.decode()
            shown = f">{complaint.number}<" in html or f'"number":"{complaint.number}"' in html
            assert shown is sees, (who, address)
        assert client.get(complaint.get_absolute_url()).status_code == (200 if sees else 404)
