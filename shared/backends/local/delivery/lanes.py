"""Which task is next: a lane per function, one per scarce thing that steps need; in each the tenants take turns."""

from __future__ import annotations

import random
from collections import deque
from dataclasses import dataclass, field

from shared.core.deliveries import NEVER, Tries
from shared.core.run.commands import Command


@dataclass(slots=True, eq=False)
class Task:
    """A task on its way. `gone`: a commit or a person has taken it out of the queue meanwhile."""

    command: Command
    due: int  # microseconds
    tries: Tries = NEVER  # deliveries in vain so far
    backing_off: bool = False  # due because of a failure, not because somebody asked for that time
    wait: int = 0  # microseconds from when it was asked for until it is due
    gone: bool = False
    copy: bool = False  # a second delivery on purpose, whose outcome counts for nothing


@dataclass(slots=True)
class Lane:
    """The due tasks of one line."""

    limit: int
    pause: float  # seconds between two deliveries; 0 without a rate
    running: int = 0
    opens: float = 0.0  # elapsed seconds from which the rate allows the next one
    tenants: dict[str, deque[Task]] = field(default_factory=dict)  # in the order of their turns

    def push(self, task: Task) -> None:
        """Add a due task at the end of its tenant's."""
        self.tenants.setdefault(task.command.tenant, deque()).append(task)

    def pop(self, rng: random.Random | None) -> Task | None:
        """Return the next task and move its tenant to the end of the turns; at random with `rng`."""
        while self.tenants:
            tenant = rng.choice(list(self.tenants)) if rng else next(iter(self.tenants))
            waiting = self.tenants.pop(tenant)
            if rng:
                waiting.rotate(rng.randrange(len(waiting)))
            task = waiting.popleft()
            if waiting:
                self.tenants[tenant] = waiting
            if not task.gone or task.copy:
                return task
        return None

    def waits(self) -> bool:
        """Return whether a task is there; drops those that were taken out meanwhile."""
        for tenant in list(self.tenants):
            waiting = self.tenants[tenant]
            while waiting and waiting[0].gone and not waiting[0].copy:
                waiting.popleft()
            if waiting:
                return True
            del self.tenants[tenant]
        return False

    def free(self, elapsed: float) -> bool:
        """Return whether concurrency and rate allow a delivery now."""
        return self.running < self.limit and self.opens <= elapsed

    def begin(self, elapsed: float) -> None:
        self.running += 1
        if self.pause:
            self.opens = max(self.opens, elapsed) + self.pause
