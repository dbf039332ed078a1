"""Which tasks belong into a day, and why: from due dates, priorities, dependencies, estimates and what slipped.

Pure. Dates are a tenant's local dates, times are hours. Order: what others depend on comes before them, then the
earliest date anybody waits for, then priority. Nobody is planned beyond the day's capacity, except by one task that
needs more than a whole day and then has the day to itself.
"""

from __future__ import annotations

from collections.abc import Container, Iterable, Mapping, Sequence
from dataclasses import replace
from datetime import date, timedelta
from graphlib import TopologicalSorter
from heapq import heappop, heappush

from shared.core.schedule.circles import find_circles
from shared.core.schedule.day_tasks import ASSUMED, DEFAULT_CAPACITY, DayPlan, Move, Planned, Task, Yesterday

AHEAD = timedelta(days=7)  # what is due within this may fill a day that has room
_RANK = {"High": 0, "Low": 2}  # all others stand between
MAX = 60  # tasks of one day; more are no plan that anybody reads
_ROUNDING = 1e-9
MAX_MOVES = 100  # dates of one question: each is a step of its plan
_MOVES_AHEAD = 60  # days; further than this no new date is proposed


_ALONE = ("longer than a day, so it has the day to itself",)


def plan_day(
    tasks: Sequence[Task], day: date, capacity: float = DEFAULT_CAPACITY, yesterday: Yesterday | None = None
) -> DayPlan:
    """Return the plan of a day. Every open task that is due is chosen, or named with the reason why it is not."""
    planner = _Planner({task.id: task for task in tasks if task.status != "Done"}, day, yesterday)
    chosen: list[Planned] = []
    left: list[Planned] = []
    used = 0.0
    waiting = planner.candidates()
    ready = [n for n, task in enumerate(waiting) if planner.may_begin(task, ())]  # a heap: the most urgent first
    while ready:
        task = waiting[heappop(ready)]
        alone = not chosen and task.needs > capacity
        if (used + task.needs <= capacity + _ROUNDING and len(chosen) < MAX) or alone:
            used += task.needs
            chosen.append(Planned(task, (*planner.explain(task), *(_ALONE if alone else ()))))
            done = {item.task.id for item in chosen}
            for n, other in enumerate(waiting):
                if task.id in other.depends_on and planner.may_begin(other, done):
                    heappush(ready, n)
        elif planner.pressing(task):
            full = f"the day has {MAX} tasks already" if len(chosen) == MAX else ""
            left.append(
                Planned(task, (*planner.explain(task), full or _explain_no_room(task, capacity, capacity - used)))
            )
    planned = {item.task.id for item in chosen}
    named = planned | {item.task.id for item in left}
    left += [
        Planned(task, (*planner.explain(task), planner.hindrance(task, planned)))
        for task in planner.sort_tasks(planner.open.values())
        if task.id not in named and planner.pressing(task)
    ]
    plan = DayPlan(day, capacity, tuple(chosen), tuple(left), planner.circles)
    return replace(plan, moves=_moves(plan, planner))


class _Planner:
    """What is known of the open tasks of one day."""

    def __init__(self, tasks: Mapping[str, Task], day: date, yesterday: Yesterday | None) -> None:
        self.open = dict(tasks)
        self.day = day
        self._yesterday = yesterday or Yesterday(day - timedelta(days=1))
        self.circles = find_circles(self.open)
        self._circular = {task.id for circle in self.circles for task in circle}
        self._after: dict[str, list[Task]] = {}  # task → those that depend on it
        for task in self.open.values():
            for name in set(task.depends_on):
                self._after.setdefault(name, []).append(task)
        self._wanted = self._earliest_dates()
        self._held = self._collect_hindered()

    def candidates(self) -> list[Task]:
        """Return what may be done today, by urgency: pressing, soon, begun or of high priority, and not held up."""
        able = (task for task in self.open.values() if self._wanted_today(task) and not self._is_hindered(task))
        return self.sort_tasks(able)

    def may_begin(self, task: Task, done: Container[str]) -> bool:
        """Say whether nothing that it depends on is left to do."""
        return all(name in done or name not in self.open for name in task.depends_on)

    def sort_tasks(self, tasks: Iterable[Task]) -> list[Task]:
        """Return tasks by urgency: pressing first, then date, then priority; the title decides the rest."""
        return sorted(tasks, key=self._urgency)

    def pressing(self, task: Task) -> bool:
        """Say whether it is due by today, or was left over."""
        return (task.due is not None and task.due <= self.day) or task.id in self._yesterday.unticked

    def explain(self, task: Task) -> tuple[str, ...]:
        """Return the reasons for this task, the strongest first."""
        reasons = []
        if task.due is not None:
            if task.due < self.day:
                reasons.append(f"slipped from {_name_day(task.due, self.day)}")
            else:
                reasons.append("due today" if task.due == self.day else f"due {_name_day(task.due, self.day)}")
        if task.id in self._yesterday.unticked and not (task.due and task.due < self.day):
            reasons.append(f"left over from {_name_day(self._yesterday.day, self.day)}")
        reasons += [f"unblocks {other.title}" for other in self.sort_tasks(self._after.get(task.id, ()))[:2]]
        if task.priority == "High":
            reasons.append("high priority")
        if task.status == "Doing":
            reasons.append("already begun")
        if task.hours is None or task.hours <= 0:
            reasons.append(f"no estimate, so {_h(ASSUMED)} assumed")
        return tuple(reasons)

    def hindrance(self, task: Task, planned: set[str]) -> str:
        """Return why a task that is due cannot be done today."""
        if task.id in self._circular:
            return "depends on itself in a circle"
        if task.status == "Blocked":
            return "is marked Blocked"
        if task.id in self._yesterday.ticked:
            when = _name_day(self._yesterday.day, self.day)
            return f"ticked on the page of {when} but still {task.status} in Tasks: set it to Done there"
        missing = self.sort_tasks([self.open[n] for n in task.depends_on if n in self.open and n not in planned])
        return f"waits for {', '.join(other.title for other in missing[:3])}"

    def is_held(self, task: Task) -> bool:
        """Say whether people have to do something before it, or something it needs, can be planned at all."""
        return task.id in self._held

    def _collect_hindered(self) -> set[str]:
        todo = [task for task in self.open.values() if self._is_hindered(task)]
        held = {task.id for task in todo}
        while todo:
            after = [other for other in self._after.get(todo.pop().id, ()) if other.id not in held]
            held.update(other.id for other in after)
            todo += after
        return held

    def _is_hindered(self, task: Task) -> bool:
        return task.status == "Blocked" or task.id in self._circular or task.id in self._yesterday.ticked

    def _wanted_today(self, task: Task) -> bool:
        wanted = self._wanted[task.id]
        soon = wanted is not None and wanted <= self.day + AHEAD
        return soon or self.pressing(task) or task.status == "Doing" or task.priority == "High"

    def _urgency(self, task: Task) -> tuple[object, ...]:
        wanted = self._wanted[task.id] or date.max
        pressing = self.pressing(task) or wanted <= self.day
        return (not pressing, wanted, _RANK.get(task.priority, 1), task.status != "Doing", task.title, task.id)

    def _earliest_dates(self) -> dict[str, date | None]:
        """Return for each task the earliest date that it or anything depending on it is due."""
        wanted: dict[str, date | None] = {}
        for task in sorted(self.open.values(), key=lambda task: task.due or date.max):
            todo = [task.id]
            while todo:
                name = todo.pop()
                if name in self.open and name not in wanted:
                    wanted[name] = task.due
                    todo += self.open[name].depends_on
        return wanted


def _moves(plan: DayPlan, planner: _Planner) -> tuple[Move, ...]:
    """Propose the next working day with room for everything due that has none today; what is held is for people."""
    room: dict[date, float] = {}
    for task in planner.open.values():
        if task.due is not None and task.due > plan.day:
            room[task.due] = room.get(task.due, 0.0) + task.needs
    ready = {item.task.id: plan.day for item in plan.chosen}
    moves: list[Move] = []
    for task in _sort_by_dependencies([item.task for item in plan.left if not planner.is_held(item.task)]):
        needed = [ready.get(n) or planner.open[n].due for n in task.depends_on if n in planner.open]
        if task.due is None or None in needed:
            continue
        first = max([plan.day + timedelta(days=1), *(day for day in needed if day is not None)])
        if len(moves) == MAX_MOVES:
            break
        to = _find_day_with_room(first, task.needs, room, plan.capacity)
        if to is not None:
            room[to] = room.get(to, 0.0) + task.needs
            ready[task.id] = to
            moves.append(Move(task, to, f"the first working day with {_h(task.needs)} to spare"))
    return tuple(moves)


def _sort_by_dependencies(tasks: Sequence[Task]) -> list[Task]:
    place = {task.id: n for n, task in enumerate(tasks)}
    sorter = TopologicalSorter({task.id: [n for n in task.depends_on if n in place] for task in tasks})
    sorter.prepare()
    ordered: list[Task] = []
    while sorter.is_active():
        ready = sorted(sorter.get_ready(), key=place.__getitem__)
        ordered += [tasks[place[name]] for name in ready]
        sorter.done(*ready)
    return ordered


def _find_day_with_room(first: date, hours: float, used: Mapping[date, float], capacity: float) -> date | None:
    for n in range(_MOVES_AHEAD):
        day = first + timedelta(days=n)
        taken = used.get(day, 0.0)
        if day.weekday() < 5 and (taken + hours <= capacity or not taken):
            return day
    return None


def _explain_no_room(task: Task, capacity: float, left: float) -> str:
    if task.needs > capacity:
        return f"needs {_h(task.needs)}, more than a whole day of {_h(capacity)}: split it, or keep a day free"
    return f"does not fit: needs {_h(task.needs)}, {_h(max(0.0, left))} are left"


def _h(hours: float) -> str:
    return f"{hours:g} h"


def _name_day(day: date, today: date) -> str:
    """Return a day's name as people say it on that day: a weekday within a week, else a date."""
    distance = (day - today).days
    if distance in (-1, 1):
        return "yesterday" if distance < 0 else "tomorrow"
    names = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")
    if -7 < distance < 7:
        return names[day.weekday()]
    return f"{day.day} {_MONTHS[day.month - 1]} {day.year}"


_MONTHS = (
    "January", "February", "March", "April", "May", "June", "July", "August", "September", "October", "November",
    "December",
)  # fmt: skip
