"""A schedule in plain words, English first, as a Schedule: what is understood is taken out, and nothing may be left."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import date, time

from shared.core.schedule.schedule import EPOCH, LAST, WORKDAY, Schedule
from shared.core.schedule.schedule_draft import Found, build_schedule
from shared.core.schedule.schedule_languages import DAYPARTS, MONTHS, WEEKDAYS, translate_to_english

_DAY = "|".join(sorted(WEEKDAYS, key=len, reverse=True))
_MONTH = "|".join(sorted(MONTHS, key=len, reverse=True))
_ORDINALS = {"first": 1, "1st": 1, "second": 2, "2nd": 2, "third": 3, "3rd": 3, "fourth": 4, "4th": 4, "fifth": 5,
             "5th": 5, "last": -1}  # fmt: skip
_NTH = {"other": 2, "second": 2, "2nd": 2, "third": 3, "3rd": 3, "fourth": 4, "4th": 4, "fifth": 5, "5th": 5}
_NUMBERS = {"other": 2, "second": 2, "two": 2, "three": 3, "third": 3, "four": 4, "fourth": 4, "five": 5, "six": 6,
            "eight": 8, "ten": 10, "twelve": 12, "fifteen": 15, "twenty": 20, "thirty": 30}  # fmt: skip
_N = rf"(\d{{1,4}}|{'|'.join(_NUMBERS)})"
_CLOCK = r"(?:\d{1,2}[:.]\d{2}\s?(?:am|pm)?|\d{1,2}\s?(?:am|pm)|\d{1,2}h\d{0,2}|noon|midday|midnight)(?![\w:.])"
_TIME = rf"(?:{_CLOCK}|\d{{1,2}}(?![\w:.]))"
_ORD = "|".join(_ORDINALS)
_OF_MONTH = r"(?:\s+(?:of|in|on)\s+(?:the\s+|each\s+|every\s+|a\s+)?(?:month|(?=(?:" + _MONTH + r")\b)))"
_LATE = {"afternoon": 1, "evening": 1, "night": 6}  # the first hour that means one after noon
_FILLERS = frozenset({"the", "on", "at", "in", "and", "of", "each", "every", "by", "time", "local", "o'clock", "day",
                      "days", "month", "with", "always", "repeat", "run", "runs"})  # fmt: skip


def parse_words(text: str, anchor: date = EPOCH, zone: str = "") -> Schedule:
    """Return the schedule; "every 2 weeks" counts from the week of `anchor` unless the text says "from 2026-11-27".

    Raises BadSchedule that says what was not understood.
    """
    found = Found(text.strip(), translate_to_english(text), anchor)
    _refuse_pairs(found)
    for step in (_take_start, _take_window, _take_intervals, _take_counted, _take_month_days, _take_weekdays):
        step(found)
    _take_general(found)
    _take_times(found)
    left = [word for word in re.split(r"[\s;,]+", found.rest) if word and word not in _FILLERS]
    if left:
        raise found.wrong(f"“{' '.join(left)[:80]}” was not understood")
    return build_schedule(found, zone)


def _refuse_pairs(found: Found) -> None:
    """Refuse days that have each their own time: all days of one schedule have the same times."""
    days = rf"(?P<day>\b(?:{_DAY}|{_MONTH})\b|\b(?:week|work)days?\b|\bweekends?\b|\b\d{{1,2}}(?:st|nd|rd|th)\b)"
    kinds = "".join(
        "d" if match["day"] else "t" for match in re.finditer(rf"{days}|\b{_CLOCK}|\bat\s+\d{{1,2}}\b", found.rest)
    )
    if "dtdt" in (order := re.sub(r"(.)\1+", r"\1", kinds)) or "tdtd" in order:
        raise found.wrong("it names days that each have a time of their own; write one routine for each")


def _take_start(found: Found) -> None:
    def note(match: re.Match[str]) -> None:
        try:
            found.start = found.anchor = date.fromisoformat(match[1])
        except ValueError:
            raise found.wrong(f"there is no day {match[1]}") from None

    found.take(r"(?:starting|beginning|from|since|as of|first on)(?: on)?\s+(\d{4}-\d{2}-\d{2})", note)


def _take_window(found: Found) -> None:
    def note(match: re.Match[str]) -> None:
        first, last = _time(found, match[1]), _time(found, match[2])
        if last <= first:
            raise found.wrong(f"{match[2].strip()} is not after {match[1].strip()}")
        if found.window:
            raise found.wrong("it names two spans of hours; write one routine for each")
        found.window = (first, last)

    found.take(rf"(?:between|from)\s+({_TIME})\s*(?:and|to|until|till|-)\s*({_TIME})", note)


def _take_intervals(found: Found) -> None:
    def note(match: re.Match[str]) -> None:
        number = _NUMBERS.get(match[1], 0) or int(match[1])
        unit = {"min": "minute", "hr": "hour"}.get(match[2], match[2])
        if number < 1 or unit in found.every:
            raise found.wrong(f"“{match[0].strip()}” was not understood")
        found.every[unit] = number

    found.take(r"every half(?: an)? hour", lambda match: found.every.update(minute=30))
    found.take(r"(?:every hour|hourly|once an hour)", lambda match: found.every.update(hour=1))
    found.take(r"every minute", lambda match: found.every.update(minute=1))
    found.take(r"(?:every fortnight|fortnightly|biweekly)", lambda match: found.every.update(week=2))
    found.take(rf"every\s+{_N}\s+(minute|min|hour|hr|day|week|month)s?(?!{_OF_MONTH})", note)
    found.take(r"(?:every quarter|quarterly)", lambda match: found.every.update(quarter=1))

    def ambiguous(match: re.Match[str]) -> None:
        day, n = match[2].capitalize(), _NTH[match[1]]
        nth = next(word for word, number in _ORDINALS.items() if number == n)
        raise found.wrong(
            f"“{match[0]}” may be every {n} weeks or the {nth} of a month; say “every {n} weeks on {day}”"
            f" or “{nth} {day} of the month”"
        )

    found.take(rf"every ({'|'.join(_NTH)}) ({_DAY})(?!s?{_OF_MONTH})", ambiguous)


def _take_counted(found: Found) -> None:
    def note(match: re.Match[str]) -> None:
        numbers = [_ORDINALS[word] for word in re.findall(_ORD, match[1])]
        name = match[2]
        if name == "day":
            found.month_days.update(LAST if n == -1 else n for n in numbers)
        else:
            weekday = WORKDAY if name in ("weekday", "workday") else WEEKDAYS[name]
            found.counted.update((n, weekday) for n in numbers)

    listed = rf"((?:{_ORD})(?:\s*(?:,|and)\s*(?:the\s+)?(?:{_ORD}))*)"
    found.take(rf"(?:every\s+)?{listed}\s+({_DAY}|weekday|workday|day)s?{_OF_MONTH}", note)
    found.take(rf"(?:every\s+)?{listed}\s+({_DAY})s?", note)


def _take_month_days(found: Found) -> None:
    def note_date(day: int, month: int) -> Callable[[re.Match[str]], None]:
        def note(match: re.Match[str]) -> None:
            found.dates.add((MONTHS[match[month]], _day(found, match[day])))
            found.month_days.add(_day(found, match[day]))
            found.months.add(MONTHS[match[month]])

        return note

    found.take(rf"(?:on\s+|the\s+)*(\d{{1,2}})(?:st|nd|rd|th|\.)?\s+(?:of\s+)?({_MONTH})", note_date(1, 2))
    found.take(rf"(?:on\s+)?({_MONTH})\s+(\d{{1,2}})(?:st|nd|rd|th)?(?![:.]?\w)(?!\s?(?:am|pm))", note_date(2, 1))
    found.take(r"(?:on\s+|the\s+)*(\d{1,2})(?:st|nd|rd|th)", lambda match: found.month_days.add(_day(found, match[1])))
    found.take(r"(\d{1,2})\.(?=\s|;|,|$)", lambda match: found.month_days.add(_day(found, match[1])))
    found.take(r"(?:on )?day (\d{1,2})", lambda match: found.month_days.add(_day(found, match[1])))
    found.take(rf"({_MONTH})", lambda match: found.months.add(MONTHS[match[1]]))


def _take_weekdays(found: Found) -> None:
    def span(match: re.Match[str]) -> None:
        first, last = WEEKDAYS[match[1]], WEEKDAYS[match[2]]
        found.weekdays.update((first + n) % 7 for n in range((last - first) % 7 + 1))

    found.take(rf"(?:from\s+)?({_DAY})s?\s*(?:-|to|through|until|till)\s*({_DAY})s?", span)
    found.take(r"(?:week ?day|work ?day|working day|business day)s?", lambda match: found.weekdays.update(range(5)))
    found.take(r"weekends?", lambda match: found.weekdays.update((5, 6)))
    found.take(rf"({_DAY})s?", lambda match: found.weekdays.add(WEEKDAYS[match[1]]))


def _take_general(found: Found) -> None:
    def say(match: re.Match[str]) -> None:
        found.named = True

    def unit(name: str) -> Callable[[re.Match[str]], None]:
        return lambda match: found.every.update({name: found.every.get(name, 1)})

    def part(match: re.Match[str]) -> None:
        if found.part not in ("", match[1]):
            raise found.wrong("it names two parts of the day; say their times, as in “daily at 9:00 and 18:00”")
        found.named, found.part = True, match[1]

    found.take(rf"(?:every|in the|at)\s+({'|'.join(DAYPARTS)})s?", part)
    found.take(r"(?:daily|every ?days?|once a day|all days)", say)
    found.take(r"(?:weekly|every weeks?|once a week)", unit("week"))
    found.take(r"(?:monthly|every months?|once a month)", unit("month"))
    found.take(r"(?:yearly|annually|every years?|once a year)", unit("year"))


def _take_times(found: Found) -> None:
    if "hour" in found.every:
        past = r"(?:at\s+)?(?::(\d{2})|(\d{1,2}) minutes? past(?: the hour)?)"
        found.take(past, lambda match: found.every.update(past=_minute(found, match[1] or match[2])))
    found.take(rf"(?:at\s+)?({_CLOCK})", lambda match: found.times.add(_time(found, match[1])))

    def bare(match: re.Match[str]) -> None:
        found.times.update(_time(found, number) for number in re.findall(r"\d{1,2}", match[0]))

    found.take(r"at\s+\d{1,2}(?:\s*(?:,|and)\s*(?:at\s+)?\d{1,2})*(?![:.]?\d)", bare)
    if found.times:  # "at 9:00 and 17": what follows a time is one
        found.take(r"(?:and|,)\s*(\d{1,2})", bare)


def _time(found: Found, text: str) -> time:
    words = text.strip()
    named = {"noon": time(12), "midday": time(12), "midnight": time(0)}.get(words)
    if named is not None:
        return named
    match = re.fullmatch(r"(\d{1,2})(?:[:.h](\d{0,2}))?\s?(am|pm)?", words)
    hour, minute = (int(match[1]), int(match[2] or 0)) if match else (99, 0)
    if match and match[3]:
        hour = hour % 12 + (12 if match[3] == "pm" else 0) if 1 <= hour <= 12 else 99
    elif _LATE.get(found.part, 12) <= hour < 12:  # "every evening at 7"
        hour += 12
    if hour > 23 or minute > 59:
        raise found.wrong(f"“{words}” is not a time of the day")
    return time(hour, minute)


def _minute(found: Found, text: str) -> int:
    if int(text) > 59:
        raise found.wrong(f"“{text}” is not a minute of an hour")
    return int(text)


def _day(found: Found, text: str) -> int:
    if not 1 <= int(text) <= 31:
        raise found.wrong(f"no month has a day {text}")
    return int(text)
