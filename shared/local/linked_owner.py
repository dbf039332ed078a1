"""On one machine where all is simulated, the owner has said already which account in the simulated Slack is theirs."""

from __future__ import annotations

from shared.app.engine.deps import Deps
from shared.app.people.linking import confirm_code, make_code, type_code
from shared.app.people.membership import members_of
from shared.core.people.linked_accounts import account_id
from shared.core.people.members import OWNER

_WORKSPACE = ("slack", "T0SIM")


def link_owner(deps: Deps, tenant: str, user: str) -> None:
    """Link this account with the team's owner, as their two steps in Slack do; a team without members has none."""
    people = members_of(deps, tenant).people
    owner = next((person for person, member in people.items() if member.role == OWNER), "")
    if owner:
        account, code = account_id(*_WORKSPACE, user), make_code(deps, tenant, owner)
        type_code(deps, account, code)
        confirm_code(deps, account, code)
