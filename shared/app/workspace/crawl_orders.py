"""Begin a crawl of a workspace and order its parts; `app/intake/reconcile.py` does them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from shared.app.engine.deps import Deps
from shared.core.documents.sync import MAP, MapState
from shared.core.run.commands import RECONCILE, Command
from shared.core.run.run import derive_id
from shared.ports import change_as

CRAWL = "crawl"


def begin_crawl(deps: Deps, tenant: str) -> str:
    """Order the first part of a crawl of everything; one that is under way ends with its present part."""
    now = deps.clock.now().isoformat()
    remember(deps, tenant, {"since": now, "crawl": now, "part": now})
    deps.queue.enqueue([crawl_part(tenant, now, 1)])
    return now


def crawl_part(tenant: str, began: str, number: int) -> Command:
    """Return the command for one part of the crawl that began then."""
    name = derive_id("crawl-", tenant, began, str(number))
    return Command(name, RECONCILE, "sync", tenant, topic=CRAWL, ref=began, wake=number)


def remember(deps: Deps, tenant: str, fields: Mapping[str, Any], *, crawl: str = "") -> None:
    """Keep how far the map of the workspace is; with `crawl`, nothing when another one has begun since then."""

    def keep(before: MapState | None) -> MapState | None:
        known = before or MapState()
        return before if crawl and known.crawl != crawl else replace(known, **fields)

    change_as(MapState, deps.store, (tenant, *MAP), keep, deps.stand_back)
