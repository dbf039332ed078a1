"""Records of a tenant that come from another store, written as they are and only where nothing is.

A batch is sent under a token that names the migration and every record in it: after a death in the middle the same
batch is recognised as written. Where only some of it is there, each record is written by itself.
"""

from __future__ import annotations

import hashlib
import time
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

from shared.backends.cloud import audit_documents
from shared.backends.cloud.guarded import GuardedBatch, Pause
from shared.backends.cloud.paths import AUDIT, OUTBOX, RUNS, USAGE, Home
from shared.backends.cloud.store import command_fields, run_fields, to_text
from shared.core.errors import VersionConflict
from shared.core.run.codec import event_to_data
from shared.core.run.commands import Command
from shared.core.run.events import Event
from shared.core.run.run import Run, Usage
from shared.core.schema_versions import stamp_version
from shared.ports import AuditEntry, AuditHead, link_entry

_MAX_WRITES = 200
_MAX_BYTES = 3_000_000  # Firestore takes 10 MiB, its emulator 4

Fields = dict[str, Any]


class ArrivingRecords:
    """One tenant's records on their way into Firestore. What was added is there after `flush`."""

    def __init__(self, client: Any, tenant: str, migration: str, *, pause: Pause = time.sleep) -> None:
        self._home = Home(client, tenant)
        self._migration = migration
        self._pause = pause
        self._waiting: list[tuple[Any, Fields]] = []
        self._bytes = 0

    def run(self, run: Run) -> None:
        """Add a run; its events are to be there before it."""
        self._add(self._home.document(RUNS, run.id), run_fields(run))

    def event(self, run: str, number: int, event: Event) -> None:
        self._add(self._home.event(run, number), self._write_body(event_to_data(event)))

    def document(self, kind: str, id: str, body: Mapping[str, Any]) -> None:
        self._add(self._home.writable(kind, id), self._write_body(stamp_version(kind, body)))

    def command(self, command: Command, now: datetime, number: int) -> None:
        """Add a command to the outbox, from which `sweep` hands it to the queue under the command's own name."""
        self._add(self._home.document(OUTBOX, command.id), command_fields(command, command.run, now, number))

    def audit(self, at: datetime, number: int, entry: AuditEntry) -> None:
        """Add an entry of the audit; those from before the chain are read by time, then by number."""
        if entry.number:
            linked = (entry.number, entry.previous, entry.hash)
            fields = audit_documents.entry_fields(self._home.tenant, to_text(entry.body), *linked)
            self._add(self._home.document(AUDIT, audit_documents.entry_name(entry.number)), fields)
            return
        name = f"{at.astimezone(UTC):%Y%m%dT%H%M%S.%f}-moved-{number:012d}"
        self._add(self._home.document(AUDIT, name), self._write_body(entry.body))

    def end_audit(self, head: AuditHead, entry: Mapping[str, Any]) -> None:
        """Add a last entry after that end of the chain, and where the chain ends then."""
        linked = link_entry(self._home.tenant, head, entry)
        self.audit(datetime.min, 0, AuditEntry("", entry, linked.number, head.hash, linked.hash))
        self._add(audit_documents.head_place(self._home), audit_documents.head_fields(self._home.tenant, linked))

    def usage(self, day: str, counted: Usage) -> None:
        """Add what a day was counted to cost before there were ledgers."""
        fields = {"tenant": self._home.tenant, "tokens": counted.tokens, "micros": counted.micros}
        self._add(self._home.document(USAGE, day), fields)

    def flush(self) -> None:
        """Write what was added, as far as it is not there."""
        waiting, self._waiting, self._bytes = self._waiting, [], 0
        if not waiting:
            return
        try:
            self._send(waiting)
        except VersionConflict:
            for each in waiting:
                self._send_alone(each)

    def _send_alone(self, each: tuple[Any, Fields]) -> None:
        try:
            self._send([each])
        except VersionConflict:
            return  # it is there, and may have gone on since

    def _send(self, records: list[tuple[Any, Fields]]) -> None:
        named = "\n".join((self._migration, *(reference.path for reference, _ in records)))
        batch = GuardedBatch(self._home.client, hashlib.sha256(named.encode()).hexdigest()[:32], self._pause)
        for reference, fields in records:
            batch.write(reference, fields, "")
        batch.send()

    def _add(self, reference: Any, fields: Fields) -> None:
        size = 300 + sum(len(value.encode()) for value in fields.values() if isinstance(value, str))
        if self._waiting and (self._bytes + size > _MAX_BYTES or len(self._waiting) >= _MAX_WRITES):
            self.flush()
        self._waiting.append((reference, fields))
        self._bytes += size

    def _write_body(self, body: Mapping[str, Any]) -> Fields:
        return {"tenant": self._home.tenant, "body": to_text(body)}
