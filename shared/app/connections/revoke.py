"""End our access to a tenant's account at the system itself."""

from __future__ import annotations

from shared.accounts.accounts import Accounts
from shared.accounts.providers import PROVIDERS
from shared.app.engine.deps import Deps
from shared.core.documents.bots import INSTALLATIONS, Installation
from shared.core.documents.grant import Grant
from shared.oauth import revoke
from shared.ports import SYSTEM, get_as

_THEIRS = "we no longer use the token or key that you gave us; delete it there"


def revoke_grant(deps: Deps, accounts: Accounts, tenant: str, system: str, grant: Grant) -> str:
    """Return "" once the system takes nothing from us any more, else what people have to do there.

    A grant that has ended already is none. Raises IntegrationError.
    """
    if grant.installation:
        return _uninstall(deps, accounts, tenant, system, grant.installation)
    provider = PROVIDERS.get(system)
    if provider is None or not provider.revoke_url or not _is_from_oauth(system, grant):
        return f"{system}: {_THEIRS}"
    try:
        token = deps.secrets.open(tenant, f"{system}.access", grant.access or {})
        renews = deps.secrets.open(tenant, f"{system}.refresh", grant.refresh) if grant.refresh is not None else None
        client = deps.secrets.get(f"{system}-client-id").reveal(), deps.secrets.get(f"{system}-client-secret")
    except (KeyError, ValueError):  # our keys, or our registration there, are gone: so is what we could do with it
        return f"{system}: remove our access in its settings"
    for each in (token, renews):
        if each is not None:
            revoke(accounts.plain_http(system), provider, *client, each)
    return ""


def _is_from_oauth(system: str, grant: Grant) -> bool:
    """Say whether our own registration got the token: one that a person made by hand is not ours to revoke."""
    return grant.access is not None and (system == "notion" or grant.refresh is not None)


def _uninstall(deps: Deps, accounts: Accounts, tenant: str, system: str, installation: int) -> str:
    known = get_as(Installation, deps.store, (SYSTEM, INSTALLATIONS, f"{system}-{installation}"))
    if known is not None and set(known.tenants) - {tenant}:
        return f"{system}: our app stays installed, because another team of yours uses it"
    accounts.app_tokens.uninstall(installation)
    return ""
