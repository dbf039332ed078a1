"""Bodies of blocks as Notion's API takes them."""

from typing import Any

from tests.support.simulators.seeded_notion import block, text


def paragraph_blocks(count: int) -> list[dict[str, Any]]:
    return [block("paragraph") for _ in range(count)]


def table_block(rows: int, width: int = 1, cells: int = 1) -> dict[str, Any]:
    row = {"table_row": {"cells": [text("c")] * cells}}
    return {"table": {"table_width": width, "children": [row] * rows}}
