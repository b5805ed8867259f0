"""Templates of replies: set up, changed and taken out of use, each with its entry in the history of the unit."""

from django.conf import settings
from django.db import transaction
from django.db.models import QuerySet
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from history.recording import record
from incidents.errors import Invalid, NotAllowed, Stale
from people.models import Person, Role, Unit

from . import templating
from .models import Category, ReplyTemplate

#: Who writes templates: whoever answers customers.
KEEPERS = (Role.QUALITY, Role.HANDLER)


def templates_of(person: Person) -> QuerySet[ReplyTemplate]:
    """The templates in use of the units in which this person answers customers, lower ones included."""
    units = Unit.objects.within(*person.posted_units(*KEEPERS))
    return ReplyTemplate.objects.filter(unit__in=units, retired_at=None)


@transaction.atomic
def add_template(
    *, by: Person, unit: Unit, name: str, language: str, text: str, category: Category | None = None
) -> ReplyTemplate:
    """Raises Invalid for a variable that doesn't exist, with the list of those there are."""
    _refuse_strangers(by, unit)
    _refuse_impossible(name, language, text)
    template = ReplyTemplate.objects.create(
        unit=unit, name=name.strip(), language=language, text=text.strip(), category=category, set_by=by
    )
    _record(template, "unit.set_reply_template", by)
    return template


@transaction.atomic
def change_template(
    template: ReplyTemplate,
    *,
    by: Person,
    name: str,
    language: str,
    text: str,
    category: Category | None = None,
) -> ReplyTemplate:
    """Replies that began with it stay as they are."""
    row = _held(template, by)
    _refuse_impossible(name, language, text)
    row.name, row.language, row.text, row.category = name.strip(), language, text.strip(), category
    row.set_by, row.set_at = by, timezone.now()
    row.save()
    _record(row, "unit.change_reply_template", by)
    return row


@transaction.atomic
def retire_template(template: ReplyTemplate, *, by: Person) -> None:
    """It is offered no longer; replies that began with it keep its name."""
    row = _held(template, by)
    row.retired_at = timezone.now()
    row.save(update_fields=["retired_at"])
    _record(row, "unit.retire_reply_template", by)


def _held(template: ReplyTemplate, by: Person) -> ReplyTemplate:
    _refuse_strangers(by, template.unit)
    row = ReplyTemplate.objects.select_for_update(of=("self",)).select_related("unit").get(pk=template.pk)
    if row.retired_at is not None:
        raise Stale(_("This template is out of use."))
    return row


def _refuse_strangers(by: Person, unit: Unit) -> None:
    if not by.is_active or not any(by.has_role(role, unit) for role in KEEPERS):
        raise NotAllowed(_("Your role doesn't allow this here."))


def _refuse_impossible(name: str, language: str, text: str) -> None:
    wrong = {}
    if not name.strip():
        wrong["name"] = _("Give it a name.")
    if language not in dict(settings.LANGUAGES):
        wrong["language"] = _("Choose a language.")
    if not text.strip():
        wrong["text"] = _("Write the text.")
    if wrong:
        raise Invalid(wrong)
    templating.refuse_unknown(text)


def _record(template: ReplyTemplate, act: str, by: Person) -> None:
    unit = template.unit
    after = {"name": template.name, "template": template.pk, "language": template.language}
    record(unit.case, act, label=unit.name, by=by, unit=unit, after=after)
