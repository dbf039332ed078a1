"""The queue on one machine: rows beside the state, delivered by the dispatcher."""

from __future__ import annotations

from collections.abc import Sequence

from shared.backends.local.delivery import tasks
from shared.backends.local.state.local_store import LocalStore
from shared.core.run.commands import Command
from shared.ports import Clock, DeadLetter

# A name stays taken this long after its command was due. Cloud Tasks promises about an hour; a day costs only rows.
_MEMORY_MICROS = 24 * 3_600 * 1_000_000


class LocalQueue:
    """Hands commands to whoever dispatches from the same store; what it took survives a power cut."""

    def __init__(self, store: LocalStore, clock: Clock) -> None:
        self._store = store
        self._clock = clock

    def enqueue(self, commands: Sequence[Command]) -> None:
        """Hand over commands; one whose id was taken before changes nothing. Honours `not_before`."""
        if not commands:
            return
        rows, now = tasks.prepare(commands), self._clock.now()
        self._store.group.submit(
            lambda connection, changes: tasks.take_names(connection, changes, rows, now, _MEMORY_MICROS)
        )

    def bury(self, command: Command, reason: str, deliveries: int) -> None:
        """Put a command aside for people to look at."""
        (row,) = tasks.prepare([command])
        letter = DeadLetter(command, reason, self._clock.now(), deliveries)
        self._store.group.submit(lambda connection, changes: tasks.bury(connection, changes, row, letter))

    def dead_letters(self, tenant: str) -> list[DeadLetter]:
        """Return what was put aside."""
        with self._store.reading() as connection:
            return tasks.dead(connection, tenant)

    def replay(self, tenant: str, command_id: str) -> None:
        """Deliver a dead letter again; raises KeyError."""
        self._store.group.submit(lambda connection, changes: tasks.replay(connection, changes, tenant, command_id))
