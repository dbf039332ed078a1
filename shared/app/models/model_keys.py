"""Keys for models: the tenant's own, sealed like every grant, and what the installation offers beside them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from shared.accounts.grants import grant_of
from shared.app.connections.connect_account import resume_waiting
from shared.app.engine.deps import Deps
from shared.app.models.model_health import forget_health
from shared.core.documents.codec import from_body, to_body
from shared.core.documents.grant import CONNECTED, KIND, Grant
from shared.core.errors import Missing, NotThere, Unauthorized
from shared.core.models.model_facts import KEYED, OFFLINE
from shared.ports import Put, Secret, change_doc


def keep_key(deps: Deps, tenant: str, provider: str, key: Secret, by: str) -> None:
    """Seal a tenant's own key, in place of an older one, and let go on what waited for it. Again is once."""
    _require_keyed(provider)
    now = deps.clock.now().isoformat()
    access = deps.secrets.seal(tenant, f"{provider}.access", key)
    grant = Grant(CONNECTED, access, public={"by": by}, at=now, since=now)
    deps.store.put(tenant, Put(KIND, provider, to_body(grant)))
    forget_health(deps.store, tenant, provider)
    resume_waiting(deps, tenant, provider)


def drop_key(deps: Deps, tenant: str, provider: str) -> None:
    """Forget a tenant's own key. Raises NotThere when there is none."""
    _require_keyed(provider)

    def drop(key: Mapping[str, Any] | None) -> None:
        if key is None:
            raise NotThere(
                f"there is no key for {provider}", way_out="GET /v1/models says which providers have one of yours."
            )

    change_doc(deps.store, (tenant, KIND, provider), drop, deps.stand_back)


def own_keys(deps: Deps, tenant: str) -> Mapping[str, Mapping[str, Any]]:
    """Return the providers for which the tenant has a key of its own: since when, by whom, whether it still holds."""
    found = {doc.id: from_body(Grant, doc.body) for doc in deps.store.list_docs(tenant, KIND)}
    return {
        name: {
            "status": found[name].status,
            "since": found[name].since,
            "by": str(found[name].public.get("by", "")),
        }
        for name in KEYED
        if name in found
    }


def key_of(deps: Deps, tenant: str, provider: str) -> Secret:
    """Return the tenant's own key; raises Missing where it was taken away, Unauthorized where it was refused."""
    grant = grant_of(deps.store, tenant, provider)
    if grant is None:
        raise Missing(provider, "the team's key was deleted")
    if not grant.connected:
        raise Unauthorized(provider, "the team's key was refused; enter a new one")
    return deps.secrets.open(tenant, f"{provider}.access", grant.access or {})


def list_models(deps: Deps, tenant: str) -> tuple[str, ...]:
    """Return what this tenant may ask, the preferred first: its own providers, then what the installation offers.

    Rules of ours are no stand-in for a model that a team has brought: they are left out where they are all that is
    offered and the team has a key of its own, also one that was refused.
    """
    return choose_models(deps, own_keys(deps, tenant))


def choose_models(deps: Deps, keys: Mapping[str, Mapping[str, Any]]) -> tuple[str, ...]:
    """Return what a tenant with these keys of its own may ask, as `list_models` does."""
    own = tuple(name for name, key in keys.items() if key["status"] == "connected")
    offered = deps.models.references
    if keys and offered == (OFFLINE,):
        return own
    return (*own, *(each for each in offered if each.partition("/")[0] not in own))


def _require_keyed(provider: str) -> None:
    if provider not in KEYED:
        raise NotThere(
            f"{provider!r} is not a provider that takes a key of yours", way_out=f"Use one of {', '.join(KEYED)}."
        )
