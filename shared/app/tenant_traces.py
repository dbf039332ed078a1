"""What the operator's own documents say of one tenant: whose bot, webhook or alarm something is."""

from __future__ import annotations

from collections.abc import Iterator

from shared.app.accept_forge_delivery import HOOKS, INSTALLATIONS
from shared.app.deps import Deps
from shared.app.due_times import KIND as ALARMS
from shared.app.snapshots import EXPIRIES
from shared.app.switches import HALTED
from shared.core.errors import VersionConflict
from shared.ports import SYSTEM, Doc, Put
from shared.rate_budget import Payer

BOTS, WORKSPACES, RATES = "bots", "workspaces", "rates"
OWNED = (HOOKS, ALARMS, EXPIRIES, BOTS)  # documents of one tenant, which they name
SHARED = (INSTALLATIONS, WORKSPACES)  # documents that list tenants
_TRIES = 8


def forget_traces(deps: Deps, tenant: str) -> int:
    """Delete what names the tenant, and take its name out of what names several; return how many documents."""
    count = 0
    for kind in OWNED:
        for doc in _all(deps, kind):
            if doc.body.get("tenant") == tenant:
                rates = (Put(RATES, Payer("notion", doc.id).own, None),) if kind == BOTS else ()
                deps.store.put(SYSTEM, Put(kind, doc.id, None), *rates)
                deps.crash_point("erase.after/trace")
                count += 1
    for kind in SHARED:
        for doc in _all(deps, kind):
            count += _take_out(deps, kind, doc, tenant)
    deps.store.put(SYSTEM, Put(HALTED, tenant, None))
    return count


def _take_out(deps: Deps, kind: str, doc: Doc, tenant: str) -> int:
    """Leave the tenant out of a document that lists several; one that lists none any more goes."""
    found: Doc | None = doc
    for _ in range(_TRIES):
        if found is None or tenant not in found.body["tenants"]:
            return 0
        tenants = found.body["tenants"]
        rest = (
            {name: bot for name, bot in tenants.items() if name != tenant}
            if isinstance(tenants, dict)
            else [name for name in tenants if name != tenant]
        )
        try:
            deps.store.put(SYSTEM, Put(kind, doc.id, {"tenants": rest} if rest else None, found.version))
        except VersionConflict:  # another tenant was added just now
            found = deps.store.get(SYSTEM, kind, doc.id)
            continue
        return 1
    raise VersionConflict(f"{kind}/{doc.id} was changed by others each time")


def _all(deps: Deps, kind: str) -> Iterator[Doc]:
    after = ""
    while docs := deps.store.list_docs(SYSTEM, kind, after=after):
        yield from docs
        after = docs[-1].id
