"""The stylesheets: readable colours in both themes, and nothing that the oldest supported browsers don't understand."""

import re

import pytest
from django.conf import settings

CSS = settings.BASE_DIR / "static" / "css"
FILES = sorted(CSS.glob("*.css"))


def colours(name: str) -> dict[str, str]:
    return dict(re.findall(r"(--[a-z0-9-]+): (#[0-9a-f]{6});", (CSS / name).read_text()))


LIGHT = colours("tokens.css")
DARK = LIGHT | colours("dark.css")
THEMES = {"light": LIGHT, "dark": DARK}

GROUNDS = ("--bg", "--surface", "--sunken", "--raised")
TEXT = [
    (ink, ground) for ink in ("--ink", "--ink-2", "--ink-3", "--accent", "--accent-2") for ground in GROUNDS
] + [
    ("--ink", "--neutral-soft"),
    ("--ink-2", "--neutral-soft"),
    ("--ink-3", "--neutral-soft"),
    ("--on-accent", "--accent"),
    ("--on-accent", "--accent-2"),
    ("--on-red", "--red"),
    ("--on-concern", "--concern"),
    ("--accent-2", "--accent-soft"),
    ("--ink", "--accent-soft"),
    ("--ink-3", "--accent-soft"),
    ("--red", "--red-soft"),
    ("--red", "--surface"),
    ("--red", "--sunken"),
    ("--amber", "--amber-soft"),
    ("--amber", "--surface"),
    ("--concern", "--concern-soft"),
    ("--concern", "--surface"),
    ("--better", "--better-soft"),
    ("--better", "--surface"),
    ("--purple", "--purple-soft"),
    ("--surface", "--ink"),
]
EDGES = [
    (edge, ground)
    for edge in ("--line-ctl", "--focus", "--accent", "--concern-fill")
    for ground in ("--bg", "--surface")
]


def luminance(colour: str) -> float:
    """Relative luminance, WCAG 2.2."""
    channels = (int(colour[i : i + 2], 16) / 255 for i in (1, 3, 5))
    red, green, blue = (c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in channels)
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def contrast(one: str, other: str) -> float:
    lighter, darker = sorted((luminance(one), luminance(other)), reverse=True)
    return (lighter + 0.05) / (darker + 0.05)


def test_contrast_of_black_on_white_is_21():
    assert contrast("#000000", "#ffffff") == pytest.approx(21)
    assert contrast("#767676", "#ffffff") == pytest.approx(4.54, abs=0.01)


@pytest.mark.parametrize("theme", THEMES)
@pytest.mark.parametrize("ink, ground", TEXT)
def test_text_is_readable(theme, ink, ground):
    assert contrast(THEMES[theme][ink], THEMES[theme][ground]) >= 4.5


@pytest.mark.parametrize("theme", THEMES)
@pytest.mark.parametrize("edge, ground", EDGES)
def test_edges_of_controls_are_visible(theme, edge, ground):
    assert contrast(THEMES[theme][edge], THEMES[theme][ground]) >= 3


def test_both_themes_know_the_same_colours():
    assert set(colours("dark.css")) == set(LIGHT)


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.name)
def test_stylesheets_stay_within_the_browser_floor_and_the_house(path):
    css = re.sub(r"/\*.*?\*/", "", path.read_text(), flags=re.S)
    css = re.sub(r"@supports selector\(:has\(\*\)\) \{.*?\n  \}", "", css, flags=re.S)  # asks before it uses
    if path.name in PAPERS:  # put together from the house's own sheets
        css = re.sub(r'@import url\("[a-z]+\.css"\)', "", css)
    assert not re.search(r"light-dark\(|color-mix\(|oklch\(|@import|url\(|:has\(", css)
    assert css.count("{") == css.count("}")


#: Printed alone, by colours of their own.
PAPERS = ("papers.css", "report-paper.css")
#: Put into a PDF by the worker, linked by no page.
IN_PDF_ONLY = ("figures-print.css",)
#: Pages that link a sheet which no other page needs.
OWN_SHEETS = ("handbook", "metrics", "papers", "surveys")


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.name)
def test_every_stylesheet_is_linked_and_uses_known_tokens(path):
    templates = settings.BASE_DIR / "templates"
    head = (templates / "parts" / "_head.html").read_text()
    own = "".join(page.read_text() for folder in OWN_SHEETS for page in (templates / folder).rglob("*.html"))
    assert f"css/{path.name}" in head + own or path.name in IN_PDF_ONLY
    known = set(re.findall(r"(--[a-z0-9-]+):", (CSS / "tokens.css").read_text()))
    if path.name in PAPERS:
        known |= set(re.findall(r"(--[a-z0-9-]+):", (CSS / "papers.css").read_text()))
    assert set(re.findall(r"var\((--[a-z0-9-]+)", path.read_text())) <= known
