"""A store that counts what Firestore bills, whatever it is kept on: each document read, written and deleted.

The rules are Firestore's (https://cloud.google.com/firestore/pricing) for the calls that `backends/cloud/store.py`
makes: each document of a batch is a write or a delete, each document of an answer a read; a query without an answer,
and a look for a document that is not there, cost one read. A test compares them with what goes over the wire.
"""

from __future__ import annotations

import threading
from collections import Counter
from collections.abc import Mapping, Sequence
from datetime import date, datetime, timedelta
from typing import Any

from shared.core.errors import VersionConflict
from shared.core.run.commands import Command
from shared.core.run.events import Event
from shared.core.run.run import Run, Usage
from shared.ports import EVERY_RUN, AuditEntry, AuditHead, Commit, Doc, Loaded, Put, RunFilter, Store
from shared.telemetry import trace

READS, WRITES, DELETES = "firestore_reads", "firestore_writes", "firestore_deletes"
_PART_BYTES = 900_000  # of a text in one document, as in backends/cloud/texts.py


class Meter:
    """What was used, by the function that used it, the operation and what it was about."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._counts: Counter[tuple[str, str, str]] = Counter()
        self.on = True

    def count(self, operation: str, times: int = 1, about: str = "") -> None:
        """Count an operation of the function whose request this is; "" outside of one."""
        if not times or not self.on:
            return
        where = trace.place()
        function = where.labels["function"] if where is not None else ""
        with self._lock:
            self._counts[function, operation, about] += times

    def counts(self) -> Counter[tuple[str, str, str]]:
        """Return everything counted so far."""
        with self._lock:
            return Counter(self._counts)

    def total(self, operation: str) -> int:
        """Return the number of an operation, of all functions."""
        return sum(times for (_, counted, _), times in self.counts().items() if counted == operation)


class CountingStore:
    """Hands every call over to another store and counts it; each method does and raises what the other's does.

    Over a store whose commits hand their commands over by themselves it plays the outbox: what was committed is
    unsent until somebody marks it sent.
    """

    def __init__(self, inner: Store, meter: Meter, *, plays_outbox: bool) -> None:
        self._inner, self._meter, self._plays = inner, meter, plays_outbox
        self._lock = threading.Lock()
        self._outbox: dict[tuple[str, str], dict[str, Command]] = {}
        self._handed: set[str] = set()
        self._leases: dict[tuple[str, str], str] = {}
        self._texts: dict[tuple[str, str], int] = {}  # address of a text → its parts

    def load_run(self, tenant: str, run: str) -> Loaded | None:
        """Count one read."""
        self._meter.count(READS, 1, "runs")
        return self._inner.load_run(tenant, run)

    def commit(self, commit: Commit) -> str:
        """Count a document each: the run, events, commands, puts and audit entries."""
        self._meter.count(READS, bool(commit.audit), "audit")
        try:
            version = self._inner.commit(commit)
        except VersionConflict:
            self._meter.count(READS, 1 + bool(commit.audit), "conflict")  # whose write it was that stands there
            raise
        self._meter.count(WRITES, 1, "runs")
        self._meter.count(WRITES, len(commit.events), "events")
        self._meter.count(WRITES, len(commit.commands), "outbox")
        self._meter.count(WRITES, len(commit.audit) + bool(commit.audit), "audit")
        self._puts(commit.puts)
        with self._lock:
            waiting = self._outbox.setdefault((commit.after.tenant, commit.after.id), {})
            waiting.update({command.id: command for command in commit.commands})
            self._handed.update(waiting)
        return version

    def list_runs(self, tenant: str, *, limit: int = 50, after: str = "", only: RunFilter = EVERY_RUN) -> list[Run]:
        """Count the runs, and the one to begin after."""
        found = self._inner.list_runs(tenant, limit=limit, after=after, only=only)
        self._meter.count(READS, bool(after) + max(1, len(found)), "runs")
        return found

    def events(self, tenant: str, run: str, *, after: int = 0, limit: int = 1000) -> list[tuple[int, Event]]:
        """Count the events."""
        found = self._inner.events(tenant, run, after=after, limit=limit)
        self._meter.count(READS, max(1, len(found)), "events")
        return found

    def unsent(self, tenant: str, run: str) -> list[Command]:
        """Count the commands."""
        found = self._inner.unsent(tenant, run)
        if self._plays:
            with self._lock:
                found = list(self._outbox.get((tenant, run), {}).values())
        self._meter.count(READS, max(1, len(found)), "outbox")
        return found

    def unsent_of(self, commit: Commit) -> list[Command]:
        """Count nothing: nobody is asked."""
        return list(commit.commands) if self._plays else self._inner.unsent_of(commit)

    def mark_sent(self, tenant: str, command_ids: Sequence[str]) -> None:
        """Count a delete per command."""
        self._inner.mark_sent(tenant, command_ids)
        self._meter.count(DELETES, len(command_ids), "outbox")
        with self._lock:
            for (whose, _), waiting in self._outbox.items():
                for sent in command_ids if whose == tenant else ():
                    waiting.pop(sent, None)

    def has_committed(self, command: Command) -> bool:
        """Say whether a commit has handed this one over already."""
        return self._plays and command.id in self._handed

    def find_unsent(self, before: datetime, limit: int = 100) -> list[Command]:
        """Count the commands."""
        found = self._inner.find_unsent(before, limit)
        self._meter.count(READS, max(1, len(found)), "outbox")
        return found

    def due_runs(self, now: datetime, limit: int = 100) -> list[tuple[str, str]]:
        """Count the runs."""
        found = self._inner.due_runs(now, limit)
        self._meter.count(READS, max(1, len(found)), "runs")
        return found

    def tenants(self) -> list[str]:
        """Count the places; the operator's own is one more."""
        found = self._inner.tenants()
        self._meter.count(READS, max(1, len(found)), "tenants")
        return found

    def get(self, tenant: str, kind: str, id: str) -> Doc | None:
        """Count one read."""
        self._meter.count(READS, 1, kind)
        return self._inner.get(tenant, kind, id)

    def put(self, tenant: str, *puts: Put) -> None:
        """Count a document each; one read when somebody else was faster."""
        try:
            self._inner.put(tenant, *puts)
        except VersionConflict:
            self._meter.count(READS, 1, "conflict")
            raise
        self._puts(puts)

    def list_docs(self, tenant: str, kind: str, *, after: str = "", limit: int = 100) -> list[Doc]:
        """Count the documents."""
        found = self._inner.list_docs(tenant, kind, after=after, limit=limit)
        self._meter.count(READS, max(1, len(found)), kind)
        return found

    def usage(self, tenant: str, day: date) -> Usage:
        """Count one read."""
        self._meter.count(READS, 1, "usage")
        return self._inner.usage(tenant, day)

    def audit(self, tenant: str, *, after: str = "", beyond: int | None = None, limit: int = 100) -> list[AuditEntry]:
        """Count the entries."""
        found = self._inner.audit(tenant, after=after, beyond=beyond, limit=limit)
        self._meter.count(READS, max(1, len(found)), "audit")
        return found

    def audit_head(self, tenant: str) -> AuditHead:
        """Count one read."""
        self._meter.count(READS, 1, "audit")
        return self._inner.audit_head(tenant)

    def note(self, tenant: str, entry: Mapping[str, Any]) -> None:
        """Count the end of the chain, read and written, and the entry."""
        self._inner.note(tenant, entry)
        self._meter.count(READS, 1, "audit")
        self._meter.count(WRITES, 2, "audit")

    def forget_audit(self, tenant: str, last: str, limit: int = 400) -> int:
        """Count the page that is looked at, and a delete each."""
        gone = self._inner.forget_audit(tenant, last, limit)
        self._meter.count(READS, max(1, gone), "audit")
        self._meter.count(DELETES, gone, "audit")
        return gone

    def put_text(self, tenant: str, text: str) -> str:
        """Count one read, and where the text is new its parts and their header."""
        ref, size = self._inner.put_text(tenant, text), len(text.encode("utf-8", "surrogatepass"))
        parts = -(-size // _PART_BYTES) if size > _PART_BYTES else 0
        with self._lock:
            new = (tenant, ref) not in self._texts
            self._texts[tenant, ref] = parts
        self._meter.count(READS, 1, "texts")
        self._meter.count(WRITES, (1 + parts) if new else 0, "texts")
        return ref

    def get_text(self, tenant: str, ref: str) -> str:
        """Count the header and the parts."""
        self._meter.count(READS, 1 + self._texts.get((tenant, ref), 0), "texts")
        return self._inner.get_text(tenant, ref)

    def delete_text(self, tenant: str, ref: str) -> None:
        """Count one read, and where there is such a text the header and the parts."""
        self._inner.delete_text(tenant, ref)
        with self._lock:
            parts = self._texts.pop((tenant, ref), None)
        self._meter.count(READS, 1, "texts")
        self._meter.count(DELETES, 0 if parts is None else 1 + parts, "texts")

    def claim(self, tenant: str, key: str, owner: str, ttl: timedelta) -> bool:
        """Count one read, and one write where the lease was free."""
        taken = self._inner.claim(tenant, key, owner, ttl)
        self._meter.count(READS, 1, "leases")
        self._meter.count(WRITES, int(taken), "leases")
        if taken:
            with self._lock:
                self._leases[tenant, key] = owner
        return taken

    def release(self, tenant: str, key: str, owner: str) -> None:
        """Count one read, and one delete where the lease was ours."""
        self._inner.release(tenant, key, owner)
        with self._lock:
            ours = self._leases.get((tenant, key)) == owner
            if ours:
                del self._leases[tenant, key]
        self._meter.count(READS, 1, "leases")
        self._meter.count(DELETES, int(ours), "leases")

    def kinds(self, tenant: str) -> list[str]:
        """Return what the other store does."""
        return self._inner.kinds(tenant)

    def texts(self, tenant: str, *, after: str = "", limit: int = 100) -> list[str]:
        """Return what the other store does."""
        return self._inner.texts(tenant, after=after, limit=limit)

    def erase(self, tenant: str, limit: int = 500) -> int:
        """Do what the other store does."""
        return self._inner.erase(tenant, limit)

    def _puts(self, puts: Sequence[Put]) -> None:
        for put in puts:
            self._meter.count(WRITES if put.body is not None else DELETES, 1, put.kind)
