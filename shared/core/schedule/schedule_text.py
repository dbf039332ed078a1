"""A schedule as people write it, in words or as cron, with or without a time zone.

Cron's five fields and its names (@daily) are read as Debian's cron reads them, with L and # beside.
"""

from __future__ import annotations

import re
from datetime import UTC, date, datetime, time

from shared.core.schedule.schedule import EPOCH, LAST, LAST_WORKDAY, BadSchedule, Days, Schedule, list_next_times
from shared.core.schedule.schedule_words import parse_words

NAMES = {
    "@hourly": "0 * * * *",
    "@daily": "0 0 * * *",
    "@midnight": "0 0 * * *",
    "@weekly": "0 0 * * 0",
    "@monthly": "0 0 1 * *",
    "@quarterly": "0 0 1 1,4,7,10 *",
    "@yearly": "0 0 1 1 *",
    "@annually": "0 0 1 1 *",
}
_WEEKDAYS = ("sun", "mon", "tue", "wed", "thu", "fri", "sat")
_MONTHS = ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec")
_FIELDS = (("minute", 0, 59), ("hour", 0, 23), ("day of the month", 1, 31), ("month", 1, 12), ("day of the week", 0, 7))
_LOOKS = re.compile(r"@\w+|[\d*/,-]+\s+[\d*/,-]+(\s+[\w*?/,#-]+){3}")


def looks_like_cron(text: str) -> bool:
    """Say whether the text is meant as cron; whether it is right is another question."""
    return _LOOKS.fullmatch(text.strip()) is not None


def parse_cron(text: str, zone: str = "") -> Schedule:
    """Return the schedule; raises BadSchedule naming the field that is wrong."""
    given = text.strip().casefold()
    if given.startswith("@") and given not in NAMES:
        raise BadSchedule(f"{text.strip()!r} is none of {', '.join(sorted(NAMES))}")
    minute, hour, day, month, weekday = NAMES.get(given, given).replace("?", "*").split()
    minutes, hours = _numbers(minute, 0), _numbers(hour, 1)
    month_days, special = _month_days(day)
    weekdays, counted = _weekdays(weekday)
    days = Days(
        months=_numbers(month, 3),
        weekdays=weekdays,
        counted=counted,
        month_days=month_days | special,
        either=not (day.startswith("*") or weekday.startswith("*")),
    )
    times = tuple(time(h, m) for h in sorted(hours) for m in sorted(minutes))
    return Schedule(days, times, flowing=minute.startswith("*") or hour.startswith("*"), zone=zone)


def _month_days(field: str) -> tuple[frozenset[int], frozenset[int]]:
    terms = field.split(",")
    special = {LAST for term in terms if term == "l"} | {LAST_WORKDAY for term in terms if term == "lw"}
    plain = [term for term in terms if term not in ("l", "lw")]
    return (_numbers(",".join(plain), 2) if plain and field != "*" else frozenset()), frozenset(special)


def _weekdays(field: str) -> tuple[frozenset[int], frozenset[tuple[int, int]]]:
    """Return days of the week, Monday as 0, and those counted within the month (`5#2`, `5l`)."""
    plain, counted = [], set()
    for term in field.split(","):
        if found := re.fullmatch(r"(\w+)#([1-5])", term):
            counted.add((int(found[2]), _monday_first(_number(found[1], 4))))
        elif found := re.fullmatch(r"([0-7])l", term):
            counted.add((-1, _monday_first(int(found[1]))))
        else:
            plain.append(term)
    days = {_monday_first(n) for n in _numbers(",".join(plain), 4)} if plain and field != "*" else set()
    return frozenset(days), frozenset(counted)


def _monday_first(number: int) -> int:
    return (number + 6) % 7


def _numbers(field: str, which: int) -> frozenset[int]:
    name, minimum, maximum = _FIELDS[which]
    found: set[int] = set()
    for term in field.split(","):
        span, _, step = term.partition("/")
        if span == "*":
            first, last = minimum, (6 if which == 4 else maximum)
        elif "-" in span:
            first, last = (_number(end, which) for end in span.split("-", 1))
        else:
            first = _number(span, which)
            last = maximum if step else first
        if last < first or ("/" in term and not (step.isdecimal() and int(step) > 0)):
            raise BadSchedule(f"{term!r} cannot be read as {name}")
        found.update(range(first, last + 1, int(step or 1)))
    return frozenset(found)


def _number(text: str, which: int) -> int:
    name, minimum, maximum = _FIELDS[which]
    names = {3: {n: i for i, n in enumerate(_MONTHS, 1)}, 4: {n: i for i, n in enumerate(_WEEKDAYS)}}.get(which, {})
    number = names.get(text, int(text) if text.isascii() and text.isdecimal() else -1)
    if not minimum <= number <= maximum:
        raise BadSchedule(f"{text!r} is not a {name} (from {minimum} to {maximum})")
    return number


MAX_TEXT = 200
_SHORT = re.compile(r"\b(ET|CT|MT|PT|[ECMP][SD]T|CES?T|BST|IST|JST|AES?T)\b")  # each stands for several, or half a year
_ZONE = re.compile(r"\(?\b(?:in |CRON_TZ=|TZ=)?((?:[A-Z][A-Za-z_]+/)+[A-Z][A-Za-z_+\-0-9]*|UTC|GMT)\b(?: time)?\)?")


def parse_schedule(text: str, anchor: date = EPOCH) -> Schedule:
    """Return what the text says; its zone may stand in it ("daily at 7am Europe/Berlin"), not yet known to exist.

    `anchor` is a day of the week that "every 2 weeks" counts from. Raises BadSchedule for people to read.
    """
    words = " ".join(text.split())
    if not words:
        raise BadSchedule("there is no schedule")
    if len(words) > MAX_TEXT:
        raise BadSchedule(f"a schedule has at most {MAX_TEXT} characters, this one {len(words)}")
    if short := _SHORT.search(words):
        raise BadSchedule(f"“{short[1]}” is not a time zone; write one such as “America/New_York” or “Europe/Berlin”")
    named = _ZONE.search(words)
    zone = named[1] if named else ""
    rest = f"{words[: named.start()]} {words[named.end() :]}".strip(" ,") if named else words
    schedule = parse_cron(rest, zone) if looks_like_cron(rest) else parse_words(rest, anchor, zone)
    begin = datetime.combine(max(schedule.days.start or EPOCH, date(2000, 1, 1)), datetime.min.time(), UTC)
    if next(list_next_times(schedule, begin, UTC), None) is None:
        raise BadSchedule(f"“{words}”: no such day ever comes")
    return schedule
