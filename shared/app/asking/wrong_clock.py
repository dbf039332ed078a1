"""This machine's clock beside Notion's: how far it is off, kept for whoever looks, and never counted with.

What was edited is asked for by Notion's own time. With a clock that is a day ahead the next look would ask for what is
edited from tomorrow on.
"""

from __future__ import annotations

from datetime import timedelta

from shared import log
from shared.app.engine.deps import Deps
from shared.integrations.notion.client.client import Notion
from shared.ports import Put

PLACE = ("sync", "clock")  # {"ahead_s", "at"}: by how much Notion's clock is ahead of ours; only while it is off
TOLERATED = timedelta(minutes=2)  # times of edits are given to the minute, and a little earlier is asked for anyway


def notion_ahead(deps: Deps, notion: Notion) -> timedelta:
    """Return by how much Notion's clock is ahead of ours, by its last answer; nothing for what does not matter."""
    theirs = notion.their_now()
    ahead = theirs - deps.clock.now() if theirs is not None else timedelta(0)
    return ahead if abs(ahead) > TOLERATED else timedelta(0)


def note_clock(deps: Deps, tenant: str, notion: Notion) -> None:
    """Keep that this machine's clock is off, or that it no longer is."""
    ahead, kept = notion_ahead(deps, notion), deps.store.get(tenant, *PLACE)
    if not ahead and kept is None:
        return
    body = {"ahead_s": round(ahead.total_seconds()), "at": deps.clock.now().isoformat()} if ahead else None
    if body is not None and kept is None:
        log.line("WARNING", "the clock of this machine is wrong, by Notion's", tenant=tenant, ahead_s=body["ahead_s"])
    deps.store.put(tenant, Put(*PLACE, body))


def ahead_of_us(deps: Deps, tenant: str) -> timedelta:
    """Return by how much Notion's clock was ahead of ours when it was asked last."""
    doc = deps.store.get(tenant, *PLACE)
    return timedelta(seconds=float(doc.body["ahead_s"])) if doc is not None else timedelta(0)
