"""Times of day in a person's own zone: when quiet hours end, and when the clock shows a time next."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo


def quiet_until(person: Mapping[str, Any], now: datetime) -> datetime | None:
    """Return when this person's quiet hours end, or None outside of them.

    `quiet` is `{"from": "22:00", "to": "07:00", "zone": "Europe/Berlin"}`; it may span midnight.
    """
    try:
        begin, end, zone = _hours(person.get("quiet"))
    except (KeyError, ValueError, TypeError, AttributeError):
        return None  # hours nobody can read hold no message back, least of all everybody else's
    local = now.astimezone(zone)
    if begin == end:
        return None
    spans_midnight = begin > end
    inside = local.time() >= begin or local.time() < end if spans_midnight else begin <= local.time() < end
    if not inside:
        return None
    day = local.date() + timedelta(days=1) if spans_midnight and local.time() >= begin else local.date()
    until = datetime.combine(day, end, zone)
    if until.astimezone(UTC) <= now:  # the hour that comes twice when summer ends: the second one is meant
        until = until.replace(fold=1)
    return until.astimezone(now.tzinfo)


def find_next_time(at: str, zone: str, after: datetime) -> datetime:
    """Return when a clock in this zone shows a time such as 07:30 next, in UTC and later than `after`.

    A time that the clock jumps over is that much later on that day; of one that comes twice the first is meant.
    """
    wanted, where = time.fromisoformat(at), ZoneInfo(zone)
    day = after.astimezone(where).date()
    moments = (datetime.combine(day + timedelta(days=n), wanted, where).astimezone(UTC) for n in (0, 1, 2))
    return next(moment for moment in moments if moment > after)


def _hours(quiet: Any) -> tuple[time, time, ZoneInfo]:
    """Return begin, end and zone; raises for no or unreadable hours."""
    begin, end = time.fromisoformat(quiet["from"]), time.fromisoformat(quiet["to"])
    if begin.tzinfo or end.tzinfo:
        raise ValueError("the zone is a field of its own")
    return begin, end, ZoneInfo(str(quiet.get("zone", "UTC")))
