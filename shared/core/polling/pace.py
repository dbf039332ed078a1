"""How often a workspace is asked for changes that nobody tells us of: often while somebody works, seldom else.

Pure: what is going on and what the vendor's limit has left in, seconds out. Asking has a share of the limit and no
more, so that it never takes what the work itself needs: with more tables than the share has room for it asks later,
and where the vendor has refused lately, later still.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

from shared.core.backoff import WAITING_S

BUSY_S = 6.0  # somebody is at work
IDLE_S = 60.0
LATELY_S = 300.0  # for so long after an edit or a question somebody is taken to be at work
SHARE = 0.4  # of the limit, for asking
STEPS_BACK = ((0.9, IDLE_S), (0.67, 15.0))  # with so much of the limit taken, not more often than this
MAX_THREADS = 10  # in one look
_MINUTE_S = 60.0


@dataclass(frozen=True, slots=True)
class Activity:
    """What goes on in a workspace, as far as we know."""

    moving: int = 0  # runs at work
    waiting: int = 0  # runs that a person has to answer
    threads: int = 0  # places whose comments may be an answer
    quiet_s: float = math.inf  # since somebody edited or was asked something


@dataclass(frozen=True, slots=True)
class Room:
    """What the vendor's limit leaves: calls a minute, how many of them are taken, and what it has refused lately."""

    limit: int
    taken: int = 0
    refusals: int = 0  # one upon the other
    pause_s: float = 0.0  # that the vendor asked for, from now on


@dataclass(frozen=True, slots=True)
class Pace:
    """Seconds from one look to the next, and of how many threads the comments are asked for in each."""

    interval_s: float
    threads: int = 0


def pace(activity: Activity, tables: int, room: Room) -> Pace:
    """Return how to ask so many tables, one call each. A minute is the longest, unless the vendor says otherwise."""
    share = max(1.0, SHARE * room.limit)  # calls a minute
    wanted = _choose_interval(activity) * 2.0 ** min(room.refusals, 6)
    min_wait_s = (tables + min(activity.threads, 1)) * _MINUTE_S / share
    back = next((seconds for part, seconds in STEPS_BACK if room.taken + tables > part * room.limit), 0.0)
    interval = min(IDLE_S, max(wanted, min_wait_s, back))
    left = int(share * interval / _MINUTE_S) - tables
    threads = min(activity.threads, MAX_THREADS, max(left, 1))
    return Pace(max(interval, room.pause_s), threads)


def _choose_interval(activity: Activity) -> float:
    if activity.moving or activity.quiet_s < LATELY_S:
        return BUSY_S
    return WAITING_S if activity.waiting else IDLE_S
