"""The questions as a customer reads them, in one language, with what was chosen and what is wrong with it."""

from collections.abc import Iterable
from dataclasses import dataclass, field

from django.http import QueryDict
from django.utils.translation import gettext as _
from django.utils.translation import pgettext

from ..models import Item, Response, SurveyVersion
from .index import RANGES


@dataclass(frozen=True)
class Option:
    value: str
    label: str  # what stands on the button
    words: str = ""  # what it means, where the label is a number
    chosen: bool = False


@dataclass(frozen=True)
class Question:
    """One question on the page. `name` is the field's; `error` stands above the answers."""

    item: Item
    number: int
    text: str
    name: str
    options: list[Option] = field(default_factory=list)
    ends: tuple[str, str] = ("", "")
    value: str = ""  # of free text
    error: str = ""

    @property
    def typed(self) -> str:
        """What was chosen, as it is typed."""
        return next((option.value for option in self.options if option.chosen), "")

    @property
    def complete_figures(self) -> str:
        """The figures after which no other can come: of 1 to 10 all but the 1, which may become a 10."""
        values = [option.value for option in self.options]
        return " ".join(v for v in values if not any(other != v and other.startswith(v) for other in values))


def field_of(item: Item) -> str:
    return f"q-{item.code}"


def language_of(version: SurveyVersion, *wanted: str) -> str:
    """The first wanted language that it is asked in; else the first that it has."""
    asked = version.languages or ["zh-hans"]
    return next((language for language in wanted if language in asked), asked[0])


def read(items: Iterable[Item], data: QueryDict) -> tuple[dict[str, int | None], str]:
    """What was sent: scores by code and the comment. What isn't a number is no answer that there is: -1."""
    scores: dict[str, int | None] = {}
    comment = ""
    for item in items:
        sent = data.get(field_of(item), "").strip()
        if item.kind == Item.Kind.TEXT:
            comment = sent.replace("\r\n", "\n").replace("\x00", "")
        else:
            scores[item.code] = (
                None if not sent else int(sent) if sent.isascii() and sent.isdigit() and len(sent) < 5 else -1
            )
    return scores, comment


def answered(items: Iterable[Item], response: Response | None) -> tuple[dict[str, int | None], str]:
    """What was answered before, as `read` gives it."""
    if response is None:
        return {}, ""
    by_place = dict(enumerate(response.scores))
    return {item.code: by_place.get(item.position) for item in items}, response.comment


def questions(
    items: Iterable[Item],
    language: str,
    scores: dict[str, int | None],
    comment: str,
    errors: dict | None = None,
) -> list[Question]:
    """The questions for the page, in this language; the words around them in the one that is active."""
    errors = errors or {}
    found = []
    for number, item in enumerate(items, start=1):
        is_text = item.kind == Item.Kind.TEXT
        found.append(
            Question(
                item, number, item.in_language(language), field_of(item),
                options=[] if is_text else _options(item, language, scores.get(item.code)),
                ends=_ends(item.kind), value=comment if is_text else "", error=str(errors.get(item.code, "")),
            )
        )  # fmt: skip
    return found


def grades() -> list[str]:
    """What 1 to 5 mean, in the active language."""
    return [
        pgettext("rating", "Very poor"),
        pgettext("rating", "Poor"),
        pgettext("rating", "Fair"),
        pgettext("rating", "Good"),
        pgettext("rating", "Very good"),
    ]


def _options(item: Item, language: str, score: int | None) -> list[Option]:
    if item.kind == Item.Kind.CHOICE:
        return [
            Option(
                str(choice["value"]),
                _in(choice["texts"], language) or choice["code"],
                chosen=choice["value"] == score,
            )
            for choice in item.choices
        ]
    low, high = RANGES[item.kind]
    words = grades() if item.kind == Item.Kind.LIKERT5 else []
    return [
        Option(str(value), str(value), words[value - low] if words else "", value == score)
        for value in range(low, high + 1)
    ]


def _ends(kind: str) -> tuple[str, str]:
    if kind == Item.Kind.LIKERT10:
        return pgettext("rating", "Very poor"), pgettext("rating", "Very good")
    if kind == Item.Kind.NPS:
        return _("Not at all likely"), _("Extremely likely")
    return "", ""


def _in(texts: dict[str, str], language: str) -> str:
    return texts.get(language) or next(iter(texts.values()), "")
