"""Choices by rules: an option counts for as much as the facts speak of it, and a decision is what most are for."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Any

from shared.backends.offline.agents.sentences import overlap, words

NONE = "none of these"
_AGAINST = re.compile(
    r"\b(?:not|no|never|without|lacks?|slow\w*|risk\w*|costs? more|expensive|dear(?:er)?|unsafe|insecure|hard\w*|"
    r"leak\w*|fails?|nicht|kein\w*|ohne|teuer|unsicher|langsam)\b",
    re.IGNORECASE,
)
_OF_IT = 0.5  # of an option's words a fact has to hold to speak of it


def advise(data: Mapping[str, Any]) -> dict[str, Any]:
    """Choose the option that most facts speak for, those of the view first; quote them, and what speaks against it."""
    options, facts = [str(option) for option in data["options"]], [str(fact) for fact in data.get("facts", ())]
    seen = set(words(str(data.get("view", ""))))
    near = [fact for fact in facts if seen & set(words(fact))] or facts
    scores = {option: _score(option, near, options) for option in options}
    best = max(options, key=lambda option: scores[option])  # the first of the best
    if not any(_find_spoken(option, near, options) for option in options):
        reason = "Nothing that is known speaks of any of the options; rules alone cannot weigh them."
        return {"choice": NONE, "reasons": [reason], "assumptions": [], "objections": []}
    spoken = _find_spoken(best, near, options)
    reasons = [fact for fact in spoken if not _AGAINST.search(fact)] or ["Least that is known speaks against it."]
    against = [fact for fact in spoken if _AGAINST.search(fact)]
    return {"choice": best, "reasons": reasons, "assumptions": [], "objections": against}


def _find_spoken(option: str, facts: Sequence[str], options: Sequence[str]) -> list[str]:
    """Return the facts that speak of this option more than of any other."""
    others = [other for other in options if other != option]
    found = []
    for fact in facts:
        share = overlap(words(option), fact)
        if share >= _OF_IT and all(share > overlap(words(other), fact) for other in others):
            found.append(fact)
    return found


def _score(option: str, facts: Sequence[str], options: Sequence[str]) -> int:
    return sum(-1 if _AGAINST.search(fact) else 1 for fact in _find_spoken(option, facts, options))


def decide(data: Mapping[str, Any]) -> dict[str, Any]:
    """Choose what most are for, of equals what was named first; quote their reasons, and name the others."""
    positions = [each for each in data.get("positions", ()) if each["choice"] in (*data["options"], NONE)]
    if not positions:
        return {"choice": NONE, "reasons": ["Nobody has taken a position on these options."], "dissent": []}
    votes: dict[str, int] = {}
    for each in positions:
        votes[each["choice"]] = votes.get(each["choice"], 0) + 1
    choice = max(votes, key=lambda option: votes[option])
    reasons = [why for each in positions if each["choice"] == choice for why in each["reasons"][:1]]
    counted = f"{votes[choice]} of {len(positions)} are for it; rules count positions, they do not weigh them."
    others = [
        {"who": each["who"], "choice": each["choice"], "why": next(iter(each["reasons"]), "")}
        for each in positions
        if each["choice"] != choice
    ]
    return {"choice": choice, "reasons": [counted, *dict.fromkeys(reasons)][:8], "dissent": others}
