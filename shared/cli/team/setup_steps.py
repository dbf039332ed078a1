"""`workwright setup`: how far the team's set-up has got, and what is next."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from shared.cli.house_calls import ask_house, show
from shared.cli.root import AS_JSON, DATA, workwright

_SIGNS = {"done": "✓", "later": "–", "working": "…"}


@workwright.command()
@DATA
@AS_JSON
def setup(data: Path, as_json: bool) -> None:
    """Show what is set up for the team, what is missing, and what to do about it."""
    show(ask_house(data, "GET", "/v1/setup"), as_json, _show_steps)


def _show_steps(found: dict[str, Any]) -> list[str]:
    lines = []
    for step in found["steps"]:
        lines.append(f"{_SIGNS.get(step['state'], '○')} {step['title']}: {step['says']}")
        lines += [f"    {step['next']}"] if step["next"] else []
    return [*lines, f"In a browser: {found['page']}"]
