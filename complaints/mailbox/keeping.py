"""Mailboxes of units: set up, changed, ended, tried out by administrators, each with its entry in the unit's history.

The password is sealed when it comes in and never shown again. It goes to the server it was entered for, and to no
other: whoever changes the server has to enter it again.
"""

import datetime as dt

from django.core.exceptions import PermissionDenied
from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from complaints.models import IncomingMail, Mailbox
from history.recording import record
from incidents.errors import Invalid
from people.models import Person, Role, Unit
from people.sealing import seal

from .server import connected

#: With one of these changed the password has to be entered again.
WHERE = ("host", "port", "security", "username")

#: Of one that is set up.
AFRESH = {
    "ended_at": None,
    "uid_validity": "",
    "last_uid": 0,
    "polled_at": None,
    "last_error": "",
    "failures": 0,
    "not_before": None,
}


def kept_by(person: Person):
    """The mailboxes of the units that this person administers, lower units included."""
    units = Unit.objects.within(*person.posted_units(Role.ADMINISTRATOR))
    return Mailbox.objects.filter(unit__in=units)


@transaction.atomic
def add_mailbox(
    *, by: Person, unit: Unit, address: str, password: str, read_old: bool = False, **where: object
) -> Mailbox:
    """`where`: host, port, security, username, folder, language. Mails of before are read with `read_old` only.

    Raises Invalid.
    """
    _refuse_strangers(by, unit)
    now = timezone.now()
    mailbox = _ended_one(by, address) or Mailbox()
    _refuse_taken(address, mailbox)
    given = {
        "unit": unit,
        "address": address,
        "password": seal(password),
        "set_by": by,
        "set_at": now,
        **where,
    }
    begins_at = None if read_old else now - dt.timedelta(minutes=5)
    for name, value in {**given, "begins_at": begins_at, **AFRESH}.items():
        setattr(mailbox, name, value)
    mailbox.save()
    _record(mailbox, "unit.add_mailbox", by)
    return mailbox


def _ended_one(by: Person, address: str) -> Mailbox | None:
    """A mailbox of before that is taken up again, with its log."""
    return (
        kept_by(by)
        .select_for_update(of=("self",))
        .filter(address__iexact=address, ended_at__isnull=False)
        .first()
    )


@transaction.atomic
def change_mailbox(mailbox: Mailbox, *, by: Person, address: str, password: str, **where: object) -> Mailbox:
    """An empty password leaves it as it is, unless it would go to another server or in another name. Raises Invalid."""
    _refuse_strangers(by, mailbox.unit)
    row = Mailbox.objects.select_for_update().select_related("unit").get(pk=mailbox.pk)
    _refuse_taken(address, row)
    moved = any(where.get(name, getattr(row, name)) != getattr(row, name) for name in WHERE)
    if moved and not password:
        raise Invalid({"password": _("Another server or user name: enter the password again.")})
    if moved or where.get("folder", row.folder) != row.folder:
        row.uid_validity, row.last_uid = "", 0  # what was taken already is known by what it says
    for name, value in {"address": address, **where}.items():
        setattr(row, name, value)
    row.password = seal(password) if password else row.password
    row.set_by, row.set_at = by, timezone.now()
    row.last_error, row.failures, row.not_before = "", 0, None
    row.save()
    _record(row, "unit.change_mailbox", by, new_password=bool(password))
    return row


@transaction.atomic
def end_mailbox(mailbox: Mailbox, *, by: Person) -> None:
    """It is polled no more; its password is forgotten, its log stays."""
    _refuse_strangers(by, mailbox.unit)
    row = Mailbox.objects.select_for_update().select_related("unit").get(pk=mailbox.pk)
    if row.ended_at is None:
        row.ended_at, row.password, row.lease, row.leased_until = timezone.now(), "", None, None
        row.save(update_fields=["ended_at", "password", "lease", "leased_until"])
        _record(row, "unit.end_mailbox", by)


#: Seconds, beside those to connect: somebody waits for the page, and the web worker has a minute.
IN_A_REQUEST = 25


def try_out(mailbox: Mailbox) -> int:
    """Connect, sign in, look into the folder: how many mails lie there. Raises server.Trouble. Changes nothing."""
    with connected(mailbox, longest=IN_A_REQUEST) as server:
        return server.count()


def log_of(mailbox: Mailbox):
    return IncomingMail.objects.filter(mailbox=mailbox).select_related("complaint")


def _refuse_strangers(by: Person, unit: Unit) -> None:
    if not by.has_role(Role.ADMINISTRATOR, unit):
        raise PermissionDenied


def _refuse_taken(address: str, but: Mailbox) -> None:
    if Mailbox.objects.filter(address__iexact=address).exclude(pk=but.pk).exists():
        raise Invalid({"address": _("There is a mailbox of this address already.")})


def _record(mailbox: Mailbox, act: str, by: Person, **after: object) -> None:
    unit = mailbox.unit
    record(unit.case, act, label=unit.name, by=by, unit=unit, after={"name": mailbox.address, **after})
