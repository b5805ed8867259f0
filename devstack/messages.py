"""`dev.py messages [--check]`: extracts, merges and compiles the translations, without GNU gettext.

Texts come from the applications' Python and from all templates. What the catalogues hold depends on these alone:
no dates, no line numbers, no paths of this machine; so a second run changes nothing.
"""

import io
import re
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path

import django
from babel.messages.catalog import Catalog, Message
from babel.messages.extract import extract
from babel.messages.pofile import write_po
from django.utils.translation.template import templatize

from devstack.catalogues import LOCALE, catalogue_paths, compile_catalogues, read_catalogue
from devstack.places import ROOT

LOCALES = ("zh_Hans", "zh_Hant")
SOURCES = (
    "config",
    "people",
    "history",
    "reminders",
    "incidents",
    "capa",
    "complaints",
    "metrics",
    "templates",
)
TEMPLATE_SUFFIXES = {".html", ".txt"}
KEYWORDS = {
    "_": None,
    "gettext": None,
    "gettext_lazy": None,
    "gettext_noop": None,
    "ngettext": (1, 2),
    "ngettext_lazy": (1, 2),
    "pgettext": ((1, "c"), 2),
    "pgettext_lazy": ((1, "c"), 2),
    "npgettext": ((1, "c"), 2, 3),
    "npgettext_lazy": ((1, "c"), 2, 3),
}
TRANSLATOR_TAGS = ["Translators:"]
WIDTH = 100

HEADER = """\
# ServiceLoop: {name}.
# Written by `python3 dev.py messages`; translate here, the rest is kept in step with the code.
msgid ""
msgstr ""
"Project-Id-Version: ServiceLoop\\n"
"Language: {locale}\\n"
"MIME-Version: 1.0\\n"
"Content-Type: text/plain; charset=utf-8\\n"
"Content-Transfer-Encoding: 8bit\\n"
"Plural-Forms: {plural_forms};\\n"

"""

# %(name)s and %s as Python formats them, {name} as str.format does, %n as app.js does (a template's extraction
# doubles percent signs); any other `%%` is only a percent sign.
PLACEHOLDER = re.compile(r"%%n\b|%%|%\(\w+\)[#0\- +]*[\d.]*[a-zA-Z]|%[sdif]|\{\w*\}")


def messages(arguments: Sequence[str]) -> int:
    django.setup()
    if "--check" in arguments:
        problems = list(catalogue_problems())
        print("\n".join(problems) or "All translations are there.")
        return 1 if problems else 0
    wanted = extract_messages()
    for locale in LOCALES:
        merge(locale, wanted)
    compile_catalogues()
    problems = list(catalogue_problems(wanted))
    print(f"{len(wanted)} texts; {len(problems)} to be translated or mended (--check lists them).")
    return 0


def extract_messages() -> Catalog:
    """Every text of the code and the templates, with the files it stands in."""
    found = Catalog(fuzzy=False)
    for path in source_files():
        place = path.relative_to(ROOT).as_posix()
        for _line, text, comments, context in extract(
            "python",
            readable(path),
            keywords=KEYWORDS,
            comment_tags=TRANSLATOR_TAGS,
            strip_comment_tags=False,
        ):
            found.add(text, locations=[(place, 0)], auto_comments=comments, context=context)
    return found


def source_files() -> Iterator[Path]:
    for folder in SOURCES:
        for path in sorted((ROOT / folder).rglob("*")):
            if path.suffix == ".py" or path.suffix in TEMPLATE_SUFFIXES and "templates" in path.parts:
                yield path


def readable(path: Path) -> io.BytesIO:
    """The file as Python that the extractor can read; of a template only its texts are left, as calls."""
    source = path.read_text(encoding="utf-8")
    if path.suffix == ".py":
        return io.BytesIO(source.encode())
    python = templatize(source, origin=str(path))
    # Left over are letters in place of the mark-up; their indentation means nothing and would confuse Python.
    return io.BytesIO("\n".join(line.lstrip() for line in python.split("\n")).encode())


def merge(locale: str, wanted: Catalog) -> None:
    """Bring a catalogue in step: new texts come in empty, texts that are gone go, nothing is guessed."""
    path = LOCALE / locale / "LC_MESSAGES" / "django.po"
    path.parent.mkdir(parents=True, exist_ok=True)
    catalogue = read_catalogue(path) if path.exists() else Catalog(locale=locale, fuzzy=False)
    catalogue.update(wanted, no_fuzzy_matching=True, update_header_comment=False)
    catalogue.obsolete.clear()
    body = io.BytesIO()
    write_po(
        body,
        catalogue,
        width=WIDTH,
        sort_output=True,
        omit_header=True,
        ignore_obsolete=True,
        include_lineno=False,
    )
    header = HEADER.format(
        name=catalogue.locale.english_name, locale=locale, plural_forms=catalogue.plural_forms.rstrip(";")
    )
    written = header.encode() + body.getvalue()
    if not path.exists() or path.read_bytes() != written:
        path.write_bytes(written)


def catalogue_problems(wanted: Catalog | None = None) -> Iterator[str]:
    """One line for each text that a reader would see wrongly in one of the languages."""
    wanted = wanted or extract_messages()
    paths = {path.parent.parent.name: path for path in catalogue_paths()}
    for locale in LOCALES:
        if locale not in paths:
            yield f"{locale}: no catalogue"
            continue
        catalogue = read_catalogue(paths[locale])
        for message in wanted:
            if message.id and (problem := problem_of(message, catalogue)):
                places = ", ".join(place for place, _line in message.locations[:2])
                yield f"{locale}: {problem}: {shown(message)}  ({places})"


def problem_of(message: Message, catalogue: Catalog) -> str | None:
    singular = message.id if isinstance(message.id, str) else message.id[0]
    entry = catalogue.get(singular, message.context)
    if entry is None or entry.pluralizable != message.pluralizable:
        return "missing"
    if entry.fuzzy:
        return "fuzzy"
    translations = [entry.string] if isinstance(entry.string, str) else list(entry.string)
    if not all(translations) or len(translations) < (catalogue.num_plurals if message.pluralizable else 1):
        return "not translated"
    # A plural's translation stands for any number, so it needs what the plural form needs.
    original = message.id if isinstance(message.id, str) else message.id[-1]
    if any(placeholders(translation) != placeholders(original) for translation in translations):
        return "placeholders differ"
    if any(edge_breaks(translation) != edge_breaks(original) for translation in translations):
        return "line breaks at the ends differ"
    return None


def placeholders(text: str) -> list[str]:
    """Named ones may be repeated or moved about; of the unnamed the number counts."""
    found = [placeholder for placeholder in PLACEHOLDER.findall(text) if placeholder != "%%"]
    unnamed = [placeholder for placeholder in found if placeholder in ("%s", "%d", "%i", "%f", "{}")]
    return sorted(unnamed) + sorted(set(found) - set(unnamed))


def edge_breaks(text: str) -> tuple[bool, bool]:
    return text.startswith("\n"), text.endswith("\n")


def shown(message: Message) -> str:
    text = message.id if isinstance(message.id, str) else " | ".join(message.id)
    return repr(f"[{message.context}] {text}" if message.context else text)


if __name__ == "__main__":
    sys.exit(messages(sys.argv[1:]))
