"""When something recurs: on which days, at which times of the wall clock, and what daylight saving does to both.

A time that does not exist (clocks go forward) happens once, at the next moment that does exist. A time that exists
twice (clocks go back) happens once, at the first of the two. What recurs within the day ("every hour") follows the
time that really passes: an hour that does not exist has no run, one that comes twice has two. This is what Debian's
cron does, too.
"""

from __future__ import annotations

from calendar import monthrange
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta, tzinfo

EPOCH = date(1970, 1, 5)  # a Monday, from which "every 2 weeks" is counted where nothing else is said
EVERY_MONTH = frozenset(range(1, 13))
WORKDAY = 7  # beside 0 (Monday) to 6 (Sunday): Monday to Friday, where days are counted within a month
LAST, LAST_WORKDAY = -1, -2  # as days of a month
HORIZON = 41 * 366  # days; 29 February falls on every weekday within 40 years

EXAMPLES = ("every weekday at 8:30", "first Monday of the month at 9:00", "every 2 weeks on Friday at 16:00")


class BadSchedule(ValueError):
    """The text is no schedule; the message says what was not understood and shows three that are."""

    def __init__(self, why: str) -> None:
        shown = ", ".join(f"“{example}”" for example in EXAMPLES)
        super().__init__(f"{why}. Write for example {shown}, or cron: “30 8 * * 1-5”.")
        self.why = why


@dataclass(frozen=True, slots=True)
class Days:
    """Which days. What is empty is not asked for; days of the week and of the month must both hold, or `either`."""

    months: frozenset[int] = EVERY_MONTH
    weekdays: frozenset[int] = frozenset()  # 0 is Monday
    counted: frozenset[tuple[int, int]] = frozenset()  # (1, 0): the first Monday of the month; (-1, 4): the last Friday
    month_days: frozenset[int] = frozenset()  # 1 to 31, LAST, LAST_WORKDAY; a month that has no 31st is left out
    either: bool = False
    every_days: int = 1
    every_weeks: int = 1
    every_months: int = 1
    anchor: date = EPOCH  # a day of which "every 2 days", "weeks" and "months" counts on
    start: date | None = None  # nothing before

    def match(self, day: date) -> bool:
        """Say whether it is one of the days."""
        if day.month not in self.months or (self.start is not None and day < self.start):
            return False
        return self._is_in_turn(day) and self._matches_day(day)

    def _is_in_turn(self, day: date) -> bool:
        monday = self.anchor - timedelta(days=self.anchor.weekday())
        months = (day.year - self.anchor.year) * 12 + day.month - self.anchor.month
        return (
            (day - self.anchor).days % self.every_days == 0
            and (day - monday).days // 7 % self.every_weeks == 0
            and months % self.every_months == 0
        )

    def _matches_day(self, day: date) -> bool:
        of_week = day.weekday() in self.weekdays or any(_is_counted(day, n, name) for n, name in self.counted)
        of_month = day.day in self.month_days or any(_is_counted(day, *_LASTS[n]) for n in self.month_days if n < 0)
        asks_week, asks_month = bool(self.weekdays or self.counted), bool(self.month_days)
        if asks_week and asks_month and self.either:
            return of_week or of_month
        return (of_week or not asks_week) and (of_month or not asks_month)


_ANY = 8  # any day of the week
_LASTS = {LAST: (-1, _ANY), LAST_WORKDAY: (-1, WORKDAY)}


def _is_counted(day: date, n: int, name: int) -> bool:
    """Say whether this is the n-th such day of its month, counted from the end where n is negative."""
    if not _is_named(day, name):
        return False
    length = monthrange(day.year, day.month)[1]
    others = range(1, day.day) if n > 0 else range(day.day + 1, length + 1)
    return sum(_is_named(day.replace(day=other), name) for other in others) == abs(n) - 1


def _is_named(day: date, name: int) -> bool:
    return name == _ANY or day.weekday() == name or (name == WORKDAY and day.weekday() < 5)


@dataclass(frozen=True, slots=True)
class Schedule:
    """Days and times of the wall clock; `zone` is an IANA name where the text says one, else empty."""

    days: Days
    times: tuple[time, ...]
    flowing: bool = False  # follows the time that passes, as "every hour" does
    zone: str = ""


def moments(schedule: Schedule, day: date, zone: tzinfo) -> list[datetime]:
    """Return the moments of one day of the wall clock, in UTC, ascending."""
    if not schedule.days.match(day):
        return []
    steady = _steady_offset(day, zone)
    if steady is not None:
        return sorted(datetime.combine(day, at, UTC) - steady for at in schedule.times)
    found: set[datetime] = set()
    for at in schedule.times:
        local = datetime.combine(day, at)
        existing = [moment for fold in (0, 1) if (moment := _moment(local, zone, fold)) is not None]
        if existing:
            found.update(existing if schedule.flowing else existing[:1])
        elif not schedule.flowing:
            found.add(_skip_gap(local, zone))
    return sorted(found)


def list_next_times(schedule: Schedule, after: datetime, zone: tzinfo) -> Iterator[datetime]:
    """Yield when it is due after that moment, in UTC, ascending, without end unless no such day exists any more."""
    day, last, quiet = after.astimezone(zone).date() - timedelta(days=1), after, 0
    while quiet < HORIZON and day.year < date.max.year:
        for moment in moments(schedule, day, zone):
            if moment > last:
                yield moment
                last, quiet = moment, 0
        day, quiet = day + timedelta(days=1), quiet + 1


def latest_time(schedule: Schedule, after: datetime, until: datetime, zone: tzinfo) -> datetime | None:
    """Return when it was due last, later than `after` and not later than `until`; in UTC."""
    day, first = until.astimezone(zone).date() + timedelta(days=1), after.astimezone(zone).date() - timedelta(days=1)
    while day >= first:
        due = [moment for moment in moments(schedule, day, zone) if after < moment <= until]
        if due:
            return due[-1]
        day -= timedelta(days=1)
    return None


def _steady_offset(day: date, zone: tzinfo) -> timedelta | None:
    """Return the offset from UTC on a day on which clocks do not change, nor around its ends; else None."""
    begin = datetime.combine(day, time(), UTC)
    ends = {(begin + timedelta(hours=hours)).astimezone(zone).utcoffset() for hours in (-27, 6, 39)}
    return ends.pop() if len(ends) == 1 else None


def _moment(local: datetime, zone: tzinfo, fold: int) -> datetime | None:
    """Return the moment at which clocks show this, the first or the second time; None when they do not."""
    moment = local.replace(tzinfo=zone, fold=fold).astimezone(UTC)
    shown = moment.astimezone(zone)
    return moment if shown.replace(tzinfo=None, fold=0) == local and shown.fold == fold else None


def _skip_gap(local: datetime, zone: tzinfo) -> datetime:
    """Return the first moment after the gap this time of the wall clock falls into."""
    before, after = (local.replace(tzinfo=zone, fold=fold).astimezone(UTC) for fold in (1, 0))
    earlier = before.astimezone(zone).utcoffset()
    while after - before > timedelta(seconds=1):
        middle = before + (after - before) // 2
        if middle.astimezone(zone).utcoffset() == earlier:
            before = middle
        else:
            after = middle
    return after.replace(microsecond=0)
