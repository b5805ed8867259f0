"""How suggestions and thanks are told in history, in My work and in reminders."""

from django.urls import reverse
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from history.timeline import describe, name_field
from incidents.otherwork import OtherWork, show_by
from metrics.models import Suggestion
from people.models import Person
from reminders.models import Deadline
from reminders.notices import name_what
from reminders.subjects import locate_by

describe("suggestion.make", _("put the suggestion in the box"), icon="lightbulb")
describe("suggestion.consider", _("took the suggestion up to consider it"))
describe("suggestion.adopt", _("adopted the suggestion"), shows=("answerable", "due_on"))
describe("suggestion.decline", _("declined the suggestion"))
describe("suggestion.withdraw", _("took the suggestion back"))
describe("suggestion.hand_over", _("handed the suggestion over"), shows=("answerable", "due_on"))
describe("suggestion.finish", _("carried the suggestion out"), said="proof")
describe("recognition.give", _("Thanks were recorded"), icon="heart")
describe("recognition.thank", _("thanked in words"))
describe("recognition.wall", _("decided whether the unit sees the thanks"), shows=("on_wall",))

name_field("on_wall", pgettext_lazy("field", "on the wall"), lambda value: _("yes") if value else _("no"))

name_what("suggestion-answer", _("Answer the suggestion"))
name_what("suggestion-do", _("Carry the suggestion out"))


@locate_by("suggestion")
def addresses(keys: set[int]) -> dict[int, str]:
    numbers = Suggestion.objects.filter(pk__in=keys).values_list("pk", "number")
    return {pk: reverse("suggestion", args=[number]) for pk, number in numbers}


@locate_by("recognition")
def thanks_address(keys: set[int]) -> dict[int, str]:
    return dict.fromkeys(keys, reverse("thanks"))


@show_by("suggestion")
def work(person: Person, deadlines: list[Deadline]) -> dict[int, OtherWork]:
    """The suggestions among the deadlines that the person sees, in one query."""
    keys = {deadline.pk: int(deadline.subject.partition(":")[2]) for deadline in deadlines}
    rows = Suggestion.objects.visible_to(person).select_related("unit").in_bulk(set(keys.values()))
    kinds = {deadline.pk: deadline.kind for deadline in deadlines}
    sort = pgettext_lazy("my work", "Suggestion")
    tasks = {
        "suggestion-answer": (_("Answer the suggestion"), pgettext_lazy("button", "Answer")),
        "suggestion-do": (_("Carry the suggestion out"), pgettext_lazy("button", "Open")),
    }
    return {
        pk: OtherWork(
            sort, found.number, found.title, str(found.unit), found.get_absolute_url(), button=tasks[kinds[pk]][1],
            task=tasks[kinds[pk]][0],
        )
        for pk, key in keys.items()
        if (found := rows.get(key)) and kinds[pk] in tasks
    }  # fmt: skip
