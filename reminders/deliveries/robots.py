"""What a chat robot or a webhook is sent, and how it is signed.

Written against the services' own rules rather than through a library: apprise 2.2 takes any HTTP 200 for success,
but these robots answer 200 with an error code in the body, and it can't sign for Feishu.

WeCom     key in the address; {"errcode": 0} is success
DingTalk  timestamp (ms) and sign = base64(HMAC-SHA256(secret, "timestamp\\nsecret")) in the query; {"errcode": 0}
Feishu    timestamp (s) and sign = base64(HMAC-SHA256("timestamp\\nsecret", "")) in the body; {"code": 0}
Webhook   X-ServiceLoop-Signature: sha256=hex(HMAC-SHA256(secret, "timestamp.body")), X-ServiceLoop-Timestamp (s);
          any 2xx is success
"""

import base64
import hashlib
import hmac
import json
import time
import zoneinfo
from collections.abc import Callable
from urllib.parse import quote

from django.conf import settings
from django.urls import reverse
from django.utils import timezone, translation
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from people.sealing import Unsealable
from reminders.channels import FOR_GROUPS
from reminders.models import Delivery, Endpoint, Notice
from reminders.notices import words_in

from .calling import Failed, Forbidden, post
from .flood import is_gathered

#: Notices that one gathered message lists: WeCom takes 2,048 bytes.
LISTED = 10


class Refused(Exception):
    """The other side doesn't take it. `for_good`: it never will; `counts`: as one of its tries."""

    def __init__(self, words: str, *, for_good: bool = False, counts: bool = True):
        super().__init__(words)
        self.for_good, self.counts = for_good, counts


class Unreachable(Refused):
    """Nobody answers there."""


def send_message(delivery: Delivery) -> str:
    """Send it to its endpoint; what was answered. Raises Refused."""
    notices = list(delivery.notices.select_related("recipient").order_by("pk"))
    with (
        translation.override(delivery.endpoint.language),
        timezone.override(zoneinfo.ZoneInfo(settings.TIME_ZONE)),
    ):
        if is_gathered(delivery):
            text, facts = _gathered(notices)
        else:
            text, facts = _told(notices[0])
    return _call(delivery.endpoint, text, {**facts, "id": delivery.message_id})


def send_trial(endpoint: Endpoint) -> str:
    """Send a word of greeting, to see whether it arrives; what was answered. Raises Refused."""
    with translation.override(endpoint.language):
        text = _("ServiceLoop can reach “%(name)s”. Notices will arrive here.") % {"name": endpoint.name}
    return _call(endpoint, text, {"event": "trial", "id": f"trial-{endpoint.pk}-{int(time.time())}"})


# Words ---------------------------------------------------------------------------------------------------------------
def _told(notice: Notice) -> tuple[str, dict]:
    """The words for a group, with the address; and the same as facts for a program. Nothing that anybody typed."""
    params = {**notice.params, "who": notice.recipient.display_name}
    words = words_in(FOR_GROUPS[notice.text], params)
    link = f"{settings.BASE_URL}{notice.url}"
    facts = {
        "event": notice.text,
        "number": params.get("about") or params.get("label") or "",
        "due": params.get("due")
        if notice.text in ("due-soon", "overdue", "escalated", "ownerless")
        else None,
        "at": notice.created_at.isoformat(),
        "link": link,
    }
    return f"{words}\n{link}", facts


def _gathered(notices: list[Notice]) -> tuple[str, dict]:
    count = len(notices)
    lines = [_told(notice)[0].partition("\n")[0] for notice in notices[:LISTED]]
    heading = ngettext("%(count)d more notice", "%(count)d more notices", count) % {"count": count}
    left = count - len(lines)
    more = [ngettext("… and %(count)d more", "… and %(count)d more", left) % {"count": left}] if left else []
    link = f"{settings.BASE_URL}{reverse('incident-list')}"
    return "\n".join([heading, *lines, *more, link]), {
        "event": "gathered",
        "count": count,
        "link": link,
        "numbers": [
            notice.params.get("about") or notice.params.get("label") or "" for notice in notices[:500]
        ],
    }


# The four kinds ------------------------------------------------------------------------------------------------------
Request = tuple[str, dict, dict[str, str]]  # address, body, headers


def _wecom(endpoint: Endpoint, text: str, facts: dict) -> Request:
    return endpoint.url, {"msgtype": "text", "text": {"content": text}}, {}


def _dingtalk(endpoint: Endpoint, text: str, facts: dict) -> Request:
    url = endpoint.url
    if secret := endpoint.signing_secret():
        stamp = str(int(time.time() * 1000))
        digest = hmac.new(secret.encode(), f"{stamp}\n{secret}".encode(), hashlib.sha256).digest()
        joint = "&" if "?" in url else "?"
        url = f"{url}{joint}timestamp={stamp}&sign={quote(base64.b64encode(digest), safe='')}"
    return url, {"msgtype": "text", "text": {"content": text}}, {}


def _feishu(endpoint: Endpoint, text: str, facts: dict) -> Request:
    body: dict = {"msg_type": "text", "content": {"text": text}}
    if secret := endpoint.signing_secret():
        stamp = str(int(time.time()))
        digest = hmac.new(f"{stamp}\n{secret}".encode(), b"", hashlib.sha256).digest()
        body = {"timestamp": stamp, "sign": base64.b64encode(digest).decode(), **body}
    return endpoint.url, body, {}


def _webhook(endpoint: Endpoint, text: str, facts: dict) -> Request:
    return (
        endpoint.url,
        {**facts, "text": text, "unit": endpoint.unit_id},
        {"X-ServiceLoop-Delivery": facts["id"]},
    )


REQUESTS: dict[str, Callable[[Endpoint, str, dict], Request]] = {
    Endpoint.Kind.WECOM: _wecom,
    Endpoint.Kind.DINGTALK: _dingtalk,
    Endpoint.Kind.FEISHU: _feishu,
    Endpoint.Kind.WEBHOOK: _webhook,
}
#: Where the robots say in the body how it went.
VERDICTS = {Endpoint.Kind.WECOM: "errcode", Endpoint.Kind.DINGTALK: "errcode", Endpoint.Kind.FEISHU: "code"}


def _call(endpoint: Endpoint, text: str, facts: dict) -> str:
    try:
        secret = endpoint.signing_secret()
        url, content, headers = REQUESTS[endpoint.kind](endpoint, text, facts)
    except Unsealable as error:  # nothing goes out unsigned where a signature is expected
        raise Refused("the secret can't be read any more: enter it again", for_good=True) from error
    body = json.dumps(content, ensure_ascii=False).encode()
    headers["Content-Type"] = "application/json; charset=utf-8"
    if endpoint.kind == Endpoint.Kind.WEBHOOK and secret:
        headers |= signature(secret, body, int(time.time()))
    try:
        status, answer = post(url, body, headers)
    except Forbidden as error:
        raise Refused(str(error), for_good=True) from error
    except Failed as error:
        raise Unreachable(str(error)) from error
    verdict = _verdict(endpoint.kind, answer)
    said = f"HTTP {status}" + ("" if verdict is None else f", {VERDICTS[endpoint.kind]} {verdict}")
    if not 200 <= status < 300 or verdict not in (None, 0):
        raise Refused(said)
    return said


def signature(secret: str, body: bytes, at: int) -> dict[str, str]:
    """The headers with which the receiver of a webhook can tell that it is ours, and not an old one sent again."""
    digest = hmac.new(secret.encode(), f"{at}.".encode() + body, hashlib.sha256).hexdigest()
    return {"X-ServiceLoop-Timestamp": str(at), "X-ServiceLoop-Signature": f"sha256={digest}"}


def _verdict(kind: str, answer: bytes) -> int | str | None:
    """The error code in a robot's answer: 0 is success. None where there is none to expect."""
    name = VERDICTS.get(kind)
    if name is None:
        return None
    try:
        code = json.loads(answer)[name]
    except (ValueError, KeyError, TypeError):
        return "?"
    return code if isinstance(code, int) else "?"
