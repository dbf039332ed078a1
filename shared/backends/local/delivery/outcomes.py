"""What becomes of a task after its delivery: it is done, it comes again later, or it is put aside."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import timedelta

from shared import log
from shared.backends.local.delivery import tasks
from shared.backends.local.delivery.lanes import Task
from shared.backends.local.state.commit_group import Changes
from shared.backends.local.state.encoding import to_micros
from shared.backends.local.state.local_store import LocalStore
from shared.core.backoff import Waits, backoff
from shared.core.deliveries import Tries
from shared.core.notify.attention import warning
from shared.core.run.commands import Command
from shared.ports import Clock, DeadLetter

NOBODY = 0  # the status of a delivery that nobody answered


@dataclass(frozen=True, slots=True)
class DeliveryResult:
    """What the function answered; NOBODY when there was no answer. `retry_after` bounds the next wait from below."""

    status: int
    retry_after: timedelta | None = None
    reason: str = ""


@dataclass(frozen=True, slots=True)
class Patience:
    """How often and after what waits a task comes again. `max_failed` is of answered deliveries."""

    waits: Waits
    max_failed: int
    max_unanswered: int

    def delay_after(self, tries: Tries, result: DeliveryResult) -> timedelta:
        """Return how long the task waits after this delivery."""
        usual = backoff(max(tries.failed, 1), self.waits)
        return max(usual, tries.wait(), result.retry_after or timedelta())


class Outcomes:
    """Writes down what came of deliveries."""

    def __init__(self, store: LocalStore, clock: Clock, patience: Patience) -> None:
        self._store = store
        self._clock = clock
        self._patience = patience

    def record_success(self, command: Command) -> None:
        """Drop the task; not waited for: were it lost, the task would come again, which it may at any time."""
        tenant, name = command.tenant, command.id
        self._store.group.later(lambda connection, changes: tasks.remove(connection, changes, tenant, name))

    def record_failure(self, task: Task, result: DeliveryResult) -> tuple[Tries, int] | None:
        """Write what became of a delivery in vain; return how often and until when, or None when it is put aside."""
        tries = _count_try(task.tries, result)
        if self._given_up(tries):
            self._bury(task.command, tries, result.reason or f"answered {result.status}")
            return None
        due = to_micros(self._clock.now() + self._patience.delay_after(tries, result))
        self._postpone(task.command, due, tries)
        return tries, due

    def record_interruption(self, found: Iterable[Task]) -> None:
        """Count what was under way when the process before this one died; called before anything is delivered."""
        now = self._clock.now()
        for task in found:
            tries = replace(task.tries, unanswered=task.tries.unanswered + 1)
            if self._given_up(tries):
                self._bury(task.command, tries, "")
                continue
            wait = tries.wait()
            task.tries, task.due = tries, max(task.due, to_micros(now + wait)) if wait else task.due
            task.backing_off = bool(wait)
            self._postpone(task.command, task.due, tries)

    def _given_up(self, tries: Tries) -> bool:
        return tries.given_up(self._patience.max_failed, self._patience.max_unanswered)

    def _postpone(self, command: Command, due: int, tries: Tries) -> None:
        tenant, name = command.tenant, command.id
        notice = warning(command, tries)
        rows = tasks.prepare([notice] if notice is not None else [])

        def write(connection: sqlite3.Connection, changes: Changes) -> None:
            tasks.postpone(connection, tenant, name, due, tries)
            tasks.add(connection, changes, rows)

        self._store.group.submit(write)

    def _bury(self, command: Command, tries: Tries, last: str) -> None:
        (row,), tenant = tasks.prepare([command]), command.tenant
        letter = DeadLetter(command, tries.explain(last), self._clock.now(), tries.all)
        self._store.group.submit(lambda connection, changes: tasks.bury(connection, changes, row, letter))
        log.event("command.buried", "ERROR", command=command.name, deliveries=tries.all, tenant=tenant, run=command.run)


def _count_try(before: Tries, result: DeliveryResult) -> Tries:
    if result.status == NOBODY:
        return replace(before, unanswered=before.unanswered + 1)
    return replace(before, failed=before.failed + 1)
