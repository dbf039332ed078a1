"""What is known of a routine: what its page said last, and when it is due next."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from shared.core.documents.codec import unknown

KIND = "routines"  # documents, by page


@dataclass(frozen=True, slots=True)
class Routine:
    """What we know of one routine. Times are ISO 8601 in UTC, empty when there is none."""

    page: str
    title: str = ""
    schedule: str = ""
    zone: str = ""
    active: bool = False
    anchor: str = ""  # the day "every 2 weeks" counts from
    micros: int | None = None  # what each run may cost, in millionths of a US dollar; None for the usual limit
    due: str = ""  # the next time that has no run yet
    alarm: str = ""  # when to look at it: when it is due, later after a failure
    tries: int = 0
    wrong: str = ""  # why the schedule cannot be followed
    more: Mapping[str, Any] = unknown()
