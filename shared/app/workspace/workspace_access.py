"""What a team's connection lets us do in its Notion, asked where that may stand in the way of the set-up."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from shared.accounts.accounts import Accounts
from shared.accounts.grants import grant_of
from shared.app.connections.connect_notion import identity_of
from shared.app.engine.deps import Deps
from shared.core.errors import Blocked, ErrorClass, IntegrationError, Missing, NotAllowed, Unauthorized
from shared.core.people.obstacles import Obstacle
from shared.integrations.notion.client.client import Notion
from shared.integrations.notion.client.notion_refusals import NoMoreBlocks
from shared.integrations.notion.trial import READ_USERS, find_missing_rights


def name_obstacle(error: IntegrationError) -> Obstacle:
    """Return what a refusal comes from."""
    kinds: tuple[tuple[type[IntegrationError], Obstacle], ...] = (
        (NoMoreBlocks, Obstacle.PLAN),
        (NotAllowed, Obstacle.RIGHT),
        (Missing, Obstacle.NOT_SHARED),
        (Blocked, Obstacle.BLOCKED),
        (Unauthorized, Obstacle.ENDED),
    )
    return next((obstacle for kind, obstacle in kinds if isinstance(error, kind)), Obstacle.OTHER)


def look_at_access(deps: Deps, accounts: Accounts, tenant: str) -> Mapping[str, Any]:
    """Return which rights the connection lacks, and whether who gave it is a guest; nothing where Notion says nothing.

    Each right is asked for by a call that comes to nothing. Raises what may pass: outages and rate limits.
    """
    notion = Notion(accounts.http_for(tenant, "notion"))
    try:
        lacking = find_missing_rights(notion, {})
        return {"lacking": lacking, "guest": _is_guest(deps, notion, tenant, lacking)}
    except IntegrationError as error:
        if error.error_class == ErrorClass.TRANSIENT:
            raise
        return {}


def _is_guest(deps: Deps, notion: Notion, tenant: str, lacking: list[str]) -> bool:
    """Say whether who gave the grant is missing among the people of the workspace: guests are (notion-api, users)."""
    grant = grant_of(deps.store, tenant, "notion")
    giver = identity_of(grant.public).partition(":")[2] if grant is not None else ""
    if not giver or READ_USERS in lacking:
        return False
    return giver not in {str(each.get("id")) for each in notion.users()}
