"""Why a tenant's work may stand still without anybody's fault, in words: Notion is not reached, the clock is wrong."""

from __future__ import annotations

from datetime import datetime, timedelta

from shared.app.engine.deps import Deps
from shared.app.polling.connection_outages import find_unreached_since
from shared.app.polling.wrong_clock import ahead_of_us


def standing_words(deps: Deps, tenant: str) -> str:
    """Return what people have to know before they wait; "" when there is nothing."""
    since = find_unreached_since(deps, tenant, "notion")
    return " ".join(each for each in (explain_unreachable(since), clock_off(ahead_of_us(deps, tenant))) if each)


def explain_unreachable(since: datetime | None) -> str:
    """Return the words for a Notion that cannot be connected to."""
    if since is None:
        return ""
    return (
        f"Notion cannot be reached since {since:%Y-%m-%d %H:%M} UTC. Nothing fails for it, and work goes on within a"
        " minute after it can; look at this machine's network."
    )


def clock_off(ahead: timedelta) -> str:
    """Return the words for a clock that is off; `ahead` is by how much Notion's is ahead of it."""
    if not ahead:
        return ""
    minutes = round(abs(ahead).total_seconds() / 60)
    span = f"{minutes} minutes" if minutes < 120 else f"{round(minutes / 60)} hours"
    word = "behind" if ahead > timedelta(0) else "ahead of"
    return f"The clock of this machine is about {span} {word} Notion's. Set it right: messages and schedules go by it."
