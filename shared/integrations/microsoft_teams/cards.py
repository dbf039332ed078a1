"""A message as an Adaptive Card, in which no text of others becomes a link or a style.

Sources: adaptivecards.io/explorer (version 1.4), learn.microsoft.com/microsoftteams/platform/webhooks-and-connectors
(a message is at most 28 KB, and holds the card as an attachment).
"""

from __future__ import annotations

import json
import re
from typing import Any

from shared.core.notify.message_words import Words, is_address

_KIND = "application/vnd.microsoft.card.adaptive"
_SCHEMA = "http://adaptivecards.io/schemas/adaptive-card.json"
_MARKS = re.compile(r"([\\*_~`|>#\[\]()<-])")
MAX_BYTES = 27_000  # of facts and title, so that the whole message stays under 28 KB
_MAX_TITLE = 300  # letters


def write_card(words: Words) -> dict[str, Any]:
    """Return the body of a message."""
    text = escape_text(words.title[:_MAX_TITLE])
    title = {"type": "TextBlock", "text": text, "weight": "Bolder", "size": "Medium", "wrap": True}
    facts, left = [], MAX_BYTES - len(json.dumps(title)) - len(words.url)
    for name, value in words.facts:
        fact = {"title": escape_text(name), "value": _write_value(value)}
        left -= len(json.dumps(fact)) + 1
        if left < 0:
            break
        facts.append(fact)
    card: dict[str, Any] = {"$schema": _SCHEMA, "type": "AdaptiveCard", "version": "1.4", "body": [title]}
    if facts:
        card["body"].append({"type": "FactSet", "facts": facts})
    if words.url:
        card["actions"] = [{"type": "Action.OpenUrl", "title": "Look", "url": words.url}]
    return {"type": "message", "attachments": [{"contentType": _KIND, "contentUrl": None, "content": card}]}


def escape_text(text: str) -> str:
    """Return text that is shown as it is."""
    return _MARKS.sub(r"\\\1", text)


def _write_value(value: str) -> str:
    return value if is_address(value) else escape_text(value)
