"""A day's tasks, the plan of a day made of them, and the dates it would move."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

DEFAULT_CAPACITY = 6.0  # hours
ASSUMED = 1.0  # hours of a task without an estimate


@dataclass(frozen=True, slots=True)
class Task:
    """One row of Tasks, as far as a day's plan needs it."""

    id: str
    title: str
    status: str = "To do"  # To do | Doing | Blocked | Done
    priority: str = ""  # High | Medium | Low, or nothing
    due: date | None = None  # the last day
    span: tuple[date, ...] = ()  # what the due date consists of: start or start and end, with times where it has them
    due_text: str = ""  # the same as it was read
    hours: float | None = None  # the estimate
    depends_on: tuple[str, ...] = ()  # ids of tasks; one that is not among the tasks is taken for done
    url: str = ""

    @property
    def needs(self) -> float:
        """Return the hours to plan for it."""
        return self.hours if self.hours is not None and self.hours > 0 else ASSUMED


@dataclass(frozen=True, slots=True)
class Planned:
    """A task and the reasons, in words, why it is or is not part of the day."""

    task: Task
    reasons: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Move:
    """A date we would change, if a person agrees."""

    task: Task
    to: date
    reason: str

    @property
    def span(self) -> tuple[date, ...]:
        """Return what the due date then consists of: as long as before, and at the same time of the day."""
        if self.task.due is None or not self.task.span:
            return (self.to,)
        return tuple(moment + (self.to - self.task.due) for moment in self.task.span)


@dataclass(frozen=True, slots=True)
class DayPlan:
    """The day: what to do, in order; what is due and left out; what waits for itself; which dates should move."""

    day: date
    capacity: float
    chosen: tuple[Planned, ...] = ()
    left: tuple[Planned, ...] = ()
    circles: tuple[tuple[Task, ...], ...] = ()
    moves: tuple[Move, ...] = ()

    @property
    def hours(self) -> float:
        """Return the hours of what was chosen."""
        return sum(item.task.needs for item in self.chosen)


@dataclass(frozen=True, slots=True)
class Yesterday:
    """What the page of the last planned day shows: its date, and the tasks whose to-dos are ticked and not."""

    day: date
    ticked: frozenset[str] = frozenset()
    unticked: frozenset[str] = frozenset()
