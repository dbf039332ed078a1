"""Conversation by rules: what is meant by its words, and how a run stands in the words of its facts."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from shared.backends.offline.language import guess_language
from shared.core.chat.chat_words import APPROVE, ASK, EXPLAIN
from shared.core.chat.read_by_rules import read
from shared.core.chat.verbs import language_of
from shared.core.text.outgoing_text import folded


def understand(data: Mapping[str, Any]) -> dict[str, Any]:
    """Return what is meant; which run or page that is about is read from its title by who asks."""
    said = str(data["said"])
    act = read(said, [str(title) for title in data["titles"]]).act
    intent = ASK if act == APPROVE else act  # nobody but a person's own word approves
    return {
        "intent": intent,
        "about": "",
        "reply": str(data["facts"]) if intent == EXPLAIN else "",
        "language": _language(said, str(data["language"])),
    }


def _language(said: str, before: str) -> str:
    """Return the language of a message; of one that does not tell, that of the conversation."""
    guessed = guess_language(said)
    return guessed if guessed != "en" else language_of(folded(said)) or ("en" if len(said.split()) > 2 else before)
