"""Quiet hours: until when a message that can wait has to wait."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared.core.notify.quiet import quiet_until

NIGHT = {"from": "22:00", "to": "07:00", "zone": "Europe/Berlin"}
NOON = {"from": "12:00", "to": "13:30", "zone": "America/New_York"}
EARLY = {"from": "01:00", "to": "02:30", "zone": "Europe/Berlin"}


def utc(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


@pytest.mark.parametrize(
    ("hours", "now", "until"),
    [
        pytest.param(NIGHT, "2026-01-15T20:59", None, id="a minute before 22:00 in winter"),
        pytest.param(NIGHT, "2026-01-15T21:00", "2026-01-16T06:00", id="22:00 in winter"),
        pytest.param(NIGHT, "2026-01-15T23:30", "2026-01-16T06:00", id="half past midnight"),
        pytest.param(NIGHT, "2026-01-16T05:59", "2026-01-16T06:00", id="a minute before the end"),
        pytest.param(NIGHT, "2026-01-16T06:00", None, id="the end itself"),
        pytest.param(NIGHT, "2026-07-15T20:00", "2026-07-16T05:00", id="22:00 in summer"),
        pytest.param(NIGHT, "2026-12-31T22:00", "2027-01-01T06:00", id="over the new year"),
        pytest.param(NIGHT, "2026-03-28T22:00", "2026-03-29T05:00", id="the night that is an hour shorter"),
        pytest.param(NIGHT, "2026-10-24T21:00", "2026-10-25T06:00", id="the night that is an hour longer"),
        pytest.param(NOON, "2026-03-07T17:00", "2026-03-07T18:30", id="noon in New York in winter"),
        pytest.param(NOON, "2026-03-08T16:00", "2026-03-08T17:30", id="noon in New York in summer"),
        pytest.param(NOON, "2026-03-08T17:30", None, id="after lunch"),
        pytest.param(EARLY, "2026-10-25T00:10", "2026-10-25T00:30", id="the first 02:10 of the longer night"),
        pytest.param(EARLY, "2026-10-25T01:10", "2026-10-25T01:30", id="the second 02:10 of the longer night"),
        pytest.param(EARLY, "2026-10-25T01:30", None, id="the second 02:30 of the longer night"),
        pytest.param({"from": "22:00", "to": "07:00"}, "2026-01-15T22:00", "2026-01-16T07:00", id="no zone is UTC"),
        pytest.param({"from": "00:00", "to": "00:00"}, "2026-01-15T12:00", None, id="no span at all"),
    ],
)
def test_until_when(hours: dict[str, str], now: str, until: str | None) -> None:
    assert quiet_until({"quiet": hours}, utc(now)) == (utc(until) if until else None)


@pytest.mark.parametrize(
    "hours",
    [
        None,
        {},
        "22:00-07:00",
        ["22:00", "07:00"],
        {"from": "22:00"},
        {"from": "22 o'clock", "to": "07:00"},
        {"from": "25:00", "to": "07:00"},
        {"from": 22, "to": 7},
        {"from": "00:00", "to": "23:59", "zone": "Mars/Olympus"},
        {"from": "00:00", "to": "23:59", "zone": "../../etc/passwd"},
        {"from": "00:00", "to": "23:59", "zone": ""},
        {"from": "00:00+02:00", "to": "23:59+02:00"},
        {"from": "00:00", "to": "23:59+02:00"},
    ],
)
def test_hours_nobody_can_read_hold_nothing_back(hours: Any) -> None:
    assert quiet_until({"quiet": hours}, utc("2026-01-15T12:00")) is None


def test_a_person_without_quiet_hours_never_waits() -> None:
    assert quiet_until({"id": "ada"}, utc("2026-01-15T03:00")) is None


CLOCK = st.times().map(lambda t: t.strftime("%H:%M"))
ZONES = st.sampled_from(["UTC", "Europe/Berlin", "America/St_Johns", "Australia/Lord_Howe", "Asia/Kathmandu"])


@given(CLOCK, CLOCK, ZONES, st.datetimes(datetime(2026, 1, 1), datetime(2027, 12, 31), timezones=st.just(UTC)))
def test_the_wait_always_ends_later_than_now_within_a_day_and_at_the_hour(
    begin: str, end: str, zone: str, now: datetime
) -> None:
    until = quiet_until({"quiet": {"from": begin, "to": end, "zone": zone}}, now)
    if until is None:
        return
    assert now < until <= now + timedelta(hours=25)
    skipped = timedelta(hours=1)  # where clocks jump over the end, it comes up to an hour later
    local = until.astimezone(ZoneInfo(zone)).replace(tzinfo=None)
    wanted = local.replace(hour=int(end[:2]), minute=int(end[3:]), second=0, microsecond=0)
    assert timedelta(0) <= local - wanted <= skipped
