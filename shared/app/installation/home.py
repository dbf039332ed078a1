"""The team that an installation on one machine was set up for: of a real workspace, or of the simulated one."""

from __future__ import annotations

from shared.app.deps import Deps
from shared.ports import SYSTEM

REAL_HOME = ("install", "workspace")
SIMULATED_HOME = ("install", "home")


def home_of(deps: Deps) -> str:
    """Return the team, "" for none yet."""
    docs = (deps.store.get(SYSTEM, *place) for place in (REAL_HOME, SIMULATED_HOME))
    return next((str(doc.body["tenant"]) for doc in docs if doc is not None), "")
