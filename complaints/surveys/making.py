"""Making surveys: quality managers and complaint handlers, for their unit and all below it.

What is asked can be changed while it is a draft. Publishing fixes it: answers stay with the questions they were given
to, and another version takes over from the next customer on.
"""

import re
from collections.abc import Iterable
from typing import Any

from django.conf import settings
from django.db import transaction
from django.db.models import Max
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext

from history.recording import record
from incidents.errors import Invalid, NotAllowed, NotYet, Stale
from people.models import Person, Unit

from ..models import Item, Survey, SurveyVersion
from .answering import KEEPERS
from .starts import STARTS, texts

MOST_ITEMS, MOST_CHOICES = 40, 12
LANGUAGES = dict(settings.LANGUAGES)


def may_keep(person: Person, survey: Survey) -> bool:
    """May this person make and change it?"""
    return person.is_active and any(person.has_role(role, survey.unit) for role in KEEPERS)


@transaction.atomic
def create(
    *,
    by: Person,
    unit: Unit,
    name: str,
    purpose: str,
    start: str = "empty",
    valid_days: int = 14,
    rest_days: int = 30,
    bad_below: int | None = None,
) -> Survey:
    """A survey with a first draft of its questions. Raises NotAllowed, Invalid."""
    if not any(by.has_role(role, unit) for role in KEEPERS):
        raise NotAllowed(_("You can make surveys for your own units only."))
    if not name.strip():
        raise Invalid({"name": _("Give it a name.")})
    survey = Survey(
        unit=unit, name=name.strip(), purpose=purpose, valid_days=valid_days, rest_days=rest_days,
        bad_below=bad_below, set_by=by,
    )  # fmt: skip
    _check(survey)
    taken = Survey.objects.filter(unit=unit).count()
    while Survey.objects.filter(unit=unit, code=f"survey-{taken + 1}").exists():
        taken += 1
    survey.code = f"survey-{taken + 1}"
    survey.save()
    chosen = STARTS[start]
    version = SurveyVersion.objects.create(
        survey=survey, number=1, intro=chosen.intro, thanks=chosen.thanks, languages=list(LANGUAGES)
    )
    Item.objects.bulk_create(
        Item(
            version=version, position=place, code=question.code, kind=question.kind, dimension=question.dimension,
            weight=question.weight, required=question.required, texts=texts(question.texts),
        )
        for place, question in enumerate(chosen.questions)
    )  # fmt: skip
    _tell(survey, "make", by=by, after={"name": survey.name, "start": start, **_settings(survey)})
    return survey


@transaction.atomic
def amend(survey: Survey, *, by: Person, **changes: Any) -> Survey:
    """Change its name, how long an invitation is valid, how often a customer is asked, what is a bad rating."""
    row = _hold(survey, by)
    was = {"name": row.name, **_settings(row)}
    for name, value in changes.items():
        setattr(row, name, value)
    _check(row)
    row.save()
    became = {"name": row.name, **_settings(row)}
    changed = [name for name in became if became[name] != was[name]]
    if changed:
        _tell(
            row, "amend", by=by, before={name: was[name] for name in changed},
            after={name: became[name] for name in changed},
        )  # fmt: skip
    return row


@transaction.atomic
def draft(survey: Survey, *, by: Person) -> SurveyVersion:
    """The draft of its questions; when there is none, a copy of the latest version becomes one."""
    row = _hold(survey, by)
    latest = row.versions.order_by("-number").first()
    if latest is not None and latest.published_at is None:
        return latest
    copy = SurveyVersion.objects.create(
        survey=row, number=(latest.number if latest else 0) + 1, intro=latest.intro if latest else {},
        thanks=latest.thanks if latest else {}, languages=latest.languages if latest else list(LANGUAGES),
    )  # fmt: skip
    items = list(latest.items.all()) if latest else []
    for item in items:
        item.pk, item.version, item._state.adding = None, copy, True
    Item.objects.bulk_create(items)
    _tell(row, "draft", by=by, after={"version": copy.number})
    return copy


@transaction.atomic
def set_words(
    version: SurveyVersion,
    *,
    by: Person,
    languages: Iterable[str],
    intro: dict[str, str],
    thanks: dict[str, str],
) -> SurveyVersion:
    """In which languages it is offered, and what stands above and after the questions."""
    row = _hold_draft(version, by)
    chosen = [language for language in LANGUAGES if language in set(languages)]
    if not chosen:
        raise Invalid({"languages": _("Choose at least one language.")})
    row.languages, row.intro, row.thanks = chosen, _filled(intro), _filled(thanks)
    row.save(update_fields=["languages", "intro", "thanks"])
    return row


@transaction.atomic
def put_item(version: SurveyVersion, item: Item | None, *, by: Person, **fields: Any) -> Item:
    """Add a question at the end of a draft, or change one of it. Raises Invalid."""
    row = _hold_draft(version, by)
    if item is None:
        last = row.items.aggregate(last=Max("position"))["last"]
        position = 0 if last is None else last + 1
        if position >= MOST_ITEMS:
            raise Invalid({"kind": _("A survey has %(limit)s questions at most.") % {"limit": MOST_ITEMS}})
        item = Item(
            version=row, position=position, code=_new_code(row, fields.get("dimension") or "question")
        )
    for name, value in fields.items():
        setattr(item, name, value)
    item.texts = _filled(item.texts)
    _check_item(row, item)
    item.save()
    return item


@transaction.atomic
def remove_item(item: Item, *, by: Person) -> None:
    """Take a question out of a draft; those after it move up."""
    row = _hold_draft(item.version, by)
    item.delete()
    _number(row, row.items.order_by("position"))


@transaction.atomic
def shift_item(item: Item, *, by: Person, up: bool) -> None:
    """Move a question of a draft one place up or down."""
    row = _hold_draft(item.version, by)
    items = list(row.items.order_by("position"))
    place = next((place for place, one in enumerate(items) if one.pk == item.pk), None)
    if place is None:  # somebody removed it meanwhile
        raise Stale()
    other = place - 1 if up else place + 1
    if 0 <= other < len(items):
        items[place], items[other] = items[other], items[place]
        _number(row, items)


@transaction.atomic
def publish(version: SurveyVersion, *, by: Person) -> SurveyVersion:
    """Ask these questions from now on, and no others. Raises NotYet with what is missing."""
    row = _hold_draft(version, by)
    if missing := what_is_missing(row):
        raise NotYet(missing)
    now = timezone.now()
    row.survey.versions.filter(published_at__isnull=False, retired_at=None).update(retired_at=now)
    row.published_at = now
    row.save(update_fields=["published_at"])
    _tell(
        row.survey, "publish", by=by,
        after={"version": row.number, "questions": row.items.count(), "languages": row.languages},
    )  # fmt: skip
    return row


@transaction.atomic
def discard(version: SurveyVersion, *, by: Person) -> None:
    """Throw a draft away; the first one of a survey stays."""
    row = _hold_draft(version, by)
    if row.number == 1:
        raise Invalid({"version": _("The first draft can't be thrown away. End the survey instead.")})
    survey, number = row.survey, row.number
    row.delete()
    _tell(survey, "discard", by=by, after={"version": number})


@transaction.atomic
def end(survey: Survey, *, by: Person, reason: str = "") -> Survey:
    """Ask nobody any more; what was answered stays."""
    row = _hold(survey, by)
    row.ended_at = timezone.now()
    row.save(update_fields=["ended_at"])
    _tell(row, "end", by=by, reason=reason)
    return row


def what_is_missing(version: SurveyVersion) -> list:
    """What keeps a draft from being published, each in words: no question, a language that lacks texts."""
    items = list(version.items.order_by("position"))
    if not items:
        return [_("A question")]
    if not version.languages:
        return [_("A language in which it is asked")]
    return [
        _("%(language)s: %(what)s")
        % {"language": LANGUAGES[language], "what": pgettext("list", ", ").join(lacking)}
        for language in version.languages
        if (lacking := texts_missing(version, items, language))
    ]


def texts_missing(version: SurveyVersion, items: list[Item], language: str) -> list[str]:
    """Which texts this language lacks: "introduction", "question 3"."""
    words = [(_("introduction"), version.intro), (_("thanks"), version.thanks)]
    found = [str(name) for name, given in words if any(given.values()) and not given.get(language)]
    for number, item in enumerate(items, start=1):
        answers = [choice["texts"] for choice in item.choices]
        if not all(given.get(language) for given in (item.texts, *answers)):
            found.append(str(_("question %(number)s") % {"number": number}))
    return found


def published(survey: Survey) -> SurveyVersion | None:
    """The version that is asked now."""
    return survey.versions.filter(published_at__isnull=False, retired_at=None).first()


# Within ---------------------------------------------------------------------------------------------------------------
def _hold(survey: Survey, by: Person) -> Survey:
    row = Survey.objects.select_for_update(of=("self",)).select_related("unit").get(pk=survey.pk)
    if not may_keep(by, row):
        raise NotAllowed(_("Your role doesn't allow this here."))
    if row.ended_at is not None:
        raise Stale(_("This survey has ended."))
    return row


def _hold_draft(version: SurveyVersion, by: Person) -> SurveyVersion:
    survey = _hold(version.survey, by)
    row = SurveyVersion.objects.filter(pk=version.pk, published_at=None).first()
    if row is None:
        raise Stale(_("This version was published meanwhile: what it asks is fixed. Begin another version."))
    row.survey = survey
    return row


def _check(survey: Survey) -> None:
    if survey.purpose not in Survey.Purpose.values:
        raise Invalid({"purpose": _("Choose when it is asked.")})
    if not 1 <= survey.valid_days <= 365:
        raise Invalid({"valid_days": _("Between 1 and 365 days.")})
    if not 0 <= survey.rest_days <= 365:
        raise Invalid({"rest_days": _("Between 0 and 365 days.")})
    if survey.bad_below is not None and not 1 <= survey.bad_below <= 100:
        raise Invalid({"bad_below": _("Between 1 and 100.")})


def _check_item(version: SurveyVersion, item: Item) -> None:
    if not item.texts:
        raise Invalid({"text": _("Write the question.")})
    if item.weight < 0 or item.weight > 999:
        raise Invalid({"weight": _("A weight lies between 0 and 999.")})
    if item.kind == Item.Kind.TEXT:
        if version.items.filter(kind=Item.Kind.TEXT).exclude(pk=item.pk).exists():
            raise Invalid({"kind": _("One question for free text is enough: there is one already.")})
    if item.kind != Item.Kind.CHOICE:
        item.choices = []
        return
    values = [choice["value"] for choice in item.choices]
    if not 2 <= len(values) <= MOST_CHOICES:
        raise Invalid({"choices": _("Give between 2 and %(limit)s choices.") % {"limit": MOST_CHOICES}})
    if len(set(values)) < len(values):
        raise Invalid({"choices": _("Two choices have the same value.")})
    if not all(isinstance(value, int) and 0 <= value <= 100 for value in values):
        raise Invalid({"choices": _("The value of a choice lies between 0 (worst) and 100 (best).")})


def _number(version: SurveyVersion, items: Iterable[Item]) -> None:
    """Give the places anew, past each other: a place is taken once."""
    items = list(items)
    for offset in (1000, 0):
        for place, item in enumerate(items):
            item.position = place + offset
        Item.objects.bulk_update(items, ["position"])


def _new_code(version: SurveyVersion, stem: str) -> str:
    stem = re.sub(r"[^a-z0-9_]", "_", stem.lower())[:40]
    taken = set(version.items.values_list("code", flat=True))
    number = 1
    while (code := stem if number == 1 else f"{stem}_{number}") in taken:
        number += 1
    return code


def _filled(words: dict[str, str]) -> dict[str, str]:
    """Languages that are known and in which something is written."""
    return {code: words[code].strip() for code in LANGUAGES if words.get(code, "").strip()}


def _settings(survey: Survey) -> dict:
    return {
        "purpose": survey.purpose, "valid_days": survey.valid_days, "rest_days": survey.rest_days,
        "bad_below": survey.bad_below,
    }  # fmt: skip


def _tell(survey: Survey, act: str, *, by: Person, **told: Any) -> None:
    record(f"survey:{survey.pk}", f"survey.{act}", label=survey.name, by=by, unit=survey.unit, **told)
