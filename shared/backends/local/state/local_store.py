"""Durable state in one SQLite file. One writer, whose callers share transactions; any number of readers.

The table of tasks is both outbox and queue, so a commit hands its commands over by itself and takes back the one it
handled: one wait for the disk per event.
"""

from __future__ import annotations

import sqlite3
import threading
from collections import deque
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import Any

from shared.backends.clock import Elapsed
from shared.backends.local.folder import upgrade
from shared.backends.local.folder.data_folder import DataFolder
from shared.backends.local.state import audit_rows, documents, erase, saved_runs, texts
from shared.backends.local.state.commit_group import Changes, CommitGroup, to_store_error
from shared.backends.local.state.encoding import check_id, check_tenant
from shared.backends.local.state.recent_runs import RecentRuns
from shared.backends.local.state.run_commit import PreparedCommit
from shared.core.errors import StoreError
from shared.core.run.commands import Command
from shared.core.run.events import Event
from shared.core.run.run import Run, Usage
from shared.ports import EVERY_RUN, AuditEntry, AuditHead, Clock, Commit, Doc, Loaded, Put, RunFilter


class LocalStore:
    """The Store port on a data folder, which belongs to this process until `close`."""

    def __init__(self, folder: Path, clock: Clock) -> None:
        self._folder = DataFolder(folder)
        with ExitStack() as undo:
            undo.callback(self._folder.close)
            self._writer = self._folder.open(upgrade.backup_by(clock))
            undo.pop_all()
        self.group = CommitGroup(self._writer, self._warn, self._tell)
        self.stats = self.group.stats
        self._clock = clock
        self._listener: Callable[[Changes], None] | None = None
        self._readers: deque[sqlite3.Connection] = deque()
        self._leases: dict[tuple[str, str], tuple[str, float]] = {}
        self._lease_lock = threading.Lock()
        self._elapsed = Elapsed(clock)
        self._recent = RecentRuns()
        self._closed = False

    def load_run(self, tenant: str, run: str) -> Loaded | None:
        """Return the run, or None; another tenant's run is None too."""
        check_tenant(tenant)
        check_id("run", run)
        if (recent := self._recent.get(tenant, run)) is not None:
            return recent
        with self.reading() as connection:
            return saved_runs.load(connection, tenant, run)

    def commit(self, commit: Commit) -> str:
        """Save all of it in one transaction, the commands in the queue included; return the new version.

        The last token is kept with the run: the same commit again returns its version and changes nothing.
        """
        return self.group.submit(PreparedCommit(commit))

    def list_runs(self, tenant: str, *, limit: int = 50, after: str = "", only: RunFilter = EVERY_RUN) -> list[Run]:
        """Return runs, newest first; `after` is the id of the last one seen."""
        check_tenant(tenant)
        with self.reading() as connection:
            return saved_runs.list_newest(connection, tenant, limit, after, only)

    def events(self, tenant: str, run: str, *, after: int = 0, limit: int = 1000) -> list[tuple[int, Event]]:
        """Return numbered events of a run, oldest first."""
        with self.reading() as connection:
            return saved_runs.list_events(connection, tenant, run, after, limit)

    def unsent(self, tenant: str, run: str) -> list[Command]:
        """Return nothing: a commit puts its commands into the queue itself."""
        check_tenant(tenant)
        check_id("run", run)
        return []

    def unsent_of(self, commit: Commit) -> list[Command]:
        """Return nothing: the commit has put its commands into the queue itself."""
        return []

    def mark_sent(self, tenant: str, command_ids: Sequence[str]) -> None:
        """Do nothing: a committed command is in the queue already."""
        check_tenant(tenant)

    def find_unsent(self, before: datetime, limit: int = 100) -> list[Command]:
        """Return nothing: no command can be committed and not in the queue."""
        return []

    def get(self, tenant: str, kind: str, id: str) -> Doc | None:
        with self.reading() as connection:
            return documents.get(connection, tenant, kind, id)

    def put(self, tenant: str, *puts: Put) -> None:
        """Write documents of one tenant together; raises VersionConflict when an `expected` does not hold."""
        prepared = documents.prepare(tenant, puts)
        if prepared:
            self.group.submit(lambda connection, changes: documents.write(connection, tenant, prepared))

    def list_docs(self, tenant: str, kind: str, *, after: str = "", limit: int = 100) -> list[Doc]:
        """Return documents of one kind, by ascending id."""
        with self.reading() as connection:
            return documents.list_docs(connection, tenant, kind, after, limit)

    def put_text(self, tenant: str, text: str) -> str:
        """Keep a text of any size (in parts where it is large); return its content address. Idempotent."""
        check_tenant(tenant)
        ref, parts = texts.split(text)
        with self.reading() as connection:
            if texts.has(connection, tenant, ref):
                return ref
        self.group.submit(lambda connection, changes: texts.write(connection, tenant, ref, parts))
        return ref

    def get_text(self, tenant: str, ref: str) -> str:
        """Return the text of that address; raises KeyError."""
        with self.reading() as connection:
            return texts.read(connection, check_tenant(tenant), ref)

    def delete_text(self, tenant: str, ref: str) -> None:
        """Forget the text of that address."""
        check_tenant(tenant)
        self.group.submit(lambda connection, changes: texts.delete(connection, tenant, ref))

    def usage(self, tenant: str, day: date) -> Usage:
        """Return what commits of that day (in UTC) were counted to cost, before there were ledgers of it."""
        with self.reading() as connection:
            found = connection.execute(
                "SELECT tokens, micros FROM usage WHERE tenant = ? AND day = ?", (check_tenant(tenant), day.isoformat())
            ).fetchone()
        return Usage(*found) if found else Usage()

    def audit(self, tenant: str, *, after: str = "", beyond: int | None = None, limit: int = 100) -> list[AuditEntry]:
        """Return audit entries of the tenant, oldest first; their ids are numbers with leading zeros."""
        with self.reading() as connection:
            return audit_rows.entries(connection, tenant, after, beyond, limit)

    def audit_head(self, tenant: str) -> AuditHead:
        """Return where the chain of the tenant's audit ends."""
        with self.reading() as connection:
            return audit_rows.head_of(connection, tenant)

    def note(self, tenant: str, entry: Mapping[str, Any]) -> None:
        """Add an audit entry that belongs to no run."""
        check_tenant(tenant)
        prepared = audit_rows.prepare((entry,))
        self.group.submit(lambda connection, changes: audit_rows.append(connection, tenant, prepared))

    def forget_audit(self, tenant: str, last: str, limit: int = 400) -> int:
        """Delete the oldest audit entries, up to that one."""
        return self.group.submit(lambda connection, changes: audit_rows.forget(connection, tenant, last, limit))

    def kinds(self, tenant: str) -> list[str]:
        """Return the kinds of documents there are, ascending."""
        with self.reading() as connection:
            return erase.kinds(connection, tenant)

    def texts(self, tenant: str, *, after: str = "", limit: int = 100) -> list[str]:
        """Return the addresses of kept texts, ascending."""
        with self.reading() as connection:
            return erase.texts(connection, tenant, after, limit)

    def erase(self, tenant: str, limit: int = 500) -> int:
        """Delete all the tenant's records, its commands in the queue too, in one transaction; return how many."""
        erase.refuse_system(tenant)

        def write(connection: sqlite3.Connection, changes: Changes) -> int:
            self._recent.forget_tenant(tenant)
            return erase.erase(connection, changes, tenant)

        count = self.group.submit(write)
        self._folder.renew_copy()  # or the copy of the last start would keep it
        return count

    def claim(self, tenant: str, key: str, owner: str, ttl: timedelta) -> bool:
        """Take, or extend as the same owner, a lease; False while another owner's is alive."""
        check_tenant(tenant)
        with self._lease_lock:
            now = self._elapsed.seconds()
            held = self._leases.get((tenant, key))
            if held and held[0] != owner and held[1] > now:
                return False
            if len(self._leases) > 1000:
                self._leases = {name: lease for name, lease in self._leases.items() if lease[1] > now}
            self._leases[tenant, key] = (owner, now + ttl.total_seconds())
            return True

    def release(self, tenant: str, key: str, owner: str) -> None:
        """Give a lease back, if it is still ours."""
        with self._lease_lock:
            held = self._leases.get((check_tenant(tenant), key))
            if held and held[0] == owner:
                del self._leases[tenant, key]

    def due_runs(self, now: datetime, limit: int = 100) -> list[tuple[str, str]]:
        """Return (tenant, run) of unfinished runs whose `next_check_at` has come, the longest due first."""
        with self.reading() as connection:
            return saved_runs.list_due(connection, now, limit)

    def tenants(self) -> list[str]:
        """Return the ids of tenants that have documents or runs, ascending, without SYSTEM."""
        with self.reading() as connection:
            return documents.tenants(connection)

    def backup(self, target: Path) -> None:
        """Copy the database to a file, while it is in use."""
        self._folder.backup(target)

    def close(self) -> None:
        """Write what was left for later and let another process have the folder. Twice is once."""
        if self._closed:
            return
        self._closed = True
        self.group.close()
        while self._readers:
            self._readers.pop().close()
        self._folder.close()

    def __enter__(self) -> LocalStore:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    @property
    def path(self) -> Path:
        return self._folder.path

    def listen(self, listener: Callable[[Changes], None] | None, first: Callable[[sqlite3.Connection], None]) -> None:
        """Tell `listener` of every change to the queue from now on; `first` sees the state before them."""
        with self.group.lock:
            first(self._writer)
            self._listener = listener

    @contextmanager
    def reading(self) -> Iterator[sqlite3.Connection]:
        """Lend a connection for reading; one more is opened when all are out."""
        try:
            connection = self._readers.pop()
        except IndexError:
            if self._closed:
                raise StoreError(f"the store in {self._folder.path} is closed") from None
            connection = self._folder.reader()
        try:
            yield connection
        except sqlite3.Error as error:
            raise to_store_error(error) from error
        finally:
            if self._closed:
                connection.close()
            else:
                self._readers.append(connection)

    def _warn(self, changes: Changes) -> None:
        for saved in changes.runs:  # other reads see the new one before `_tell` comes: none may show an older one then
            self._recent.forget(saved)

    def _tell(self, changes: Changes) -> None:
        for saved in changes.runs:  # before anybody is told of the commands: their functions load this run
            self._recent.keep(saved)
        if self._listener is not None and changes.steps:
            self._listener(changes)
