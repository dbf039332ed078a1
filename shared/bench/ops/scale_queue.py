"""Queues as Cloud Tasks keeps them, in virtual time: a rate, so many at once, and who is next.

A discrete-event simulation: a heap of what happens when. A test compares it with the formulas of queueing theory.
"""

from __future__ import annotations

import heapq
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass, field
from itertools import count

from shared.app.engine.team_turns import BLOCK, LATE

FIFO, TURNS = "fifo", "turns"  # who came first; or the tenants one after the other, as on one machine
_REFUSED_S = 0.1  # how long a delivery takes that finds its tenant's budget spent
_FOREVER = float("inf")


@dataclass(frozen=True, slots=True)
class QueueRules:
    """One queue: tasks per second, tasks at once, and of one tenant at once (0: as many).

    `share`: how many of one tenant's tasks a second are done of those that come late; the others get a later turn.
    """

    per_second: float = _FOREVER
    concurrent: int = 1
    order: str = FIFO
    of_one: int = 0
    share: float = _FOREVER


@dataclass(slots=True)
class Task:
    """One task; `calls` are those to a system that counts them per tenant. `then` is called when it is done."""

    tenant: int
    queue: str
    seconds: float
    calls: int = 0
    then: Callable[[], None] | None = None
    due: float = 0.0
    waited: float = 0.0
    turn: bool = False  # it was given one


@dataclass(slots=True)
class Lane:
    """A queue and what was seen of it."""

    rules: QueueRules
    waiting: deque[Task] = field(default_factory=deque)
    by_tenant: dict[int, deque[Task]] = field(default_factory=dict)  # with turns or `of_one`, in their order
    running: int = 0
    of_tenant: dict[int, int] = field(default_factory=dict)
    length: int = 0
    opens: float = 0.0
    wakes: bool = False
    longest: int = 0
    area: float = 0.0  # of length over time: its mean is Little's L
    busy: float = 0.0
    seen: float = 0.0
    done: int = 0
    refused: int = 0
    waits: list[tuple[int, float]] = field(default_factory=list)  # tenant, seconds from due to begun

    def push(self, task: Task) -> None:
        """Add a task that is due."""
        self.length += 1
        self.longest = max(self.longest, self.length)
        if self.rules.order == TURNS:
            self.by_tenant.setdefault(task.tenant, deque()).append(task)
        else:
            self.waiting.append(task)

    def pop(self) -> Task | None:
        """Return the next task; None when all that wait are of tenants who have enough under way."""
        task = self._next_turn() if self.rules.order == TURNS else self._next_come()
        if task is not None:
            self.length -= 1
        return task

    def count_end(self, tenant: int) -> None:
        """Count one of the tenant's less; what it kept aside is the next to come."""
        self.of_tenant[tenant] -= 1
        if not self.of_tenant[tenant]:
            del self.of_tenant[tenant]
        aside = self.by_tenant.get(tenant) if self.rules.of_one and self.rules.order == FIFO else None
        if aside:
            self.waiting.appendleft(aside.popleft())
            if not aside:
                del self.by_tenant[tenant]

    def _full(self, tenant: int) -> bool:
        return bool(self.rules.of_one) and self.of_tenant.get(tenant, 0) >= self.rules.of_one

    def _next_come(self) -> Task | None:
        while self.waiting:
            task = self.waiting.popleft()
            if not self._full(task.tenant):
                return task
            self.by_tenant.setdefault(task.tenant, deque()).append(task)
        return None

    def _next_turn(self) -> Task | None:
        tenant = next((tenant for tenant in self.by_tenant if not self._full(tenant)), None)
        if tenant is None:
            return None
        mine = self.by_tenant.pop(tenant)
        task = mine.popleft()
        if mine:
            self.by_tenant[tenant] = mine  # at the end of the turns
        return task


class Budget:
    """Calls of each tenant: so many in a window, which begins with the first of them; then all wait for the next."""

    def __init__(self, per_window: float = _FOREVER, window_s: float = 60.0) -> None:
        self._limit, self._window = per_window, window_s
        self._spent: dict[int, tuple[float, int]] = {}  # tenant → when its window began, calls since

    def wait_for(self, tenant: int, calls: int, now: float) -> float:
        """Take that many and return 0, or take none and return the seconds until there are as many."""
        if self._limit == _FOREVER or not calls:
            return 0.0
        began, spent = self._spent.get(tenant, (now, 0))
        if now >= began + self._window:
            began, spent = now, 0
        if spent + calls > self._limit:
            return began + self._window - now
        self._spent[tenant] = (began, spent + calls)
        return 0.0


class Shares:
    """Turns of each tenant: some at once, then one after the other at a rate."""

    def __init__(self, per_second: float = _FOREVER) -> None:
        self._gap = 1 / per_second
        self._next: dict[int, float] = {}

    def turn(self, tenant: int, now: float) -> float:
        """Take the tenant's next turn; return the seconds until then, 0 for now."""
        at = max(self._next.get(tenant, 0.0), now - BLOCK * self._gap)
        self._next[tenant] = at + self._gap
        return max(0.0, at - now)


class Simulation:
    """Virtual time, and the queues in it."""

    def __init__(self, rules: dict[str, QueueRules], budget: Budget | None = None) -> None:
        self.now = 0.0
        self.lanes = {name: Lane(each) for name, each in rules.items()}
        self._budget = budget or Budget()
        self._shares = {name: Shares(each.share) for name, each in rules.items()}
        self._happens: list[tuple[float, int, Callable[[], None]]] = []
        self._order = count()
        self.spread = 0.25  # of a wait: by so much later those come again who wait for the same budget

    def at(self, when: float, do: Callable[[], None]) -> None:
        """Let something happen at that time."""
        heapq.heappush(self._happens, (when, next(self._order), do))

    def enqueue(self, task: Task, delay: float = 0.0) -> None:
        """Hand a task to its queue, now or later."""
        if delay > 0:
            self.at(self.now + delay, lambda: self.enqueue(task))
            return
        lane, task.due = self.lanes[task.queue], self.now
        self._account(lane)
        lane.push(task)
        self._dispatch(lane)

    def run(self, until: float = _FOREVER) -> None:
        """Let everything happen, up to that time."""
        while self._happens and self._happens[0][0] <= until:
            self.now, _, do = heapq.heappop(self._happens)
            do()
        for lane in self.lanes.values():
            self._account(lane)

    def _account(self, lane: Lane) -> None:
        passed = self.now - lane.seen
        lane.area += lane.length * passed
        lane.busy += lane.running * passed
        lane.seen = self.now

    def _dispatch(self, lane: Lane) -> None:
        while lane.length and lane.running < lane.rules.concurrent:
            if lane.opens > self.now + 1e-12:
                self._wake(lane)
                return
            self._account(lane)
            task = lane.pop()
            if task is None:
                return
            lane.opens = max(lane.opens, self.now) + 1 / lane.rules.per_second
            self._begin(lane, task)

    def _wake(self, lane: Lane) -> None:
        if lane.wakes:
            return
        lane.wakes = True

        def wake() -> None:
            lane.wakes = False
            self._dispatch(lane)

        self.at(lane.opens, wake)

    def _begin(self, lane: Lane, task: Task) -> None:
        waited = self.now - task.due
        task.waited += waited
        lane.running += 1
        lane.of_tenant[task.tenant] = lane.of_tenant.get(task.tenant, 0) + 1
        if (
            waited > LATE.total_seconds()
            and not task.turn
            and (turn := self._shares[task.queue].turn(task.tenant, self.now))
        ):
            lane.refused, task.turn = lane.refused + 1, True
            self.at(self.now + _REFUSED_S, lambda: self._end(lane, task, again=turn))
            return
        later = self._budget.wait_for(task.tenant, task.calls, self.now)
        if later:
            lane.refused += 1
            later += self.spread * later * ((lane.refused * 0.618034) % 1)  # each comes at a time of its own
            self.at(self.now + _REFUSED_S, lambda: self._end(lane, task, again=max(later, 1.0)))
            return
        lane.waits.append((task.tenant, task.waited))  # in queues alone: what a budget holds up is the tenant's own
        self.at(self.now + task.seconds, lambda: self._end(lane, task))

    def _end(self, lane: Lane, task: Task, again: float = 0.0) -> None:
        self._account(lane)
        lane.running -= 1
        lane.count_end(task.tenant)
        if again:
            self.enqueue(task, again)
        else:
            lane.done += 1
            if task.then is not None:
                task.then()
        self._dispatch(lane)
