"""A clock in hand."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

START = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)


def utc(*parts: int) -> datetime:
    """Return a time of Greenwich by its year, month, day and so on."""
    return datetime(*parts, tzinfo=UTC)  # type: ignore[arg-type, misc]


class MovedClock:
    """Stands still until it is moved, forward or back."""

    def __init__(self, start: datetime = START) -> None:
        self._now = start

    def now(self) -> datetime:
        """Return the time it was moved to."""
        return self._now

    def move(self, **span: float) -> None:
        """Move by `seconds=`, `hours=`, `days=`…; negative ones move back."""
        self._now += timedelta(**span)
