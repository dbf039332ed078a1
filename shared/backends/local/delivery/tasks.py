"""The rows of the queue, which is also the outbox: a commit writes them in its own transaction."""

from __future__ import annotations

import json
import logging
import sqlite3
from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime

from shared.backends.local.state.commit_group import Changes
from shared.backends.local.state.encoding import check_id, check_tenant, from_micros, to_micros, to_text
from shared.core.deliveries import Tries
from shared.core.notify.attention import telling
from shared.core.run.commands import Command, command_from_data, command_to_data
from shared.ports import DeadLetter
from shared.telemetry import trace

_LOG = logging.getLogger(__name__)

Row = tuple[Command, int, str]  # the command, when it is due (microseconds), and its text

_ADD = "INSERT OR IGNORE INTO tasks (tenant, id, due, deliveries, body) VALUES (?, ?, ?, 0, ?)"
_ALIVE = "SELECT id, body, due, deliveries, unanswered FROM tasks WHERE dead_at IS NULL"
_REMOVE = "DELETE FROM tasks WHERE tenant = ? AND id = ?"


def prepare(commands: Sequence[Command]) -> list[Row]:
    """Return the rows of commands, checked; costs nothing of the writer's time."""
    rows = []
    for command in map(_stamp_command, commands):
        check_tenant(command.tenant)
        check_id("command", command.id)
        due = to_micros(command.not_before) if command.not_before else 0
        rows.append((command, due, to_text(f"command {command.id}", command_to_data(command))))
    return rows


def _stamp_command(command: Command) -> Command:
    """Return the command with what its delivery has to say of who hands it over, where anybody listens."""
    return replace(command, trace=trace.stamp(command.tenant, command.run)) if trace.exporting() else command


def add(connection: sqlite3.Connection, changes: Changes, rows: Sequence[Row]) -> None:
    """Insert tasks; one whose id is there already changes nothing."""
    for command, due, text in rows:
        if connection.execute(_ADD, (command.tenant, command.id, due, text)).rowcount:
            changes.note_task(command, due)


def remove(connection: sqlite3.Connection, changes: Changes, tenant: str, id: str) -> None:
    """Drop a task: it is done."""
    connection.execute(_REMOVE, (tenant, id))
    changes.note_removal(tenant, id)


def postpone(connection: sqlite3.Connection, tenant: str, id: str, due: int, tries: Tries) -> None:
    """Note a delivery in vain and when the next one is due."""
    connection.execute(
        "UPDATE tasks SET due = ?, deliveries = ?, unanswered = ? WHERE tenant = ? AND id = ?",
        (due, tries.failed, tries.unanswered, tenant, id),
    )


def bury(connection: sqlite3.Connection, changes: Changes, row: Row, letter: DeadLetter) -> None:
    """Put a task aside, whether it is still in the queue or not."""
    command, due, text = row
    connection.execute(
        "INSERT INTO tasks (tenant, id, due, deliveries, dead_at, reason, body) VALUES (?, ?, ?, ?, ?, ?, ?)"
        " ON CONFLICT (tenant, id) DO UPDATE SET"
        " deliveries = excluded.deliveries, dead_at = excluded.dead_at, reason = excluded.reason",
        (command.tenant, command.id, due, letter.deliveries, to_micros(letter.at), letter.reason, text),
    )
    changes.note_removal(command.tenant, command.id)
    if (notice := telling(command)) is not None:  # in the same transaction: nothing is put aside in silence
        add(connection, changes, prepare([notice]))


def replay(connection: sqlite3.Connection, changes: Changes, tenant: str, id: str) -> None:
    """Bring a dead letter back, due at once; raises KeyError."""
    found = connection.execute(
        "SELECT body FROM tasks WHERE tenant = ? AND id = ? AND dead_at IS NOT NULL", (tenant, id)
    ).fetchone()
    if found is None:
        raise KeyError(f"there is no dead letter {id}")
    connection.execute(
        "UPDATE tasks SET due = 0, deliveries = 0, unanswered = 0, dead_at = NULL, reason = NULL"
        " WHERE tenant = ? AND id = ?",
        (tenant, id),
    )
    changes.note_task(command_from_data(json.loads(found[0])), 0)


def alive(connection: sqlite3.Connection) -> list[tuple[Command, int, Tries]]:
    """Return every task that is still to be delivered: command, due, deliveries in vain."""
    found = []
    for name, body, due, failed, unanswered in connection.execute(_ALIVE):
        try:
            found.append((command_from_data(json.loads(body)), due, Tries(failed, unanswered)))
        except ValueError as error:  # of another version: it stays for the code that can read it
            _LOG.error("task cannot be read", extra={"command": name, "reason": str(error)})
    return found


def dead(connection: sqlite3.Connection, tenant: str) -> list[DeadLetter]:
    """Return the tenant's dead letters, oldest first."""
    rows = connection.execute(
        "SELECT body, reason, dead_at, deliveries FROM tasks"
        " WHERE tenant = ? AND dead_at IS NOT NULL ORDER BY dead_at, id",
        (tenant,),
    )
    return [
        DeadLetter(command_from_data(json.loads(body)), reason, from_micros(at), deliveries)
        for body, reason, at, deliveries in rows
    ]


def take_names(
    connection: sqlite3.Connection, changes: Changes, rows: Sequence[Row], now: datetime, memory_micros: int
) -> None:
    """Insert tasks whose ids were not taken before, and remember the ids."""
    at = to_micros(now)
    connection.execute("DELETE FROM taken WHERE until < ?", (at,))
    for row in rows:
        command, due, _ = row
        until = max(at, due) + memory_micros
        new = connection.execute("INSERT OR IGNORE INTO taken VALUES (?, ?, ?)", (command.tenant, command.id, until))
        if new.rowcount:
            add(connection, changes, [row])
