"""A paper as HTML: as a page of the system, or as one file that holds everything it needs."""

import base64
import datetime as dt
import functools

from django.contrib.staticfiles import finders
from django.contrib.staticfiles.storage import staticfiles_storage
from django.template.loader import render_to_string
from django.urls import reverse
from django.utils import timezone, translation
from django.utils.safestring import mark_safe
from django.utils.translation import gettext as _

from incidents.models import Evidence, Incident
from people.models import Person

from .facts import Facts
from .kinds import Paper

#: Django's language codes as BCP 47 tags, and the font that draws each: the same character looks different in them.
LANGUAGES = {"zh-hans": "zh-Hans", "zh-hant": "zh-Hant", "en": "en"}
FONTS = {"zh-hans": "Noto Sans CJK SC", "zh-hant": "Noto Sans CJK TC", "en": "Noto Sans CJK SC"}


def facts_of(incident: Incident, person: Person, *, inline: bool = False) -> Facts:
    """The facts for a page, or (`inline`) for a file that stands alone."""
    return Facts(incident, person, picture=data_uri if inline else address_of, now=timezone.now())


def address_of(evidence: Evidence) -> str:
    return reverse("evidence-thumbnail", args=[evidence.pk])


def data_uri(evidence: Evidence) -> str:
    """The small picture itself. Empty when its file is gone: the paper still tells its checksum."""
    try:
        with evidence.thumbnail.open("rb") as file:
            content = file.read()
    except OSError:
        return ""
    return f"data:image/webp;base64,{base64.b64encode(content).decode('ascii')}"


def context_of(paper: Paper, facts: Facts, chosen: int | None) -> dict:
    """What the templates need. `chosen` is the round that the paper tells of: the present one unless given."""
    number = chosen if paper.by_round and chosen else facts.incident.cycle
    return {
        "paper": paper,
        "facts": facts,
        "incident": facts.incident,
        "round": facts.rounds[number - 1],
        "rounds": facts.rounds,
        "several": len(facts.rounds) > 1,
        "html_lang": LANGUAGES[translation.get_language()],
        "now": facts.now,
        "by": facts.person,
    }


def margins(incident: Incident, paper: Paper, person: Person, *, chosen: int | None, now: dt.datetime) -> str:
    """The page margins as CSS: which paper of which case, page of pages, printed when and by whom."""
    about, rounds = f"{incident.number} · {paper.title}", incident.cycle
    if paper.by_round and rounds > 1:
        about += " · " + _("round %(round)s of %(rounds)s") % {"round": chosen or rounds, "rounds": rounds}
    return sheet_margins(about, person, now=now, landscape=paper.landscape)


def sheet_margins(about: str, person: Person, *, now: dt.datetime, landscape: bool = False) -> str:
    """The page margins of any paper as CSS: what it is, page of pages, printed when and by whom."""
    printed = _("Printed %(when)s by %(who)s") % {
        "when": timezone.localtime(now).strftime("%Y-%m-%d %H:%M"),
        "who": person.display_name,
    }
    page = _("Page %(page)s of %(pages)s")
    before, _page, rest = page.partition("%(page)s")
    between, _pages, after = rest.partition("%(pages)s")
    font = f'font: 7.6pt "{FONTS[translation.get_language()]}", system-ui, sans-serif; color: #43504c;'
    counted = f"{text(before)} counter(page) {text(between)} counter(pages) {text(after)}"
    return (
        f"@page {{ {'size: A4 landscape; margin: 15mm 12mm 14mm;' if landscape else 'size: A4;'}\n"
        f"  @top-left {{ content: {text(about)}; {font} }}\n"
        f"  @top-right {{ content: {text(_('ServiceLoop'))}; {font} }}\n"
        f"  @bottom-left {{ content: {text(printed)}; {font} }}\n"
        f"  @bottom-right {{ content: {counted}; {font} }}\n"
        "}\n"
    )


def text(words: str) -> str:
    """A CSS string: whatever could end it, or the style element around it, is written as a number."""
    safe = "".join(
        letter if letter.isalnum() or letter in " .,:;-_/·()，。：" else f"\\{ord(letter):x} "
        for letter in words
    )
    return f'"{safe}"'


def whole_file(paper: Paper, facts: Facts, chosen: int | None) -> str:
    """The paper as one HTML file: styles and pictures inside, nothing to fetch, nothing to run."""
    context = context_of(paper, facts, chosen)
    styles = margins(facts.incident, paper, facts.person, chosen=chosen, now=facts.now)
    # Our own rules; what comes from the case stands in them as CSS strings, where `text` lets nothing end them.
    return render_to_string("papers/file.html", {**context, "styles": mark_safe(f"{stylesheet()}\n{styles}")})


@functools.cache
def stylesheet(name: str = "css/papers.css") -> str:
    """The text of a stylesheet, where it was collected or where it stands."""
    found = finders.find(name)
    if found is None:
        with staticfiles_storage.open(name) as file:
            return file.read().decode()
    with open(found, encoding="utf-8") as file:
        return file.read()
