"""What happens to a run that people want to stand still for a while."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime


@dataclass(frozen=True, slots=True)
class RunPaused:
    """Somebody wants this run to stand still; with `box` they ticked it on the page."""

    at: datetime
    by: str
    why: str = ""
    box: bool = False


@dataclass(frozen=True, slots=True)
class RunResumed:
    """The run may go on; with `box` somebody cleared the box on the page."""

    at: datetime
    by: str
    box: bool = False


@dataclass(frozen=True, slots=True)
class TimeStoodStill:
    """All work was paused from `since` until `until`: that time counts against nothing."""

    at: datetime
    since: datetime
    until: datetime
