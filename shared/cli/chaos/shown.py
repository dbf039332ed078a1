"""What people can read now, put together from the journals: of a text that was changed, how it reads since."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from typing import Any

Effect = Mapping[str, Any]

MESSAGES = (("notion", "comment.create"), ("slack", "message.post"), ("ses", "email.send"))
NOT_KNOWN = "not known"  # how a page tells of an e-mail that may have gone out


def not_known(effects: Iterable[Effect], page: str) -> int:
    """Return of how many messages this page says that nobody knows whether they went out."""
    texts: dict[str, str] = {}
    for effect in effects:
        on_page = effect["system"] == "notion" and effect.get("page_id") == page
        if on_page and effect["kind"].startswith(("comment.", "block.")):
            texts[str(effect["id"])] = str(effect.get("text", ""))
    return sum(text.count(NOT_KNOWN) for text in texts.values())


def told(effects: Iterable[Effect], page: str, place: str) -> int:
    """Return how often people were told about a page, by the channel that told them least.

    A mail of which the page says that nobody knows counts as told.
    """
    counts = Counter({system: 0 for system, _ in MESSAGES})
    listed = list(effects)
    for effect in listed:
        if (effect["system"], effect["kind"]) in MESSAGES:
            words = f"{effect.get('text', '')} {effect.get('subject', '')}"
            counts[effect["system"]] += place.lower() in words.lower()
    counts["ses"] += not_known(listed, page)
    return min(counts.values())
