"""This machine's clock beside Notion's: how far it is off, kept for whoever looks, and never counted with.

What was edited is asked for by Notion's own time. With a clock that is a day ahead the next look would ask for what is
edited from tomorrow on.
"""

from __future__ import annotations

from datetime import timedelta

from shared import log
from shared.app.engine.deps import Deps
from shared.core.documents.codec import to_body
from shared.core.documents.sync import CLOCK, WrongClock
from shared.integrations.notion.client.client import Notion
from shared.ports import Put, get_as

TOLERATED = timedelta(minutes=2)  # times of edits are given to the minute, and a little earlier is asked for anyway


def notion_ahead(deps: Deps, notion: Notion) -> timedelta:
    """Return by how much Notion's clock is ahead of ours, by its last answer; nothing for what does not matter."""
    theirs = notion.their_now()
    ahead = theirs - deps.clock.now() if theirs is not None else timedelta(0)
    return ahead if abs(ahead) > TOLERATED else timedelta(0)


def note_clock(deps: Deps, tenant: str, notion: Notion) -> None:
    """Keep that this machine's clock is off, or that it no longer is."""
    ahead, kept = notion_ahead(deps, notion), deps.store.get(tenant, *CLOCK)
    if not ahead and kept is None:
        return
    seconds = round(ahead.total_seconds())
    if ahead and kept is None:
        log.line("WARNING", "the clock of this machine is wrong, by Notion's", tenant=tenant, ahead_s=seconds)
    wrong = WrongClock(seconds, deps.clock.now().isoformat())
    deps.store.put(tenant, Put(*CLOCK, to_body(wrong) if ahead else None))


def ahead_of_us(deps: Deps, tenant: str) -> timedelta:
    """Return by how much Notion's clock was ahead of ours when it was asked last."""
    wrong = get_as(WrongClock, deps.store, (tenant, *CLOCK))
    return timedelta(seconds=wrong.ahead_s) if wrong is not None else timedelta(0)
