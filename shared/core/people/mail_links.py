"""A link by mail with which somebody signs in: for whom, in which browser, until when, and how often one may ask."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from ipaddress import IPv6Address, ip_address
from typing import Any

from shared.core.documents.codec import beside, sparse, unknown
from shared.core.errors import TooMany

MAIL_LINKS, LINK_ASKS = "mail-links", "link-asks"
LINK_LIFETIME = timedelta(minutes=15)
WINDOW = timedelta(hours=1)
PER_ADDRESS, PER_NETWORK = 3, 20  # in an hour


@dataclass(frozen=True, slots=True)
class MailLink:
    """A link that was asked for; its id is 256 random bits, from which only who has the key makes the link.

    `browser` is the hash of the cookie of the browser that asked. `person` and `tenant` are of who is signed in there
    and adds the address to their ways in; "" for who signs in.
    """

    address: str
    browser: str
    at: datetime
    target: str = sparse("")
    kept: bool = sparse(False)
    person: str = sparse("")
    tenant: str = sparse("")
    sent: bool = sparse(False)
    id: str = beside("")
    version: str = beside("")
    more: Mapping[str, Any] = unknown()

    def is_late(self, now: datetime) -> bool:
        """Say whether it has ended."""
        return now - self.at >= LINK_LIFETIME


@dataclass(frozen=True, slots=True)
class LinkAsks:
    """When links were asked for, for one address or from one network."""

    times: tuple[datetime, ...] = ()
    id: str = beside("")
    version: str = beside("")
    more: Mapping[str, Any] = unknown()


def count_ask(asks: LinkAsks, now: datetime, limit: int) -> LinkAsks:
    """Return the asks with one more; raises TooMany where there were as many in the last hour as there may be."""
    recent = tuple(each for each in asks.times if now - each < WINDOW)
    if len(recent) >= limit:
        raise TooMany("too many links were asked for in this hour", retry_after=WINDOW - (now - recent[0]))
    return replace(asks, times=(*recent, now))


def name_network(address: str) -> str:
    """Return the network that an address counts as: an IPv4 address itself, of IPv6 the /64 that one line has."""
    try:
        found = ip_address(address)
    except ValueError:
        return "unknown"
    if isinstance(found, IPv6Address):
        return str(found.ipv4_mapped or IPv6Address(int(found) >> 64 << 64))
    return str(found)
