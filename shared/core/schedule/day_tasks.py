"""A day's tasks, the plan of a day made of them, and the dates it would move; what is kept of a day and of the next."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from shared.core.documents.codec import beside, sparse, unknown

DAYS = "days"  # documents: one per planned day
CLOCK = ("planning", "day")  # the document that says when the next day is planned
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


@dataclass(frozen=True, slots=True)
class PlannedDay:
    """How far a day is planned: the plan, then the page with its to-dos, then the run that asks about dates."""

    day: str
    blocks: str = ""  # address of the page's content as JSON
    tasks: tuple[str, ...] = ()  # ids, in the order of the plan
    moves: Mapping[str, Any] | None = None  # what is proposed: dates that should move
    parent: str = ""  # the page below which the day's page is
    page: str = sparse("")
    todos: Mapping[str, str] | None = sparse(None)  # the task that each to-do stands for; None before there is a page
    run: str = sparse("")
    more: Mapping[str, Any] = unknown()


@dataclass(frozen=True, slots=True)
class PlanningClock:
    """When the next day is planned. Nothing of it is there for a team that has set no planning time."""

    key: str = sparse("")  # what the time depends on
    due: datetime | None = sparse(None)
    alarm: datetime | None = sparse(None)  # later than `due` where something was in the way
    tries: int | None = sparse(None)
    problem: str = sparse("")
    version: str = beside("")
    more: Mapping[str, Any] = unknown()
