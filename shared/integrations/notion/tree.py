"""A block tree of any size, cut into requests Notion accepts: 100 per list, three tiers, 1,000 blocks, 500 KB."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any

from shared.core.errors import Rejected

Json = dict[str, Any]

MAX_SIBLINGS = 100
MAX_BLOCKS = 1000
MAX_BYTES = 450_000  # 500 KB less what the request adds
_TIERS = 3


@dataclass(slots=True)
class Batch:
    """One request: siblings, and the children that must follow in requests of their own, by the sibling's index."""

    blocks: list[Json] = field(default_factory=list)
    later: dict[int, list[Json]] = field(default_factory=dict)


def batches(children: Sequence[Json]) -> Iterator[Batch]:
    """Cut siblings into requests, in order."""
    batch, count, size = Batch(), 0, 0
    for child in children:
        sent, later = _whole_or_bare(child)
        blocks, weight = _count(sent), _weight(sent)
        full = len(batch.blocks) >= MAX_SIBLINGS or count + blocks > MAX_BLOCKS or size + weight > MAX_BYTES
        if batch.blocks and full:
            yield batch
            batch, count, size = Batch(), 0, 0
        if later:
            batch.later[len(batch.blocks)] = later
        batch.blocks.append(sent)
        count, size = count + blocks, size + weight
    if batch.blocks:
        yield batch


def _whole_or_bare(block: Json) -> tuple[Json, list[Json]]:
    """Return the block as it goes into a request and the children that go later."""
    if _fits(block, 1) and _count(block) <= MAX_BLOCKS and _weight(block) <= MAX_BYTES:
        return block, []
    kind, below = block["type"], _children(block)
    if kind == "column_list":
        raise Rejected("notion", "columns this deep or large cannot be written")
    kept = _first_rows(block) if kind == "table" else 0  # a table must be born with rows
    body = {name: value for name, value in block[kind].items() if name != "children"}
    if kept:
        body["children"] = below[:kept]
    return {**block, kind: body}, below[kept:]


def _first_rows(table: Json) -> int:
    size = count = 0
    for row in _children(table)[:MAX_SIBLINGS]:
        size += _weight(row)
        if count and size > MAX_BYTES // 2:
            break
        count += 1
    return count


def _children(block: Json) -> list[Json]:
    found: list[Json] = block[block["type"]].get("children") or []
    return found


def _fits(block: Json, tier: int) -> bool:
    kind, below = block["type"], _children(block)
    if tier > 1 and kind in ("column_list", "column"):
        return False
    if tier >= _TIERS and (kind == "table" or (kind == "tab" and below)):
        return False
    if len(below) > MAX_SIBLINGS or (below and tier >= _TIERS):
        return False
    if kind == "column_list":  # the columns cost no tier of their own
        return all(_fits(each, 2) for column in below for each in _children(column))
    return all(_fits(each, tier + 1) for each in below)


def _count(block: Json) -> int:
    return 1 + sum(_count(child) for child in _children(block))


def _weight(block: Json) -> int:
    return len(json.dumps(block)) + 2
