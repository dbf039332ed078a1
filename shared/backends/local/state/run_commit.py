"""One commit of a run: encoded where the caller waits anyway, applied by whoever leads the group."""

from __future__ import annotations

import sqlite3

from shared.backends.local.delivery import tasks
from shared.backends.local.state import audit_rows, documents
from shared.backends.local.state.commit_group import Changes
from shared.backends.local.state.encoding import check_id, check_tenant, to_micros, to_text
from shared.core.errors import VersionConflict
from shared.core.run.codec import event_to_data, run_to_data
from shared.ports import Commit, Loaded

_INSERT = """INSERT OR IGNORE INTO runs (version, token, status, next_check, body, tenant, id, opened_at)
    VALUES (1, ?, ?, ?, ?, ?, ?, ?)"""
_UPDATE = """UPDATE runs SET version = version + 1, token = ?, status = ?, next_check = ?, body = ?
    WHERE tenant = ? AND id = ? AND version = ?"""
_FIND = "SELECT version, token FROM runs WHERE tenant = ? AND id = ?"
_EVENT = "INSERT INTO events (tenant, run, seq, body) VALUES (?, ?, ?, ?)"


class PreparedCommit:
    """A commit whose documents are text already. Everything that can be refused without looking was refused."""

    __slots__ = ("_audit", "_commit", "_events", "_puts", "_row", "_tasks", "_version")

    def __init__(self, commit: Commit) -> None:
        run = commit.after
        tenant, name = check_tenant(run.tenant), check_id("run", run.id)
        first = run.seq - len(commit.events) + 1
        if first < 1:
            raise ValueError(f"run {name}: {len(commit.events)} events end at number {run.seq}")
        self._commit = commit
        self._version = int(commit.expected) if commit.expected.isdigit() else 0
        next_check = to_micros(run.next_check_at) if run.next_check_at and not run.status.final else None
        self._row = (commit.token, run.status.value, next_check, to_text(f"run {name}", run_to_data(run)), tenant, name)
        self._events = [
            (tenant, name, seq, to_text(f"event {seq} of run {name}", event_to_data(event)))
            for seq, event in enumerate(commit.events, first)
        ]
        self._tasks = tasks.prepare(commit.commands)
        self._puts = documents.prepare(tenant, commit.puts)
        self._audit = audit_rows.prepare(commit.audit)

    def __call__(self, connection: sqlite3.Connection, changes: Changes) -> str:
        """Write it; return the new version. Raises VersionConflict before anything is written."""
        commit, tenant = self._commit, self._commit.after.tenant
        if self._puts:
            # a repeated commit finds its own documents there: it must be recognised before they are compared
            if own := self._find_earlier_version(connection):
                return own
            self._check_version(connection)
            documents.check(connection, tenant, self._puts)
        if not self._save_run(connection):
            return self._find_earlier_version(connection) or self._conflict()
        connection.executemany(_EVENT, self._events)
        if self._tasks:
            tasks.add(connection, changes, self._tasks)
        if commit.handled:
            tasks.remove(connection, changes, tenant, commit.handled)
        if self._puts:
            documents.save(connection, tenant, self._puts)
        audit_rows.append(connection, tenant, self._audit)
        version = str(self._version + 1)
        changes.runs.append(Loaded(commit.after, version))
        return version

    def _save_run(self, connection: sqlite3.Connection) -> bool:
        if self._commit.expected == "":
            opened_at = to_micros(self._commit.after.opened_at)
            return connection.execute(_INSERT, (*self._row, opened_at)).rowcount == 1
        return connection.execute(_UPDATE, (*self._row, self._version)).rowcount == 1

    def _find_earlier_version(self, connection: sqlite3.Connection) -> str:
        found = connection.execute(_FIND, self._row[-2:]).fetchone()
        return str(found[0]) if found and found[1] == self._commit.token and self._commit.token else ""

    def _check_version(self, connection: sqlite3.Connection) -> None:
        found = connection.execute(_FIND, self._row[-2:]).fetchone()
        if (found[0] if found else 0) != self._version:
            self._conflict()

    def _conflict(self) -> str:
        commit = self._commit
        read = f"version {commit.expected}" if commit.expected else "not there"
        raise VersionConflict(f"run {commit.after.id}: somebody else saved it since it was read as {read}")
