"""Service accounts: made for a program, listed, and removed with their keys."""

from __future__ import annotations

import secrets as random_source
from dataclasses import replace

from shared.app.engine.deps import Deps
from shared.app.people.membership import end_keys
from shared.core.documents.codec import to_body
from shared.core.errors import Conflicting, NotThere
from shared.core.people.service_accounts import MAX_ACCOUNTS, SERVICE_ACCOUNTS, ServiceAccount
from shared.ports import Put, all_as, get_as


def list_accounts(deps: Deps, tenant: str) -> list[ServiceAccount]:
    """Return the team's service accounts, by name."""
    return sorted(all_as(ServiceAccount, deps.store, tenant, SERVICE_ACCOUNTS), key=lambda each: (each.name, each.id))


def find_account(deps: Deps, tenant: str, account: str) -> ServiceAccount:
    """Return a service account; raises NotThere."""
    known = get_as(ServiceAccount, deps.store, (tenant, SERVICE_ACCOUNTS, account))
    if known is None:
        raise NotThere(
            f"there is no service account {account!r}", way_out="GET /v1/service-accounts lists those of your team."
        )
    return known


def add_account(deps: Deps, tenant: str, name: str, role: str, scopes: tuple[str, ...], by: str) -> ServiceAccount:
    """Make a service account; raises Conflicting for a name that is taken, and where there are too many."""
    known = list_accounts(deps, tenant)
    if any(each.name.casefold() == name.casefold() for each in known):
        raise Conflicting(f"there is a service account called {name!r} already", way_out="Give it another name.")
    if len(known) >= MAX_ACCOUNTS:
        raise Conflicting(
            f"there are already {MAX_ACCOUNTS} service accounts, the most a team may have", way_out="Remove one first."
        )
    made = ServiceAccount(name, role, deps.clock.now(), by, scopes)
    account = f"sa-{random_source.token_hex(6)}"
    deps.store.put(tenant, Put(SERVICE_ACCOUNTS, account, to_body(made), expected=""))
    return replace(made, id=account)


def remove_account(deps: Deps, tenant: str, account: str) -> int:
    """Remove a service account; return how many keys ended. Once it is gone none of them works."""
    deps.store.put(tenant, Put(SERVICE_ACCOUNTS, account, None))
    deps.crash_point("accounts.after/removed")
    return end_keys(deps, tenant, account=account)
