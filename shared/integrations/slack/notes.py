"""A message to a person, in the shape that Slack shows: text for the phone, blocks with buttons for the channel."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from shared.integrations.messenger import Note

_SECTION, _MAX_SECTIONS = 2_900, 12  # letters of a block, blocks of a message


def write_text(note: Note) -> str:
    """Return what a phone notifies with, which shows the beginning of it and none of the blocks."""
    return escape_text(f"{note.subject}\n{note.text}")


def write_blocks(note: Note) -> list[dict[str, Any]]:
    sections = _sections([f"*{escape_text(note.subject)}*", *(escape_text(line) for line in note.lines)])
    blocks: list[dict[str, Any]] = [
        {"type": "section", "text": {"type": "mrkdwn", "text": text, "verbatim": True}}
        for text in sections[:_MAX_SECTIONS]
    ]
    buttons = [{**button(link.label, f"open{n}"), "url": link.url} for n, link in enumerate(note.links[:3])]
    if note.token and len(sections) <= _MAX_SECTIONS:  # nobody agrees by button to what is not shown whole
        decide = {"value": note.token}
        buttons = [
            {**button("Approve", "approve"), **decide, "style": "primary"},
            {**button("Deny", "deny"), **decide, "style": "danger"},
            *buttons,
        ]
    return [*blocks, {"type": "actions", "elements": buttons}] if buttons else blocks


def _sections(lines: Sequence[str]) -> list[str]:
    """Return the lines as texts that each fit into one block of Slack, 3,000 letters."""
    pieces = [line[at : at + _SECTION] for line in lines for at in range(0, max(1, len(line)), _SECTION)]
    found = [pieces[0]]
    for piece in pieces[1:]:
        if len(found[-1]) + 1 + len(piece) <= _SECTION:
            found[-1] += f"\n{piece}"
        else:
            found.append(piece)
    return found


def escape_text(text: str) -> str:
    """Return text that Slack shows as it is: a page's title must call no channel and be no link of its own."""
    return text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")


def button(label: str, action: str) -> dict[str, Any]:
    return {"type": "button", "text": {"type": "plain_text", "text": label[:70]}, "action_id": action}
