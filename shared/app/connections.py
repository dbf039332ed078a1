"""Accounts a tenant connects by a token of its own, or by a link that leads its owner through OAuth."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from shared.accounts import PROVIDERS, Accounts
from shared.app.accept_forge_delivery import note_installation
from shared.app.connect_account import connect_ticket, resume_waiting
from shared.app.deps import Deps
from shared.app.switches import refuse_deleted
from shared.core.errors import Conflicting, ErrorClass, IntegrationError, Unauthorized
from shared.core.system_names import name_system
from shared.integrations.github.app import rules_account
from shared.oauth import GrantTokens
from shared.ports import Secret

# What tells whether a token is any good, and whose it is: path, and the name in the answer.
_PROBES = {"github": ("/user", "login"), "gitlab": ("/api/v4/user", "username"), "vercel": ("/v2/user", "username")}
TAKES_TOKENS = tuple(_PROBES)
_SHOW = (
    "Install the app on GitHub, then give the installation's number and a token of an owner "
    "of that account (scope read:org)."
)


def connect_by_token(
    deps: Deps, accounts: Accounts, tenant: str, system: str, token: Secret, host: str = ""
) -> Mapping[str, Any]:
    """Keep a token if the system takes it; what waited for the system goes on. Raises Conflicting."""
    if system not in _PROBES:
        raise Conflicting(f"field 'system' must be one of {', '.join(TAKES_TOKENS)} to take a token")
    if host and system != "gitlab":
        raise Conflicting("field 'host' is only for a self-managed GitLab", way_out="Leave 'host' out.")
    refuse_deleted(deps, tenant)
    path, name = _PROBES[system]
    try:
        found = accounts.http_with(system, token, host).call("GET", path).json
    except IntegrationError as error:
        if error.error_class == ErrorClass.TRANSIENT:
            raise Conflicting(
                f"{name_system(system)} does not answer at the moment", way_out="Try again in a minute."
            ) from error
        why = (
            str(error)
            if host and isinstance(error, Unauthorized)
            else f"{name_system(system)} does not accept this token"
        )
        raise Conflicting(why, way_out="Create a new token and give that one.") from error
    user = found.get("user", found) if isinstance(found, dict) else {}
    public = {"login": str(user.get(name) or ""), **({"host": host} if host else {})}
    accounts.keep(tenant, system, GrantTokens(token, None, {}), public)
    resume_waiting(deps, tenant, system)
    return {"system": system, "connected": True, "as": public["login"]}


def connect_installation(
    deps: Deps, accounts: Accounts, tenant: str, installation: int, token: Secret
) -> Mapping[str, Any]:
    """Connect an installation of our GitHub App, if the token's person rules the account it is in.

    Anybody could name a number, so the person shows who they are by a token, which is asked two questions and not
    kept. Raises Conflicting.
    """
    refuse_deleted(deps, tenant)
    try:
        account = accounts.app_tokens.account(installation)
        allowed = rules_account(accounts.http_with("github", token), account)
    except IntegrationError as error:
        if error.error_class == ErrorClass.TRANSIENT:
            raise Conflicting("GitHub does not answer at the moment", way_out="Try again in a minute.") from error
        raise Conflicting(f"the installation cannot be connected: {error}", way_out=_SHOW) from error
    if not allowed:
        raise Conflicting("the token's owner does not administer the installation's account", way_out=_SHOW)
    public = {"login": account, "installation": installation}
    accounts.keep(tenant, "github", GrantTokens(Secret("installation"), None, {}), public)
    note_installation(deps, tenant, installation)
    resume_waiting(deps, tenant, "github")
    return {"system": "github", "connected": True, "as": f"{account} (app)"}


def connect_link(deps: Deps, tenant: str, system: str) -> str:
    """Return the link that leads an owner's browser through OAuth, good for ten minutes; raises Conflicting."""
    if system == "notion" or system not in PROVIDERS:
        ways = ", ".join(sorted({*PROVIDERS, *TAKES_TOKENS} - {"notion"}))
        raise Conflicting(
            f"{name_system(system)} cannot be connected by a link",
            way_out=f"Give a token. These can be connected: {ways}.",
        )
    return f"{deps.connect_url}/start?provider={system}&ticket={connect_ticket(deps, tenant, system)}"
