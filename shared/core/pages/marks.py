"""How we recognise in Notion what we wrote ourselves: a link target that readers do not see, and no search can miss."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Set
from dataclasses import replace

from shared.core.page import ANSWER, WISH, Block, Page, Span, page_to_data

_MARK = "#workwright-"

# The statuses of an idea, in the order of its life. People set PLAN_IT, APPROVED and CANCELLED; the rest is ours.
IDEA = "Idea"
PLAN_IT = "Plan it"
PLANNING = "Planning"
QUESTION = "Question"
PLAN_READY = "Plan ready"
APPROVED = "Approved"
BUILDING = "Building"
RELEASE_READY = "Release ready"
PRODUCTION_READY = "Production ready"
DONE = "Done"
FAILED = "Failed"
CANCELLED = "Cancelled"
STATUSES = (
    IDEA, PLAN_IT, PLANNING, QUESTION, PLAN_READY, APPROVED, BUILDING, RELEASE_READY, PRODUCTION_READY, DONE, FAILED,
    CANCELLED,
)  # fmt: skip
ASKING = (PLAN_READY, RELEASE_READY, PRODUCTION_READY)  # people are asked to approve something
# What a database of before these were there, or of people who did without them, shows in their place.
INSTEAD = {RELEASE_READY: PLAN_READY, PRODUCTION_READY: PLAN_READY}

# Properties of an idea that we write; edits of them are not edits of the idea.
OUR_PROPERTIES = frozenset({"Status", "Pull request", "Site", "Run", "Cost", "Paused"})


def mark(run_url: str, what: str) -> str:
    """Return the link target that marks something as written by this run."""
    return f"{run_url}{_MARK}{what}"


def is_mark(address: str) -> bool:
    """Say whether a link leads to such a target."""
    return _MARK in address


def is_ours(block: Block) -> bool:
    """Say whether we wrote this block."""
    return any(span.href and is_mark(span.href) for span in block.spans)


def drop_our_blocks(blocks: Iterable[Block]) -> tuple[Block, ...]:
    """Return the blocks without ours, wherever people have moved them."""
    return tuple(
        replace(block, children=drop_our_blocks(block.children)) if block.children else block
        for block in blocks
        if not is_ours(block)
    )


def _bare(block: Block) -> Block:
    return replace(
        block,
        type="paragraph" if block.type in (ANSWER, WISH) else block.type,  # as plans of an older version knew them
        children=tuple(_bare(child) for child in block.children),
        spans=_plain(block.spans),
        cells=tuple(_plain(cell) for cell in block.cells),
        caption_spans=(),
        url=block.url.partition("?")[0] if block.hosted and block.url else block.url,
        expires_at="",
        color="",
        icon=None,
        width_ratio=None,
        list_start_index=None,
        list_format=None,
        name="",
        extra={},
    )


def _plain(spans: tuple[Span, ...]) -> tuple[Span, ...]:
    return tuple(replace(span, color="") if span.color else span for span in spans)


def content_hash(page: Page, ours: Set[str] = OUR_PROPERTIES) -> str:
    """Return the hash of what people wrote: our own blocks left out, and the properties that are called `ours`.

    Dress makes no other page: colours, icons, widths, how a list counts, file names, and what Notion adds to a type
    some day. Addresses of files that Notion hosts are signed anew each hour: only their path counts.
    """
    people = Page(
        id=page.id,
        title=page.title,
        blocks=tuple(_bare(block) for block in drop_our_blocks(page.blocks)),
        properties={k: v for k, v in page.properties.items() if k not in ours},
    )
    text = json.dumps(page_to_data(people), sort_keys=True, ensure_ascii=False)
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()[:32]
