"""Full-text search that finds Chinese from one character up.

Text is folded (width, case, Traditional to Simplified) and cut into words; a run of characters that are written
without spaces (Chinese, Japanese, Korean) becomes its bigrams, with its last character alone at the end, each at its
position. A phrase of bigrams then means exactly "contains this substring", and one GIN index serves every language.
An incident's number is one word of its own, and its serial is also kept backwards, so that it is found by its ending.
"""

import functools
import re
import sys
import unicodedata
from collections.abc import Iterable, Iterator

import opencc
from django.contrib.postgres.search import SearchVectorField
from django.db.models import BooleanField, ExpressionWrapper, Func, Q, TextField, Value
from django.db.models.functions import Cast

_KANA_AND_HANGUL = "\u3041-\u3096\u309d-\u309f\u30a1-\u30fa\u30fc-\u30ff\uac00-\ud7af"
_SPACELESS = f"\u3005-\u3007\u3400-\u9fff\uf900-\ufaff\U00020000-\U000323af{_KANA_AND_HANGUL}"
_WORD = re.compile(r"[^\W_]+")  # without a space or a sign in it
_RUN = re.compile(rf"[{_SPACELESS}]+|[^\W_{_SPACELESS}]+")
_IS_SPACELESS = re.compile(rf"[{_SPACELESS}]")
_NUMBER = re.compile(r"(?<![^\W_])([a-z]{2,4})-(\d{4})-(\d{1,6})(?!\d)")
_DIGITS = re.compile(r"[0-9]{1,6}")

_LONGEST_RUN = 100  # characters of a word that count
_LONGEST_QUERY = 200  # characters that are looked at
_MAX_POSITION = 16383  # tsvector's own limits
_MAX_POSITIONS = 255
#: The fields of an incident in which is searched.
SEARCHED = {"number", "title", "description", "place", "impact", "external_id"}
SERIAL, BACKWARDS = "#", "~"  # marks in front of a number's serial: as it is, and from its last digit


@functools.cache
def _to_simplified() -> dict[int, str]:
    """Every character that has a simpler form. By characters, not by words as OpenCC would: a part of a text must fold
    as it does within the whole, or a substring would not be found.
    """
    letters = [chr(code) for code in range(0x3400, sys.maxunicode + 1) if _IS_SPACELESS.match(chr(code))]
    simple = opencc.OpenCC("t2s").convert("\n".join(letters)).split("\n")
    return {ord(old): new for old, new in zip(letters, simple, strict=True) if old != new}


def fold(text: str) -> str:
    """Full-width to half-width, upper to lower case, Traditional to Simplified."""
    return unicodedata.normalize("NFKC", text).casefold().translate(_to_simplified())


def _joined_numbers(folded: str) -> str:
    """sq-2026-000123 and sq-2026-123 as one word: sq2026000123."""
    return _NUMBER.sub(lambda found: f"{found[1]}{found[2]}{int(found[3]):06d}", folded)


def lexemes(text: str) -> list[str]:
    """The searchable pieces of a text in order."""
    found: list[str] = []
    for run in _RUN.findall(_joined_numbers(fold(text))):
        if _IS_SPACELESS.match(run):
            found += [run[i : i + 2] for i in range(len(run))]  # the last one is a single character
        else:
            found.append(run[:_LONGEST_RUN])
    return found


def pieces(text: str) -> Iterator[tuple[str, int, int]]:
    """The lexemes of a text, each with the part of the text that it was made from: the text's [start:end].

    A character alone stands for nothing here, and a number of an incident for its parts.
    """
    folded, places = "", []
    for at, character in enumerate(text):
        simple = fold(character)
        folded += simple
        places += [at] * len(simple)
    for run in _RUN.finditer(folded):
        start, end = run.span()
        if not _IS_SPACELESS.match(run[0]):
            yield run[0][:_LONGEST_RUN], places[start], places[end - 1] + 1
            continue
        for first in range(start, end - 1):
            yield folded[first : first + 2], places[first], places[first + 1] + 1


def any_of(words: Iterable[str]) -> str:
    """The tsquery for texts that hold at least one of these lexemes."""
    return " | ".join(map(quoted, words))


def quoted(lexeme: str) -> str:
    return "'" + lexeme.replace("\\", "\\\\").replace("'", "''") + "'"


def vector(*texts: str, marks: tuple[str, ...] = ()):
    """The expression to store in `Incident.search` for these texts. Written as a literal, so no parser interferes.

    `marks` are lexemes of our own that no text can contain.
    """
    return Cast(Value(literal(*texts, marks=marks), output_field=TextField()), SearchVectorField())


def literal(*texts: str, marks: tuple[str, ...] = ()) -> str:
    """The tsvector of these texts as PostgreSQL writes it."""
    positions: dict[str, list[int]] = {}
    position = 0
    for text in texts:
        for lexeme in lexemes(text):
            position += 1
            if position <= _MAX_POSITION:
                positions.setdefault(lexeme, []).append(position)
        position += 1  # a gap: no phrase reaches from one text into the next
    placed = (
        f"{quoted(lexeme)}:{','.join(map(str, at[:_MAX_POSITIONS]))}" for lexeme, at in positions.items()
    )
    return " ".join([*placed, *map(quoted, marks)])


def query(text: str) -> str:
    """The tsquery for what somebody typed: every word must occur; Chinese as a substring, others by their beginning."""
    words = _WORD.findall(_joined_numbers(fold(text[:_LONGEST_QUERY])))
    return " & ".join(dict.fromkeys(_word_query(word) for word in words))


def is_phrase(text: str) -> bool:
    """Does this ask for pieces that follow each other, as every Chinese word of three characters and more does?"""
    return "<->" in query(text)


def _word_query(word: str) -> str:
    if _DIGITS.fullmatch(word):
        return _digits_query(word)
    runs = _RUN.findall(word)
    steps: list[str] = []
    for run in runs[
        :-1
    ]:  # ends here in the text as well: whole words, and Chinese with its last character alone
        if _IS_SPACELESS.match(run):
            steps += [quoted(run[i : i + 2]) for i in range(len(run))]
        else:
            steps.append(quoted(run[:_LONGEST_RUN]))
    last = runs[-1]
    if _IS_SPACELESS.match(last) and len(last) > 1:
        steps += [quoted(last[i : i + 2]) for i in range(len(last) - 1)]
    else:
        steps.append(f"{quoted(last[:_LONGEST_RUN])}:*")
    return "(" + " <-> ".join(steps) + ")" if len(steps) > 1 else steps[0]


def _digits_query(digits: str) -> str:
    """A word that begins so, or a number: by its whole serial, or from three digits on by its ending."""
    number = f"{quoted(BACKWARDS + digits[::-1])}:*" if len(digits) > 2 else quoted(f"{SERIAL}{int(digits)}")
    return f"({quoted(digits)}:* | {number})"


def matching(text: str, field: str = "search") -> Q | None:
    """Condition for rows that contain what was typed; None when nothing searchable was typed."""
    tsquery = query(text)
    return satisfying(tsquery, field) if tsquery else None


def satisfying(tsquery: str, field: str = "search") -> Q:
    """Condition for rows whose words satisfy this tsquery."""
    return Q(
        ExpressionWrapper(
            Func(
                field,
                Value(tsquery),
                template="%(expressions)s::tsquery",
                arg_joiner=" @@ ",
                output_field=BooleanField(),
            ),
            output_field=BooleanField(),
        )
    )


def marks_of(number: str) -> tuple[str, ...]:
    """How a number like SQ-2026-000123 is found by its serial."""
    serial = number.rsplit("-", 1)[-1]
    return (f"{SERIAL}{int(serial)}", f"{BACKWARDS}{serial[::-1]}") if serial.isdigit() else ()


def vector_of(incident, *more: str):
    """What an incident is found by. `more`: words of the apps above, for a case that has ended."""
    return vector(
        incident.number,
        incident.title,
        incident.description,
        incident.place,
        incident.impact,
        incident.external_id,
        *more,
        marks=marks_of(incident.number),
    )
