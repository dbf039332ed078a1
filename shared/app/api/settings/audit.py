"""The audit: who decided what, and whether the record of it is as it was written."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from shared.app.api.exchange import ApiReply, Call
from shared.app.api.json_shapes import COUNT, FLAG, explain, listing, members, text
from shared.app.tenants.audit_chain import AuditCheck
from shared.app.tenants.audit_record import check_audit
from shared.core.errors import NotThere

_MAYBE = ("plan_hash", "about", "outcome", "why")
_ENTRY = {name: text() for name in ("id", "at", "run", "what", "by", *_MAYBE)}
_CHAIN = {
    "number": explain(COUNT, "Its place in the chain; 0 where it was written before there was one."),
    "previous": text(what="The hash of the entry before it."),
    "hash": text(what="The SHA-256 of this entry, its number and `previous`."),
}
VIEWS: dict[str, Any] = {
    "AuditEntry": members(**_ENTRY, **_CHAIN, optional=_MAYBE),
    "Audit": listing("entries", "AuditEntry"),
    "AuditCheck": members(
        whole=explain(FLAG, "No entry of the chain was removed, changed, inserted or swapped."),
        entries=explain(COUNT, "How many entries of the chain are sound, counted from the first."),
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
    entries = [
        {"id": each.id, **each.body, "number": each.number, "previous": each.previous, "hash": each.hash}
        for each in found
    ]
    return ApiReply(body={"entries": entries, "next": found[-1].id if len(found) == limit else None})


def verify_audit(call: Call) -> ApiReply:
    """Return whether every entry is as it was written, or the first one that is not; all of them are read."""
    return ApiReply(body=check_view(check_audit(call.deps.store, call.tenant)))


def check_view(found: AuditCheck) -> Mapping[str, Any]:
    """Return what a check has found, for programs."""
    return {
        "whole": found.broken is None,
        "entries": found.head.number,
        "older": found.older,
        "hash": found.head.hash,
        "broken": found.broken,
        "id": found.id,
        "why": found.why,
    }
