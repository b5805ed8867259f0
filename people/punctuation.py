"""The signs between words, as the reader's language writes them: full width in Chinese."""

from collections.abc import Iterable

from django.utils.translation import pgettext


def colon() -> str:
    """Between a label and what it says."""
    return pgettext("punctuation", ": ")


def semicolon() -> str:
    return pgettext("punctuation", "; ")


def comma() -> str:
    return pgettext("punctuation", ", ")


def joined(parts: Iterable) -> str:
    """What stands in a row, with the reader's semicolons."""
    return semicolon().join(str(part) for part in parts)
