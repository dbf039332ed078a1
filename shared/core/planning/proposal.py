"""A stored proposal in the shape of today: reading upgrades what older versions have written."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

MOST_QUESTIONS = 3  # that people are asked at once


def upgraded(stored: Mapping[str, Any]) -> dict[str, Any]:
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
