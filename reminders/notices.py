"""Telling people: one Notice per recipient and occasion, in the transaction of what it announces."""

from collections.abc import Iterable

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from people.models import Person

from .models import Notice

#: What a notice says. Parameters are names, numbers and titles; never personal data of customers.
TEXTS: dict[str, Promise] = {
    "turn": _("%(label)s is waiting for you: %(what)s. %(title)s"),
    "due-soon": _("%(label)s is due %(due)s: %(what)s"),
    "overdue": _("%(label)s is overdue since %(due)s: %(what)s"),
    "substantiated": _("Your report %(label)s was confirmed and is being handled."),
    "dismissed": _("Your report %(label)s was found not substantiated: %(reason)s"),
    "merged": _("Your report %(label)s was joined with %(other)s, which covers the same event."),
    "closed": _("%(label)s is closed: its measures were found effective."),
    "returned": _("The plan of %(label)s came back to you: %(reason)s"),
    "looped": _("%(label)s goes back to root-cause analysis (round %(cycle)s): %(reason)s"),
    "reopened": _("%(label)s was reopened: %(reason)s"),
    "objection": _("The responsible side objects to the attribution of %(label)s: %(reason)s"),
    "objection-decided": _("The objection to the attribution of %(label)s was decided: %(reason)s"),
    "handed-over": _("%(by)s handed %(label)s over to you: %(what)s"),
    "job-done": _("%(what)s is finished: %(result)s"),
}


def notify(
    recipients: Iterable[Person | None],
    text: str,
    *,
    occasion: str,
    subject: str,
    url: str,
    params: dict | None = None,
) -> None:
    """Write a notice for each recipient (nobody twice; inactive people are left out). The same occasion is never told again."""
    people = {person.pk: person for person in recipients if person is not None and person.is_active}
    TEXTS[text]  # an unknown key is a programming error: fail here, in the writer's test
    Notice.objects.bulk_create(
        [
            Notice(
                recipient_id=pk, occasion=occasion, text=text, params=params or {}, subject=subject, url=url
            )
            for pk in people
        ],
        ignore_conflicts=True,
    )
