"""An owner's wish for databases is kept, and the work on it ordered; `workspace_setup` does it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from shared.app.engine.deps import Deps
from shared.app.workspace.workspace_databases import SETUP, TOPIC, WORKING
from shared.core.documents.codec import to_body
from shared.core.documents.places import Setup
from shared.core.errors import VersionConflict
from shared.core.run.commands import CONSIDER, Command
from shared.core.run.run import derive_id
from shared.ports import Put, get_as


def load_setup(deps: Deps, tenant: str) -> Setup:
    """Return the latest wish and what came of it."""
    return get_as(Setup, deps.store, (tenant, *SETUP)) or Setup()


def order_databases(
    deps: Deps,
    tenant: str,
    page: str,
    adopt: Mapping[str, str],
    answers: Mapping[str, str],
    *,
    anew: bool = False,
    seen: int | None = None,
) -> Setup:
    """Order databases to be created on a page or adopted, by their ids; earlier answers stay, but for `anew`.

    What is there stays. Raises VersionConflict where somebody else has ordered at the same time, or since the wish with
    the number that was `seen`.
    """
    before = load_setup(deps, tenant)
    if seen is not None and seen != before.number:
        raise VersionConflict(f"wish {seen} was seen, and there is {before.number}")
    if anew:
        before = replace(before, page="", adopt={}, answers={})
    setup = before.wish_for(page or before.page, adopt, answers, WORKING)
    deps.store.put(tenant, Put(*SETUP, to_body(setup), before.version))
    deps.crash_point("databases.after/wish")
    name = derive_id("databases-", tenant, str(setup.number))
    deps.queue.enqueue([Command(name, CONSIDER, "plan", tenant, topic=TOPIC)])
    return setup
