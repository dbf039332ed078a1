"""A block tree measured: what each block weighs and how deep in one request it may stand with all below it."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any

from shared.core.errors import Rejected
from shared.http_client import json_bytes
from shared.integrations.notion.content.tree_runs import MAX_BYTES, MAX_SIBLINGS, Option

Json = dict[str, Any]

TIERS = 3
AROUND = len(b',"children":[]')  # bytes that a list of children adds to its block
_LOWEST = {"table": 2, "tab": 2, "column_list": 1, "column": 1}  # the tier below which Notion refuses them
BORN_WITH = {"table": 1, "tab": 1, "column": 1, "column_list": 2}  # children without which they are refused


@dataclass(slots=True)
class Node:
    """One block of the tree; `number` counts the tree's blocks in reading order from 0."""

    number: int
    block: Json
    kind: str
    children: list[Node]
    own: int  # bytes without children
    blocks: int  # with all below
    size: int  # bytes with all below
    lowest: int  # the lowest tier where it may stand whole; 0 when it can never be sent whole
    options: list[Option] = field(default_factory=list)

    @property
    def whole(self) -> Option:
        """Return the way to send it with all below it; only right where `lowest` allows."""
        return Option(0, self.blocks, self.size, 0, len(self.children))


def measure_blocks(blocks: Sequence[Json]) -> list[Node]:
    """Return the trees measured. Raises Rejected for a block that is too large for any request."""
    numbers = iter(range(2**31))
    return [_measure_block(block, numbers) for block in blocks]


def children_of(block: Json) -> list[Json]:
    """Return the children a block is written with."""
    found: list[Json] = (block.get(block["type"]) or {}).get("children") or []
    return found


def replace_children(block: Json, children: Sequence[Json]) -> Json:
    """Return a block with other children, or none."""
    kind = block["type"]
    body = {name: value for name, value in block[kind].items() if name != "children"}
    return {**block, kind: {**body, "children": list(children)} if children else body}


def _measure_block(block: Json, numbers: Iterator[int]) -> Node:
    number, kind = next(numbers), str(block["type"])
    children = [_measure_block(child, numbers) for child in children_of(block)]
    own = len(json_bytes(replace_children(block, ()))) + 1  # and a comma
    if own > MAX_BYTES:
        raise Rejected("notion", f"a {kind} of {own} bytes is larger than a request; split its text")
    size = own + sum(child.size for child in children) + (AROUND if children else 0)
    blocks = 1 + sum(child.blocks for child in children)
    return Node(number, block, kind, children, own, blocks, size, _lowest(kind, children))


def _lowest(kind: str, children: Sequence[Node]) -> int:
    max_tier = _LOWEST.get(kind, TIERS)
    if not children:
        return max_tier
    if len(children) > MAX_SIBLINGS:
        return 0
    below = min(child.lowest for child in children)
    return max(0, min(max_tier, below if kind == "column_list" else below - 1))  # columns cost no tier of their own
