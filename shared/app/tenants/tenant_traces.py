"""What the operator's own documents say of one tenant: whose bot, webhook or alarm something is."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from shared.app.engine.deps import Deps
from shared.app.engine.switches import HALTED
from shared.app.people.identities import leave_tenant
from shared.core.documents.alarm import KIND as ALARMS
from shared.core.documents.bots import BOTS, INSTALLATIONS, WORKSPACES
from shared.core.documents.hook import KIND as HOOKS
from shared.core.documents.snapshot import EXPIRIES
from shared.core.people.identities import PEOPLE
from shared.core.people.linked_accounts import CODES, PLACES
from shared.core.people.logins import LOGINS
from shared.ports import SYSTEM, Doc, Put, change_doc
from shared.rate_budget import Payer

RATES = "rates"

OWNED = (HOOKS, ALARMS, EXPIRIES, BOTS, LOGINS, CODES, PLACES)  # documents of one tenant, which they name
SHARED = (INSTALLATIONS, WORKSPACES)  # documents that list tenants


def forget_traces(deps: Deps, tenant: str) -> int:
    """Delete what names the tenant, and take its name out of what names several; return how many documents."""
    count = 0
    for kind in OWNED:
        for doc in _list_docs(deps, kind):
            if doc.body.get("tenant") == tenant:
                rates = (Put(RATES, Payer("notion", doc.id).own, None),) if kind == BOTS else ()
                deps.store.put(SYSTEM, Put(kind, doc.id, None), *rates)
                deps.crash_point("erase.after/trace")
                count += 1
    for kind in SHARED:
        for doc in _list_docs(deps, kind):
            count += _take_out(deps, kind, doc, tenant) if tenant in doc.body["tenants"] else 0
    for doc in _list_docs(deps, PEOPLE):
        count += leave_tenant(deps, doc.id, tenant)
    deps.store.put(SYSTEM, Put(HALTED, tenant, None))
    return count


def _take_out(deps: Deps, kind: str, doc: Doc, tenant: str) -> int:
    """Leave the tenant out of a document that lists several; one that lists none any more goes."""
    count = 0

    def leave_out(body: Mapping[str, Any] | None) -> Mapping[str, Any] | None:
        nonlocal count
        tenants = body["tenants"] if body is not None else ()
        count = 1 if tenant in tenants else 0
        if not count:
            return body
        rest = (
            {name: bot for name, bot in tenants.items() if name != tenant}
            if isinstance(tenants, dict)
            else [name for name in tenants if name != tenant]
        )
        return {"tenants": rest} if rest else None

    change_doc(deps.store, (SYSTEM, kind, doc.id), leave_out, deps.stand_back)
    return count


def _list_docs(deps: Deps, kind: str) -> Iterator[Doc]:
    after = ""
    while docs := deps.store.list_docs(SYSTEM, kind, after=after):
        yield from docs
        after = docs[-1].id
