"""Somebody comes back from Notion's consent: their team's grant is kept, or they ask to join their colleagues' team."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from shared import log
from shared.accounts.accounts import Accounts
from shared.accounts.providers import PROVIDERS
from shared.app.connections.connect_notion import connect_notion, find_tenant, identity_of, name_of
from shared.app.engine.deps import Deps
from shared.app.engine.switches import is_gone
from shared.app.people.identities import find_person
from shared.app.people.membership import members_of, welcome
from shared.core.documents.bots import WORKSPACES, Workspace
from shared.core.errors import IntegrationError
from shared.oauth import GrantTokens, revoke
from shared.ports import SYSTEM, get_as
from shared.ports.documents import tenant_settings


@dataclass(frozen=True, slots=True)
class Arrival:
    """Which team somebody belongs to, or asks to join; `person` is "" where Notion names nobody."""

    tenant: str
    person: str = ""
    asks: bool = False
    connected: bool = True  # their grant is the team's now


def receive_consent(deps: Deps, accounts: Accounts, tokens: GrantTokens, origin: Mapping[str, str]) -> Arrival:
    """Keep Notion's grant for the team of who gave it. Where colleagues have a team already, give it back and ask them.

    Raises what `connect_notion` does.
    """
    identity, name = identity_of(tokens.public), name_of(tokens.public)
    theirs = _colleagues_team(deps, tokens.public, identity)
    if theirs:
        _give_back(deps, accounts, tokens)
        member = welcome(deps, theirs, identity, name, founds=False, origin=origin)
        return Arrival(theirs, find_person(deps, identity), member.asks, connected=False)
    tenant = connect_notion(deps, accounts, tokens)
    if not identity:
        return Arrival(tenant)
    founds = tenant_settings(deps.store, tenant).more.get("founder") == identity
    member = welcome(deps, tenant, identity, name, founds=founds, origin=origin)
    return Arrival(tenant, find_person(deps, identity), member.asks)


def _colleagues_team(deps: Deps, public: Mapping[str, Any], identity: str) -> str:
    """Return the team that others have in this workspace, "" where who comes has one there or nobody has."""
    place = (SYSTEM, WORKSPACES, str(public.get("workspace_id", "")))
    known = get_as(Workspace, deps.store, place) if place[2] and identity else None
    tenants = [each for each in (known.tenants if known is not None else ()) if not is_gone(deps, each)]
    if not tenants or find_tenant(deps, public):
        return ""
    person = find_person(deps, identity)
    return next((each for each in tenants if person in members_of(deps, each).people), tenants[0])


def _give_back(deps: Deps, accounts: Accounts, tokens: GrantTokens) -> None:
    """Revoke a grant that is of no use to us: nobody holds more access than is used."""
    client = deps.secrets.get("notion-client-id").reveal(), deps.secrets.get("notion-client-secret")
    try:
        revoke(accounts.plain_http("notion"), PROVIDERS["notion"], *client, tokens.access)
    except IntegrationError as error:
        log.line("WARNING", "a grant that is not used could not be given back", **log.about(error))
