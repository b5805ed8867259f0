"""Real Chromium on a real server: every page that is visited is also checked with axe and for CSP violations."""

import os
import re
import shutil
from collections.abc import Callable, Iterator
from importlib import resources

import pytest
from playwright.sync_api import Browser, Page, sync_playwright

from tests.conftest import PASSWORD

CHROMIUM = next(filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), None)
PHONE = {"width": 390, "height": 844}
DESKTOP = {"width": 1440, "height": 900}
#: Pages that are read at both widths: a phone's in every run, a desk's among the slow ones.
both_widths = pytest.mark.parametrize(
    "phone", [pytest.param(True, id="phone"), pytest.param(False, id="desk", marks=pytest.mark.slow)]
)
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
        self.read: set[tuple[str, int]] = set()
        page.on("console", self._listen)
        page.on("pageerror", lambda error: self.violations.append(f"script error: {error}"))

    def _listen(self, message) -> None:
        if "Content Security Policy" in message.text or "Refused to" in message.text:
            self.violations.append(message.text)

    def sign_in(self, username: str) -> None:
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

        Each kind of page is read by axe once per visit: a story comes back to the same one many times.
        """
        assert self.violations == [], f"{self.page.url}: {self.violations}"
        kind = (
            re.sub(r"\d+|[0-9a-f-]{36}", "#", self.page.url.split("?")[0]),
            self.page.locator(".errbox").count(),
        )
        if kind not in self.read:
            found = accessibility_problems(self.page)
            assert not found, f"{self.page.url}: {found}"
            self.read.add(kind)
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
        "axe.run(document, {runOnly: ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa']})"
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
