"""The plan of a page that asks for a decision: sides are heard and argue, one decides, and it is written on the page.

Only what says so itself is taken for it: options listed below the word, and specialists named with their sides.
"""

from __future__ import annotations

import re
from collections.abc import Collection
from typing import Any

from shared.backends.offline.naming import project_name
from shared.backends.offline.page_blocks import heading_level, read_own_words, shorten, site_title
from shared.core.page import Block, Page

_TITLE = 60
_MAX_OPTIONS, _MAX_SIDES, _MAX_FACTS = 12, 5, 60
_ROUNDS = 2
_KINDS = ("pattern.debate", "notion.append_blocks")
_LISTED = ("bulleted_list_item", "numbered_list_item", "to_do")
_OPTIONS = re.compile(r"\s*(?:the )?(?:options|alternatives|choices)(?: are)?\s*:?\s*", re.IGNORECASE)
_DECIDE = re.compile(r"\b(?:decide|decision|choose|settle)\b", re.IGNORECASE)
_SIDES = re.compile(
    r"\b(?:specialists?|advis[eo]rs?|experts?)\b[^.:;?]*?\b(?:on|for|in|about)\s+(?P<sides>[^.:;?]+?)"
    r"(?=,? (?:and |then )*(?:let|have|ask|decide|argue|who|to)\b|[.:;?]|$)",
    re.IGNORECASE,
)
_AND = re.compile(r",\s*(?:and\s+)?|\s+and\s+|\s*&\s*")
_BY_RULES = (
    "Made by rules: each side counts what the page says of the options, and the decision counts the sides. Connect a"
    " language model to have them weighed."
)


def make_decision_plan(page: Page, kinds: Collection[str]) -> dict[str, Any] | None:
    """Return the plan of a page that asks for a decision between options; None where it is no such page."""
    blocks = [(block, words) for block in page.walk() if (words := read_own_words(block))]
    options, facts = _read(blocks)
    sides = next((_split_list(found["sides"]) for _, words in blocks if (found := _SIDES.search(words))), [])
    asks = _DECIDE.search(" ".join([page.title, *facts]))
    if not asks or not 2 <= len(options) <= _MAX_OPTIONS or not 2 <= len(sides) <= _MAX_SIDES:
        return None
    if set(_KINDS) - set(kinds):
        return None
    question = next((words for words in facts if words.endswith("?")), site_title(page))
    return _plan(page, question[:4000], options, sides, [words[:4000] for words in facts][:_MAX_FACTS], blocks[0][0])


def _read(blocks: list[tuple[Block, str]]) -> tuple[list[str], list[str]]:
    """Return the options that are listed below their word, and what else is said."""
    options: list[str] = []
    facts: list[str] = []
    listing = False
    for block, words in blocks:
        if _OPTIONS.fullmatch(words):
            listing = True
        elif listing and block.type in _LISTED:
            options.append(words[:400])
        else:
            listing = False
            if not heading_level(block) and not _SIDES.search(words):
                facts.append(words)
    return list(dict.fromkeys(options)), facts


def _split_list(text: str) -> list[str]:
    return list(dict.fromkeys(part.strip()[:200] for part in _AND.split(text) if part.strip()))


def _plan(
    page: Page, question: str, options: list[str], sides: list[str], facts: list[str], first: Block
) -> dict[str, Any]:
    asked = {"question": question, "options": options}
    named = ", ".join(sides)
    members = [{"agent": "advisor", "input": {**asked, "view": side, "facts": facts}} for side in sides]
    decide = {
        "on": "choice",
        "rounds": _ROUNDS,
        "members": [{"kind": "agent.ask", "input": each} for each in members],
        "chair": {"kind": "agent.ask", "input": {"agent": "decider", "input": asked}},
    }
    write = {"page": page.id, "from_step": "decide"}
    steps = [
        ("decide", _KINDS[0], f"Hear {shorten(named, _TITLE)}, and decide", "The page asks for it.", decide, []),
        ("write", _KINDS[1], "Write the decision on the page", "With who disagreed.", write, ["decide"]),
    ]
    fields = ("id", "kind", "title", "why", "input", "depends_on")
    summary = f"Decide ‘{shorten(question, _TITLE)}’ between {len(options)} options, after hearing {named}."
    return {
        "analysis": {"asked": summary[:2000], "missing": [], "risk": "low"},
        "questions": [],
        "assumptions": [_BY_RULES],
        "alternatives": [],
        "followed": [],
        "summary": summary[:4000],
        "artifact": "decision",
        "name": project_name(page.title or site_title(page), page.id, ""),
        "requirements": [{"id": "R1", "text": question, "block": first.id, "source": first.type}],
        "steps": [dict(zip(fields, step, strict=True)) for step in steps],
    }
