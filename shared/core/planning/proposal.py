"""A stored proposal in the shape of today: reading upgrades what older versions have written."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from shared.core.documents.codec import unknown

PROPOSALS = "proposals"  # documents, by page: plans that were made by rules and need no model
MAX_QUESTIONS = 3  # that people are asked at once


@dataclass(frozen=True, slots=True)
class RuledPlan:
    """A plan that was made by rules: what a model would have answered."""

    answer: Mapping[str, Any]
    more: Mapping[str, Any] = unknown()


def upgrade_proposal(stored: Mapping[str, Any]) -> dict[str, Any]:
    """Return a stored proposal with all fields of today; what was never said is empty.

    Before there were several questions there was one, `question`; risk, assumptions, alternatives and reasons had
    nobody to state them.
    """
    found = dict(stored)
    asked = str(found.pop("question", "")).strip()
    found.setdefault("questions", [asked] if asked else [])
    found.setdefault("analysis", {"asked": str(found.get("summary", "")), "missing": [], "risk": "low"})
    for name in ("assumptions", "alternatives", "followed", "requirements", "steps"):
        found.setdefault(name, [])
    return found
