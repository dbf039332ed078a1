"""How often a workspace is asked, as a table: who works, what the limit is, and what follows from it."""

from __future__ import annotations

import math

import pytest

from shared.core.polling.pace import Activity, Pace, Room, pace

ROOM = Room(limit=150)
AT_WORK = Activity(moving=1)
EDITED = Activity(quiet_s=30)
ASKED_LONG_AGO = Activity(waiting=1, threads=2, quiet_s=7200)
NOBODY = Activity()


@pytest.mark.parametrize(
    ("activity", "tables", "room", "expected"),
    [
        (NOBODY, 3, ROOM, Pace(60, 0)),
        (AT_WORK, 3, ROOM, Pace(6, 0)),
        (EDITED, 3, ROOM, Pace(6, 0)),
        (Activity(quiet_s=299), 3, ROOM, Pace(6, 0)),
        (Activity(quiet_s=301), 3, ROOM, Pace(60, 0)),
        (ASKED_LONG_AGO, 3, ROOM, Pace(12, 2)),
        (Activity(moving=1, waiting=1, threads=2), 3, ROOM, Pace(6, 2)),
        # 60 calls a minute are the share of 150: three for tables every 6 s leave three
        (Activity(moving=1, waiting=9, threads=18), 3, ROOM, Pace(6, 3)),
        (Activity(waiting=9, threads=18, quiet_s=7200), 3, ROOM, Pace(12, 9)),
        # so many tables that a look every 6 s would take more than the share
        (AT_WORK, 12, ROOM, Pace(12, 0)),
        (AT_WORK, 100, ROOM, Pace(60, 0)),
        # what the runs take goes first
        (AT_WORK, 3, Room(150, taken=99), Pace(15, 0)),
        (AT_WORK, 3, Room(150, taken=140), Pace(60, 0)),
        (NOBODY, 3, Room(150, taken=140), Pace(60, 0)),
        # the vendor's limit is lower than documented
        (AT_WORK, 3, Room(150, refusals=1), Pace(12, 0)),
        (AT_WORK, 3, Room(150, refusals=2), Pace(24, 0)),
        (AT_WORK, 3, Room(150, refusals=3), Pace(48, 0)),
        (AT_WORK, 3, Room(150, refusals=40), Pace(60, 0)),
        (AT_WORK, 3, Room(30), Pace(15, 0)),
        (AT_WORK, 3, Room(150, refusals=1, pause_s=90), Pace(90, 0)),
    ],
)
def test_the_pace_follows_from_who_works_and_what_is_left(
    activity: Activity, tables: int, room: Room, expected: Pace
) -> None:
    assert pace(activity, tables, room) == expected


@pytest.mark.parametrize("limit", [30, 60, 150, 180, 600])
def test_asking_never_takes_more_than_its_share_of_the_limit(limit: int) -> None:
    for tables in range(1, 12):
        for threads in (0, 1, 2, 7, 40):
            for activity in (Activity(1, threads, threads), Activity(0, threads, threads, math.inf)):
                found = pace(activity, tables, Room(limit))
                a_minute = (tables + found.threads) * 60 / found.interval_s
                assert a_minute <= max(0.4 * limit, tables + 1)


@pytest.mark.parametrize("taken", [0, 99])
def test_an_active_team_is_heard_within_twenty_seconds(taken: int) -> None:
    """Three tables of a workspace with the small plan's limit: what is set at any moment is asked for in time."""
    for activity in (AT_WORK, EDITED, ASKED_LONG_AGO):
        assert 0.95 * pace(activity, 3, Room(150, taken=taken)).interval_s < 15
