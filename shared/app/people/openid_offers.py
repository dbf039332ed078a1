"""Which providers that say who somebody is the operator has set up."""

from __future__ import annotations

from shared.app.engine.deps import Deps


def is_offered(deps: Deps, name: str) -> bool:
    """Say whether the operator has set this way up."""
    try:
        return bool(deps.secrets.get(f"{name}-sign-in-id").reveal())
    except KeyError:
        return False
