"""What Notion refuses a team for good, in words, for whoever looks it over."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from shared.app.intake.refused_places import read_refusals
from shared.app.workspace.workspace_databases import PLANNING, kind_of
from shared.app.workspace.workspace_schemas import SCHEMAS

WAY_OUT = "Give the connection access in Notion, then edit the page or a row, set the planning time, or connect again."


def find_left_alone(settings: Mapping[str, Any], *, of: str = "", titles: bool = True) -> Iterator[str]:
    """Yield what is left alone, `of` whom; without `titles`, nothing that the team's people have written."""
    whose = f" of {of}" if of else ""
    for what, refusal in read_refusals(settings).items():
        if refusal["left"]:
            yield f"{_name(settings, what, refusal, titles)}{whose}, since {str(refusal['since'])[:16]}"


def _name(settings: Mapping[str, Any], what: str, refusal: Mapping[str, Any], titles: bool) -> str:
    if what == PLANNING:
        return "the plan of the day"
    if "of" in refusal:
        title = str(refusal.get("title") or "") if titles else ""
        return f"the {refusal['of']} “{title}” ({what})" if title else f"the {refusal['of']} {what}"
    kind = kind_of(settings, what)
    return f"the table {SCHEMAS[kind].title if kind else what}"
