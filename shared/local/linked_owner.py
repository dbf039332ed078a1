"""On one machine where all is simulated, the owner has said already which account at the messenger is theirs."""

from __future__ import annotations

from shared.app.engine.deps import Deps
from shared.app.people.linking import confirm_code, make_code, type_code
from shared.app.people.membership import members_of
from shared.core.people.linked_accounts import account_id
from shared.core.people.members import OWNER


def link_owner(deps: Deps, tenant: str, system: str, workspace: str, user: str) -> None:
    """Link this account with the team's owner, as their two steps at the messenger do; there may be no owner."""
    people = members_of(deps, tenant).people
    owner = next((person for person, member in people.items() if member.role == OWNER), "")
    if owner:
        account, code = account_id(system, workspace, user), make_code(deps, tenant, owner)
        type_code(deps, account, code)
        confirm_code(deps, account, code)
