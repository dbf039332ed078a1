"""What people are told of a change that somebody else has touched, and how their remarks are put to the model."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from shared.core.text.outgoing_text import plain

if TYPE_CHECKING:
    from shared.integrations.forge import Change, Review

MERGED, PUSHED, UNHEARD = "change_merged", "change_pushed", "change_remarked"  # topics; `ref` is who and what
TOPICS = (MERGED, PUSHED, UNHEARD)
_ONE, _ALL = 2_000, 12_000  # letters of a remark, and of all together


def describe_change(topic: str, title: str, ref: str) -> tuple[str, str]:
    """Return the subject and what is said of it."""
    who = plain(ref.partition(" ")[0]) or "Somebody"
    if topic == MERGED:
        return f"{who} merged “{title}”", "The change was merged by hand. The run goes on from there."
    if topic == PUSHED:
        sentence = "We write nothing over it: from here on the branch is theirs, and our next commit to it is refused."
        return f"{who} pushed to the branch of “{title}”", f"{sentence} What they pushed has not been tested by us."
    return (
        f"{who} wants “{title}” to be different",
        "The work was changed as often as one run may. Plan the page again to go on.",
    )


def feedback(change: Change, wishes: Sequence[Review]) -> str:
    """Return what reviewers want, for the model that mends it: data of others, each cut and with its place."""
    parts = [f"Reviewers of change {change.number} want the work to be different. Their remarks:"]
    for each in wishes:
        place = f" on {each.path}:{each.line}" if each.path and each.line else f" on {each.path}" if each.path else ""
        remark = each.body.strip()[:_ONE] or "(asked for changes without a word)"
        parts.append(f"- {each.author}{place}: {remark}")
    return "\n".join(parts)[:_ALL]
