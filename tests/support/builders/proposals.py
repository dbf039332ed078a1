"""What a planner answers: a whole proposal, of which a test says only what it is about."""

from __future__ import annotations

from typing import Any

CODE_STEPS: list[dict[str, Any]] = [
    {"id": "write", "kind": "code.generate", "title": "Write", "input": {"artifact": "static_site"}},
    {"id": "test", "kind": "code.test", "title": "Test", "input": {}, "depends_on": ["write"]},
    {
        "id": "pull",
        "kind": "repository.propose_change",
        "title": "Open it",
        "input": {"title": "Bakery", "branch": "workwright/bakery"},
        "depends_on": ["test"],
    },
]


def a_proposal(steps: list[dict[str, Any]] | None = None, **changes: Any) -> dict[str, Any]:
    """Return a proposal with these steps, else with code, a test and a pull request."""
    good = {
        "analysis": {"asked": "A site.", "missing": [], "risk": "low"},
        "questions": [],
        "assumptions": ["The site is in English."],
        "alternatives": [{"title": "A poster", "why_not": "Nobody could open it."}],
        "followed": [],
        "summary": "A site.",
        "artifact": "static_site",
        "name": "bakery",
        "requirements": [{"id": "R1", "text": "We open", "block": "b0", "source": ""}],
        "steps": [dict(step) for step in CODE_STEPS] if steps is None else steps,
    }
    return {**good, **changes}
