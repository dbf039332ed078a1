"""Store on Firestore: one commit is one batch of writes, guarded by the version of the run.

Runs, events and documents are kept as JSON text (`body`) beside the few fields that are searched. Native maps would be
prettier in Google's console, but Firestore refuses lists within lists and indexes every leaf of a map, at most 40,000,
each one more thing to write; one text field is exempted from indexing once.
"""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import date, datetime, timedelta
from typing import Any
from uuid import uuid4

from shared.backends.cloud import audit_documents, erase, leases, texts
from shared.backends.cloud.api_error import asking_the_store
from shared.backends.cloud.guarded import TIMEOUT_S, GuardedBatch, Pause, version_of
from shared.backends.cloud.paths import OUTBOX, RUNS, TENANTS, USAGE, Home
from shared.core.errors import StoreCorrupt
from shared.core.run.codec import event_from_data, event_to_data, run_from_data, run_to_data
from shared.core.run.commands import Command, command_from_data, command_to_data
from shared.core.run.events import Event
from shared.core.run.run import NOTHING, Run, Usage
from shared.core.schema_versions import current, stamp_version
from shared.ports import EVERY_RUN, SYSTEM, AuditEntry, AuditHead, Clock, Commit, Doc, Loaded, Put, RunFilter


class FirestoreStore:
    """Durable state in one Firestore database in native mode."""

    def __init__(self, client: Any, clock: Clock, *, pause: Pause = time.sleep) -> None:
        self._client = client
        self._clock = clock
        self._pause = pause

    def load_run(self, tenant: str, run: str) -> Loaded | None:
        """Return the run, or None; another tenant's run is None too."""
        with asking_the_store("read a run"):
            snapshot = self._home(tenant).document(RUNS, run).get(timeout=TIMEOUT_S)
        return Loaded(_run_of(snapshot), version_of(snapshot)) if snapshot.exists else None

    def commit(self, commit: Commit) -> str:
        """Save all of it in one batch; return the new version. A lost reply is recognised and counted once."""
        run, home, now = commit.after, self._home(commit.after.tenant), self._clock.now()
        first = run.seq - len(commit.events) + 1
        if first < 1:
            raise ValueError(f"run {run.id}: {len(commit.events)} events end at number {run.seq}")

        def fill(batch: GuardedBatch) -> None:
            batch.write(home.document(RUNS, run.id), run_fields(run), commit.expected)
            for seq, event in enumerate(commit.events, first):
                batch.append(home.event(run.id, seq), {"tenant": run.tenant, "body": to_text(event_to_data(event))})
            for n, command in enumerate(commit.commands):
                batch.write(home.document(OUTBOX, command.id), command_fields(command, run.id, now, n), None)
            _add_puts(batch, home, commit.puts)

        return self._send(home, commit.token, fill, commit.audit)

    def list_runs(self, tenant: str, *, limit: int = 50, after: str = "", only: RunFilter = EVERY_RUN) -> list[Run]:
        """Return runs, newest first; `after` is the id of the last one seen."""
        query = self._home(tenant).collection(RUNS)
        for field, operator, value in _conditions(only):
            query = query.where(filter=self._client.field_filter(field, operator, value))
        query = query.order_by("opened_at", direction="DESCENDING").order_by("__name__", direction="DESCENDING")
        with asking_the_store("list runs"):
            if after:
                last = self._home(tenant).document(RUNS, after).get(timeout=TIMEOUT_S)
                if not last.exists:
                    return []
                query = query.start_after(last)
            return [_run_of(found) for found in query.limit(limit).stream(timeout=TIMEOUT_S)]

    def events(self, tenant: str, run: str, *, after: int = 0, limit: int = 1000) -> list[tuple[int, Event]]:
        """Return numbered events of a run, oldest first."""
        home = self._home(tenant)
        query = home.events(run).order_by("__name__").start_after({"__name__": home.event(run, after)}).limit(limit)
        with asking_the_store("list events"):
            return [(int(found.id), event_from_data(_body(found))) for found in query.stream(timeout=TIMEOUT_S)]

    def unsent(self, tenant: str, run: str) -> list[Command]:
        """Return commands committed for this run and not yet marked sent, in the order of their commit."""
        query = self._home(tenant).collection(OUTBOX).where(filter=self._client.field_filter("run", "==", run))
        with asking_the_store("read the outbox"):
            found = list(query.stream(timeout=TIMEOUT_S))
        found.sort(key=lambda entry: (entry.get("committed_at"), entry.get("n")))
        return [command_from_data(_body(entry)) for entry in found]

    def unsent_of(self, commit: Commit) -> list[Command]:
        """Return the commands of the commit: all of them are in the outbox now, and a query would be a read each."""
        return list(commit.commands)

    def mark_sent(self, tenant: str, command_ids: Sequence[str]) -> None:
        """Forget outbox entries that the queue has taken. Unknown ids are ignored."""
        home = self._home(tenant)
        for start in range(0, len(command_ids), 400):
            batch = self._batch("")
            for command_id in command_ids[start : start + 400]:
                batch.delete(home.document(OUTBOX, command_id), None)
            batch.send()

    def get(self, tenant: str, kind: str, id: str) -> Doc | None:
        with asking_the_store("read a document"):
            snapshot = self._home(tenant).document(kind, id).get(timeout=TIMEOUT_S)
        return _doc_of(snapshot) if snapshot.exists else None

    def put(self, tenant: str, *puts: Put) -> None:
        """Write documents of one tenant together; raises VersionConflict when an `expected` does not hold."""
        batch = self._batch(uuid4().hex)
        _add_puts(batch, self._home(tenant), puts)
        if puts:
            batch.send()

    def list_docs(self, tenant: str, kind: str, *, after: str = "", limit: int = 100) -> list[Doc]:
        """Return documents of one kind, by ascending id."""
        home = self._home(tenant)
        query = home.collection(kind).order_by("__name__")
        if after:
            query = query.start_after({"__name__": home.document(kind, after)})
        with asking_the_store("list documents"):
            return [_doc_of(found) for found in query.limit(limit).stream(timeout=TIMEOUT_S)]

    def usage(self, tenant: str, day: date) -> Usage:
        """Return what commits of that day (in UTC) were counted to cost, before there were ledgers of it."""
        found = self.get(tenant, USAGE, day.isoformat())
        return Usage(found.body["tokens"], found.body["micros"]) if found else NOTHING

    def audit(self, tenant: str, *, after: str = "", beyond: int | None = None, limit: int = 100) -> list[AuditEntry]:
        """Return audit entries of the tenant, oldest first."""
        begin = after if beyond is None else audit_documents.entry_name(beyond)
        return audit_documents.entries(self._home(tenant), begin, limit)

    def forget_audit(self, tenant: str, last: str, limit: int = 400) -> int:
        """Delete the oldest audit entries, up to that one."""
        return audit_documents.forget(self._home(tenant), last, limit)

    def audit_head(self, tenant: str) -> AuditHead:
        """Return where the chain of the tenant's audit ends."""
        return audit_documents.head_of(self._home(tenant))

    def put_text(self, tenant: str, text: str) -> str:
        """Keep a text of any size; return its content address. Idempotent."""
        return texts.put_text(self._home(tenant), text)

    def get_text(self, tenant: str, ref: str) -> str:
        """Return the text of that address; raises KeyError."""
        return texts.get_text(self._home(tenant), ref)

    def delete_text(self, tenant: str, ref: str) -> None:
        """Forget the text of that address."""
        texts.delete_text(self._home(tenant), ref)

    def note(self, tenant: str, entry: Mapping[str, Any]) -> None:
        """Add an audit entry that belongs to no run."""
        self._send(self._home(tenant), uuid4().hex, lambda batch: None, (entry,))

    def claim(self, tenant: str, key: str, owner: str, ttl: timedelta) -> bool:
        """Take, or extend as the same owner, a lease; False while another owner's is alive."""
        now = self._clock.now()
        return leases.claim(self._home(tenant), key, owner, now=now, until=now + ttl, pause=self._pause)

    def release(self, tenant: str, key: str, owner: str) -> None:
        """Give a lease back, if it is still ours."""
        leases.release(self._home(tenant), key, owner, self._pause)

    def kinds(self, tenant: str) -> list[str]:
        """Return the kinds of documents there are, ascending."""
        return erase.kinds(self._home(tenant))

    def texts(self, tenant: str, *, after: str = "", limit: int = 100) -> list[str]:
        """Return the addresses of kept texts, ascending."""
        return erase.texts(self._home(tenant), after, limit)

    def erase(self, tenant: str, limit: int = 500) -> int:
        """Delete about so many of all the tenant's records; return how many, 0 when none is left."""
        return erase.erase(self._home(tenant), limit)

    def due_runs(self, now: datetime, limit: int = 100) -> list[tuple[str, str]]:
        """Return (tenant, run) of unfinished runs whose `next_check_at` has come, the longest due first."""
        query = self._client.collection_group(RUNS).where(filter=self._client.field_filter("next_check_at", "<=", now))
        with asking_the_store("find due runs"):
            found = list(query.order_by("next_check_at").limit(limit).stream(timeout=TIMEOUT_S))
        return [(_tenant_of(run), run.id) for run in found]

    def find_unsent(self, before: datetime, limit: int = 100) -> list[Command]:
        """Return unsent commands of any tenant that were committed before that time, the oldest first."""
        query = self._client.collection_group(OUTBOX).where(
            filter=self._client.field_filter("committed_at", "<", before)
        )
        with asking_the_store("find forgotten commands"):
            found = list(query.order_by("committed_at").limit(limit).stream(timeout=TIMEOUT_S))
        return [command_from_data(_body(entry)) for entry in found]

    def tenants(self) -> list[str]:
        """Return the ids of tenants that have documents or runs, ascending, without SYSTEM."""
        with asking_the_store("list tenants"):
            # Nothing is stored at the tenant itself; Firestore lists such a place when something lies below it.
            places = self._client.collection(TENANTS).list_documents(timeout=TIMEOUT_S)
            return sorted(place.id for place in places if place.id != SYSTEM)

    def _home(self, tenant: str) -> Home:
        return Home(self._client, tenant)

    def _send(
        self, home: Home, token: str, fill: Callable[[GuardedBatch], None], audit: Sequence[Mapping[str, Any]]
    ) -> str:
        """Send what `fill` puts into a batch; with entries of the audit as often as others append some first."""
        if audit:
            texts = [to_text(entry) for entry in audit]
            return audit_documents.append(home, texts, lambda: self._batch(token), fill, self._pause)
        batch = self._batch(token)
        fill(batch)
        return batch.send()

    def _batch(self, token: str) -> GuardedBatch:
        return GuardedBatch(self._client, token, self._pause)


def _conditions(only: RunFilter) -> Iterator[tuple[str, str, Any]]:
    """Yield each condition as field, operator and value: the fields are those that `run_fields` writes."""
    if only.statuses:
        yield "status", "in", [status.value for status in only.statuses]
    if only.since is not None:
        yield "opened_at", ">=", only.since
    if only.before is not None:
        yield "opened_at", "<", only.before


def run_fields(run: Run) -> dict[str, Any]:
    return {
        "tenant": run.tenant,
        "status": run.status.value,
        "opened_at": run.opened_at,
        "next_check_at": None if run.status.final else run.next_check_at,  # null is not in the range that is asked for
        "body": to_text(run_to_data(run)),
    }


def command_fields(command: Command, run: str, now: datetime, n: int) -> dict[str, Any]:
    """Return the fields of a command in the outbox; `n` is its number within its commit."""
    body = to_text(command_to_data(command))
    return {"tenant": command.tenant, "run": run, "committed_at": now, "n": n, "body": body}


def _add_puts(batch: GuardedBatch, home: Home, puts: Sequence[Put]) -> None:
    for put in puts:
        reference = home.writable(put.kind, put.id)
        if put.body is None:
            batch.delete(reference, put.expected)
        else:
            batch.write(
                reference, {"tenant": home.tenant, "body": to_text(stamp_version(put.kind, put.body))}, put.expected
            )


def to_text(body: Mapping[str, Any]) -> str:
    text = json.dumps(body, ensure_ascii=False, allow_nan=False, separators=(",", ":"))
    try:
        text.encode()
    except UnicodeEncodeError:  # half of a surrogate pair, which JSON from outside may carry and protobuf may not
        return json.dumps(body, separators=(",", ":"))
    return text


def _body(snapshot: Any) -> dict[str, Any]:
    body: dict[str, Any] = json.loads(snapshot.get("body"))
    return body


def _doc_of(snapshot: Any) -> Doc:
    fields = snapshot.to_dict()
    body = json.loads(fields["body"]) if "body" in fields else fields  # counters have no body
    body, schema = current(snapshot.reference.path.split("/")[-2], snapshot.id, body)
    return Doc(snapshot.id, body, version_of(snapshot), schema)


def _run_of(snapshot: Any) -> Run:
    run = run_from_data(_body(snapshot))
    if run.tenant != _tenant_of(snapshot):
        raise StoreCorrupt(f"run {run.id} is stored under {_tenant_of(snapshot)} but says it is {run.tenant}'s")
    return run


def _tenant_of(snapshot: Any) -> str:
    return str(snapshot.reference.path.split("/")[1])
