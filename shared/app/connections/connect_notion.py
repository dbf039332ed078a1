"""Notion's grant decides whose a workspace is: the tenant of its bot, of the person who gave it, or a new one."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from shared.accounts.accounts import Accounts
from shared.accounts.grants import grant_of
from shared.app.engine.deps import Deps
from shared.app.engine.switches import refuse_deleted
from shared.app.people.identities import find_person
from shared.app.people.membership import members_of
from shared.core.documents.bots import BOTS, WORKSPACES, Bot, Workspace
from shared.core.documents.codec import to_body
from shared.core.errors import BadSignature, IntegrationError, RequestError
from shared.core.run.run import derive_id
from shared.integrations.notion.client.client import Notion
from shared.oauth import GrantTokens
from shared.ports import SYSTEM, Put, change_as, change_doc, get_as

AGAIN = "Start the connection again."
_MAX_NAME = 80


class ProviderUnavailable(RequestError):
    """The provider does not answer, so the connection cannot be finished now."""

    status = 502
    code = "provider_unavailable"


def connect_notion(deps: Deps, accounts: Accounts, tokens: GrantTokens) -> str:
    """Keep Notion's grant and return its tenant. The same bot again keeps its tenant, and so does the same person.

    Notion does not promise that a second consent keeps the bot (notion-api: OAuth). A new bot of the same person in the
    same workspace takes the older one's place once it has shown that it works; its tenant, runs and settings stay.
    """
    bot, workspace = str(tokens.public.get("bot_id", "")), str(tokens.public.get("workspace_id", ""))
    if not bot or not workspace:
        raise BadSignature("Notion's answer names no bot or workspace")
    known = get_as(Workspace, deps.store, (SYSTEM, WORKSPACES, workspace))
    tenants = known.tenants if known is not None else {}
    tenant = find_tenant(deps, tokens.public) or derive_id("t-", bot)
    refuse_deleted(deps, tenant)
    older = tenants.get(tenant, bot)
    if older != bot:
        _see_that_it_works(accounts, tokens)
    accounts.keep(tenant, "notion", tokens, tokens.public)
    deps.store.put(SYSTEM, Put(BOTS, bot, to_body(Bot(tenant, workspace))))
    if older != bot:  # kept, so that what it wrote is still known as ours
        deps.store.put(SYSTEM, Put(BOTS, older, to_body(Bot(tenant, workspace, deps.clock.now()))))

    def add(known: Workspace | None) -> Workspace | None:
        before = known or Workspace()
        return known if before.tenants.get(tenant) == bot else replace(before, tenants={**before.tenants, tenant: bot})

    def begin(settings: Mapping[str, Any] | None) -> Mapping[str, Any]:
        if settings is not None:
            return settings
        founder = {"founder": identity} if (identity := identity_of(tokens.public)) else {}
        return {"name": str(tokens.public.get("workspace_name") or ""), **founder}

    change_as(Workspace, deps.store, (SYSTEM, WORKSPACES, workspace), add, deps.stand_back)
    change_doc(deps.store, (tenant, "settings", "tenant"), begin, deps.stand_back)
    return tenant


def find_tenant(deps: Deps, public: Mapping[str, Any]) -> str:
    """Return the bot's tenant, else that of the same person in this workspace, else one that they may connect again.

    "" where there is none.
    """
    known = get_as(Bot, deps.store, (SYSTEM, BOTS, str(public.get("bot_id", ""))))
    if known is not None:
        return known.tenant
    workspace = get_as(Workspace, deps.store, (SYSTEM, WORKSPACES, str(public.get("workspace_id", ""))))
    identity = identity_of(public)
    tenants = workspace.tenants if workspace is not None and identity else {}
    grants = {tenant: grant_of(deps.store, tenant, "notion") for tenant in tenants}
    for tenant, grant in grants.items():
        if grant is not None and identity_of(grant.public) == identity:
            return tenant
    person = find_person(deps, identity)
    for tenant, grant in grants.items():
        lost = grant is not None and not grant.connected
        if lost and members_of(deps, tenant).role_of(person) in ("owner", "admin"):
            return tenant
    return ""


def identity_of(public: Mapping[str, Any]) -> str:
    """Return who gave the grant, as notion:USER; "" for a workspace's own."""
    user = str(_user_of(public).get("id") or "")
    return f"notion:{user}" if user else ""


def name_of(public: Mapping[str, Any]) -> str:
    """Return what they are called, "" where Notion tells the id alone (a partial user)."""
    return str(_user_of(public).get("name") or "")[:_MAX_NAME]


def _user_of(public: Mapping[str, Any]) -> Mapping[str, Any]:
    owner = public.get("owner")
    user = owner.get("user") if isinstance(owner, Mapping) else None
    return user if isinstance(user, Mapping) else {}


def _see_that_it_works(accounts: Accounts, tokens: GrantTokens) -> None:
    try:
        Notion(accounts.http_with("notion", tokens.access)).me()
    except IntegrationError as error:
        way_out = f"What was connected before is kept. {AGAIN}"
        raise ProviderUnavailable("Notion does not accept the access it has just given", way_out=way_out) from error
