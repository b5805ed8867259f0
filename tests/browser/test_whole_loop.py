"""The story of the product: a report from a phone becomes an archived, proven case, by four people and their colleagues.

Zhou photographs it on the train; Li judges it; Sun and Wang agree who answers for it; Chen finds the cause and plans;
Wang approves; Chen and Liu carry it out; Wang verifies, in vain at first: a second round; then the case is closed.
"""

import datetime as dt
import io

import pytest
from PIL import Image, ImageDraw

from history.verification import verify
from incidents.models import Incident, IncidentType
from incidents.stages import Stage
from tests.conftest import PASSWORD
from tests.walks import designed, observed

pytestmark = pytest.mark.django_db(transaction=True)

WORDS = {
    "en": {
        "what": "The air conditioning of car 3 failed on G1027. It rose to 33.8 °C and 86 passengers complained.",
        "title": "G1027: air conditioning of car 3 failed, 33.8 °C",
        "text": "Checked against the log and with two passengers.",
        "cause": "The weekly card does not look at the fan",
        "measure": "Put the fan bearing on the weekly card",
    },
    "zh-hans": {
        "what": "G1027次3号车厢空调停机，车内升至33.8℃，86名旅客集体投诉，广播致歉晚了25分钟。",
        "title": "G1027次3号车厢空调故障，车内升至33.8℃",
        "text": "已与车载日志和两名旅客核对。",
        "cause": "周检作业卡没有风机项目",
        "measure": "周检作业卡增加风机轴承检查",
    },
}


def photo() -> dict:
    buffer = io.BytesIO()
    picture = Image.new("RGB", (800, 600), "#dfe8e6")
    ImageDraw.Draw(picture).rectangle((250, 180, 550, 420), fill="#0a6660")
    picture.save(buffer, "JPEG")
    return {"name": "thermometer.jpg", "mimeType": "image/jpeg", "buffer": buffer.getvalue()}


class Story:
    """What the cast does in the browser. Links are found by where they lead, so that one story fits every language."""

    def __init__(self, visit, language: str):
        self.visit = visit
        self.language = language
        self.words = WORDS[language]
        self.visitors = {}

    def as_(self, username: str, *, phone: bool = False):
        if username not in self.visitors:
            visitor = self.visit(phone=phone, language=self.language)
            visitor.sign_in(username)
            self.visitors[username] = visitor
        return self.visitors[username]

    @property
    def case(self) -> Incident:
        return Incident.objects.get()

    def act(self, username: str, slug: str, values: dict | None = None, *, query: str = "") -> None:
        """Open the case, follow the link to the act, fill in its form, send it; or press the button on the case itself."""
        visitor = self.as_(username)
        visitor.go(self.case.get_absolute_url())
        if visitor.page.locator(f'#forward-form[action$="/{slug}/"]').count():
            return self.press_inline(username)
        link = visitor.page.locator(f'main a[href*="/{slug}/{query}"]').first
        if not link.count():  # an act of the workbench, whose forms have pages of their own as well
            visitor.go(f"{self.case.get_absolute_url()}{slug}/{query}")
        else:
            if not link.is_visible():  # in a menu
                link.locator("xpath=ancestor::details[1]/summary").click()
            link.click()
            visitor.page.wait_for_url(f"**/{slug}/**")
        self.fill_in_and_send(visitor, values or {})

    def fill_in_and_send(self, visitor, values: dict) -> None:
        page = visitor.page
        for name, value in values.items():
            field = page.locator(f'#act-form [name="{name}"]')
            kind = field.first.get_attribute("type")
            if kind == "radio":
                page.locator(f'#act-form [name="{name}"][value="{value}"]').check(force=True)
            elif kind == "checkbox":
                field.first.set_checked(bool(value), force=True)
            elif field.first.evaluate("field => field.tagName") == "SELECT":
                field.first.select_option(str(value))
            else:
                field.first.fill(str(value))
        self.sign(page, "#act-form")
        visitor.check()
        before = page.url
        page.locator("#act-form button.btn-p").first.click()
        page.wait_for_url(lambda url: url.split("?")[0] != before.split("?")[0])
        visitor.check()

    @staticmethod
    def sign(page, form: str) -> None:
        """Type the password where the act asks for it."""
        field = page.locator(f"{form} [name=password]")
        if field.count():
            field.fill(PASSWORD)

    def press_inline(self, username: str) -> None:
        """The forward act whose form stands on the case itself."""
        visitor = self.as_(username)
        version = self.case.version
        self.sign(visitor.page, "#forward-form")
        with visitor.page.expect_navigation():
            visitor.page.locator('button[form="forward-form"]').first.click()
        visitor.check()
        assert self.case.version > version


def test_from_a_phone_report_to_a_proven_archived_case(visit, cast, units):
    tell_it_in("en", visit, cast, units)


def tell_it_in(language, visit, cast, units) -> None:
    """The whole story in one language; `test_whole_loop_in_chinese` tells it in the other, beside this one."""
    for person in vars(cast).values():
        person.language = language
        person.save()
    story = Story(visit, language)
    report_on_the_phone(story)
    story.act("li", "substantiate", {"severity": 3, "title": story.words["title"]})
    agree_on_responsibility(story, cast, units)
    one_round(story, cast)
    story.act("wang", "judge", verdict("not_effective", after=60, reasons=story.words["text"]))
    assert (story.case.stage, story.case.cycle) == (Stage.ANALYSE, 2)
    one_round(story, cast)
    story.act("wang", "judge", verdict("effective", after=22, reasons=story.words["text"]))
    draw_lessons(story, cast)
    assert story.case.stage == Stage.CLOSED
    the_reporter_sees_what_became_of_it(story)
    for place in (
        "/",
        "/incidents/",
        "/incidents/board/",
        "/measures/",
        "/audit/",
        "/notices/",
        "/imports/",
        "/me/",
    ):
        story.as_("wang").go(place)
    for place in ("/people/", "/units/", "/types/"):
        story.as_("ma").go(place)
    assert list(verify()) == []


def report_on_the_phone(story: Story) -> None:
    zhou = story.as_("zhou", phone=True)
    zhou.go("/")
    zhou.page.locator('a[href="/report/"]').locator("visible=true").first.click()
    page = zhou.page
    page.wait_for_url("**/report/**")
    zhou.check()
    page.locator("#report-form input[type=file]").first.set_input_files(photo())
    page.locator("#report-form input[name=uploads]").first.wait_for(state="attached")
    facility = IncidentType.objects.get(code="facility")
    page.locator(f'#report-form input[type=radio][value="{facility.code}"]').first.check(force=True)
    page.fill("#report-form textarea[name=description]", story.words["what"])
    zhou.check()
    page.locator(".phone-foot button[type=submit]").click()
    page.wait_for_url("**/report/sent/**")
    zhou.check()
    zhou.sees(story.case.number)
    assert story.case.reporter.username == "zhou" and story.case.evidence.count() == 1


def agree_on_responsibility(story: Story, cast, units) -> None:
    values = {
        "facts": story.words["text"],
        "share-0-kind": "equipment",
        "share-0-unit": units.workshop.pk,
        "share-0-person": f"{cast.owner.display_name} ({cast.owner.username})",
        "share-0-share": 100,
    }
    story.act("sun", "attribute", values)
    story.act("wang", "agree")
    assert (story.case.stage, story.case.responsible_person) == (Stage.ANALYSE, cast.owner)


def one_round(story: Story, cast) -> None:
    """Chen analyses and plans, Wang approves, Chen carries out, Wang checks."""
    words, cycle = story.words, story.case.cycle
    described = {"problem": words["what"], "escape": words["cause"], "report": words["text"]}
    if cycle > 1:
        described["why_differs"] = words["text"]
    story.act("chen", "describe-analysis", described)
    story.act("chen", "add-cause", {"text": words["cause"], "category": "method"})
    cause = story.case.causes.get(cycle=cycle)
    finding = {"finding": words["text"], "proof_note": "V3.2", "is_root": True}
    story.act("chen", "confirm-cause", finding, query=f"?cause={cause.pk}")
    story.act("chen", "conclude")
    story.act("chen", "write-plan", {"feasibility": words["text"], "expected_effect": words["text"]})
    due = dt.date.today() + dt.timedelta(days=14)
    measure = {
        "text": words["measure"], "cause": cause.pk, "owner": f"{cast.owner.display_name} ({cast.owner.username})",
        "due_on": due.isoformat(), "target": "100 %",
    }  # fmt: skip
    story.act("chen", "add-measure", measure)
    designed(story.case, cast.owner)
    story.act("chen", "submit")
    story.act("wang", "approve")
    assert story.case.stage == Stage.TRACK
    number = story.case.measures.get(plan__cycle=cycle).number
    for username, slug, values in [
        ("chen", "progress", {"text": words["text"], "progress": 50}),
        ("chen", "complete", {"text": words["text"], "proof_note": "Order 4711"}),
        ("wang", "check", {"text": words["text"], "in_order": "yes"}),
    ]:
        visitor = story.as_(username)
        visitor.go(f"/measures/{number}/")
        visitor.page.locator(f'main a[href$="/{slug}/"]').locator("visible=true").first.click()
        visitor.page.wait_for_url(f"**/{slug}/")
        story.fill_in_and_send(visitor, values)
    assert story.case.stage == Stage.VERIFY, "done, proven and checked, it goes on by itself"
    observed(story.case)


def verdict(verdict: str, *, after: int, reasons: str) -> dict:
    """What the design leaves open: the events after. Before there were 48 in 1,200,000 train days."""
    return {
        "after_events": after, "after_exposure": 1_100_000, "source": "log", "verdict": verdict, "reasons": reasons,
    }  # fmt: skip


def draw_lessons(story: Story, cast) -> None:
    words = story.words
    story.act("wang", "write-lessons", {"lessons": words["text"]})
    owner = f"{cast.depot_manager.display_name} ({cast.depot_manager.username})"
    due = dt.date.today() + dt.timedelta(days=30)
    story.act(
        "wang", "add-improvement", {"kind": "manual", "text": words["measure"], "owner": owner, "due_on": due}
    )
    change = story.case.improvements.get()
    story.act("wang", "finish-improvement", {"proof_note": "V4"}, query=f"?improvement={change.pk}")
    story.act("wang", "archive")


def the_reporter_sees_what_became_of_it(story: Story) -> None:
    zhou = story.as_("zhou")
    zhou.go("/notices/")
    zhou.go(story.case.get_absolute_url())
    zhou.sees(story.case.number)
