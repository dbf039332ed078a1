"""When recurring things are due: against cronsim, dateutil, and tables worked out by hand for the change of clocks."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from itertools import islice, takewhile
from zoneinfo import ZoneInfo

import pytest
from cronsim import CronSim
from dateutil.rrule import DAILY, FR, MO, MONTHLY, TH, WEEKLY, rrule, weekday
from hypothesis import given, settings
from hypothesis import strategies as st

from shared.core.schedule.schedule import BadSchedule, latest_time, list_next_times
from shared.core.schedule.schedule_text import parse_schedule
from tests.support.ports.moved_clock import utc

BERLIN, NEW_YORK, LORD_HOWE = ZoneInfo("Europe/Berlin"), ZoneInfo("America/New_York"), ZoneInfo("Australia/Lord_Howe")
KIRITIMATI, PAGO_PAGO, TOKYO = ZoneInfo("Pacific/Kiritimati"), ZoneInfo("Pacific/Pago_Pago"), ZoneInfo("Asia/Tokyo")
ANCHOR = date(2026, 11, 2)


def due(text: str, after: datetime, zone: ZoneInfo, count: int) -> list[datetime]:
    return list(islice(list_next_times(parse_schedule(text, ANCHOR), after, zone), count))


# --- words say what cron says -----------------------------------------------------------------------------------------

SAME = [
    ("every weekday at 8:30", "30 8 * * 1-5"),
    ("daily at 7am", "0 7 * * *"),
    ("every day at 7 am", "0 7 * * *"),
    ("every Monday and Thursday 14:00", "0 14 * * 1,4"),
    ("first Monday of the month at 9", "0 9 * * 1#1"),
    ("every hour", "0 * * * *"),
    ("hourly at :15", "15 * * * *"),
    ("every 15 minutes", "*/15 * * * *"),
    ("every 2 hours", "0 */2 * * *"),
    ("on the 1st and 15th at noon", "0 12 1,15 * *"),
    ("last day of the month 18:00", "0 18 L * *"),
    ("last weekday of the month at 17:00", "0 17 LW * *"),
    ("last Friday of each month at 3pm", "0 15 * * 5L"),
    ("weekly on Sunday", "0 9 * * 0"),
    ("Mon-Fri 9:30", "30 9 * * 1-5"),
    ("Monday to Friday at 9 and 17", "0 9,17 * * 1-5"),
    ("weekends at midnight", "0 0 * * 6,0"),
    ("quarterly at 9:00", "0 9 1 1,4,7,10 *"),
    ("every year on March 3 at 10:00", "0 10 3 3 *"),
    ("on 29 February at 8:00", "0 8 29 2 *"),
    ("8:30 every Monday and Friday", "30 8 * * 1,5"),
    ("on the 31st at 9", "0 9 31 * *"),
    ("montags um 8 Uhr", "0 8 * * 1"),
    ("jeden Montag und Donnerstag um 14 Uhr 30", "30 14 * * 1,4"),
    ("am 1. und 15. um 12 Uhr", "0 12 1,15 * *"),
    ("jeden ersten Montag im Monat um 9 Uhr", "0 9 * * 1#1"),
    ("tous les lundis à 9h30", "30 9 * * 1"),
    ("todos los días a las 8", "0 8 * * *"),
    ("@daily", "0 0 * * *"),
    ("30 8 * * mon-fri", "30 8 * * 1-5"),
    ("every week day at 9", "0 9 * * 1-5"),
    ("every hour at :15 between 9:00 and 17:00", "15 9-16 * * *"),
    ("every second day of the month at 9", "0 9 2 * *"),
    ("every evening at 7", "0 19 * * *"),
    ("Fridays in the afternoon at 3:30", "30 15 * * 5"),
    ("every night at 2", "0 2 * * *"),
    ("every night at 11", "0 23 * * *"),
    ("on 1 January and 1 July at 9", "0 9 1 1,7 *"),
    ("on 1 May and 15 May at 9", "0 9 1,15 5 *"),
    ("on the 1st of January and July at 9", "0 9 1 1,7 *"),
]


@pytest.mark.parametrize(("words", "cron"), SAME)
def test_words_mean_the_same_as_cron(words: str, cron: str) -> None:
    after = utc(2026, 11, 22, 12, 3)
    expected = list(islice(CronSim(cron, after.astimezone(TOKYO)), 30))
    assert due(words, after, TOKYO, 30) == expected


def test_what_recurs_within_hours_includes_both_ends_and_keeps_to_its_days() -> None:
    found = due("every 15 minutes between 9:00 and 17:00 on weekdays", utc(2026, 11, 20, 16, 30), ZoneInfo("UTC"), 4)
    assert found == [utc(2026, 11, 20, 16, 45), utc(2026, 11, 20, 17), utc(2026, 11, 23, 9), utc(2026, 11, 23, 9, 15)]


@pytest.mark.parametrize(
    ("text", "rule"),
    [
        (
            "every 2 weeks on Friday 16:00",
            rrule(WEEKLY, interval=2, byweekday=FR, wkst=MO, dtstart=datetime(2026, 11, 2, 16)),
        ),
        (
            "every other week on Monday and Thursday at 8:00",
            rrule(WEEKLY, interval=2, byweekday=(MO, TH), wkst=MO, dtstart=datetime(2026, 11, 2, 8)),
        ),
        ("every 3 days at 6:15", rrule(DAILY, interval=3, dtstart=datetime(2026, 11, 2, 6, 15))),
        (
            "every 3 months on the 15th at 10:00",
            rrule(MONTHLY, interval=3, bymonthday=15, dtstart=datetime(2026, 11, 2, 10)),
        ),
        ("every Friday from 2026-12-01 at 16:00", rrule(WEEKLY, byweekday=FR, dtstart=datetime(2026, 12, 1, 16))),
        (
            "second and fourth Tuesday of the month 10:00",
            rrule(MONTHLY, byweekday=(weekday(1, 2), weekday(1, 4)), dtstart=datetime(2026, 11, 2, 10)),
        ),
    ],
)
def test_what_recurs_in_turn_is_counted_from_the_week_it_began(text: str, rule: rrule) -> None:
    expected = [moment.replace(tzinfo=UTC) for moment in islice(rule, 20)]
    assert due(text, utc(2026, 11, 2), ZoneInfo("UTC"), 20) == expected


# --- cron, whatever it says -------------------------------------------------------------------------------------------


def _field(least: int, most: int) -> st.SearchStrategy[str]:
    number = st.integers(least, most)
    span = st.tuples(number, number).map(lambda ends: f"{min(ends)}-{max(ends)}")
    long = st.tuples(number, number).filter(lambda ends: ends[0] != ends[1]).map(lambda e: f"{min(e)}-{max(e)}")
    return st.one_of(
        st.just("*"), number.map(str), span, st.integers(1, most).map(lambda n: f"*/{n}"),
        st.tuples(long, st.integers(1, 9)).map(lambda both: f"{both[0]}/{both[1]}"),
        st.lists(number, min_size=2, max_size=4).map(lambda many: ",".join(map(str, many))),
    )  # fmt: skip


CRON = st.tuples(_field(0, 59), _field(0, 23), _field(1, 28), _field(1, 12), _field(0, 6)).map(" ".join)
WHOLE_HOURS = [BERLIN, NEW_YORK, KIRITIMATI, PAGO_PAGO, TOKYO]
ZONES = st.sampled_from([*WHOLE_HOURS, LORD_HOWE])
AROUND_CHANGES = st.sampled_from(
    [
        utc(2026, 3, 7),
        utc(2026, 3, 28),
        utc(2026, 4, 4),
        utc(2026, 10, 3),
        utc(2026, 10, 24),
        utc(2026, 10, 31),
        utc(2028, 2, 28),
    ]
)


@settings(max_examples=150, deadline=None)
@given(CRON, st.sampled_from(WHOLE_HOURS), AROUND_CHANGES)
def test_any_cron_expression_is_due_when_cronsim_says(cron: str, zone: ZoneInfo, after: datetime) -> None:
    """Where clocks move by half an hour, cronsim leaves out the half hour after they went back: see CHANGES."""
    expected = [moment.astimezone(UTC) for moment in islice(CronSim(cron, after.astimezone(zone)), 12)]
    found = list(islice(list_next_times(parse_schedule(cron), after, zone), 12))
    # Two fixed times that fall into one gap are one moment to us; cronsim names it twice.
    assert found[: len(set(expected))] == sorted(set(expected))


@pytest.mark.slow
@settings(max_examples=60, deadline=None)
@given(CRON, ZONES, AROUND_CHANGES, st.integers(0, 2 * 24 * 60))
def test_the_latest_time_is_the_one_before_the_next(cron: str, zone: ZoneInfo, after: datetime, minutes: int) -> None:
    schedule, until = parse_schedule(cron), after + timedelta(minutes=minutes)
    passed = list(takewhile(lambda moment: moment <= until, list_next_times(schedule, after, zone)))
    assert latest_time(schedule, after, until, zone) == (passed[-1] if passed else None)


# --- the change of clocks, by hand ------------------------------------------------------------------------------------

CHANGES = [
    # Berlin, 29 March 2026: 02:00 CET becomes 03:00 CEST at 01:00 UTC. 25 October: 03:00 CEST becomes 02:00 CET.
    (
        "daily at 2:30",
        BERLIN,
        utc(2026, 3, 28),
        [utc(2026, 3, 28, 1, 30), utc(2026, 3, 29, 1), utc(2026, 3, 30, 0, 30)],
    ),
    ("daily at 2:30", BERLIN, utc(2026, 10, 24, 12), [utc(2026, 10, 25, 0, 30), utc(2026, 10, 26, 1, 30)]),
    ("every hour", BERLIN, utc(2026, 3, 28, 23, 30), [utc(2026, 3, 29, h) for h in (0, 1, 2)]),
    ("every hour", BERLIN, utc(2026, 10, 24, 23, 30), [utc(2026, 10, 25, h) for h in (0, 1, 2, 3)]),
    (
        "every hour between 1:00 and 3:00",
        BERLIN,
        utc(2026, 10, 24, 22),
        [utc(2026, 10, 24, 23), utc(2026, 10, 25, 0), utc(2026, 10, 25, 1), utc(2026, 10, 25, 2), utc(2026, 10, 26, 0)],
    ),
    # New York, 8 March 2026: 02:00 EST becomes 03:00 EDT at 07:00 UTC. 1 November: 02:00 EDT becomes 01:00 EST.
    ("daily at 2:05", NEW_YORK, utc(2026, 3, 8), [utc(2026, 3, 8, 7), utc(2026, 3, 9, 6, 5)]),
    ("daily at 1:30", NEW_YORK, utc(2026, 11, 1), [utc(2026, 11, 1, 5, 30), utc(2026, 11, 2, 6, 30)]),
    # Lord Howe moves by half an hour: 4 October 2026 at 15:30 UTC of the 3rd, 5 April 2026 at 15:00 UTC of the 4th.
    ("daily at 2:15", LORD_HOWE, utc(2026, 10, 3), [utc(2026, 10, 3, 15, 30), utc(2026, 10, 4, 15, 15)]),
    ("0 */2 * * *", LORD_HOWE, utc(2026, 4, 4, 12), [utc(2026, 4, 4, h, m) for h, m in ((13, 0), (15, 30), (17, 30))]),
    ("daily at 1:45", LORD_HOWE, utc(2026, 4, 4), [utc(2026, 4, 4, 14, 45), utc(2026, 4, 5, 15, 15)]),
    # 02:00 to 02:30 there comes once, straight after the half hour that came twice; "* 2" follows the clocks.
    (
        "*/10 2 5 4 *",
        LORD_HOWE,
        utc(2026, 4, 4),
        [utc(2026, 4, 4, 15, 30), utc(2026, 4, 4, 15, 40), utc(2026, 4, 4, 15, 50), utc(2026, 4, 4, 16)],
    ),
    (
        "*/20 1 5 4 *",
        LORD_HOWE,
        utc(2026, 4, 4),
        [utc(2026, 4, 4, 14, m) for m in (0, 20, 40)] + [utc(2026, 4, 4, 15, 10)],
    ),
    # No daylight saving at either end of the day.
    ("daily at 7:30", KIRITIMATI, utc(2026, 3, 28), [utc(2026, 3, 28, 17, 30), utc(2026, 3, 29, 17, 30)]),
    ("daily at 7:30", PAGO_PAGO, utc(2026, 3, 28), [utc(2026, 3, 28, 18, 30), utc(2026, 3, 29, 18, 30)]),
    # Leap day.
    ("on 29 February at 8:00", TOKYO, utc(2026, 3, 1), [utc(2028, 2, 28, 23), utc(2032, 2, 28, 23)]),
    ("last day of the month at 9:00", TOKYO, utc(2028, 2, 1), [utc(2028, 2, 29), utc(2028, 3, 31)]),
]


@pytest.mark.parametrize(("text", "zone", "after", "expected"), CHANGES)
def test_the_change_of_clocks(text: str, zone: ZoneInfo, after: datetime, expected: list[datetime]) -> None:
    assert due(text, after, zone, len(expected)) == expected


# --- what people get wrong --------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("whenever I feel like it", "“whenever i feel like it” was not understood"),
        ("every weekday except Friday at 9", "“except” was not understood"),
        ("every Monday at 25:00", "“25:00” is not a time of the day"),
        ("at 8:30", "does not say on which days"),
        ("every hour from 9 to 5", "5 is not after 9"),
        ("every second Friday at 9", "say “every 2 weeks on Friday” or “second Friday of the month”"),
        ("on the 15th and every Friday", "days of the week and of the month"),
        ("every 15 minutes at 9:00", "say one of them"),
        ("on the 32nd at 9", "no month has a day 32"),
        ("daily at 7am ET", "“ET” is not a time zone; write one such as “America/New_York”"),
        ("every 2nd Friday at 9", "say “every 2 weeks on Friday” or “second Friday of the month”"),
        ("every third Friday at 9", "say “every 3 weeks on Friday” or “third Friday of the month”"),
        ("on 1 January and 15 July at 9", "write one routine for each"),
        ("hourly at :75", "“75” is not a minute"),
        ("Monday at 9 and Friday at 17", "write one routine for each"),
        ("every Monday at 9, every Friday at 10", "write one routine for each"),
        ("on the 1st at 9:00 and on the 15th at 17:00", "write one routine for each"),
        ("every hour between 9:00 and 12:00 and between 14:00 and 17:00", "two spans of hours"),
        ("in the morning and in the evening, daily", "two parts of the day"),
        ("on 30 February at 9:00", "no such day ever comes"),
        ("every Monday from 2026-02-30", "there is no day 2026-02-30"),
        ("61 * * * *", "'61' is not a minute"),
        ("* * 0 * *", "'0' is not a day of the month"),
        ("5-1 * * * *", "'5-1' cannot be read as minute"),
        ("@reboot", "none of"),
        ("", "there is no schedule"),
        ("x" * 300, "at most 200 characters"),
    ],
)
def test_a_wrong_schedule_says_what_was_not_understood_and_shows_three_that_are(text: str, said: str) -> None:
    with pytest.raises(BadSchedule) as caught:
        parse_schedule(text)
    assert said in str(caught.value)
    shown = str(caught.value).rpartition("Write for example ")[2].split("”")[:3]
    examples = [part.rpartition("“")[2] for part in shown]
    assert len(examples) == 3
    for example in examples:
        parse_schedule(example)


@pytest.mark.parametrize(
    ("text", "zone"),
    [
        ("daily at 7am Europe/Berlin", "Europe/Berlin"),
        ("every Monday 9:00 (America/Argentina/Buenos_Aires)", "America/Argentina/Buenos_Aires"),
        ("CRON_TZ=Asia/Tokyo 0 9 * * *", "Asia/Tokyo"),
        ("every hour UTC", "UTC"),
        ("every hour", ""),
    ],
)
def test_the_zone_may_stand_in_the_text(text: str, zone: str) -> None:
    assert parse_schedule(text).zone == zone


SAID = """every 2 weeks on monday and at 9 17:30 first of the month between from to 2026-12-01 hour minutes last day
31st 29 february 12am , - noon weekday am um 8 uhr * */5 @daily Europe/Berlin 99999999"""
WORDS = st.lists(st.sampled_from(SAID.split()), max_size=12).map(" ".join)


@settings(max_examples=150, deadline=None)
@given(st.one_of(WORDS, st.text(max_size=40)))
def test_any_text_is_a_schedule_that_comes_or_an_error_for_people(text: str) -> None:
    try:
        schedule = parse_schedule(text, ANCHOR)
    except BadSchedule:
        return
    found = list(islice(list_next_times(schedule, utc(2026, 11, 22), BERLIN), 3))
    assert found == sorted(set(found))
