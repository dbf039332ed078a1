"""A schedule as people write it, in words or as cron, with or without a time zone."""

from __future__ import annotations

import re
from datetime import UTC, date, datetime

from shared.core.schedule.schedule import EPOCH, BadSchedule, Schedule, next_times
from shared.core.schedule.schedule_cron import looks_like_cron, parse_cron
from shared.core.schedule.schedule_words import parse_words

MAX_TEXT = 200
_SHORT = re.compile(r"\b(ET|CT|MT|PT|[ECMP][SD]T|CES?T|BST|IST|JST|AES?T)\b")  # each stands for several, or half a year
_ZONE = re.compile(r"\(?\b(?:in |CRON_TZ=|TZ=)?((?:[A-Z][A-Za-z_]+/)+[A-Z][A-Za-z_+\-0-9]*|UTC|GMT)\b(?: time)?\)?")


def parse_schedule(text: str, anchor: date = EPOCH) -> Schedule:
    """Return what the text says; its zone may stand in it ("daily at 7am Europe/Berlin"), not yet known to exist.

    `anchor` is a day of the week that "every 2 weeks" counts from. Raises BadSchedule for people to read.
    """
    said = " ".join(text.split())
    if not said:
        raise BadSchedule("there is no schedule")
    if len(said) > MAX_TEXT:
        raise BadSchedule(f"a schedule has at most {MAX_TEXT} characters, this one {len(said)}")
    if short := _SHORT.search(said):
        raise BadSchedule(f"“{short[1]}” is not a time zone; write one such as “America/New_York” or “Europe/Berlin”")
    named = _ZONE.search(said)
    zone = named[1] if named else ""
    rest = f"{said[: named.start()]} {said[named.end() :]}".strip(" ,") if named else said
    schedule = parse_cron(rest, zone) if looks_like_cron(rest) else parse_words(rest, anchor, zone)
    begin = datetime.combine(max(schedule.days.start or EPOCH, date(2000, 1, 1)), datetime.min.time(), UTC)
    if next(next_times(schedule, begin, UTC), None) is None:
        raise BadSchedule(f"“{said}”: no such day ever comes")
    return schedule
