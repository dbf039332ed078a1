"""Begin a crawl of a workspace and order its parts; `app/intake/reconcile.py` does them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from shared.app.engine.deps import Deps
from shared.core.run.commands import RECONCILE, Command
from shared.core.run.run import derived_id
from shared.ports import change_doc

CRAWL = "crawl"


def begin_crawl(deps: Deps, tenant: str) -> str:
    """Order the first part of a crawl of everything; one that is under way ends with its present part."""
    now = deps.clock.now().isoformat()
    remember(deps, tenant, {"since": now, "crawl": now, "part": now})
    deps.queue.enqueue([crawl_part(tenant, now, 1)])
    return now


def crawl_part(tenant: str, began: str, number: int) -> Command:
    """Return the command for one part of the crawl that began then."""
    name = derived_id("crawl-", tenant, began, str(number))
    return Command(name, RECONCILE, "sync", tenant, topic=CRAWL, ref=began, wake=number)


def remember(deps: Deps, tenant: str, fields: Mapping[str, str], *, crawl: str = "") -> None:
    """Keep how far the map of the workspace is; with `crawl`, nothing when another one has begun since then."""

    def keep(before: Mapping[str, Any] | None) -> Mapping[str, Any] | None:
        return before if crawl and (before or {}).get("crawl") != crawl else {**(before or {}), **fields}

    change_doc(deps.store, (tenant, "sync", "map"), keep, deps.stand_back)
