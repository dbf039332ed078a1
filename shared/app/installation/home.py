"""The team that an installation on one machine was set up for: of a real workspace, or of the simulated one."""

from __future__ import annotations

from shared.app.engine.deps import Deps
from shared.app.engine.switches import is_gone
from shared.ports import SYSTEM, Put

REAL_HOME = ("install", "workspace")
SIMULATED_HOME = ("install", "home")
APPLIED = ("install", "applied")  # what was carried over last: what people change later in another way stays
AROUND = ("install", "around")  # which systems around the real Notion are simulated, and where they think we are


def home_of(deps: Deps) -> str:
    """Return the team, "" for none yet, or for one that is being deleted or was."""
    docs = (deps.store.get(SYSTEM, *place) for place in (REAL_HOME, SIMULATED_HOME))
    tenants = (str(doc.body["tenant"]) for doc in docs if doc is not None)
    return next((tenant for tenant in tenants if not is_gone(deps, tenant)), "")


def ends_with(deps: Deps, tenant: str) -> list[Put]:
    """Return what makes the installation forget a team of a real workspace that is deleted: whoever comes is new."""
    doc = deps.store.get(SYSTEM, *REAL_HOME)
    if doc is None or doc.body["tenant"] != tenant:
        return []
    return [Put(*place, None) for place in (REAL_HOME, APPLIED, AROUND)]
