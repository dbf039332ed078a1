"""Removes blocks so that they can come back: out of the trash as they were, or else written again from what we kept."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from shared.core.documents.codec import from_body, to_body
from shared.core.errors import Missing, Rejected
from shared.core.page import Block
from shared.integrations.notion.client.client import Notion
from shared.integrations.notion.content.writable_blocks import from_blocks
from shared.integrations.notion.content.writer import Once, write_tree

Json = dict[str, Any]
SameEnd = Callable[[str, Callable[[], Mapping[str, Any]]], Mapping[str, Any]]

_PAGES = frozenset({"child_page", "child_database"})


def remember_blocks(blocks: Sequence[Block]) -> list[Json]:
    """Return siblings, in order, as they are remembered: the block with all below it, and what it follows."""
    after = ["", *(block.id for block in blocks)]
    return [{"block": to_body(block), "after": before} for block, before in zip(blocks, after, strict=False)]


def holds_pages(block: Block) -> bool:
    """Say whether pages or databases are below the block, or are it."""
    return any(each.type in _PAGES for each in block.walk())


def remove(notion: Notion, same_end: SameEnd, blocks: Sequence[str], name: str) -> None:
    """Put blocks into the trash, each once."""
    for number, block in enumerate(blocks):
        same_end(f"{name}-{number:04d}", lambda block=block: _remove_block(notion, block))  # type: ignore[misc]


def _remove_block(notion: Notion, block: str) -> Json:
    notion.delete_block(block)
    return {"removed": block}


def bring_back(
    notion: Notion, same_end: SameEnd, once: Once, parent: str, remembered: Sequence[Json], name: str
) -> list[str]:
    """Bring removed siblings back; return what could not be, in words.

    A block that is no longer in the trash is written again behind the one it followed, or at the end where it followed
    none: it has another id then, and the comments on it are lost.
    """
    lost: list[str] = []
    now: dict[str, str] = {}
    for number, each in enumerate(remembered):
        block = from_body(Block, each["block"])
        try:
            same_end(f"{name}-{number:04d}", lambda block=block: _restore_block(notion, block.id))  # type: ignore[misc]
        except (Missing, Rejected):
            made, left_out = from_blocks((block,))
            lost += [f"{omission.type}: {omission.why}" for omission in left_out]
            child_ids = {str(child["id"]) for child in notion.children(parent)}
            after = now.get(each["after"], str(each["after"]))
            beside = after if after in child_ids else None
            written = write_tree(notion, once, parent, made, after=beside, name=f"{name}-{number:04d}-again")
            now[block.id] = written[-1] if written else after
    return lost


def _restore_block(notion: Notion, block: str) -> Json:
    notion.restore_block(block)
    return {"restored": block}
