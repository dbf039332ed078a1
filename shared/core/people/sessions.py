"""A browser in which somebody is signed in: whose it is, for how long, and what it was signed in with.

Ends: 30 minutes without a request and 12 hours in all; on a device that one keeps, 12 hours and 14 days.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from shared.core.documents.codec import beside, sparse, unknown

SESSIONS = "sessions"
IDLE, ABSOLUTE = timedelta(minutes=30), timedelta(hours=12)
KEPT_IDLE, KEPT_ABSOLUTE = timedelta(hours=12), timedelta(days=14)
SEEN_EVERY = timedelta(minutes=1)  # a session's last use is noted at most this often: one write, not one per page
FRESH = timedelta(minutes=10)  # after a sign-in, for what changes who may do what
MAX_OF_PERSON = 20  # who signs in once more is signed out where they have not been for the longest time
HOME = "/account"
_PATH = re.compile(r"/(?:[0-9A-Za-z_~-][0-9A-Za-z_.~-]*/)*(?:[0-9A-Za-z_~-][0-9A-Za-z_.~-]*)?")
_MAX_PATH = 2000
_FAMILIES = (("Edg/", "Edge"), ("OPR/", "Opera"), ("Firefox/", "Firefox"), ("Chrome/", "Chrome"), ("Safari/", "Safari"))
_SYSTEMS = (
    ("iPhone", "iPhone"), ("iPad", "iPad"), ("Android", "Android"), ("Windows", "Windows"), ("Mac OS", "macOS"),
    ("Linux", "Linux"),
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Session:
    """One browser's; `hash` is that of the cookie. `role` is the one it was opened or renewed with."""

    person: str
    role: str
    hash: str
    at: datetime  # of the sign-in itself: renewing does not move it
    seen_at: datetime
    kept: bool = sparse(False)
    browser: str = sparse("")
    address: str = sparse("")
    id: str = beside("")
    version: str = beside("")
    more: Mapping[str, Any] = unknown()

    def is_fresh(self, now: datetime) -> bool:
        """Say whether whose it is has shown who they are a short time ago."""
        return now - self.at < FRESH

    def ends_at(self) -> datetime:
        """Return when it ends if nobody uses it any more."""
        idle, absolute = (KEPT_IDLE, KEPT_ABSOLUTE) if self.kept else (IDLE, ABSOLUTE)
        return min(self.seen_at + idle, self.at + absolute)


def name_browser(agent: str) -> str:
    """Return what people call a browser that introduces itself so (RFC 9110, 10.1.5): by its family and system."""
    family = next((name for mark, name in _FAMILIES if mark in agent), "")
    system = next((name for mark, name in _SYSTEMS if mark in agent), "")
    if not family:
        return agent[:60] or "A browser"
    return f"{family} on {system}" if system else family


def choose_target(given: str) -> str:
    """Return the path of ours that a browser goes to after signing in: the one given, or `HOME` where it is none.

    Only plain segments count: no second slash, no dot or percent sign that a browser would read as something else, no
    query. So nothing that is given can lead to another host.
    """
    return given if len(given) <= _MAX_PATH and given != "/" and _PATH.fullmatch(given) else HOME
