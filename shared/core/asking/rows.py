"""What two looks at a row of a table tell about who set its status. Pure."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Row:
    """A row as a table listed it."""

    version: str  # when it was last edited, to the minute
    editor: str  # the id of who did
    status: str
    ours: str  # a fingerprint of what only we write: links, cost
    others: str  # a fingerprint of everything else that a row shows
    asked: str = ""  # a fingerprint of the link to what the row asks about, which we write together with a status


def status_set_by(before: Row | None, now: Row) -> str:
    """Return who set the status between two looks, as far as they can tell; "" where they cannot.

    A row names only who edited it last. That is who set the status when nothing else has changed since the look
    before: whoever else had set it, the last editor would have changed something too. The same status at both looks was
    set anew when the row asks about something else by now: with that we wrote a status of ours, which nobody has seen.
    """
    if before is None or before.others != now.others:
        return ""
    anew = bool(before.asked) and before.asked != now.asked
    return now.editor if anew or before.status != now.status else ""
