"""The real workspace of a data folder: connected by the secret of an internal integration, and remembered."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from shared.accounts.accounts import Accounts
from shared.accounts.grants import grant_of
from shared.app.connections.access_renewal import TOKEN
from shared.app.connections.connect_account import resume_waiting
from shared.app.connections.connect_notion import connect_notion
from shared.app.engine.deps import Deps
from shared.app.engine.switches import is_gone
from shared.app.installation.home import REAL_HOME, SIMULATED_HOME
from shared.core.errors import ConfigError
from shared.oauth import GrantTokens
from shared.ports import SYSTEM, Put, Secret


@dataclass(frozen=True, slots=True)
class Workspace:
    """Whose folder this is."""

    tenant: str
    bot: str
    name: str


def workspace_of(deps: Deps) -> Workspace | None:
    """Return the real workspace of this folder; None where none is connected yet, or its team is deleted."""
    doc = deps.store.get(SYSTEM, *REAL_HOME)
    if doc is None or is_gone(deps, doc.body["tenant"]):
        return None
    return Workspace(doc.body["tenant"], doc.body["bot"], doc.body["name"])


def find_consented(deps: Deps) -> Workspace | None:
    """Return the workspace for which a person gave consent in a browser, and remember it; None for none yet."""
    for tenant in deps.store.tenants():
        grant = grant_of(deps.store, tenant, "notion")
        if grant is not None and not is_gone(deps, tenant) and grant.connected:
            return _remember_workspace(
                deps, Workspace(tenant, grant.bot, str(grant.public.get("workspace_name") or ""))
            )
    return None


def _remember_workspace(deps: Deps, made: Workspace) -> Workspace:
    deps.store.put(SYSTEM, Put(*REAL_HOME, {"tenant": made.tenant, "bot": made.bot, "name": made.name}))
    return made


def connect_by_secret(deps: Deps, accounts: Accounts, token: Secret, facts: Mapping[str, str]) -> Workspace:
    """Keep the secret of an internal integration as the grant of its workspace; `facts` are what the try has learnt.

    Raises ConfigError where the folder has another workspace already.
    """
    refuse_simulated(deps)
    identity = {name: facts[name] for name in ("bot_id", "workspace_id", "workspace_name")}
    known = workspace_of(deps)
    if known is not None and known.bot != facts["bot_id"]:
        raise ConfigError(
            f"this folder works for another integration, in the workspace {known.name!r}; give the secret of that one,"
            " or name a new folder with --data"
        )
    public = {**identity, "owner": {"type": facts["owner"]}, "given": TOKEN}
    tenant = connect_notion(deps, accounts, GrantTokens(token, None, public))
    made = _remember_workspace(deps, Workspace(tenant, facts["bot_id"], facts["workspace_name"]))
    resume_waiting(deps, tenant, "notion")
    return made


def refuse_simulated(deps: Deps) -> None:
    """Raise ConfigError for a folder whose work lies in a simulated Notion: a real one does not know its pages."""
    if deps.store.get(SYSTEM, *SIMULATED_HOME) is not None:
        raise ConfigError("this folder has a simulated Notion with its pages; name a new folder with --data")


def refuse_real(deps: Deps) -> None:
    """Raise ConfigError for a folder whose work lies in a real Notion."""
    known = workspace_of(deps)
    if known is not None:
        raise ConfigError(
            f"this folder works for the real workspace {known.name!r}; choose the real Notion again with"
            " `workwright init notion`, or name a new folder with --data"
        )
