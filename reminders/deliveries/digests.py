"""The digest: what waits for somebody and what is new, at the hour they chose. Nothing to say: no mail."""

import datetime as dt
import uuid
import zoneinfo
from collections.abc import Iterable

from django.conf import settings
from django.db.models import CharField, Exists, Max, Min, OuterRef, Q, Value
from django.db.models.functions import Cast, Concat
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.translation import gettext_lazy as _

from people.models import Person
from reminders.calendar import is_working_day
from reminders.channels import DIGEST, KINDS, default_mode
from reminders.durations import moment_in_words
from reminders.models import Deadline, Delivery, Notice, Preferences, Switch
from reminders.notices import sentence, what_is_due, words_of_what
from reminders.subjects import addresses_of

from .writing import look_now, mail_host

DAILY, WEEKLY, NONE = Preferences.Digest.DAILY, Preferences.Digest.WEEKLY, Preferences.Digest.NONE
#: Who has chosen nothing gets it so.
DEFAULT_DIGEST, DEFAULT_AT = DAILY, dt.time(8)
#: How far a first digest looks back.
PERIOD = {DAILY: dt.timedelta(days=1), WEEKLY: dt.timedelta(days=7)}
#: Rows of each part; the rest are counted.
LISTED = 20
MOST_NEWS = 1000
TITLES = {"overdue": _("Overdue"), "today": _("Due today"), "week": _("Due within a week")}


# Whose hour has come -------------------------------------------------------------------------------------------------
def write_digests(now: dt.datetime | None = None) -> int:
    """A delivery for everybody whose digest is due and not written yet; gives how many. Any number may do so at once.

    Looked at again and again: one that was missed at its hour is written later that day, or that week.
    """
    now, written = now or timezone.now(), 0
    reachable = Person.objects.active().exclude(email="")
    for zone in reachable.order_by().values_list("time_zone", flat=True).distinct():
        local = now.astimezone(zoneinfo.ZoneInfo(zone))
        there = reachable.filter(time_zone=zone)
        if is_working_day(local.date()):
            key = f"digest:daily:{local.date()}:"
            written += _write(there.filter(_wants(DAILY, until=local.time())), key, now)
        monday = local.date() - dt.timedelta(days=local.weekday())
        until = local.time() if local.date() == monday else dt.time.max
        written += _write(there.filter(_wants(WEEKLY, until=until)), f"digest:weekly:{monday}:", now)
    if written:
        look_now("reminders.tasks.deliver_mail")
    return written


def _wants(period: str, *, until: dt.time) -> Q:
    """Condition: this person gets a digest of this kind, at an hour that has come."""
    chosen = Q(preferences__digest=period, preferences__digest_at__lte=until)
    return chosen | Q(preferences=None) if period == DEFAULT_DIGEST and until >= DEFAULT_AT else chosen


def _write(people: Iterable[Person], key: str, now: dt.datetime) -> int:
    own_key = Concat(Value(key), Cast(OuterRef("pk"), CharField()))
    missing = people.exclude(Exists(Delivery.objects.filter(key=own_key))).values_list("pk", flat=True)
    rows = [
        Delivery(
            channel=Delivery.Channel.DIGEST, key=f"{key}{pk}", recipient_id=pk,
            message_id=f"{uuid.uuid4()}@{mail_host()}", not_before=now, created_at=now,
        )
        for pk in missing
    ]  # fmt: skip
    Delivery.objects.bulk_create(rows, ignore_conflicts=True)
    return len(rows)


# What it says --------------------------------------------------------------------------------------------------------
def contents(delivery: Delivery) -> dict:
    """What the digest has to say, as its templates need it; empty: nothing. In the zone and language that are active."""
    person, now = delivery.recipient, delivery.created_at
    parts, waiting = _waiting(person, now)
    since, weekly = _since(delivery), ":weekly:" in delivery.key
    news = _news(person, since, now)
    if not waiting and not news:
        return {}
    return {
        "weekly": weekly,
        "day": date_format(timezone.localtime(now), "Y-m-d"),
        "parts": parts,
        "waiting": waiting,
        "overdue": sum(part["count"] for part in parts if part["key"] == "overdue"),
        "news": [
            {"text": sentence(notice), "when": moment_in_words(notice.created_at)} for notice in news[:LISTED]
        ],
        "news_left_out": max(0, len(news) - LISTED),
    }


def _waiting(person: Person, now: dt.datetime) -> tuple[list[dict], int]:
    """The open deadlines of this person until the end of the week, as parts: overdue, today, this week."""
    tonight = timezone.localtime(now).replace(hour=0, minute=0, second=0, microsecond=0) + dt.timedelta(
        days=1
    )
    ends = (("overdue", now), ("today", tonight), ("week", tonight + dt.timedelta(days=6)))
    rows = list(
        Deadline.objects.filter(
            owner=person, closed_at=None, paused_at=None, due_at__lt=ends[-1][1]
        ).order_by("due_at", "pk")
    )
    places = addresses_of(row.subject for row in rows)
    parts, begin = [], 0
    for key, end in ends:
        found = [row for row in rows[begin:] if row.due_at < end]
        begin += len(found)
        if found:
            parts.append(
                {
                    "key": key,
                    "title": TITLES[key],
                    "count": len(found),
                    "rows": [_line(row, places) for row in found[:LISTED]],
                    "left_out": max(0, len(found) - LISTED),
                }
            )
    return parts, len(rows)


def _line(row: Deadline, places: dict[str, str]) -> dict:
    return {
        "label": row.label,
        "what": words_of_what(what_is_due(row.kind)),
        "due": moment_in_words(row.due_at),
        "url": f"{settings.BASE_URL}{places[row.subject]}" if row.subject in places else "",
    }


def _since(delivery: Delivery) -> dt.datetime:
    """The moment of the last digest that was settled; what later ones had to say that were given up is still new."""
    settled = Q(state__in=(Delivery.State.SENT, Delivery.State.DROPPED), created_at__lt=delivery.created_at)
    found = Delivery.objects.filter(
        recipient=delivery.recipient_id, channel=Delivery.Channel.DIGEST
    ).aggregate(last=Max("created_at", filter=settled), first=Min("created_at"))
    return found["last"] or found["first"] - PERIOD[WEEKLY if ":weekly:" in delivery.key else DAILY]


def _news(person: Person, since: dt.datetime, until: dt.datetime) -> list[Notice]:
    """What this person wants in the digest and hasn't read in the app, newest first."""
    chosen = dict(Switch.objects.filter(person=person).values_list("text", "mode"))
    wanted = [text for text in KINDS if chosen.get(text, default_mode(text)) == DIGEST]
    return list(
        Notice.objects.filter(
            recipient=person, read_at=None, text__in=wanted, created_at__gt=since, created_at__lte=until
        ).order_by("-id")[:MOST_NEWS]
    )
