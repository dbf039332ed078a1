"""`workwright plan`: the present plan of a run in full, from the API of the house that runs."""

from __future__ import annotations

from pathlib import Path
from typing import Any
from urllib.parse import quote

from shared.cli.house_calls import ask_house, show
from shared.cli.remote import RUN
from shared.cli.root import AS_JSON, DATA, workwright

_LISTS = (
    ("questions", "Asked back"),
    ("instead", "Why there is another plan"),
    ("findings", "A critic still finds"),
    ("assumptions", "Assumed"),
    ("missing", "Missing"),
    ("followed", "Preferences it follows"),
)


@workwright.command()
@RUN
@DATA
@AS_JSON
def plan(run: str, data: Path, as_json: bool) -> None:
    """Show a run's plan: what it understood, its risk, and why each step is there."""
    show(ask_house(data, "GET", f"/v1/runs/{quote(run, safe='')}/plan"), as_json, _lines)


def _lines(found: dict[str, Any]) -> list[str]:
    lines = [f"Plan {found['revision']} of {found['run']}, by the {found['model']} model: {found['summary']}"]
    lines += [*found["went_ahead"], *found["outlook"]]
    for name, title in _LISTS:
        lines += [f"{title}:", *(f"  - {each}" for each in found[name])] if found[name] else []
    others = [f"  - {each['title']}: {each['why_not']}" for each in found["alternatives"]]
    lines += ["Other ways:", *others] if others else []
    for number, step in enumerate(found["steps"], 1):
        lines += [f"{number}. {step['title']} ({step['status']})", f"     {step['exactly']}"]
        lines += [f"     because: {step['why']}"] if step["why"] else []
    return lines
