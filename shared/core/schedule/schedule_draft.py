"""What has been understood of a schedule in words, and the Schedule that is made of it."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import date, time, timedelta

from shared.core.schedule.schedule import BadSchedule, Days, Schedule
from shared.core.schedule.schedule_languages import DAYPARTS

DEFAULT_TIME = time(9)  # where a text names days and no time


@dataclass
class Found:
    """What has been understood so far of one text."""

    text: str
    rest: str
    anchor: date
    times: set[time] = field(default_factory=set)
    weekdays: set[int] = field(default_factory=set)
    counted: set[tuple[int, int]] = field(default_factory=set)
    month_days: set[int] = field(default_factory=set)
    months: set[int] = field(default_factory=set)
    every: dict[str, int] = field(default_factory=dict)  # unit → how many
    window: tuple[time, time] | None = None
    start: date | None = None
    dates: set[tuple[int, int]] = field(default_factory=set)  # (month, day) where both were said together
    part: str = ""  # of the day
    named: bool = False  # days were said, if only "daily"

    def take(self, pattern: str, do: Callable[[re.Match[str]], None]) -> None:
        """Take out every place where the pattern stands, and note what it says."""

        def note(match: re.Match[str]) -> str:
            do(match)
            return " ; "

        self.rest = re.sub(rf"(?<![\w:]){pattern}(?!\w)", note, self.rest)

    def wrong(self, why: str) -> BadSchedule:
        """Return the error that says it of this text."""
        return BadSchedule(f"“{self.text}”: {why}")


def build_schedule(found: Found, zone: str) -> Schedule:
    """Return what the text means as a whole; raises BadSchedule where its parts do not go together."""
    within = [unit for unit in ("minute", "hour") if unit in found.every]
    if (found.weekdays or found.counted) and found.month_days:
        raise found.wrong("it names days of the week and of the month; write two routines")
    if len({month for month, _ in found.dates}) * len({day for _, day in found.dates}) != len(found.dates):
        raise found.wrong("it names different days of different months; write one routine for each")
    if within and found.times:
        raise found.wrong("it says “every” and “at” a time; say one of them")
    if found.window and not within:
        raise found.wrong("it names a span of hours but not how often; say for example “every 2 hours”")
    if len(within) == 2 or len({"day", "week", "month", "quarter", "year"} & set(found.every)) > 1:
        raise found.wrong("it says “every” twice; say one of them")
    days = _days(found)
    if not (within or found.named or found.every or days.weekdays or days.counted or days.month_days):
        raise found.wrong("it does not say on which days")
    if within:
        return Schedule(days, _spread(found, within[0]), flowing=True, zone=zone)
    return Schedule(days, tuple(sorted(found.times)) or (DAYPARTS.get(found.part, DEFAULT_TIME),), zone=zone)


def _days(found: Found) -> Days:
    months, month_days, weekdays = set(found.months), set(found.month_days), set(found.weekdays)
    named = weekdays or found.counted or month_days
    if "quarter" in found.every:
        months = months or {1, 4, 7, 10}
    if "year" in found.every and not months:
        months = {1}
    if not named and ({"quarter", "month", "year"} & set(found.every) or months):
        month_days = {1}
    if not named and "week" in found.every:
        weekdays = {0}
    return Days(
        months=frozenset(months or range(1, 13)),
        weekdays=frozenset(weekdays),
        counted=frozenset(found.counted),
        month_days=frozenset(month_days),
        every_days=found.every.get("day", 1),
        every_weeks=found.every.get("week", 1),
        every_months=found.every.get("month", 1),
        anchor=found.anchor,
        start=found.start,
    )


def _spread(found: Found, unit: str) -> tuple[time, ...]:
    """Return the times of "every 15 minutes between 9:00 and 17:00", both ends included; counted anew each day."""
    step = timedelta(**{f"{unit}s": found.every[unit]})
    if step > timedelta(hours=23):
        raise found.wrong("an interval within the day is less than 24 hours; say “every 2 days”")
    first, last = found.window or (time(0), time(23, 59))
    minutes = int(step.total_seconds()) // 60
    begin, end = first.hour * 60 + first.minute, last.hour * 60 + last.minute
    if "past" in found.every:
        begin += (found.every["past"] - begin) % 60
    return tuple(time(at // 60, at % 60) for at in range(begin, end + 1, minutes))
