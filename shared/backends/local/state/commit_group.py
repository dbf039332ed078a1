"""Group commit: writes that arrive together share one transaction, and so one wait for the disk.

There is no writer thread. Whoever finds the lock free leads: it applies everything that is pending, commits once,
and the others find their result ready when the lock comes to them. A lone caller pays for no hand-over.
"""

from __future__ import annotations

import sqlite3
import threading
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, TypeVar

from shared.core.errors import StoreCorrupt, StoreError, run_guarded
from shared.core.run.commands import Command
from shared.ports import Loaded

T = TypeVar("T")
Key = tuple[str, str]  # tenant and command id

_DAMAGED = (sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB)


@dataclass(slots=True)
class Changes:
    """What a transaction did to the queue and to runs, in order: told after the commit."""

    steps: list[tuple[Key, Command | None, int]] = field(default_factory=list)  # due in microseconds; None: gone
    runs: list[Loaded] = field(default_factory=list)  # as they were saved

    def note_task(self, command: Command, due: int) -> None:
        """Note a task to deliver."""
        self.steps.append(((command.tenant, command.id), command, due))

    def note_removal(self, tenant: str, id: str) -> None:
        """Note a task not to deliver any more."""
        self.steps.append(((tenant, id), None, 0))


Apply = Callable[[sqlite3.Connection, Changes], T]


@dataclass(slots=True)
class Stats:
    """Counts since opening. `transactions` are those that changed something: each waited for the disk once."""

    writes: int = 0
    refused: int = 0
    transactions: int = 0
    largest: int = 0  # most writes in one transaction


class _Write:
    __slots__ = ("apply", "done", "error", "result")

    def __init__(self, apply: Apply[Any]) -> None:
        self.apply = apply
        self.done = False
        self.result: Any = None
        self.error: BaseException | None = None


class CommitGroup:
    """The one writer of a database.

    While its lock is held, `warn` hears of changes just before anybody can see them (they may still be undone), and
    `tell` when they are on the disk.
    """

    def __init__(
        self, connection: sqlite3.Connection, warn: Callable[[Changes], None], tell: Callable[[Changes], None]
    ) -> None:
        self.stats = Stats()
        self.lock = threading.Lock()
        self._connection = connection
        self._warn = warn
        self._tell = tell
        self._pending: deque[_Write] = deque()
        self._closed = False

    def submit(self, apply: Apply[T]) -> T:
        """Apply the write and return its result when it is on the disk; raises what `apply` raised."""
        write = _Write(apply)
        self._pending.append(write)
        with self.lock:
            if not write.done:
                self._lead()
        if write.error is not None:
            raise write.error
        result: T = write.result
        return result

    def later(self, apply: Apply[Any]) -> None:
        """Leave a write to the next group. Losing it must do no harm: nobody waits for it."""
        self._pending.append(_Write(apply))

    def flush(self) -> None:
        """Write what was left for later; costs nothing when there is nothing."""
        if self._pending:
            with self.lock:
                self._lead()

    def close(self) -> None:
        """Write what was left for later, and refuse what comes now. Twice is once."""
        with self.lock:
            if not self._closed:
                self._lead()
                self._closed = True
                self._connection.close()

    def _lead(self) -> None:
        if self._closed:
            raise StoreError("the store is closed")
        group: list[_Write] = []
        while self._pending:
            group.append(self._pending.popleft())
        if not group:
            return
        if not self._transaction(group):
            for write in group:  # one of them failed half-way: each by itself, so that it takes nobody with it
                self._transaction([write])
        for write in group:
            write.done = True

    def _transaction(self, group: list[_Write]) -> bool:
        """Apply the group in one transaction; False when it was undone and each must be tried by itself."""
        connection, changes = self._connection, Changes()
        try:
            connection.execute("BEGIN IMMEDIATE")
            begun = connection.total_changes
            refused = 0
            for write in group:
                self._apply(write, changes)
                refused += write.error is not None
            changed = connection.total_changes != begun
            self._warn(changes)
            connection.execute("COMMIT")
        except BaseException as error:  # all of the group wait for it, and each has to hear what it was
            if connection.in_transaction:
                connection.execute("ROLLBACK")
            if len(group) > 1 and isinstance(error, Exception):
                return False
            for write in group:
                write.error = to_store_error(error)
                write.done = True
            if not isinstance(error, Exception):
                raise
            return True
        self._count(len(group), refused, changed)
        if changes.steps or changes.runs:
            self._tell(changes)
        return True

    def _apply(self, write: _Write, changes: Changes) -> None:
        """Apply one; if it refuses before it has written anything, the others go on."""
        connection = self._connection
        before = connection.total_changes

        def keep_refusal(error: Exception) -> None:
            if connection.total_changes != before or isinstance(error, sqlite3.Error):
                raise error
            write.error = error

        def apply() -> None:
            write.result = write.apply(connection, changes)

        write.error = None
        run_guarded(apply, keep_refusal)

    def _count(self, size: int, refused: int, changed: bool) -> None:
        stats = self.stats
        stats.writes += size - refused
        stats.refused += refused
        if changed:
            stats.transactions += 1
            stats.largest = max(stats.largest, size - refused)


def is_damaged(error: sqlite3.Error) -> bool:
    """Say whether SQLite found the file damaged, or to be no database."""
    code = getattr(error, "sqlite_errorcode", None) or 0
    return code & 0xFF in _DAMAGED  # above these bits stands what exactly is damaged


def to_store_error(error: BaseException) -> BaseException:
    """Return SQLite's errors as ours, others as they are."""
    if not isinstance(error, sqlite3.Error):
        return error
    ours = StoreCorrupt if is_damaged(error) else StoreError
    result = ours(f"the database could not do it: {error}")
    result.__cause__ = error
    return result
