"""The audit: who decided what, and whether the record of it is as it was written."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from typing import Any

from shared.app.api.exchange import JSON, ApiReply, Call
from shared.app.api.json_shapes import ANY, COUNT, FLAG, Schema, array, choice, explain, listing, members, ref, text
from shared.app.tenants.audit_chain import AuditCheck
from shared.app.tenants.audit_export import AuditFilter, export_audit, write_csv, write_json
from shared.app.tenants.audit_record import check_audit, entry_view
from shared.core.errors import NotThere

CSV = "text/csv"
_MAYBE = ("plan_hash", "about", "outcome", "why", "actor")
_ORIGIN = {
    "key": text(what="The id of the API key that was used."),
    "address": text(what="From where the call reached us: behind a proxy, the proxy's."),
    "forwarded": text(what="The end of X-Forwarded-For as it came: only its last addresses are the proxies' word."),
}
_VALUES = {"before": explain(ANY, "How it was."), "after": explain(ANY, "How it is since; never a secret.")}
_ENTRY = {name: text() for name in ("id", "at", "run", "what", "by", *_MAYBE)}
_CHAIN = {
    "number": explain(COUNT, "Its place in the chain; 0 where it was written before there was one."),
    "previous": text(what="The hash of the entry before it."),
    "hash": text(what="The SHA-256 of this entry, its number and `previous`."),
}
_DAY = {"type": "string", "format": "date"}
EXPORT: Mapping[str, Schema] = {
    "format": {**choice("json", "csv"), "default": "json"},
    "actor": text(max_length=200, what="Who did it, as `by` of an entry says; in capitals or not."),
    "action": text(max_length=200, what="What was done, as `what` of an entry says; in capitals or not."),
    "from": {**_DAY, "description": "On this day in UTC or later."},
    "to": {**_DAY, "description": "On this day in UTC or earlier."},
}
VIEWS: dict[str, Any] = {
    "AuditExport": members(tenant=text(), entries=array(ref("AuditEntry"))),
    "AuditEntry": members(**_ENTRY, **_ORIGIN, **_VALUES, **_CHAIN, optional=(*_MAYBE, *_ORIGIN, *_VALUES)),
    "Audit": listing("entries", "AuditEntry"),
    "AuditCheck": members(
        whole=explain(FLAG, "No entry of the chain was removed, changed, inserted or swapped."),
        entries=explain(COUNT, "How many entries of the chain are sound, counted from the first that is kept."),
        removed=explain(COUNT, "How many before that the team's retention has removed, as the chain itself says."),
        removed_until=text(what="The time of the last of those; empty where none was removed."),
        older=explain(COUNT, "How many entries are from before there was a chain; nothing is known of those."),
        hash=text(what="The hash of the last sound entry: note it elsewhere, and compare."),
        broken=explain({"type": ["integer", "null"]}, "The number in the chain of the first entry that is broken."),
        id=text(what="The id of the entry that is broken, or stands where one is missing; empty at the end."),
        why=text(what="What is wrong with it; empty where nothing is."),
    ),
}


def audit(call: Call) -> ApiReply:
    """Return who decided what."""
    limit = call.query["limit"]
    try:
        found = call.deps.store.audit(call.tenant, after=call.query.get("after", ""), limit=limit)
    except (ValueError, OverflowError):
        raise NotThere(
            "there is no audit entry with that id", way_out="Give the `next` of an earlier answer as `after`."
        ) from None
    return ApiReply(
        body={"entries": [entry_view(each) for each in found], "next": found[-1].id if len(found) == limit else None}
    )


def verify_audit(call: Call) -> ApiReply:
    """Return whether every entry is as it was written, or the first one that is not; all of them are read."""
    return ApiReply(body=check_view(check_audit(call.deps.store, call.tenant)))


def download_audit(call: Call) -> ApiReply:
    """Return the entries that are asked for, to take along as JSON or CSV; that is an entry of the audit itself."""
    given = call.query
    first, last = (date.fromisoformat(given[name]) if name in given else None for name in ("from", "to"))
    only = AuditFilter(given.get("actor", ""), given.get("action", ""), first, last)
    entries = export_audit(call.deps, call.tenant, only, call.acting)
    as_csv = given["format"] == "csv"
    stream = write_csv(entries) if as_csv else write_json(call.tenant, entries)
    name = f'attachment; filename="{call.tenant}-audit.{given["format"]}"'
    kind = f"{CSV}; charset=utf-8" if as_csv else JSON
    return ApiReply(stream=stream, headers={"Content-Type": kind, "Content-Disposition": name})


def check_view(found: AuditCheck) -> Mapping[str, Any]:
    """Return what a check has found, for programs."""
    return {
        "whole": found.broken is None,
        "entries": max(0, found.head.number - found.removed),
        "removed": found.removed,
        "removed_until": found.until,
        "older": found.older,
        "hash": found.head.hash,
        "broken": found.broken,
        "id": found.id,
        "why": found.why,
    }
