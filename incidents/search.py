"""Full-text search that finds Chinese from one character up.

Text is folded (width, case, Traditional to Simplified) and cut into words; a run of Chinese characters becomes its
bigrams, with its last character alone at the end, each at its position. A phrase of bigrams then means exactly
"contains this substring", and one GIN index serves every language.
"""

import functools
import re
import unicodedata

import opencc
from django.contrib.postgres.search import SearchVectorField
from django.db.models import BooleanField, ExpressionWrapper, Func, Q, TextField, Value
from django.db.models.functions import Cast

_HAN = r"\u3400-\u9fff\uf900-\ufaff\U00020000-\U0003134f"
_RUN = re.compile(rf"[{_HAN}]+|[^\W_{_HAN}]+")
_IS_HAN = re.compile(rf"[{_HAN}]")
_MAX_POSITION = 16383  # tsvector's own limit


@functools.cache
def _converter() -> opencc.OpenCC:
    return opencc.OpenCC("t2s")


def fold(text: str) -> str:
    """Full-width to half-width, upper to lower case, Traditional to Simplified."""
    return _converter().convert(unicodedata.normalize("NFKC", text).casefold())


def lexemes(text: str) -> list[str]:
    """The searchable pieces of a text in order."""
    pieces: list[str] = []
    for run in _RUN.findall(fold(text)):
        if _IS_HAN.match(run):
            pieces += [run[i : i + 2] for i in range(len(run))]  # the last one is a single character
        else:
            pieces.append(run[:100])
    return pieces


def _quoted(lexeme: str) -> str:
    return "'" + lexeme.replace("\\", "\\\\").replace("'", "''") + "'"


def vector(*texts: str):
    """The expression to store in `Incident.search` for these texts. Written as a literal, so no parser interferes."""
    positions: dict[str, list[int]] = {}
    position = 0
    for text in texts:
        for lexeme in lexemes(text):
            position += 1
            if position <= _MAX_POSITION:
                positions.setdefault(lexeme, []).append(position)
        position += 1  # a gap: no phrase reaches from one text into the next
    literal = " ".join(
        f"{_quoted(lexeme)}:{','.join(map(str, at[:255]))}" for lexeme, at in positions.items()
    )
    return Cast(Value(literal, output_field=TextField()), SearchVectorField())


def query(text: str) -> str:
    """The tsquery for what somebody typed: every run must occur; Chinese as a substring, words by their beginning."""
    parts = []
    for run in _RUN.findall(fold(text)):
        if not _IS_HAN.match(run):
            parts.append(f"{_quoted(run[:100])}:*")
        elif len(run) == 1:
            parts.append(f"{_quoted(run)}:*")
        else:
            bigrams = [run[i : i + 2] for i in range(len(run) - 1)]
            parts.append("(" + " <-> ".join(map(_quoted, bigrams)) + ")")
    return " & ".join(parts)


def matching(text: str, field: str = "search") -> Q | None:
    """Condition for rows that contain what was typed; None when nothing searchable was typed."""
    tsquery = query(text)
    if not tsquery:
        return None
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


def vector_of(incident):
    """What an incident is found by."""
    serial = incident.number.rsplit("-", 1)[-1].lstrip("0")
    return vector(
        incident.number,
        serial,
        incident.title,
        incident.description,
        incident.place,
        incident.impact,
        incident.external_id,
    )
