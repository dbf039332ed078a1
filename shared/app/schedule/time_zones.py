"""Time zones by the names people write."""

from __future__ import annotations

from importlib.resources import files
from zoneinfo import ZoneInfo

from shared.core.schedule.schedule import BadSchedule


def zone_named(name: str) -> ZoneInfo:
    """Return the zone of an IANA name; raises BadSchedule, for people to read, when there is none."""
    try:
        return ZoneInfo(name.strip() or "UTC")
    except (KeyError, ValueError, OSError):  # the last for names that are folders or files of something else
        raise BadSchedule(f"“{name[:60]}” is not a time zone; write one such as “Europe/Berlin” or “UTC”") from None


def zone_names() -> list[str]:
    """Return the IANA names there are, ascending; from one file, where the machine's own would be hundreds."""
    return sorted(files("tzdata").joinpath("zones").read_text(encoding="ascii").split())
