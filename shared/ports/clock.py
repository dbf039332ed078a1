"""The clock: the only place time comes from."""

from __future__ import annotations

from datetime import datetime
from typing import Protocol


class Clock(Protocol):
    """The only place time comes from."""

    def now(self) -> datetime:
        """Return the current time, aware, in UTC."""
