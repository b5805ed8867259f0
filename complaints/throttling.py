"""Limits for people without an account, counted by network, unit or reference.

A network is counted under a salted hash that is another one each day: the address itself is kept nowhere. Counters live
in the database's cache in windows of fixed length. Two requests at the very same moment may count as one: a limit is a
brake, never the only fence.
"""

import datetime as dt
import ipaddress
import time
from dataclasses import dataclass

from allauth.account.adapter import get_adapter
from django.core.cache import cache
from django.http import HttpRequest
from django.utils import timezone
from django.utils.crypto import salted_hmac


def network_of(request: HttpRequest) -> str:
    """What stands for the client's network in counters: a hash of the address (of the /64 for IPv6) and the day."""
    address = get_adapter().get_client_ip(request)
    try:
        if ipaddress.ip_address(address).version == 6:
            address = str(ipaddress.ip_network(f"{address}/64", strict=False))
    except ValueError:  # a socket without an address
        pass
    return _hashed(f"{timezone.localdate()} {address}")


@dataclass(frozen=True)
class Limit:
    """At most `times` within a window of this length, for each `who`."""

    name: str
    times: int
    within: dt.timedelta

    def count(self, who: object, amount: int = 1) -> int:
        """Count once more (or an amount); says how many there are now."""
        seconds = int(self.within.total_seconds())
        key = self._key(who)
        counted = cache.get(key, 0) + amount
        cache.set(key, counted, timeout=seconds)
        return counted

    def is_reached(self, who: object) -> bool:
        return cache.get(self._key(who), 0) >= self.times

    def _key(self, who: object) -> str:
        window = int(time.time() // self.within.total_seconds())
        return f"customers:{self.name}:{_hashed(str(who))}:{window}"


HOUR, DAY = dt.timedelta(hours=1), dt.timedelta(days=1)

#: Complaints from one network: a station's wireless network or a mobile operator's gateway is shared by many people.
FEW_FROM_NETWORK = Limit("few", 3, HOUR)  # more: one small question
MANY_FROM_NETWORK = Limit("many", 40, HOUR)  # more: later
#: Complaints about one unit: a bad hour brings many, so more than this are only asked the question.
ABOUT_UNIT = Limit("unit", 30, HOUR)
#: Files of people without an account, by network.
FILES = Limit("files", 200, DAY)
MEGABYTES = Limit("megabytes", 1024, DAY)
#: What a customer writes on their page, by complaint and by network.
LETTERS = Limit("letters", 12, HOUR)
LETTERS_FROM_NETWORK = Limit("letters-network", 60, HOUR)
#: Wrong tries to find a case by its reference: by reference, by network, and altogether. Four digits are found by
#: ten thousand tries: all that are let through in a month are few of those for one case, and rarely hit any.
TRIES_FOR_REFERENCE = Limit("reference", 8, DAY)
TRIES_FOR_REFERENCE_IN_A_MONTH = Limit("reference-month", 30, 30 * DAY)
TRIES_FROM_NETWORK = Limit("tries", 20, HOUR)
TRIES = Limit("all-tries", 60, HOUR)
TRIES_IN_A_DAY = Limit("all-tries-day", 400, DAY)
#: New links asked for, by reference and by network.
LINKS_FOR_REFERENCE = Limit("links", 3, DAY)
LINKS_FROM_NETWORK = Limit("links-network", 10, HOUR)


def _hashed(text: str) -> str:
    return salted_hmac("complaints.throttling", text, algorithm="sha256").hexdigest()[:32]
