"""Text that is longer than its place is cut where a sentence ends, else between words, and a sign says so."""

from __future__ import annotations

SIGN = " …"
_ENDS = (". ", "! ", "? ", "; ", "\n")


def cut_text(text: str, max_length: int) -> str:
    """Return the text in at most `max_length` characters, its sign included; as it is where it fits."""
    if len(text) <= max_length:
        return text
    room = text[: max_length - len(SIGN)]
    at = max(room.rfind(end) + 1 for end in _ENDS)
    if at < max_length // 2:
        at = max(room.rfind(" "), room.rfind("\n"))
    return (room[:at] if at > 0 else room).rstrip() + SIGN
