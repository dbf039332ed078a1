"""Conversation by rules: what is meant by its first words, and how a run stands in the words of its facts."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from shared.backends.offline.agents.sentences import overlap, words
from shared.backends.offline.language import guess_language
from shared.core.chat_words import ASK, EXPLAIN, START, intent_of

_ENOUGH = 0.6  # of a title's words have to be in what is said


def understand(data: Mapping[str, Any]) -> dict[str, Any]:
    """Return what is meant, about which of the pages and runs that are named."""
    said = str(data["said"])
    intent = intent_of(said)
    named = data["pages"] if intent == START else data["runs"]
    about = "" if intent == ASK else _named(said, named)
    facts = str(data["facts"])
    return {
        "intent": intent,
        "about": about,
        "reply": facts if intent == EXPLAIN and not about else "",
        "language": _language(said, str(data["language"])),
    }


def _named(said: str, named: Sequence[Mapping[str, Any]]) -> str:
    """Return the id of what is named by its title; "" when it is none of them."""
    spoken = " ".join(words(said))
    scored = [(overlap(words(str(one["title"])), spoken), str(one["id"])) for one in named]
    best = max(scored, default=(0.0, ""), key=lambda each: each[0])
    return best[1] if best[0] >= _ENOUGH else ""


def _language(said: str, before: str) -> str:
    """Return the language of a message; a short one is in that of the conversation."""
    return guess_language(said) if len(said.split()) > 2 else before
