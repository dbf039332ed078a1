"""Notion's grant decides whose a workspace is: the tenant of its bot, of the person who gave it, or a new one."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from shared.accounts.accounts import Accounts
from shared.accounts.grants import grant_of
from shared.app.engine.deps import Deps
from shared.app.engine.switches import refuse_deleted
from shared.core.errors import BadSignature, IntegrationError, RequestError
from shared.core.run.run import derived_id
from shared.integrations.notion.client.client import Notion
from shared.oauth import GrantTokens
from shared.ports import SYSTEM, Put, change_doc

AGAIN = "Start the connection again."


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
    doc = deps.store.get(SYSTEM, "workspaces", workspace)
    tenants: dict[str, str] = dict(doc.body["tenants"]) if doc else {}
    tenant = _tenant_of(deps, bot, tenants, tokens.public)
    refuse_deleted(deps, tenant)
    older = tenants.get(tenant, bot)
    if older != bot:
        _see_that_it_works(accounts, tokens)
    accounts.keep(tenant, "notion", tokens, tokens.public)
    deps.store.put(SYSTEM, Put("bots", bot, {"tenant": tenant, "workspace": workspace}))
    if older != bot:  # kept, so that what it wrote is still known as ours
        retired = {"tenant": tenant, "workspace": workspace, "retired": deps.clock.now().isoformat()}
        deps.store.put(SYSTEM, Put("bots", older, retired))

    def add(known: Mapping[str, Any] | None) -> Mapping[str, Any] | None:
        there = (known or {}).get("tenants") or {}
        return known if there.get(tenant) == bot else {"tenants": {**there, tenant: bot}}

    def begin(settings: Mapping[str, Any] | None) -> Mapping[str, Any]:
        return settings if settings is not None else {"name": str(tokens.public.get("workspace_name") or "")}

    change_doc(deps.store, (SYSTEM, "workspaces", workspace), add, deps.stand_back)
    change_doc(deps.store, (tenant, "settings", "tenant"), begin, deps.stand_back)
    return tenant


def _tenant_of(deps: Deps, bot: str, tenants: Mapping[str, str], public: Mapping[str, Any]) -> str:
    """Return the bot's tenant, else that of the same person in this workspace, else a new one's name."""
    known = deps.store.get(SYSTEM, "bots", bot)
    if known is not None:
        return str(known.body["tenant"])
    owner = _owner_of(public)
    for tenant in tenants if owner else ():
        grant = grant_of(deps.store, tenant, "notion")
        if grant is not None and _owner_of(grant.public) == owner:
            return tenant
    return derived_id("t-", bot)


def _owner_of(public: Mapping[str, Any]) -> str:
    """Return the person who gave the grant, "" for a workspace's own."""
    owner = public.get("owner")
    user = owner.get("user") if isinstance(owner, Mapping) else None
    return str(user.get("id") or "") if isinstance(user, Mapping) else ""


def _see_that_it_works(accounts: Accounts, tokens: GrantTokens) -> None:
    try:
        Notion(accounts.http_with("notion", tokens.access)).me()
    except IntegrationError as error:
        way_out = f"What was connected before is kept. {AGAIN}"
        raise ProviderUnavailable("Notion does not accept the access it has just given", way_out=way_out) from error
