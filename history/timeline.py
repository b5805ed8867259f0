"""A case's events as sentences in the reader's language.

Apps above say in their `wording.py` how their acts, fields and things are called:

    describe("incident.substantiate", _("found it substantiated: %(severity)s"))
    name_field("severity", pgettext_lazy("field", "severity"), lambda value: Severity(value).label)
    name_things("people.unit", lambda keys: {...})

An act without a sentence is still told, with every known field that it changed.
"""

import datetime as dt
import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from typing import Any

from django.utils import formats, timezone
from django.utils.dateparse import parse_datetime
from django.utils.functional import Promise
from django.utils.text import Truncator
from django.utils.translation import gettext as _
from django.utils.translation import pgettext

from people.models import Person, Unit

from .models import Event

Text = str | Promise
Reader = Callable[[Any], Any]

#: What stands where a value is empty or unknown.
NOTHING = "–"
#: How much of a long text is shown.
LONGEST = 300
#: For `shows`: every known field that the event changed.
ALL = ("*",)

_REFERENCE = re.compile(r"([a-z_]+\.[a-z_]+):(\d+)")
_MOMENT = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d")


@dataclass(frozen=True)
class Sentence:
    """How an act is told. Gaps like %(severity)s are filled from what the event kept, `after` before `before`."""

    text: Text
    icon: str = ""  # stands in for the avatar where nobody acted
    turn: Text = ""  # told apart: the case went back
    said: str = ""  # the value that is quoted where no reason was given
    shows: tuple[str, ...] = ()  # fields told as before → after
    readers: dict[str, Reader] = field(
        default_factory=dict
    )  # how this act's values are read, before `name_field`


@dataclass(frozen=True)
class Field:
    label: Text
    read: Reader | None = None


SENTENCES: dict[str, Sentence] = {}
FIELDS: dict[str, Field] = {}
THINGS: dict[str, Callable[[set[int]], dict[int, Any]]] = {}


def describe(
    act: str,
    text: Text,
    *,
    icon: str = "",
    turn: Text = "",
    said: str = "",
    shows: tuple[str, ...] = (),
    **readers: Reader,
) -> None:
    """Give an act its sentence, which follows the name of the person. See Sentence."""
    SENTENCES[act] = Sentence(text, icon, turn, said, shows, readers)


def name_field(name: str, label: Text, read: Reader | None = None) -> None:
    """Say how a field is called wherever it changes, and how its kept values are read."""
    FIELDS[name] = Field(label, read)


def name_things(model: str, names: Callable[[set[int]], dict[int, Any]]) -> None:
    """Say how things that events refer to ("people.unit:5") are called: from their keys to their names, in one query.

    A name is shown to everybody who sees the event: never more than they may know of the thing.
    """
    THINGS[model] = names


name_things("people.person", lambda keys: Person.objects.in_bulk(keys))
name_things("people.unit", lambda keys: Unit.objects.in_bulk(keys))


# Telling -------------------------------------------------------------------------------------------------------------
def timeline(case: str, limit: int | None = 40) -> list[dict]:
    """What happened in a case, newest first: rows for parts/_timeline.html.

    Each has act, person (None: nobody with an account), who, at, text, said, turn, icon, changes ({label, was, now}) and
    moved (the case changed its stage). A handful of queries whatever the number of events.
    """
    return tell(Event.objects.of(case).select_related("actor").order_by("-seq")[:limit])


def tell(events: Iterable[Event]) -> list[dict]:
    """The events as rows, in their order. Load them with `actor`."""
    events = list(events)
    names = _names_of_things(events)
    return [_row(event, names) for event in events]


def sentence_of(act: str) -> Sentence:
    """How an act is told; the plain words of its name where nobody said how."""
    if act in SENTENCES:
        return SENTENCES[act]
    words = act.rpartition(".")[2].replace("_", " ")
    return Sentence(_("recorded “%(act)s”") % {"act": words.replace("%", "%%")}, shows=ALL)


def act_names() -> dict[str, str]:
    """Every described act by its bare sentence, for choosing one."""
    return {act: str(sentence.text) % _Gaps(lambda name: "…") for act, sentence in SENTENCES.items()}


def _row(event: Event, names: dict[str, Any]) -> dict:
    sentence = sentence_of(event.act)
    show = _Shown(sentence, names)

    def value(name: str) -> str:
        kept = event.after.get(name, event.before.get(name))
        return show(name, kept)

    said = event.reason or (sentence.said and value(sentence.said) or "")
    return {
        "act": event.act,
        "person": event.actor,
        "who": who(event),
        "at": _moment(event.after.get("happened_at")) or event.at,  # of what was brought over from elsewhere
        "text": str(sentence.text) % _Gaps(value),
        "said": "" if said == NOTHING else said,
        "turn": str(sentence.turn) % _Gaps(value) if sentence.turn else "",
        "icon": (sentence.icon or "") if event.actor_id is None else "",
        "changes": _changes(event, sentence, show),
        "moved": event.after.get("stage") != event.before.get("stage"),
    }


def who(event: Event) -> str:
    """The name as it was; somebody without a name came through a door, the rest is the program's own doing."""
    if event.actor_name:
        return event.actor_name
    return _("Anonymous") if event.source in ("web", "api", "mail") else _("System")


def _changes(event: Event, sentence: Sentence, show: "_Shown") -> list[dict]:
    known = FIELDS if sentence.shows == ALL else {name: FIELDS.get(name) for name in sentence.shows}
    rows = []
    for name, described in known.items():
        was, now = event.before.get(name), event.after.get(name)
        if described is None or (was or None) == (now or None):  # from nothing to nothing: no, none, empty
            continue
        rows.append({"label": described.label, "was": show(name, was), "now": show(name, now)})
    return rows


class _Gaps(dict):
    """Fills the gaps of a sentence, each only when it is asked for."""

    def __init__(self, value: Callable[[str], str]):
        super().__init__()
        self.value = value

    def __missing__(self, name: str) -> str:
        return self.value(name)


class _Shown:
    """Turns kept values into words."""

    def __init__(self, sentence: Sentence, names: dict[str, Any]):
        self.sentence, self.names = sentence, names

    def __call__(self, name: str, value: Any) -> str:
        if value is None or value == "" or value == [] or value == {}:
            return NOTHING
        read = self.sentence.readers.get(name) or (FIELDS[name].read if name in FIELDS else None)
        if read is not None:
            try:
                return str(read(value))
            except (ValueError, KeyError, TypeError, AttributeError, IndexError):
                pass  # a value of an older release that nobody can read any more: shown as it is
        return Truncator(self._plainly(value)).chars(LONGEST)

    def _plainly(self, value: Any) -> str:
        if isinstance(value, bool):
            return _("yes") if value else _("no")
        if isinstance(value, list):
            return in_a_row([self._plainly(item) for item in value])
        if isinstance(value, dict):
            return in_a_row([f"{key}: {self._plainly(item)}" for key, item in value.items()])
        if isinstance(value, str):
            if value in self.names:
                return str(self.names[value])
            if _MOMENT.match(value) and (moment := _moment(value)):
                return formats.date_format(timezone.localtime(moment), "Y-m-d H:i")
        return NOTHING if value is None else str(value)


def in_a_row(items: list[str]) -> str:
    return pgettext("between the items of a list", ", ").join(items)


def _moment(text: Any) -> dt.datetime | None:
    try:
        moment = parse_datetime(text)
    except (ValueError, TypeError):
        return None
    return moment if moment is None or timezone.is_aware(moment) else None


def _names_of_things(events: list[Event]) -> dict[str, Any]:
    """Names for everything that the events refer to: one query for each kind of thing."""
    wanted: dict[str, set[int]] = {}
    for event in events:
        for value in [*event.before.values(), *event.after.values()]:
            for item in value if isinstance(value, list) else [value]:
                if isinstance(item, str) and (match := _REFERENCE.fullmatch(item)) and match[1] in THINGS:
                    wanted.setdefault(match[1], set()).add(int(match[2]))
    return {
        f"{model}:{key}": name for model, keys in wanted.items() for key, name in THINGS[model](keys).items()
    }
