"""Accounts a tenant connects by a token of its own, or by a link that leads its owner through OAuth."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from shared.accounts.accounts import Accounts
from shared.accounts.providers import PROVIDERS
from shared.app.connections.connect_account import resume_waiting
from shared.app.connections.connect_tickets import make_ticket
from shared.app.engine.deps import Deps
from shared.app.engine.switches import refuse_deleted
from shared.app.intake.accept_forge_delivery import note_installation
from shared.core.errors import Conflicting, ErrorClass, IntegrationError, Unauthorized
from shared.integrations.systems import APP_FORGE, SELF_MANAGED, SYSTEMS, name_system
from shared.integrations.trial_result import Given
from shared.integrations.trials import load_trial
from shared.oauth import GrantTokens
from shared.ports import Secret

TAKES_TOKENS = tuple(each.name for each in SYSTEMS.values() if each.by_token)
CONNECTED = (*TAKES_TOKENS, *(each for each in PROVIDERS if each not in (*TAKES_TOKENS, "notion")))  # by a team itself
_SHOW = (
    f"Install the app on {name_system(APP_FORGE)}, then give the installation's number and a token of an owner "
    f"of that account (scope {SYSTEMS[APP_FORGE].shows_owner})."
)


def connect_by_token(
    deps: Deps, accounts: Accounts, tenant: str, system: str, token: Secret, host: str = ""
) -> Mapping[str, Any]:
    """Keep a token if the system takes it; what waited for the system goes on. Raises Conflicting.

    A `note` says what it may not do, where that is seen.
    """
    if system not in TAKES_TOKENS:
        raise Conflicting(f"field 'system' must be one of {', '.join(TAKES_TOKENS)} to take a token")
    if host and not SYSTEMS[system].self_managed:
        raise Conflicting(f"field 'host' is only for a self-managed {SELF_MANAGED}", way_out="Leave 'host' out.")
    refuse_deleted(deps, tenant)
    try:
        at = accounts.http_with(system, None, host).base_url
    except Unauthorized as error:
        raise Conflicting(str(error), way_out="Create a new token and give that one.") from error
    tried = load_trial(system)(Given(deps.clock.now, at, token, plain=True, trace=accounts.trace))
    if not tried.facts.get("login"):  # it is no good; one that may do little may do enough for this team
        raise Conflicting(tried.says, way_out=tried.way_out)
    public = {"login": tried.facts["login"], **({"host": host} if host else {})}
    accounts.keep(tenant, system, GrantTokens(token, None, {}), public)
    resume_waiting(deps, tenant, system)
    note = "" if tried.ok else f"{tried.says} {tried.way_out}"
    return {"system": system, "connected": True, "as": public["login"], "note": note}


def connect_installation(
    deps: Deps, accounts: Accounts, tenant: str, installation: int, token: Secret
) -> Mapping[str, Any]:
    """Connect an installation of our app, if the token's person rules the account it is in.

    Anybody could name a number, so the person shows who they are by a token, which is asked two questions and not
    kept. Raises Conflicting.
    """
    refuse_deleted(deps, tenant)
    try:
        account = accounts.app_tokens.account(installation)
        allowed = accounts.app_tokens.rules_account(accounts.http_with(APP_FORGE, token), account)
    except IntegrationError as error:
        if error.error_class == ErrorClass.TRANSIENT:
            raise Conflicting(
                f"{name_system(APP_FORGE)} does not answer at the moment", way_out="Try again in a minute."
            ) from error
        raise Conflicting(f"the installation cannot be connected: {error}", way_out=_SHOW) from error
    if not allowed:
        raise Conflicting("the token's owner does not administer the installation's account", way_out=_SHOW)
    public = {"login": account, "installation": installation}
    accounts.keep(tenant, APP_FORGE, GrantTokens(Secret("installation"), None, {}), public)
    note_installation(deps, tenant, installation)
    resume_waiting(deps, tenant, APP_FORGE)
    return {"system": APP_FORGE, "connected": True, "as": f"{account} (app)"}


def connect_link(deps: Deps, tenant: str, system: str, asker: str) -> str:
    """Return the link that leads through OAuth who asked for it, good for ten minutes; raises Conflicting."""
    if system == "notion" or system not in PROVIDERS:
        ways = ", ".join(sorted({*PROVIDERS, *TAKES_TOKENS} - {"notion"}))
        raise Conflicting(
            f"{name_system(system)} cannot be connected by a link",
            way_out=f"Give a token. These can be connected: {ways}.",
        )
    return f"{deps.connect_url}/start?provider={system}&ticket={make_ticket(deps, tenant, system, asker)}"
