"""Incidents like this one: the same words, the same kind, the same place, not long ago.

Looking has two steps. First a few hundred candidates are collected, at a cost that the size of the archive hardly
changes: everything with one of the text's seldom words, by the index of words; and the newest incidents of the same
type, and of any, that share a word with it. Then each candidate gets points, which are shown with what they are for.

How seldom a word is, is read from the statistics that the database keeps for its planner. Where there are none yet the
archive is small.
"""

import datetime as dt
import math
from collections.abc import Iterable
from dataclasses import dataclass, field

from django.contrib.postgres.fields import ArrayField
from django.db import connection
from django.db.models import F, Func, Model, Q, QuerySet, TextField, Value
from django.db.models.functions import Length
from django.utils import timezone

from people.models import CASE_ROLES, Person, Unit

from .access import person_token
from .listing import SHOWN_WITH, UNSHOWN
from .models import Incident, IncidentType
from .search import any_of, fold, pieces, satisfying
from .stages import Stage

#: How much of a text is looked at, in characters, and how many of its words are compared.
LONGEST, MOST_WORDS = 2000, 120
#: How many rows the seldom words may bring up, as the statistics foresee it, and how many words that are at most.
SELDOM_ROWS, SELDOM_WORDS = 1000, 40
#: How many candidates of the seldom words are compared, and among how many of the newest the others are looked for.
SELDOM_KEPT, NEWEST = 150, 300
#: A word that the statistics don't name is taken for this part as frequent as the least frequent that they name.
UNKNOWN = 0.25

#: The points. What is told weighs most; the rest speaks only for those that share words.
FOR_WORDS, FOR_TYPE, FOR_RELATED_TYPE, FOR_PLACE, FOR_UNIT, FOR_NEAR_UNIT = 60, 15, 8, 10, 10, 5
FOR_AGE = ((dt.timedelta(days=7), 5), (dt.timedelta(days=30), 3), (dt.timedelta(days=180), 1))
#: With less than this nobody would call it similar; with this it may well be the same event.
SIMILAR, SAME = 20, 35
#: What a word weighs: as much as it is seldom, -log of the share of all incidents that have it, within these limits.
LIGHTEST, HEAVIEST = 0.2, 4.0
LIGHT = 0.25  # figures, and pairs of characters with one in them that stands in every sentence
#: Two texts that share this much are as like as can be; from this share on all else counts in full.
FULL_SHARE, ENOUGH_SHARE = 0.8, 0.25
#: How many shared words are shown, and from which weight on.
MOST_SHOWN, LEAST_SHOWN = 5, 0.5
_FROM_THE_ENDS = "的了是在和与及也都而被把将就着过很又还有這還與將過"
_EVERYWHERE = frozenset(fold(_FROM_THE_ENDS))
_ENGLISH = frozenset(
    "a about after all also an and any are as at be been but by could did do does for from had has have he her his if "
    "in into is it its no not of on or our out over s she so some t than that the their them then there they this to "
    "too until up us very was we were what when where which while who will with would you your".split()
)


@dataclass(frozen=True)
class Told:
    """What is compared: a text, and what is known about it."""

    text: str
    type: IncidentType | None = None
    unit: Unit | None = None
    place: str = ""
    pk: int | None = None

    @classmethod
    def of(cls, incident: Incident) -> "Told":
        text = "\n".join((incident.title, incident.description, incident.place))
        return cls(text, incident.type, incident.unit, incident.place, incident.pk)


@dataclass(frozen=True)
class Similar:
    """An incident with its points out of 100, and what they are for."""

    incident: Incident
    score: int
    words: tuple[str, ...]  # those shared that say most, as they stand in the text that was asked about
    same_type: bool = False
    same_place: bool = False
    same_unit: bool = False


@dataclass
class Word:
    """A word of the text: where it stands, and how much it says."""

    places: list[tuple[int, int]] = field(default_factory=list)
    share: float = 0.0  # of all incidents that have it, as far as is known
    weight: float = 0.0


def similar_to(
    told: Incident | Told | str,
    person: Person,
    *,
    unit: Unit | None = None,
    type: IncidentType | None = None,
    limit: int = 8,
    least: int = SIMILAR,
    since: dt.datetime | None = None,
    among: Q = Q(),  # noqa: B008
) -> list[Similar]:
    """The incidents that this person may see and that are most like this one, the best first. Three queries.

    `since` leaves out what was reported before; `among` is a further condition. Dismissed and merged ones are left
    out: the one they were merged into speaks for them.
    """
    if isinstance(told, Incident):
        told = Told.of(told)
    elif isinstance(told, str):
        told = Told(told, type, unit)
    words = words_of(told.text)
    if not words:
        return []
    reach = weigh(words, person)
    visible = (
        Incident.objects.visible_to(person).exclude(stage__in=[Stage.DISMISSED, Stage.MERGED]).filter(among)
    )
    if told.pk:
        visible = visible.exclude(pk=told.pk)
    if since:
        visible = visible.filter(reported_at__gte=since)
    scored = [_score(row, told, words) for row in _candidates(visible, told, words, reach, since)]
    best = sorted((found for found in scored if found.score >= least), key=lambda found: found.rank)[:limit]
    incidents = (
        Incident.objects.select_related(*SHOWN_WITH).defer(*UNSHOWN).in_bulk(found.pk for found in best)
    )
    return [
        Similar(incidents[found.pk], found.score, told_words(told.text, words, found.shared), *found.same)
        for found in best
    ]


# Words ---------------------------------------------------------------------------------------------------------------
def words_of(text: str) -> dict[str, Word]:
    """The words of a text that can say something, in the order of their first appearance."""
    words: dict[str, Word] = {}
    for lexeme, start, end in pieces(text[:LONGEST]):
        if lexeme in _ENGLISH or len(lexeme) < 2 or _EVERYWHERE.issuperset(lexeme):
            continue
        words.setdefault(lexeme, Word()).places.append((start, end))
    return dict(list(words.items())[:MOST_WORDS])


#: What the planner knows about the elements of a column, those asked for as {element: share}; and the number of rows.
_STATISTICS = """
SELECT s.attname, (SELECT reltuples FROM pg_class WHERE oid = %s::regclass),
    s.most_common_elem_freqs[cardinality(s.most_common_elems::text::text[]) + 1],
    (SELECT coalesce(json_object_agg(e.element, e.share), '{}')
     FROM unnest(s.most_common_elems::text::text[], s.most_common_elem_freqs) AS e(element, share)
     WHERE e.element = ANY(%s))
FROM pg_stats s
WHERE s.schemaname = current_schema() AND s.tablename = %s AND s.attname IN ('search', 'readers')
"""


def weigh(words: dict[str, Word], person: Person, model: type[Model] = Incident) -> float:
    """Say of each word how seldom it is and what it weighs; gives how many cases this person sees, roughly."""
    table = model._meta.db_table
    tokens = [person_token(person), *(f"u{unit.pk}" for unit in person.posted_units(*CASE_ROLES))]
    with connection.cursor() as cursor:
        cursor.execute(_STATISTICS, [table, [*words, *tokens], table])
        known = {column: (rows, least or 0.0, shares) for column, rows, least, shares in cursor.fetchall()}
    rows, least, shares = known.get("search", (0, 0.0, {}))
    for lexeme, word in words.items():
        word.share = shares.get(lexeme, least * UNKNOWN)
        word.weight = min(HEAVIEST, max(LIGHTEST, -math.log(max(word.share, 1e-9)))) * _light(lexeme)
    _rows, least, shares = known.get("readers", (0, 0.0, {}))
    return max(rows, 0) * min(1.0, sum(shares.get(token, least) for token in tokens))


def _light(lexeme: str) -> float:
    return LIGHT if lexeme.isdigit() or not _EVERYWHERE.isdisjoint(lexeme) else 1.0


# Candidates ----------------------------------------------------------------------------------------------------------
def _candidates(
    visible: QuerySet, told: Told, words: dict[str, Word], reach: float, since: dt.datetime | None
) -> list:
    """What is worth a look: what is compared of it, and those words of the text that it shares."""
    telling = sorted(words, key=lambda lexeme: words[lexeme].weight, reverse=True)[:SELDOM_WORDS]
    like = any_of(telling)
    newest = Incident.objects.order_by("-reported_at", "-pk")
    if since:
        newest = newest.filter(reported_at__gte=since)
    parts = [_newest_of(visible, newest, like)]
    if told.type:
        parts.append(_newest_of(visible, newest.filter(type=told.type), like))
    if seldom := _seldom(words, reach):
        rank = Func(F("search"), Value(like), template="ts_rank(%(expressions)s::tsquery)")
        found = visible.filter(satisfying(any_of(seldom))).order_by(rank.desc(), "-pk")
        parts.append(found.values("pk")[:SELDOM_KEPT])
    rows = Incident.objects.filter(pk__in=parts[0].union(*parts[1:]) if parts[1:] else parts[0]).order_by()
    rows = rows.annotate(shared=shared_with(words), length=Length("search"))
    return list(
        rows.values_list(
            "pk", "type_id", "type__parent_id", "unit__path", "place", "reported_at", "shared", "length", named=True
        )
    )  # fmt: skip


def shared_with(words: Iterable[str]) -> Func:
    """Those of these words that a row's text has."""
    return Func(
        F("search"), Value(list(words)), arg_joiner=")) AS l WHERE l = ANY(",
        template="ARRAY(SELECT l FROM unnest(tsvector_to_array(%(expressions)s::text[]))",
        output_field=ArrayField(TextField()),
    )  # fmt: skip


def _newest_of(visible: QuerySet, newest: QuerySet, like: str) -> QuerySet:
    return (
        visible.filter(pk__in=newest.values("pk")[:NEWEST]).filter(satisfying(like)).order_by().values("pk")
    )


def _seldom(words: dict[str, Word], reach: float) -> list[str]:
    """The most seldom words, as many as bring up no more rows than can be looked at."""
    chosen, rows = [], 0.0
    for lexeme in sorted(words, key=lambda lexeme: (words[lexeme].share, -words[lexeme].weight)):
        rows += words[lexeme].share * reach
        if rows > SELDOM_ROWS or len(chosen) == SELDOM_WORDS:
            break
        chosen.append(lexeme)
    return chosen


# Points --------------------------------------------------------------------------------------------------------------
@dataclass(frozen=True)
class Scored:
    pk: int
    score: int
    shared: list[str]
    same: tuple[bool, bool, bool]  # type, place, unit
    rank: tuple


def _score(row, told: Told, words: dict[str, Word]) -> Scored:
    """The points of one candidate.

    The words count by the weight that both texts share, against the shorter text and against both: who tells the same
    thing in two lines isn't less like it than who tells it in ten. Type, place, unit and date count in full only for
    those that share a quarter.
    """
    share = share_of(words, row.shared, row.length)
    same_type = told.type is not None and row.type_id == told.type.pk
    same_place = bool(told.place) and fold(told.place).strip() == fold(row.place).strip()
    same_unit = told.unit is not None and row.unit__path == told.unit.path
    more = 0.0
    if told.type is not None:
        family = {told.type.pk, told.type.parent_id} - {None}
        related = not family.isdisjoint({row.type_id, row.type__parent_id})
        more += FOR_TYPE if same_type else FOR_RELATED_TYPE if related else 0
    if told.unit is not None:
        near = _parent_path(row.unit__path) == _parent_path(told.unit.path)
        within = row.unit__path.startswith(told.unit.path) or told.unit.path.startswith(row.unit__path)
        more += FOR_UNIT if same_unit else FOR_NEAR_UNIT if near or within else 0
    more += FOR_PLACE * same_place
    age = abs(timezone.now() - row.reported_at)
    more += next((points for limit, points in FOR_AGE if age <= limit), 0)
    score = round(FOR_WORDS * min(1.0, share / FULL_SHARE) + more * min(1.0, share / ENOUGH_SHARE))
    return Scored(
        row.pk,
        score,
        row.shared,
        (same_type, same_place, same_unit),
        (-score, -row.reported_at.timestamp(), row.pk),
    )


def share_of(words: dict[str, Word], shared: list[str], length: int) -> float:
    """How much of two texts is the same, by the weight of the words: those of one, the shared ones, the other's number."""
    own = sum(word.weight for word in words.values())
    other = max(5, length) * own / len(words)
    common = sum(words[lexeme].weight for lexeme in shared)
    return common / (0.5 * min(own, other) + 0.5 * math.sqrt(own * other)) if own else 0.0


def _parent_path(path: str) -> str:
    """Of "/1/4/9/": "/1/4/"."""
    return path[: path.rstrip("/").rfind("/") + 1]


def told_words(text: str, words: dict[str, Word], shared: Iterable[str]) -> tuple[str, ...]:
    """The shared words as they stand in the text, pairs of characters that follow each other joined, the weightiest
    first.
    """
    spans = sorted((*place, words[lexeme].weight) for lexeme in shared for place in words[lexeme].places)
    runs: list[list] = []
    for start, end, weight in spans:
        if runs and start < runs[-1][1]:
            runs[-1][1] = max(end, runs[-1][1])
            runs[-1][2] += weight
        else:
            runs.append([start, end, weight])
    shown: list[tuple[str, str]] = []
    for start, end, weight in sorted(runs, key=lambda run: -run[2]):
        while start > 0 and text[start - 1].isdigit():  # a figure alone is no word: the 3 of car 3
            start -= 1
        word = text[start:end].strip(_FROM_THE_ENDS)
        folded = fold(word)
        if weight >= LEAST_SHOWN and len(folded) > 1 and not any(folded in other for _word, other in shown):
            shown.append((word, folded))
    return tuple(word for word, _folded in shown[:MOST_SHOWN])
