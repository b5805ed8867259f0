"""Writing notices together with what goes out of them: one statement, whatever their number."""

import contextlib
import contextvars
import json
import logging
from collections.abc import Iterator, Sequence
from email.utils import parseaddr

from celery import current_app
from django.conf import settings
from django.db import connection, transaction
from kombu.exceptions import OperationalError

from history.discretion import named_people
from reminders.channels import DEFAULTS
from reminders.models import Notice

logger = logging.getLogger(__name__)

#: A notice that is there already is left out, and so nothing goes out of it a second time. Mail is written for those
#: who have an address and want this kind at once. An endpoint gets each occasion once, however many people are told,
#: when a deadline of the case lies in its unit or below. Who reads an endpoint nobody knows: a case kept close goes to none.
INSERT = """
WITH told AS (
    INSERT INTO reminders_notice (recipient_id, occasion, text, params, subject, url, created_at)
    SELECT recipient_id, occasion, text, params, subject, url, created_at
    FROM jsonb_to_recordset(%(rows)s::jsonb) AS given(
        recipient_id bigint, occasion text, text text, params jsonb, subject text, url text, created_at timestamptz
    )
    ON CONFLICT DO NOTHING
    RETURNING id, recipient_id, occasion, text, subject, created_at
), planned AS (
    SELECT 'mail' AS channel, 'mail:' || told.id AS key, told.recipient_id, NULL::bigint AS endpoint_id,
        told.subject, told.created_at, told.id AS notice_id
    FROM told
    JOIN people_person AS person ON person.id = told.recipient_id AND person.email <> ''
    LEFT JOIN reminders_switch AS switch ON switch.person_id = told.recipient_id AND switch.text = told.text
    WHERE COALESCE(switch.mode, %(modes)s::jsonb ->> told.text) = 'now'
    UNION ALL
    (SELECT DISTINCT ON (endpoint.id, told.occasion)
        'endpoint', 'endpoint:' || endpoint.id || ':' || md5(told.occasion), NULL::bigint, endpoint.id,
        told.subject, told.created_at, told.id
    FROM told
    JOIN reminders_endpoint AS endpoint ON endpoint.ended_at IS NULL AND endpoint.texts ? told.text
    JOIN people_unit AS unit ON unit.id = endpoint.unit_id
    WHERE told.subject <> ALL(%(close)s) AND EXISTS (
        SELECT FROM reminders_deadline AS deadline JOIN people_unit AS place ON place.id = deadline.unit_id
        WHERE deadline.subject = told.subject AND starts_with(place.path, unit.path)
    )
    ORDER BY endpoint.id, told.occasion, told.id)
), outgoing AS (
    INSERT INTO reminders_delivery (
        channel, key, recipient_id, endpoint_id, subject, message_id, state, not_before, attempts, answer, last_error,
        created_at
    )
    SELECT channel, key, recipient_id, endpoint_id, subject, gen_random_uuid() || '@' || %(host)s, 'waiting',
        created_at, 0, '', '', created_at
    FROM planned
    ON CONFLICT DO NOTHING
    RETURNING id, key, channel
), linked AS (
    INSERT INTO reminders_delivery_notices (delivery_id, notice_id)
    SELECT outgoing.id, planned.notice_id FROM outgoing JOIN planned USING (key)
)
SELECT count(*) FILTER (WHERE channel = 'mail'), count(*) FILTER (WHERE channel = 'endpoint') FROM outgoing
"""

_muted = contextvars.ContextVar("muted", default=False)


@contextlib.contextmanager
def only_in_the_app() -> Iterator[None]:
    """Within, notices are written and nothing goes out: a made-up year must not be mailed to anybody."""
    before = _muted.set(True)
    try:
        yield
    finally:
        _muted.reset(before)


def is_muted() -> bool:
    """Does nothing go out now?"""
    return _muted.get()


def write(notices: Sequence[Notice]) -> None:
    """Write notices and their deliveries; what was told before is left out. In the caller's transaction."""
    if not notices:
        return
    if _muted.get():
        Notice.objects.bulk_create(notices, ignore_conflicts=True)
        return
    rows = [
        {
            "recipient_id": notice.recipient_id, "occasion": notice.occasion, "text": notice.text,
            "params": notice.params, "subject": notice.subject, "url": notice.url,
            "created_at": notice.created_at.isoformat(),
        }
        for notice in notices
    ]  # fmt: skip
    values = {
        "rows": json.dumps(rows),
        "modes": json.dumps(DEFAULTS),
        "host": mail_host(),
        "close": list(named_people({notice.subject for notice in notices})),
    }
    with connection.cursor() as cursor:
        cursor.execute(INSERT, values)
        mails, messages = cursor.fetchone()
    if mails:
        look_now("reminders.tasks.deliver_mail")
    if messages:
        look_now("reminders.tasks.deliver_messages")


def mail_host() -> str:
    """What stands behind the @ of a Message-ID: the domain that mails come from."""
    return parseaddr(settings.DEFAULT_FROM_EMAIL)[1].rpartition("@")[2] or "localhost"


# Looking now ---------------------------------------------------------------------------------------------------------
#: A hint that nobody took for so many seconds is of no use any more: beat has sent another one.
HINT_LASTS = 60


def look_now(task: str) -> None:
    """Behind the commit a worker is told to look; once per transaction, however many notices it wrote."""
    hint = _Hint(task)
    if not any(waiting == hint for _savepoints, waiting, _robust in connection.run_on_commit):
        transaction.on_commit(hint, robust=True)


class _Hint:
    def __init__(self, task: str):
        self.task = task

    def __eq__(self, other: object) -> bool:
        return isinstance(other, _Hint) and other.task == self.task

    def __hash__(self) -> int:
        return hash(self.task)

    def __call__(self) -> None:
        try:
            current_app.send_task(self.task, expires=HINT_LASTS, ignore_result=True)
        except OperationalError as error:
            logger.warning("The broker is away; %s waits for beat (%s)", self.task, error)
