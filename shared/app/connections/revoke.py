"""End our access to a tenant's account at the system itself."""

from __future__ import annotations

from collections.abc import Mapping

from shared.accounts.accounts import Accounts
from shared.accounts.providers import PROVIDERS
from shared.app.connections.messenger_places import tenant_at
from shared.app.engine.deps import Deps
from shared.core.documents.bots import INSTALLATIONS, Installation
from shared.core.documents.grant import Grant
from shared.core.errors import Unauthorized
from shared.core.people.linked_accounts import place_id
from shared.integrations.clients import load_client
from shared.integrations.systems import MESSENGERS
from shared.oauth import revoke
from shared.ports import SYSTEM, get_as

_THEIRS = "we no longer use the token or key that you gave us; delete it there"


def revoke_grant(deps: Deps, accounts: Accounts, tenant: str, system: str, grant: Grant) -> str:
    """Return "" once the system takes nothing from us any more, else what people have to do there.

    A grant that has ended already is none. Raises IntegrationError.
    """
    if grant.installation:
        return _uninstall(deps, accounts, tenant, system, grant.installation)
    if system in MESSENGERS:
        return _leave_workspace(deps, accounts, tenant, system, grant)
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


def _leave_workspace(deps: Deps, accounts: Accounts, tenant: str, system: str, grant: Grant) -> str:
    """Take our app out of a messenger's workspace. With it every token there ends, so another team's is left alone."""
    given = grant.public.get("team")
    place = place_id(system, str(given.get("id") or "")) if isinstance(given, Mapping) else ""
    if not place:  # a token that a person made by hand
        return f"{system}: {_THEIRS}"
    if tenant_at(deps, place) not in ("", tenant):
        return f"{system}: our app stays in the workspace, because another team of yours uses it"
    try:
        client = deps.secrets.get(f"{system}-client-id").reveal(), deps.secrets.get(f"{system}-client-secret")
        accounts.connect_for(tenant)(load_client(system)).leave(*client)
    except Unauthorized:
        return ""  # nothing of it is taken any more
    except (KeyError, ValueError):  # our keys, or our registration there, are gone: so is what we could do with it
        return f"{system}: remove our app in the workspace's settings"
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
