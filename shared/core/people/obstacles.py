"""What may stand in the way of a team's set-up in Notion: how each is said, and what to do about it. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from enum import StrEnum

SHARE = "Open the page in Notion, choose ••• › Connections, add Workwright, and look again here."
_GUEST = "You are a guest of this workspace in Notion, and a guest's connection reaches no more than what was shared."
_MEMBER = (
    "Have somebody who is a member of the workspace connect Notion, or be made a member and connect it again; a page "
    "that was shared with you may do as well: add Workwright to it under ••• › Connections."
)
RIGHTS = {  # as Notion names them → what cannot be done without
    "Read content": "read pages",
    "Update content": "set a status or change a text",
    "Insert content": "write plans and results into pages",
    "Read comments": "hear what people answer in comments",
    "Insert comments": "answer in comments",
    "Read user information": "tell people's comments from its own",
}


class Obstacle(StrEnum):
    """What Notion's refusal comes from; the values are stored."""

    NOT_SHARED = "not_shared"  # the page is not there, or not shared any more
    RIGHT = "right"  # the connection lacks a right, or who connected it has lost theirs
    PLAN = "plan"  # the plan of the workspace allows no more blocks
    BLOCKED = "blocked"  # until Notion lifts it
    ENDED = "ended"  # the connection was taken back while it was used
    OTHER = "other"


def name_rights(lacking: Sequence[str]) -> str:
    """Return which rights a connection lacks, and what cannot be done without them."""
    quoted, acts = (_join([f"“{each}”" for each in lacking], "and"), _join([RIGHTS.get(e, e) for e in lacking], "or"))
    return f"The connection to Notion lacks {quoted}, so Workwright cannot {acts}."


def explain_obstacle(
    obstacle: str, *, lacking: Sequence[str] = (), guest: bool = False, words: str = ""
) -> tuple[str, str]:
    """Return how it stands and what to do; `words` are those in which Notion refused."""
    if obstacle == Obstacle.PLAN:
        return (
            "The plan of your workspace in Notion allows no more blocks.",
            "Delete what is not needed, or choose another plan in Notion under Settings › Plans; then look again here.",
        )
    if lacking:
        switch = _join([f"“{each}”" for each in lacking], "and")
        return (
            name_rights(lacking),
            f"Who made the connection switches on {switch} under Capabilities, where it was made. Then "
            "connect Notion again, where you gave access by a link, and look again here.",
        )
    if guest:
        return _GUEST, _MEMBER
    match obstacle:
        case Obstacle.NOT_SHARED:
            return "The page you chose is not shared with Workwright any more, or is not there.", SHARE
        case Obstacle.RIGHT:
            return (
                "Who connected Notion may not change that page, so Workwright may not either.",
                "In Notion have them given the right to edit it (the page's Share menu), or choose another page here.",
            )
        case Obstacle.BLOCKED:
            return (
                "Notion has blocked Workwright's access until further notice.",
                "Ask Notion's support why; when they have lifted it, look again here.",
            )
        case Obstacle.ENDED:
            return "The connection to Notion was taken back while it was used.", "Connect Notion again."
    return f"Notion did not let it be done: {words}", "When that is done, look again here."


def _join(words: Sequence[str], last: str) -> str:
    *more, end = words
    return f"{', '.join(more)} {last} {end}" if more else end
