"""The chain of a tenant's audit in Firestore: what is written must find the chain's end as it was read.

An entry is named by its number, so the order of names is that of the chain; entries from before there were chains are
named by their time, and come first ("2" is before "c").
"""

from __future__ import annotations

import json
import random
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from shared.backends.cloud.api_error import asking_the_store
from shared.backends.cloud.guarded import TIMEOUT_S, GuardedBatch, Pause, version_of
from shared.backends.cloud.paths import AUDIT, AUDIT_HEADS, Home
from shared.core.backoff import backoff
from shared.core.errors import VersionConflict
from shared.core.retries import AUDIT_APPEND
from shared.ports import AuditEntry, AuditHead, link_entry

_HEAD = "head"
_START = AuditHead()


def append(
    home: Home, texts: Sequence[str], batch: Callable[[], GuardedBatch], fill: Callable[[GuardedBatch], None],
    pause: Pause,
) -> str:  # fmt: skip
    """Send a batch that `fill` has filled, with these entries (as JSON) at the chain's end; return its version.

    Raises VersionConflict when something else than the chain stands in the way, or others append all the time.
    """
    head, version = _read_head(home)
    for tries in range(1, AUDIT_APPEND.tries + 1):
        filled = batch()
        fill(filled)
        _write(home, filled, texts, head, version)
        try:
            return filled.send()
        except VersionConflict:
            head, found = _read_head(home)
            if found == version or tries == AUDIT_APPEND.tries:
                raise
            version = found
        pause(backoff(tries, AUDIT_APPEND.waits, random.random()).total_seconds())
    raise AssertionError("the last try returns or raises")


def entries(home: Home, after: str, limit: int) -> list[AuditEntry]:
    """Return entries by ascending id."""
    query = home.collection(AUDIT).order_by("__name__")
    if after:
        query = query.start_after({"__name__": home.document(AUDIT, after)})
    with asking_the_store("list the audit"):
        return [_entry(found) for found in query.limit(limit).stream(timeout=TIMEOUT_S)]


def forget(home: Home, last: str, limit: int) -> int:
    """Delete the oldest entries, up to the one of that id; return how many."""
    names = [entry.id for entry in entries(home, "", limit) if entry.id <= last]
    with asking_the_store("remove old entries of the audit"):
        batch = home.client.batch()
        for name in names:
            batch.delete(home.document(AUDIT, name))
        if names:
            batch.commit(retry=None, timeout=TIMEOUT_S)
    return len(names)


def head_of(home: Home) -> AuditHead:
    """Return where the chain ends."""
    return _read_head(home)[0]


def entry_name(number: int) -> str:
    """Return the id of an entry of the chain."""
    return f"c{number:012d}"


def entry_fields(tenant: str, text: str, number: int, previous: str, hash: str) -> dict[str, Any]:
    """Return the fields of an entry of the chain."""
    return {"tenant": tenant, "body": text, "number": number, "previous": previous, "hash": hash}


def head_place(home: Home) -> Any:
    """Return where the end of the chain is kept."""
    return home.document(AUDIT_HEADS, _HEAD)


def head_fields(tenant: str, head: AuditHead) -> dict[str, Any]:
    return {"tenant": tenant, "number": head.number, "hash": head.hash}


def _write(home: Home, batch: GuardedBatch, texts: Sequence[str], head: AuditHead, version: str) -> None:
    for text in texts:
        linked = link_entry(home.tenant, head, json.loads(text))
        fields = entry_fields(home.tenant, text, linked.number, head.hash, linked.hash)
        batch.write(home.document(AUDIT, entry_name(linked.number)), fields, "")
        head = linked
    batch.write(head_place(home), head_fields(home.tenant, head), version)


def _read_head(home: Home) -> tuple[AuditHead, str]:
    """Return the chain's end and its version, "" where there is no chain yet."""
    with asking_the_store("read the end of the audit"):
        found = head_place(home).get(timeout=TIMEOUT_S)
    if not found.exists:
        return _START, ""
    return AuditHead(int(found.get("number")), str(found.get("hash"))), version_of(found)


def _entry(snapshot: Any) -> AuditEntry:
    fields: Mapping[str, Any] = snapshot.to_dict()
    linked = (int(fields.get("number", 0)), str(fields.get("previous", "")), str(fields.get("hash", "")))
    return AuditEntry(snapshot.id, json.loads(fields["body"]), *linked)
