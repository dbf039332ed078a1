"""How a team's work stands, in one answer."""

from __future__ import annotations

from typing import Any

from shared.app.api.exchange import ApiReply, Call
from shared.app.api.json_shapes import FLAG, MAYBE_TIME, array, explain, members, text
from shared.app.installation.status import status_of

_LINE = members(
    id=text(), title=text(), waits_for=text(what="What a person is asked for; empty for nothing."), failure=text()
)
_LINES = array(_LINE)
VIEWS: dict[str, Any] = {
    "TeamStatus": members(
        waiting=explain(_LINES, "Runs that wait for a person."),
        moving=explain(_LINES, "Other runs that have not ended."),
        standing=array(
            members(id=text(), title=text(), why=text(what="Who paused it, and how to go on.")),
            "Runs that somebody has paused, or that are only rehearsed.",
        ),
        failed=explain(_LINES, "Runs that failed within a day."),
        notion_asked_at=explain(MAYBE_TIME, "When Notion was last asked what has changed; null for never."),
        webhook=explain(FLAG, "Notion tells of changes by a webhook."),
        paused=text(what="Why no work is done now; empty when nothing prevents it."),
        unreached=text(what="A message that has reached nobody within a day, and why; empty for none."),
        notion_away=text(what="Notion is not reached, or a clock is wrong; empty for neither."),
    )
}


def show_status(call: Call) -> ApiReply:
    """Return what waits for a person, what moves, what failed lately, and when Notion was last asked."""
    return ApiReply(body=status_of(call.deps, call.tenant))
