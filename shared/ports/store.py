"""Durable state: documents, runs, commits."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from typing import Any, Protocol

from shared.core.run.commands import Command
from shared.core.run.events import Event
from shared.core.run.run import Run, RunStatus, Usage

MAX_DOCUMENT_BYTES = 1_000_000  # Firestore refuses above 1,048,487 bytes of one string, names included


@dataclass(frozen=True, slots=True)
class Doc:
    """A stored document: JSON-able `body`, opaque `version` for compare-and-set.

    The body is in today's shape, whatever shape it is stored in; `schema` says which one that is (see
    core/schema_versions.py).
    """

    id: str
    body: Mapping[str, Any]
    version: str
    schema: int = field(default=1, compare=False)


@dataclass(frozen=True, slots=True)
class Put:
    """Write one document. `expected`: None = whatever is there, "" = must not exist, else the version read before."""

    kind: str
    id: str
    body: Mapping[str, Any] | None  # None deletes
    expected: str | None = None


@dataclass(frozen=True, slots=True)
class Loaded:
    """A run and the version it was read at."""

    run: Run
    version: str


@dataclass(frozen=True, slots=True)
class Commit:
    """One event's consequences, saved together or not at all.

    `expected` is the version read ("" for a new run). `handled` is the id of the command that led here: a backend
    whose queue shares the transaction may drop that delivery in the same write. `token` identifies this very commit,
    so that a lost reply is recognised as our own write and counted once.
    """

    after: Run
    events: tuple[Event, ...]
    commands: tuple[Command, ...]
    expected: str
    token: str
    handled: str = ""
    puts: tuple[Put, ...] = ()
    audit: tuple[Mapping[str, Any], ...] = ()


@dataclass(frozen=True, slots=True)
class RunFilter:
    """Which runs to list: in one of these states, if there are any, opened at `since` or later and before `before`."""

    statuses: tuple[RunStatus, ...] = ()
    since: datetime | None = None
    before: datetime | None = None


EVERY_RUN = RunFilter()


@dataclass(frozen=True, slots=True)
class AuditHead:
    """Where a chain ends: the number of its last entry, 0 before the first one, and that entry's hash."""

    number: int = 0
    hash: str = ""


@dataclass(frozen=True, slots=True)
class AuditEntry:
    """An entry as it is stored. One that was written before there were chains has the number 0 and no hashes."""

    id: str
    body: Mapping[str, Any]
    number: int = 0
    previous: str = ""
    hash: str = ""


class Store(Protocol):
    """Durable state. Every call names the tenant first; nothing can be named without one."""

    def load_run(self, tenant: str, run: str) -> Loaded | None:
        """Return the run, or None; another tenant's run is None too."""

    def commit(self, commit: Commit) -> str:
        """Save all of it in one transaction; return the new version.

        Raises VersionConflict when somebody else saved first or a Put's `expected` does not hold, and
        DocumentTooLarge before anything is written.
        """

    def list_runs(self, tenant: str, *, limit: int = 50, after: str = "", only: RunFilter = EVERY_RUN) -> list[Run]:
        """Return runs, newest first, of those opened together the greater id first.

        `after` is the id of the last one seen, whether or not it is among those asked for now; after one that is not
        there comes nothing.
        """

    def events(self, tenant: str, run: str, *, after: int = 0, limit: int = 1000) -> list[tuple[int, Event]]:
        """Return numbered events of a run, oldest first."""

    def unsent(self, tenant: str, run: str) -> list[Command]:
        """Return commands committed for this run and not yet marked sent."""

    def unsent_of(self, commit: Commit) -> list[Command]:
        """Return the commands of a commit that was saved just now, as far as nobody has handed them to the queue yet.

        It asks nobody: a store that does not hand them over with the commit returns all of them.
        """

    def mark_sent(self, tenant: str, command_ids: Sequence[str]) -> None:
        """Forget outbox entries that the queue has taken. Unknown ids are ignored."""

    def get(self, tenant: str, kind: str, id: str) -> Doc | None:
        """Return one document of the tenant."""

    def put(self, tenant: str, *puts: Put) -> None:
        """Write documents of one tenant together; raises VersionConflict when an `expected` does not hold."""

    def list_docs(self, tenant: str, kind: str, *, after: str = "", limit: int = 100) -> list[Doc]:
        """Return documents of one kind, by ascending id; `after` need not be there any more."""

    def put_text(self, tenant: str, text: str) -> str:
        """Keep a text of any size (in parts where it is large); return its content address. Idempotent."""

    def get_text(self, tenant: str, ref: str) -> str:
        """Return the text of that address; raises KeyError."""

    def delete_text(self, tenant: str, ref: str) -> None:
        """Forget the text of that address, for whoever names it; one that is not there is no matter.

        The same text may be kept again afterwards, and is then there as before.
        """

    def usage(self, tenant: str, day: date) -> Usage:
        """Return what commits of that day (in UTC) were counted to cost, before there were ledgers of it."""

    def audit(self, tenant: str, *, after: str = "", beyond: int | None = None, limit: int = 100) -> list[AuditEntry]:
        """Return audit entries of the tenant by ascending id, which is the order in which they were chained.

        Those from before there were chains come first. With `beyond`, instead of `after`, only those of the chain
        whose number is greater come: there need be no entry of that number.
        """

    def audit_head(self, tenant: str) -> AuditHead:
        """Return where the chain of the tenant's audit ends; it moves in the write that appends an entry."""

    def note(self, tenant: str, entry: Mapping[str, Any]) -> None:
        """Add an audit entry that belongs to no run; repeated after a lost answer it may be there twice."""

    def forget_audit(self, tenant: str, last: str, limit: int = 400) -> int:
        """Delete the oldest audit entries, up to the one with the id `last` and so many at most; return how many.

        They go oldest first, so that a death in between leaves no hole. The chain's end is not touched.
        """

    def claim(self, tenant: str, key: str, owner: str, ttl: timedelta) -> bool:
        """Take, or extend as the same owner, a lease; False while another owner's is alive."""

    def release(self, tenant: str, key: str, owner: str) -> None:
        """Give a lease back, if it is still ours."""

    # everything of one tenant, for taking it along and for forgetting it

    def kinds(self, tenant: str) -> list[str]:
        """Return the kinds of documents there are, ascending, without what the store keeps by itself."""

    def texts(self, tenant: str, *, after: str = "", limit: int = 100) -> list[str]:
        """Return the addresses of kept texts, ascending."""

    def erase(self, tenant: str, limit: int = 500) -> int:
        """Delete about so many of all the tenant's records, of whatever kind; return how many, 0 when none is left.

        Commands go with them where the queue shares the store. Leases are left to run out. Raises ValueError for
        SYSTEM.
        """

    # across tenants, for `sweep` alone

    def due_runs(self, now: datetime, limit: int = 100) -> list[tuple[str, str]]:
        """Return (tenant, run) of unfinished runs whose `next_check_at` has come, the longest due first."""

    def find_unsent(self, before: datetime, limit: int = 100) -> list[Command]:
        """Return unsent commands of any tenant that were committed before that time, the oldest first."""

    def tenants(self) -> list[str]:
        """Return the ids of tenants that have documents or runs, ascending, without SYSTEM, which is nobody's.

        One of whom only texts or leases are kept may be among them.
        """


def link_entry(tenant: str, head: AuditHead, body: Mapping[str, Any]) -> AuditHead:
    """Return where the chain ends with this entry, which is as JSON gives it back; its `previous` is `head.hash`."""
    number = head.number + 1
    return AuditHead(number, hash_entry(tenant, number, head.hash, body))


def hash_entry(tenant: str, number: int, previous: str, body: Mapping[str, Any]) -> str:
    """Return the SHA-256, in hex, of the canonical JSON: names in order, no blanks, ASCII alone."""
    whole = {"tenant": tenant, "number": number, "previous": previous, "entry": body}
    return hashlib.sha256(json.dumps(whole, sort_keys=True, separators=(",", ":")).encode()).hexdigest()


SYSTEM = "_system"  # the tenant under which the operator's own documents live
