"""What people can read now, put together from the journals: of a text that was changed, how it reads since."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Mapping
from typing import Any

from shared.core.pages import marks

Effect = Mapping[str, Any]

MESSAGES = (("notion", "comment.create"), ("slack", "message.post"), ("ses", "email.send"))
NOT_KNOWN = "not known"  # how a page tells of an e-mail that may have gone out
ASKED_AT = {"the plan": marks.PLAN_READY, "what leaves": marks.RELEASE_READY, "going live": marks.PRODUCTION_READY}
_UNSENT = re.compile(
    rf"(?P<what>\S.*?) about the approval of (?P<gate>{'|'.join(ASKED_AT)}) (?:was|were) not sent, because \S.*\."
)
_COUNTED = re.compile(r"\b(?:the|(\d+)) (comment|e-mail|Slack message)s?\b", re.IGNORECASE)
_SYSTEMS = {"comment": "notion", "e-mail": "ses", "Slack message": "slack"}


def not_known(effects: Iterable[Effect], page: str) -> int:
    """Return of how many messages this page says that nobody knows whether they went out."""
    texts: dict[str, str] = {}
    for effect in effects:
        on_page = effect["system"] == "notion" and effect.get("page_id") == page
        if on_page and effect["kind"].startswith(("comment.", "block.")):
            texts[str(effect["id"])] = str(effect.get("text", ""))
    return sum(text.count(NOT_KNOWN) for text in texts.values())


def not_sent(effects: Iterable[Effect], page: str) -> Counter[tuple[str, str]]:
    """Return of which messages a page says that they were not sent, and why: how many, by system and question.

    A page that says so before its person has answered that question tells a tale: that is not counted.
    """
    lines: dict[str, bool] = {}  # whether it was true when it was said first
    answered, shown = set[str](), ""
    for effect in effects:
        if effect["system"] != "notion" or page not in (effect.get("page_id"), effect.get("id")):
            continue
        by_person = (effect.get("by") or {}).get("type") == "person"
        status = (effect.get("properties") or {}).get("Status", "") if effect["kind"] == "page.update" else ""
        if by_person and status == marks.APPROVED:
            answered.add(shown)
        elif not by_person and status:
            shown = status
        for line in str(effect.get("text", "")).split("\n"):
            unsent = _UNSENT.fullmatch(line)
            if unsent is not None:
                lines.setdefault(line, ASKED_AT[unsent["gate"]] in answered)
    return _count_unsent(line for line, true in lines.items() if true)


def _count_unsent(lines: Iterable[str]) -> Counter[tuple[str, str]]:
    counts: Counter[tuple[str, str]] = Counter()
    for unsent in filter(None, map(_UNSENT.fullmatch, lines)):
        for number, what in _COUNTED.findall(unsent["what"]):
            counts[_SYSTEMS[what], unsent["gate"]] += int(number or 1)
    return counts


def count_told(effects: Iterable[Effect], page: str, place: str) -> int:
    """Return how often people were told about a page, by the channel that told them least.

    A mail of which the page says that nobody knows counts as told, and so does what the page says was not sent.
    """
    counts = Counter({system: 0 for system, _ in MESSAGES})
    listed = list(effects)
    for effect in listed:
        if (effect["system"], effect["kind"]) in MESSAGES:
            words = f"{effect.get('text', '')} {effect.get('subject', '')}"
            counts[effect["system"]] += place.lower() in words.lower()
    counts["ses"] += not_known(listed, page)
    for (system, _), count in not_sent(listed, page).items():
        counts[system] += count
    return min(counts.values())
