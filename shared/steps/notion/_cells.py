"""Rows of a database as a table in Markdown, for pages and people."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from shared.integrations.notion.content.reading import property_text

Json = dict[str, Any]
MAX_IN_CELL = 200  # characters


def cell_of(row: Json, column_id: str) -> str:
    """Return what a row holds in a column, as text; "" for nothing."""
    properties: Mapping[str, Json] = row.get("properties") or {}
    value = next((each for each in properties.values() if str(each.get("id")) == column_id), None)
    return property_text(value) if value is not None else ""


def table_of(names: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    """Return a table with these columns; a long cell is cut."""
    lines = [names, ["---"] * len(names), *rows]
    return "\n".join("| " + " | ".join(_quote(cell) for cell in line) + " |" for line in lines)


def _quote(text: str) -> str:
    flat = " ".join(text.split())
    cut = flat if len(flat) <= MAX_IN_CELL else flat[: MAX_IN_CELL - 1] + "…"
    return cut.replace("\\", "\\\\").replace("|", "\\|")
