"""Figures of runs: how many came to what, how long they took and what they cost, by the week they were opened in."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta

from shared.core.run.run import NOTHING, Run, RunStatus, Usage

ALL_KINDS = ""


@dataclass
class Figures:
    """The runs of one week and one kind; ALL_KINDS for all of that week."""

    week: date  # its Monday, in UTC
    kind: str
    ended: dict[RunStatus, int] = field(default_factory=dict)
    under_way: int = 0
    cost: Usage = NOTHING
    seconds: list[float] = field(default_factory=list)  # of those that succeeded, from opening to end

    @property
    def count(self) -> int:
        """Return how many runs there are."""
        return self.under_way + sum(self.ended.values())

    @property
    def success_rate(self) -> float | None:
        """Return which part of those that succeeded or failed has succeeded; None before the first one."""
        good, bad = (self.ended.get(status, 0) for status in (RunStatus.SUCCEEDED, RunStatus.FAILED))
        return good / (good + bad) if good + bad else None

    @property
    def median_s(self) -> float | None:
        """Return how long it took half of those that succeeded at most; None where none has."""
        return _find_middle(sorted(self.seconds)) if self.seconds else None

    @property
    def p90_s(self) -> float | None:
        """Return the shortest time that at least nine in ten of those that succeeded did not exceed."""
        return _rank(sorted(self.seconds), 90) if self.seconds else None

    def add(self, run: Run) -> None:
        self.cost = self.cost + run.spent
        if not run.status.final:
            self.under_way += 1
            return
        self.ended[run.status] = self.ended.get(run.status, 0) + 1
        if run.status == RunStatus.SUCCEEDED and run.ended_at is not None:
            self.seconds.append(max(0.0, (run.ended_at - run.opened_at).total_seconds()))


def find_week(at: datetime) -> date:
    """Return the Monday, in UTC, of the week of a moment."""
    day = at.astimezone(UTC).date()
    return day - timedelta(days=day.weekday())


def add_up_weeks(runs: Iterable[Run]) -> list[Figures]:
    """Return the figures of each week and kind, the latest week first, in it those of ALL_KINDS first."""
    found: dict[tuple[date, str], Figures] = {}
    for run in runs:
        week = find_week(run.opened_at)
        for kind in (ALL_KINDS, run.trigger.kind):
            found.setdefault((week, kind), Figures(week, kind)).add(run)
    return sorted(found.values(), key=lambda each: (-each.week.toordinal(), each.kind))


def _find_middle(ordered: Sequence[float]) -> float:
    half = len(ordered) // 2
    return ordered[half] if len(ordered) % 2 else (ordered[half - 1] + ordered[half]) / 2


def _rank(ordered: Sequence[float], percent: int) -> float:
    return ordered[-(-len(ordered) * percent // 100) - 1]
