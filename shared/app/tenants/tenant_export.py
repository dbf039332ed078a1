"""All that is kept of a tenant, as JSON lines, without secrets; for the tenant to take along.

The first line says what this is, the last one how many lines there are and what they hash to: without it the export was
cut off. What was sealed is left out, and so are keys' hashes. Texts of the workspace's index are copies of what the
tenant has in Notion: of them the list of pages is given.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator, Mapping
from typing import Any

from shared.app.engine.deps import Deps
from shared.app.tenants.audit_record import read_audit
from shared.core.people.actor import By
from shared.core.run.codec import event_to_data, run_to_data
from shared.core.run.run import SCHEMA
from shared.core.schema_versions import version_of
from shared.core.tenants.audit_entries import build_entry
from shared.ports.knowledge import Knowledge

FORMAT = 1
_PAGE = 100
_SECRET_KINDS = frozenset({"keys"})  # wrapped keys
_SECRET_FIELDS: Mapping[str, frozenset[str]] = {"api_keys": frozenset({"hash"}), "sessions": frozenset({"hash"})}
_ENVELOPE = frozenset({"v", "key", "nonce", "ct"})

Line = dict[str, Any]


def export(deps: Deps, knowledge: Knowledge, tenant: str, by: By) -> Iterator[bytes]:
    """Yield the lines, each ended; that it was asked for is in the audit before the first one comes."""
    now = deps.clock.now().isoformat()
    deps.store.note(tenant, build_entry(deps.clock.now(), "Exported", by))
    count, whole = 0, hashlib.sha256()
    for line in _lines(deps, knowledge, tenant, now):
        data = json.dumps(line, ensure_ascii=True, sort_keys=True).encode() + b"\n"
        count += 1
        whole.update(data)
        yield data
    yield json.dumps({"kind": "end", "lines": count, "sha256": whole.hexdigest()}).encode() + b"\n"


def _lines(deps: Deps, knowledge: Knowledge, tenant: str, now: str) -> Iterator[Line]:
    yield {"kind": "about", "format": FORMAT, "tenant": tenant, "at": now}
    yield from _runs(deps, tenant)
    for kind in deps.store.kinds(tenant):
        if kind not in _SECRET_KINDS:
            yield from _documents(deps, tenant, kind)
    after = ""
    while refs := deps.store.texts(tenant, after=after, limit=_PAGE):
        for ref in refs:
            try:
                text = deps.store.get_text(tenant, ref)
            except KeyError:  # expired since it was listed
                continue
            yield {"kind": "texts", "id": ref, "text": text}
        after = refs[-1]
    for entry in read_audit(deps.store, tenant):
        linked = {"number": entry.number, "previous": entry.previous, "hash": entry.hash}
        yield {"kind": "audit", "id": entry.id, "body": entry.body, **linked}
    after = ""
    while pages := knowledge.pages(after=after, limit=_PAGE):
        for page in pages:
            body = {"title": page.title, "url": page.url, "edited_at": page.edited_at, "hash": page.hash}
            yield {"kind": "known pages", "id": page.id, "body": body}
        after = pages[-1].id


def _runs(deps: Deps, tenant: str) -> Iterator[Line]:
    after = ""
    while runs := deps.store.list_runs(tenant, limit=_PAGE, after=after):
        for run in runs:
            yield {"kind": "runs", "id": run.id, "schema": SCHEMA, "body": run_to_data(run)}
            seq = 0
            while events := deps.store.events(tenant, run.id, after=seq):
                for seq, event in events:
                    yield {"kind": "events", "id": f"{run.id}/{seq}", "body": event_to_data(event)}
        after = runs[-1].id


def _documents(deps: Deps, tenant: str, kind: str) -> Iterator[Line]:
    after, hidden = "", _SECRET_FIELDS.get(kind, frozenset())
    while docs := deps.store.list_docs(tenant, kind, after=after, limit=_PAGE):
        for doc in docs:
            body = {name: value for name, value in doc.body.items() if name not in hidden}
            yield {"kind": kind, "id": doc.id, "schema": version_of(kind), "body": hide_sealed(body)}
        after = docs[-1].id


def hide_sealed(value: Any) -> Any:
    """Return the value with "(sealed)" where an envelope was: it opens nowhere else, and is nobody's business."""
    if isinstance(value, Mapping):
        if value.keys() == _ENVELOPE:
            return "(sealed)"
        return {name: hide_sealed(each) for name, each in value.items()}
    return [hide_sealed(each) for each in value] if isinstance(value, list) else value
