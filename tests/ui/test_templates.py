"""Every template: it parses, its drawings and files exist, and nothing in it needs a loosened security policy."""

import re
from html.parser import HTMLParser

import pytest
from django.conf import settings
from django.contrib.staticfiles import finders
from django.template.loader import get_template
from lucide import IconDoesNotExist

from config.ui import icon

ROOT = settings.BASE_DIR / "templates"
PAGES = sorted(path.relative_to(ROOT).as_posix() for path in ROOT.rglob("*.html"))
#: Files that are printed as PDF: they must stand alone, under a policy of their own.
PRINTED = ("papers/file.html", "metrics/reports/file.html", "metrics/reports/page_file.html")
#: Mail knows no stylesheet either.
BROWSER_PAGES = [name for name in PAGES if not name.startswith("emails/") and name not in PRINTED]


def source(name: str) -> str:
    return (ROOT / name).read_text()


@pytest.mark.parametrize("name", PAGES)
def test_every_template_parses(name):
    get_template(name)


@pytest.mark.parametrize("name", PAGES)
def test_every_drawing_named_in_a_template_exists(name):
    for drawing in re.findall(r'{% icon "([^"]+)"', source(name)):
        assert icon(drawing).startswith("<svg")


@pytest.mark.parametrize("name", PAGES)
def test_every_static_file_named_in_a_template_exists(name):
    for path in re.findall(r'{% static "([^"]+)" %}', source(name)):
        assert finders.find(path), f"{name} links static/{path}, which is missing"


class Inspector(HTMLParser):
    """Collects what a strict content security policy would refuse, and addresses of other hosts."""

    def __init__(self):
        super().__init__()
        self.found: list[str] = []

    def handle_starttag(self, tag, attrs):
        values = dict(attrs)
        if tag == "style" or (tag == "script" and "src" not in values):
            self.found.append(f"inline <{tag}>")
        for name, value in attrs:
            if name == "style" or name.startswith(("on", "hx-on")):
                self.found.append(f"{name}= on <{tag}>")
            if name in {"href", "src", "action"} and re.match(
                r"\s*(javascript:|data:|https?:|//)", value or ""
            ):
                self.found.append(f"{name}={value}")
            if name.startswith("hx-") and (value or "").lstrip().startswith(("js:", "javascript:")):
                self.found.append(f"{name}={value}")

    handle_startendtag = handle_starttag


def refused(html: str) -> list[str]:
    inspector = Inspector()
    inspector.feed(re.sub(r"{%.*?%}|{#.*?#}", " ", re.sub(r"{{.*?}}", "x", html, flags=re.S), flags=re.S))
    return inspector.found


@pytest.mark.parametrize("name", BROWSER_PAGES)
def test_no_template_has_inline_code_or_style_or_reaches_for_another_host(name):
    assert refused(source(name)) == []


@pytest.mark.parametrize("name", PAGES)
def test_no_template_switches_escaping_off(name):
    assert not re.search(r"\|\s*safe\b|autoescape\s+off|\|\s*safeseq\b", source(name))


@pytest.mark.parametrize(
    "html",
    [
        "<p style='color:red'>",
        "<style>p{}</style>",
        "<script>alert(1)</script>",
        "<a href='javascript:x'>",
        "<button onclick='x()'>",
        "<img src='https://example.com/a.png'>",
        "<br style=''/>",
        "<div hx-on:click='x'>",
    ],
)
def test_the_inspector_sees_what_it_is_looking_for(html):
    assert refused(html)


def test_an_unknown_drawing_is_an_error():
    with pytest.raises(IconDoesNotExist):
        icon("no-such-drawing")
