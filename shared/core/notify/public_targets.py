"""Addresses that a team has given us to call: which of them lead to the public internet, and nowhere else."""

from __future__ import annotations

import ipaddress
import re
from collections.abc import Iterable
from dataclasses import dataclass

MAX_URL = 2048
_LABEL = "[A-Za-z0-9](?:[A-Za-z0-9-]{0,61}[A-Za-z0-9])?"
_LAST = "[A-Za-z](?:[A-Za-z0-9-]{0,61}[A-Za-z0-9])?"  # begins with a letter, which no spelling of a number does
_PATH = r"(?:/[!$-;=?-\[\]_a-z~]*)?"  # visible ASCII that needs no escape, without a fragment and backslashes
_PORT = "[1-9][0-9]{0,3}|[1-5][0-9]{4}|6[0-4][0-9]{3}|65[0-4][0-9]{2}|655[0-2][0-9]|6553[0-5]"
PUBLIC = rf"https://((?:{_LABEL}\.)+{_LAST})(?::443)?({_PATH})"
LOOPBACK = rf"http://(localhost|127\.0\.0\.1|\[::1\])(?::({_PORT}))?({_PATH})"
_PUBLIC, _LOOPBACK = re.compile(PUBLIC), re.compile(LOOPBACK)
_INNER = ("internal", "local", "localhost", "test", "onion", "invalid", "arpa", "lan", "home", "corp")
_INNER_NAMES = ("cluster.local",)

# What the IANA registries of special-purpose addresses keep from the public, and whole blocks where parts of them are.
_NOT_PUBLIC_4 = tuple(
    map(
        ipaddress.IPv4Network,
        (
            "0.0.0.0/8", "10.0.0.0/8", "100.64.0.0/10", "127.0.0.0/8", "169.254.0.0/16", "172.16.0.0/12",
            "192.0.0.0/24", "192.0.2.0/24", "192.31.196.0/24", "192.52.193.0/24", "192.88.99.0/24", "192.168.0.0/16",
            "192.175.48.0/24", "198.18.0.0/15", "198.51.100.0/24", "203.0.113.0/24", "224.0.0.0/3",
        ),
    )
)  # fmt: skip
_UNICAST_6 = ipaddress.IPv6Network("2000::/3")
_NOT_PUBLIC_6 = tuple(
    map(
        ipaddress.IPv6Network,
        (
            "2001::/23",  # protocol assignments, Teredo (2001::/32) among them
            "2001:db8::/32", "3fff::/20",  # documentation
            "2002::/16",  # 6to4: an IPv4 address inside
            "2620:4f:8000::/48",
        ),
    )
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Target:
    """What is called: the parts of an address, each as it is sent."""

    host: str  # in small letters, without brackets
    port: int
    path: str  # with its query
    secure: bool = True

    @property
    def url(self) -> str:
        """Return the address put together again from its parts."""
        if self.secure:
            return f"https://{self.host}{self.path}"
        name = f"[{self.host}]" if ":" in self.host else self.host
        return f"http://{name}:{self.port}{self.path}"


def read_target(url: str, *, loopback: bool = False) -> Target:
    """Return what an address names; raises ValueError with a sentence for whoever gave it.

    `loopback` lets in http:// at this machine, on any port.
    """
    if len(url) > MAX_URL:
        raise ValueError(f"the address has more than {MAX_URL} characters")
    if loopback and (found := _LOOPBACK.fullmatch(url)):
        return Target(found[1].strip("[]"), int(found[2] or 80), found[3] or "/", secure=False)
    found = _PUBLIC.fullmatch(url)
    if found is None:
        raise ValueError(
            "the address must be https:// with a name of the public internet, on port 443, without a user or a fragment"
        )
    host = found[1].lower()
    if len(host) > 253 or host.rpartition(".")[2] in _INNER or host.endswith(_INNER_NAMES):
        raise ValueError("the address has a name that is not of the public internet")
    return Target(host, 443, found[2] or "/")


def check_addresses(addresses: Iterable[str]) -> list[str]:
    """Return the IP addresses that a name has; raises ValueError unless each is public unicast, or for none."""
    found = list(dict.fromkeys(addresses))
    if not found:
        raise ValueError("the name has no address")
    if not all(map(is_public, found)):
        raise ValueError("the name leads to an address that is not of the public internet")
    return found


def is_public(address: str) -> bool:
    """Say whether an IP address is public unicast; what only wraps an IPv4 address is not, but for the mapped form."""
    try:
        parsed = ipaddress.ip_address(address)
    except ValueError:
        return False
    if isinstance(parsed, ipaddress.IPv6Address) and parsed.ipv4_mapped is not None:
        parsed = parsed.ipv4_mapped
    if isinstance(parsed, ipaddress.IPv4Address):
        return not any(parsed in net for net in _NOT_PUBLIC_4)
    return parsed.scope_id is None and parsed in _UNICAST_6 and not any(parsed in net for net in _NOT_PUBLIC_6)
