"""A team installs our app in its workspace of a messenger: the scopes, whose workspace it is, and then the grant."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from shared.accounts.accounts import Accounts
from shared.app.connections.messenger_places import claim_place, leave_other_places
from shared.app.engine.deps import Deps
from shared.app.people.membership import note
from shared.core.errors import Conflicting, MalformedRequest
from shared.core.people.actor import Acting, Actor, ActorKind, name_stranger
from shared.core.people.linked_accounts import place_id
from shared.core.system import OAuthProvider
from shared.integrations.systems import name_system
from shared.integrations.trial_result import join_words
from shared.oauth import GrantTokens

_OPTIONAL = frozenset({"chat:write.public"})  # without it channels have to invite us
_AGAIN = "Start the connection again, and agree to everything that is asked for."


def keep_installation(
    deps: Deps,
    accounts: Accounts,
    tenant: str,
    provider: OAuthProvider,
    tokens: GrantTokens,
    origin: Mapping[str, str],
) -> None:
    """Keep what a workspace has given. Raises MalformedRequest for too little, Conflicting for another team's.

    What is refused is not given back: where another team has the workspace, that would end theirs.
    """
    public = tokens.public
    workspace = place_id(provider.name, _read(public, "team", "id"))
    if public.get("is_enterprise_install") or not workspace:
        raise Conflicting(
            f"{name_system(provider.name)} has installed Workwright for a whole organisation, or names no workspace",
            way_out="Start the connection again, and choose one workspace.",
        )
    given = {each.strip() for each in str(public.get("scope") or "").split(",")}
    if missing := [each for each in provider.scopes if each not in given | _OPTIONAL]:
        listed = join_words(f"“{each}”" for each in missing)
        raise MalformedRequest(f"{name_system(provider.name)} did not give the scopes {listed}", way_out=_AGAIN)
    name = _read(public, "team", "name")[:80]
    claim_place(deps, tenant, workspace, name)
    deps.crash_point("messenger.after/claimed")
    accounts.keep(tenant, provider.name, tokens, {**public, "workspace": name})
    deps.crash_point("messenger.after/kept")
    leave_other_places(deps, tenant, workspace)
    user = _read(public, "authed_user", "id")
    stranger = Actor(ActorKind.UNKNOWN, "", "somebody")
    if user:
        stranger = Actor(ActorKind.PERSON, name_stranger(provider.name, user), user)
    note(deps, tenant, "MessengerConnected", Acting(stranger, origin), f"{workspace} {name}")


def _read(public: Mapping[str, Any], name: str, inner: str) -> str:
    holder = public.get(name)
    return str(holder.get(inner) or "") if isinstance(holder, Mapping) else ""
