"""A customer at a phone, in Chinese: the form, mail both ways, an answer that doesn't help and one that does, the rating.

Mail goes out by a real SMTP server and comes in by a real IMAP server; what the worker does is called as beat calls it.
"""

import datetime as dt
import re

import pytest
from django.urls import reverse
from playwright.sync_api import expect

from complaints import doubting, tasks
from complaints.models import Complaint, FollowUp, Mailbox, Message, Response, Survey
from complaints.states import State
from complaints.surveys import making
from history.verification import verify
from people.sealing import seal
from tests.complaints import letterbox
from tests.complaints.imapserver import PASSWORD, USER, imap_server
from tests.complaints.letterbox import mailbox  # noqa: F401 - a fixture
from tests.complaints.mails import HUANG, mail
from tests.reminders.mailbox import text_of

pytestmark = pytest.mark.django_db(transaction=True)

TOLD = "昨天下午列车晚点 50 分钟，候车室没有任何广播，问了三个人三个说法。"
MORE = "补充一下：是 2 号候车室，大约 15 点 20 分。"


def test_a_customer_is_heard_answered_and_asked(
    visit,
    live_server,
    cast,
    units,
    mailbox,  # noqa: F811 - the fixture
    settings,
    monkeypatch,
):
    monkeypatch.setattr(doubting, "SHORTEST", dt.timedelta(0))  # a test types faster than people
    settings.BASE_URL = live_server.url
    survey = making.create(
        by=cast.quality,
        unit=units.rail,
        name="投诉办结后满意度",
        purpose=Survey.Purpose.AFTER_CASE,
        start="five",
    )
    making.publish(survey.versions.get(), by=cast.quality)
    with imap_server() as inbox:
        Mailbox.objects.create(
            unit=units.east, address=USER, host="127.0.0.1", port=inbox.port, security=Mailbox.Security.NONE,
            username=USER, password=seal(PASSWORD), set_by=cast.admin, language="zh-hans",
        )  # fmt: skip
        customer = visit(phone=True, language="zh-CN")
        complaint = complain(customer)
        receipt = latest_letter(mailbox)
        assert complaint.number in receipt["Subject"] and complaint.number in text_of(receipt)
        answer_by_mail(inbox, receipt)
    assert complaint.messages.filter(direction=Message.Direction.IN).last().text == MORE

    handler = visit(language="zh-CN")
    cast.handler.language = "zh-hans"
    cast.handler.save()
    handler.sign_in(cast.handler.username)
    handler.go(complaint.get_absolute_url())
    handler.sees(MORE)
    classify(handler, complaint)
    reply(handler, complaint, found="广播 38 分钟没有更新。", says="当天广播没有及时更新，是我们的责任。")

    customer.go(link_in(latest_letter(mailbox)))
    customer.sees("当天广播没有及时更新")
    customer.page.locator("a[href$='/not-solved/']").first.click()
    customer.page.fill("textarea[name=text]", "道歉收到了，但以后怎么保证？")
    customer.page.locator("button[type=submit][form=report-form].btn-lg").click()
    customer.page.wait_for_url(lambda url: "/not-solved/" not in url)
    customer.check()
    complaint.refresh_from_db()
    assert (complaint.state, complaint.round) == (State.INVESTIGATING, 2)

    reply(
        handler, complaint, found="已规定晚点每十分钟更新一次。",
        says="今后晚点超过十分钟，广播每十分钟更新一次，并发到各岗位手持机。",
    )  # fmt: skip
    assert "每十分钟更新一次" in text_of(latest_letter(mailbox))
    act(handler, complaint, "follow-up", {"outcome": FollowUp.Outcome.SATISFIED, "note": "电话里表示认可"})
    act(handler, complaint, "close", {})
    complaint.refresh_from_db()
    assert (complaint.state, complaint.satisfied) == (State.CLOSED, True)
    assert complaint.replied_at == complaint.replies.order_by("pk").first().sent_at, (
        "the first answer stays the first"
    )

    tasks.invite_customers()
    rate(customer, link_in(latest_letter(mailbox), "/s/"))
    response = Response.objects.get(invitation__complaint=complaint)
    assert response.index == 75 and response.comment == "处理得很认真。"
    customer.go(link_in(receipt))
    customer.sees(complaint.number)
    assert not [finding for finding in verify() if complaint.case in str(finding)]


def complain(customer) -> Complaint:
    customer.page.set_default_timeout(30_000)  # the first page of a run waits for everything that starts
    customer.go("/complain/ER-E-HZ/")
    assert customer.page.locator("html").get_attribute("lang") == "zh-Hans"
    customer.page.fill("#id_text", TOLD)
    customer.page.fill("#id_email", HUANG)
    customer.page.locator("#id_consent, [name=consent], [name=consented]").first.check()
    customer.page.locator(".phone-foot button").click()
    customer.page.wait_for_url(re.compile(r"/case/.+"))
    customer.check()
    complaint = Complaint.objects.get()
    customer.sees(complaint.number)
    assert (complaint.text, complaint.language, complaint.state) == (TOLD, "zh-hans", State.ACKNOWLEDGED)
    return complaint


def latest_letter(box):
    return letterbox.post_letters(box)[-1]


def link_in(letter, part: str = "/case/") -> str:
    return re.search(rf"http\S+{part}[^\s)>]+", text_of(letter))[0]


def answer_by_mail(inbox, receipt) -> None:
    inbox.put(
        mail(
            MORE,
            subject=f"回复: {receipt['Subject']}",
            message_id="more@example.org",
            In_Reply_To=receipt["Message-ID"],
        )
    )
    tasks.poll_mailbox(Mailbox.objects.get().pk)


def act(visitor, complaint, slug: str, values: dict[str, str]) -> None:
    """One act on its own page, as somebody would who follows its button."""
    visitor.go(reverse("complaint-act", args=[complaint.number, slug]))
    for name, value in values.items():
        field = visitor.page.locator(f"main [name={name}]")
        if field.first.get_attribute("type") == "radio":
            visitor.page.locator(f"main [name={name}][value='{value}']").check(force=True)
        elif field.evaluate("field => field.tagName") == "SELECT":
            field.select_option(value)
        else:
            field.fill(value)
    visitor.page.locator(
        "main form[method=post] button[type=submit], main form[method=post] .btn-p"
    ).last.click()
    visitor.page.wait_for_load_state("load")
    assert not visitor.page.locator(".errbox").count(), visitor.page.locator("main").inner_text()
    visitor.page.wait_for_url(lambda url: f"/{slug}/" not in url)
    visitor.check()


def classify(handler, complaint) -> None:
    category = str(
        complaint.unit.complaints.model.category.field.related_model.objects.get(code="service").pk
    )
    act(handler, complaint, "classify", {"category": category, "urgency": "2", "importance": "2"})
    act(handler, complaint, "investigate", {})


def reply(handler, complaint, *, found: str, says: str) -> None:
    act(handler, complaint, "record-finding", {"finding": found})
    act(handler, complaint, "draft-reply", {"text": says})
    act(handler, complaint, "send-reply", {"way": Message.Way.MAIL})
    expect(handler.page.locator("body")).to_contain_text(says)


def rate(customer, link: str) -> None:
    """Four of five everywhere: three steps of four, 75 of 100."""
    customer.go(link)
    for group in ("attitude", "efficiency", "content", "environment", "response", "overall"):
        customer.page.locator(f"[name$={group}][value='4']").check(force=True)
    customer.page.locator("#answers textarea").first.fill("处理得很认真。")
    customer.page.locator("#answers button.btn-lg").click()
    customer.page.locator("#answers").wait_for(state="detached")
    customer.check()
