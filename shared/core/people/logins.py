"""A sign-in that somebody has agreed to in a browser, and that a terminal has not used yet."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from shared.core.documents.codec import beside, unknown

LOGINS = "logins"
TERMINAL_AT = "/terminal/"  # the page of ours that shows a terminal's code; the hash of its secret follows


@dataclass(frozen=True, slots=True)
class Login:
    """Who a terminal may sign in as, and since when; its id is the hash of the terminal's secret."""

    tenant: str
    person: str
    at: datetime
    id: str = beside("")
    version: str = beside("")
    more: Mapping[str, Any] = unknown()
