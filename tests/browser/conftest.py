"""Real Chromium on a real server: every page that is visited is also checked with axe and for CSP violations."""

import os
import shutil
from collections.abc import Callable, Iterator
from importlib import resources

import pytest
from django.conf import settings
from django.test import Client
from playwright.sync_api import Browser, Page, sync_playwright

from people.models import Person
from tests.conftest import PASSWORD

CHROMIUM = next(filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), None)
PHONE = {"width": 390, "height": 844}
DESKTOP = {"width": 1440, "height": 900}
#: Pages that are read at both widths: a phone's in every run, a desk's among the slow ones.
both_widths = pytest.mark.parametrize(
    "phone", [pytest.param(True, id="phone"), pytest.param(False, id="desk", marks=pytest.mark.slow)]
)
#: How the elements of a page are made: by tag, class, the attributes they have and what they are for, inside which
#: parent; of labels and buttons whether there is a word in them.
WAYS_OF_BUILDING = """() => {
    const theme = document.documentElement.dataset.theme || "";
    const made = (node) => node ? [node.tagName, node.getAttribute("class"), node.getAttribute("role"),
        node.getAttribute("type"), [...node.attributes].map((one) => one.name).sort().join(),
        /\\S/.test(node.textContent)].join("|") : "";
    const ids = [...document.querySelectorAll("[id]")].map((node) => node.id);
    return [...new Set([...document.querySelectorAll("html, body, body *:not(svg *)")].map(
        (node) => theme + made(node) + ">" + made(node.parentElement)
    )), new Set(ids).size === ids.length ? "" : "ids twice on " + location.pathname];
}"""
#: What axe has found nothing against in this run: the window's width and the way of building.
READ: set[tuple[int, str]] = set()
AXE = resources.files("axe_playwright_python").joinpath("axe.min.js")


def pytest_collection_modifyitems(items):
    for item in items:
        if "tests/browser/" in str(item.path).replace(os.sep, "/"):
            item.add_marker(pytest.mark.browser)
            if CHROMIUM is None:
                item.add_marker(
                    pytest.mark.skip(reason="NO CHROMIUM IS INSTALLED: THE BROWSER TESTS DID NOT RUN")
                )


@pytest.fixture(scope="session", autouse=True)
def synchronous_playwright() -> Iterator[None]:
    """Playwright keeps an event loop in this thread, which Django takes for an asynchronous context."""
    os.environ["DJANGO_ALLOW_ASYNC_UNSAFE"] = "true"
    yield
    del os.environ["DJANGO_ALLOW_ASYNC_UNSAFE"]


@pytest.fixture(scope="session")
def chromium() -> Iterator[Browser]:
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(
            executable_path=CHROMIUM, args=["--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage"]
        )
        yield browser
        browser.close()


class Visitor:
    """Somebody at a browser. `go` and `check` refuse pages that axe or the content security policy complain about."""

    def __init__(self, page: Page, base: str):
        self.page = page
        self.base = base
        self.violations: list[str] = []
        page.on("console", self._listen)
        page.on("pageerror", lambda error: self.violations.append(f"script error: {error}"))

    def _listen(self, message) -> None:
        if "Content Security Policy" in message.text or "Refused to" in message.text:
            self.violations.append(message.text)

    def sign_in(self, username: str) -> None:
        """Is let in as this person, without the page for it: `sign_in_by_hand` uses that."""
        client = Client()
        client.force_login(Person.objects.get(username=username))
        key = client.cookies[settings.SESSION_COOKIE_NAME].value
        self.page.context.add_cookies(
            [{"name": settings.SESSION_COOKIE_NAME, "value": key, "url": self.base, "httpOnly": True}]
        )
        self.go("/")

    def sign_in_by_hand(self, username: str) -> None:
        self.go("/account/login/")
        self.page.fill("input[name=login]", username)
        self.page.fill("input[name=password]", PASSWORD)
        self.page.locator("main form button[type=submit], main form button:not([type])").first.click()
        self.page.wait_for_url(lambda url: "/account/login" not in url)
        self.check()

    def go(self, path: str) -> None:
        self.page.goto(path if path.startswith("http") else self.base + path)
        self.check()

    def check(self) -> None:
        """The page as it stands now: nothing broke the policy, nobody is shut out, nothing is wider than the window.

        Axe reads a page that shows anything built in a way that it hasn't read in this run: most of a page is the frame
        and the parts that others have, too.
        """
        assert self.violations == [], f"{self.page.url}: {self.violations}"
        built = {(self.page.viewport_size["width"], way) for way in self.page.evaluate(WAYS_OF_BUILDING)}
        if not built <= READ:
            found = accessibility_problems(self.page)
            assert not found, f"{self.page.url}: {found}"
            READ.update(built)
        assert not self.page.evaluate(
            "document.documentElement.scrollWidth > document.documentElement.clientWidth + 1"
        ), f"{self.page.url} is wider than the window"

    def press(self, name: str, *, role: str = "button", exact: bool = False) -> None:
        """Press a button or follow a link by its words, then check the page it leads to."""
        self.page.get_by_role(role, name=name, exact=exact).locator("visible=true").first.click()
        self.page.wait_for_load_state("load")
        self.check()

    def sees(self, text: str) -> None:
        self.page.get_by_text(text).locator("visible=true").first.wait_for()


def accessibility_problems(page: Page) -> list[str]:
    """What axe finds against WCAG 2.2 A and AA: rule, help and the first elements concerned."""
    page.evaluate("() => window.scrollTo(0, 0)")  # what the bar at the top just covers isn't too small
    page.evaluate(AXE.read_text(encoding="utf-8"))
    result = page.evaluate(
        "axe.run(document, {runOnly: ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa'], "
        "resultTypes: ['violations'], preload: false, iframes: false})"
    )
    return [
        f"{problem['id']}: {problem['help']} {[node['target'] for node in problem['nodes'][:3]]}"
        for problem in result["violations"]
    ]


@pytest.fixture
def visit(chromium, live_server) -> Iterator[Callable[..., Visitor]]:
    """visit() opens a fresh browser profile; phone=True gives it a phone's width and touch."""
    contexts = []

    def open_visit(*, phone: bool = False, language: str = "en") -> Visitor:
        context = chromium.new_context(
            viewport=PHONE if phone else DESKTOP, has_touch=phone, is_mobile=phone, locale=language,
            timezone_id="Asia/Shanghai",
        )  # fmt: skip
        context.set_default_timeout(10_000)
        contexts.append(context)
        return Visitor(context.new_page(), live_server.url)

    yield open_visit
    for context in contexts:
        context.close()
