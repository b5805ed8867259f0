"""Chat robots and webhooks of a unit: set up, changed and taken away, each with its entry in the unit's history.

Neither the address, which holds the robot's key, nor the secret ever stands there, in a log or on a page.
"""

from urllib.parse import urlsplit

from django.conf import settings
from django.core.exceptions import PermissionDenied
from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from history.recording import record
from people.models import Person, Unit
from people.sealing import seal

from .deliveries.calling import Forbidden, check_address
from .deliveries.log import KEEPERS
from .deliveries.writing import look_now
from .models import Delivery, Endpoint

#: Where the robots live. Only a webhook may lead elsewhere.
HOSTS = {
    Endpoint.Kind.WECOM: ("qyapi.weixin.qq.com",),
    Endpoint.Kind.DINGTALK: ("oapi.dingtalk.com",),
    Endpoint.Kind.FEISHU: ("open.feishu.cn", "open.larksuite.com"),
}


def why_not(kind: str, url: str) -> str:
    """What is wrong with this address, in words; empty: nothing."""
    try:
        _scheme, host, _port, _path = check_address(url)
    except Forbidden:
        return _("Enter the whole address, beginning with https://.")
    hosts = HOSTS.get(kind, ())
    if hosts and host not in hosts and not settings.ENDPOINTS_MAY_BE_LOCAL:
        return _("The address of such a robot begins with https://%(host)s/.") % {"host": hosts[0]}
    return ""


@transaction.atomic
def add_endpoint(
    *, by: Person, unit: Unit, name: str, kind: str, url: str, secret: str, texts: list[str], language: str
) -> Endpoint:
    _refuse_strangers(by, unit)
    endpoint = Endpoint.objects.create(
        unit=unit, name=name, kind=kind, url=url, sealed_secret=seal(secret), texts=texts, language=language, set_by=by
    )  # fmt: skip
    _record(endpoint, "unit.add_endpoint", by, kind=kind, texts=texts)
    return endpoint


@transaction.atomic
def change_endpoint(
    endpoint: Endpoint, *, by: Person, name: str, url: str, secret: str, texts: list[str], language: str
) -> None:
    """An empty `url` or `secret` leaves it as it is; but a secret is for one address, and to another it never goes along."""
    _refuse_strangers(by, endpoint.unit)
    row = Endpoint.objects.select_for_update().get(pk=endpoint.pk)
    row.name, row.texts, row.language = name, texts, language
    if secret or needs_secret_again(row, url):
        row.secret, row.sealed_secret = "", seal(secret)
    row.url = url or row.url
    row.set_by, row.set_at = by, timezone.now()
    row.save()
    _record(row, "unit.change_endpoint", by, texts=texts, new_address=bool(url), new_secret=bool(secret))


def needs_secret_again(endpoint: Endpoint, url: str) -> bool:
    """Would what was entered for one address be used at another one?"""
    return bool(url) and url != endpoint.url and endpoint.is_signed


@transaction.atomic
def seal_plain_secrets() -> int:
    """Seal what the release before this one has left in plain text; gives how many.

    Done by the workers of this release: only workers send, so none of the old ones misses what is emptied here.
    """
    rows = list(Endpoint.objects.select_for_update(skip_locked=True).exclude(secret=""))
    for row in rows:
        row.secret, row.sealed_secret = "", seal(row.secret)
        row.save(update_fields=["secret", "sealed_secret"])
    return len(rows)


@transaction.atomic
def end_endpoint(endpoint: Endpoint, *, by: Person) -> None:
    """Nothing goes there any more; its key is forgotten, what was sent stays in the log."""
    _refuse_strangers(by, endpoint.unit)
    row = Endpoint.objects.select_for_update().get(pk=endpoint.pk)
    if row.ended_at is None:
        row.ended_at, row.url, row.secret, row.sealed_secret = timezone.now(), masked(row.url), "", ""
        row.save(update_fields=["ended_at", "url", "secret", "sealed_secret"])
        _record(row, "unit.end_endpoint", by)


def tell_to_send(delivery: Delivery) -> None:
    """A worker looks for it behind the commit."""
    mail = delivery.channel != Delivery.Channel.ENDPOINT
    look_now("reminders.tasks.deliver_mail" if mail else "reminders.tasks.deliver_messages")


def masked(url: str) -> str:
    """The host and the last four characters: enough to tell two robots apart, not enough to use one."""
    parts = urlsplit(url)
    return f"{parts.scheme}://{parts.hostname}/…{url[-4:]}"


def _refuse_strangers(by: Person, unit: Unit) -> None:
    if not any(by.has_role(role, unit) for role in KEEPERS):
        raise PermissionDenied


def _record(endpoint: Endpoint, act: str, by: Person, **after) -> None:
    unit = endpoint.unit
    record(unit.case, act, label=unit.name, by=by, unit=unit, after={"name": endpoint.name, **after})
