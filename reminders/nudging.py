"""Nudging by hand (催办): somebody urges whom a case waits for. Limited, so that it keeps its weight."""

import datetime as dt

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from people.models import Person

from .durations import duration_in_words
from .models import Deadline, Nudge
from .notices import notify

#: The same deadline isn't nudged again within this time, by whomever.
PAUSE = dt.timedelta(hours=4)
#: Nudges of one person in 24 hours, on whatever.
A_DAY = 20


class TooOften(Exception):
    """It was urged just now. Its text says from when on it can be urged again."""


@transaction.atomic
def nudge(deadline: Deadline, *, by: Person, words: str, url: str) -> Nudge:
    """Urge the owner of an open deadline. The caller has checked that `by` may see the case, and records it.

    Raises TooOften, or ValueError where there is nobody to urge.
    """
    row = Deadline.objects.select_for_update(of=("self",)).select_related("owner").get(pk=deadline.pk)
    if row.closed_at is not None or row.paused_at is not None or row.owner is None or row.owner_id == by.pk:
        raise ValueError("Nobody to urge.")
    now = timezone.now()
    last = row.nudges.first()
    if last is not None and now - last.at < PAUSE:
        raise TooOften(
            _("This was urged already. It can be urged again in %(span)s.")
            % {"span": duration_in_words(last.at + PAUSE - now)}
        )
    if Nudge.objects.filter(by=by, at__gt=now - dt.timedelta(days=1)).count() >= A_DAY:
        raise TooOften(_("You have urged enough for today."))
    made = Nudge.objects.create(deadline=row, by=by, to=row.owner, words=words.strip(), at=now)
    notify(
        [row.owner], "nudged", occasion=f"nudge:{made.pk}", subject=row.subject, url=url,
        params={
            "label": row.label, "by": by.display_name, "due": row.due_at.isoformat(), "words": made.words,
        },
    )  # fmt: skip
    return made
