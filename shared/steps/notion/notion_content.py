"""notion.append_blocks, notion.replace_content, notion.delete_blocks: what stands on a page or in a block."""

from __future__ import annotations

from typing import Any

from pydantic import Field, model_validator

from shared.core.errors import Rejected
from shared.core.text.outgoing_text import hosts_of, tame
from shared.integrations.notion.client.client import Notion
from shared.integrations.notion.content import reading
from shared.integrations.notion.content.restore_blocks import bring_back, holds_pages, remember_blocks, remove
from shared.integrations.notion.content.writer import write_tree, written_ids
from shared.steps._input import Input, Target
from shared.steps._kind import Done, Repeat, StepContext, StepKind
from shared.steps.notion._text_of import text_of_step

Json = dict[str, Any]
_TREE = "tree"


class _Content(Input):
    """Content as Markdown, or the text that the step `from_step` has left."""

    page: Target = Field(min_length=1, description="id, address or step:ID of a page or block")
    markdown: str = Field("", max_length=50_000)
    from_step: str = Field("", max_length=50, description="a step's text instead")

    @model_validator(mode="after")
    def _require_one_content(self) -> _Content:
        self.exactly_one("markdown", "from_step")
        return self


class AppendBlocks(_Content):
    """Markdown, or the text of the step `from_step`, at the end of a page or block, or behind the block `after`."""

    after: Target = ""


class ReplaceContent(_Content):
    """Markdown, or the text of the step `from_step`, in place of all that stands there; pages below it stay."""


class DeleteBlocks(Input):
    """Blocks, with all below them. For pages there is notion.trash_page."""

    blocks: list[Target] = Field(min_length=1, max_length=100)


def _blocks(wanted: _Content, ctx: StepContext) -> list[Json]:
    from shared.integrations.notion.markdown.markdown import parse_blocks

    text = wanted.markdown
    if wanted.from_step:
        text = text_of_step(wanted.from_step, ctx)
    return tame(parse_blocks(text), hosts_of(ctx.run_url))


def _place(wanted: _Content, ctx: StepContext) -> str:
    return ctx.target(wanted.page, "page", "block")


def _append(wanted: AppendBlocks, ctx: StepContext) -> Done:
    notion = ctx.connect(Notion)
    after = ctx.target(wanted.after, "last") or None
    made = write_tree(notion, ctx.create_if_absent, _place(wanted, ctx), _blocks(wanted, ctx), after=after, name=_TREE)
    return Done({"blocks": made[:100], "written": len(made), "last": made[-1] if made else ""})


def _undo_append(wanted: AppendBlocks, ctx: StepContext) -> None:
    if ctx.effect.was_begun(f"{_TREE}-place"):
        notion = ctx.connect(Notion)
        _take_out(notion, ctx, _place(wanted, ctx), wanted, ctx.target(wanted.after, "last") or None)


def _take_out(notion: Notion, ctx: StepContext, place: str, wanted: _Content, after: str | None) -> None:
    written = written_ids(notion, ctx.find_settled, place, _blocks(wanted, ctx), after=after, name=_TREE)
    remove(notion, ctx.do_idempotently, written, "undo-write")


def _replace(wanted: ReplaceContent, ctx: StepContext) -> Done:
    """Write first and remove then: whatever happens in between, nothing is lost."""
    notion, place = ctx.connect(Notion), _place(wanted, ctx)
    before = ctx.keep_before("before", lambda: _standing(notion, place))
    made = write_tree(notion, ctx.create_if_absent, place, _blocks(wanted, ctx), name=_TREE)
    remove(notion, ctx.do_idempotently, [each["block"]["id"] for each in before["gone"]], "remove")
    count = before["pages"]
    facts = {"kept": f"{count} block{'s' * (count > 1)} with pages in it"} if count else {}
    return Done({"written": len(made), "removed": len(before["gone"]), "kept": before["pages"]}, facts=facts)


def _standing(notion: Notion, place: str) -> Json:
    found = notion.read_tree(place)
    return {
        "gone": [each for each, block in zip(remember_blocks(found), found, strict=True) if not holds_pages(block)],
        "pages": sum(holds_pages(block) for block in found),
    }


def _undo_replace(wanted: ReplaceContent, ctx: StepContext) -> None:
    before = ctx.recall("before")
    if before is None:
        return
    notion, place = ctx.connect(Notion), _place(wanted, ctx)
    begun = sum(ctx.effect.was_begun(f"remove-{number:04d}") for number in range(len(before["gone"])))
    lost = bring_back(notion, ctx.do_idempotently, ctx.create_if_absent, place, before["gone"][:begun], "undo-remove")
    if ctx.effect.was_begun(f"{_TREE}-place"):
        _take_out(notion, ctx, place, wanted, None)
    _say_lost(lost)


def _delete(wanted: DeleteBlocks, ctx: StepContext) -> Done:
    notion = ctx.connect(Notion)
    blocks = [ctx.target(each, "block") for each in wanted.blocks]
    ctx.keep_before("before", lambda: [_read_block(notion, block) for block in blocks])
    remove(notion, ctx.do_idempotently, blocks, "remove")
    return Done({"removed": len(blocks)})


def _read_block(notion: Notion, block_id: str) -> Json:
    raw = notion.block(block_id)
    if raw.get("type") in ("child_page", "child_database"):
        raise Rejected("notion", f"blocks: {block_id} is a page or a database; notion.trash_page is for pages")
    parent = str(raw["parent"].get(raw["parent"]["type"]))
    siblings = [str(each["id"]) for each in notion.children(parent)]
    place = siblings.index(str(raw["id"])) if str(raw["id"]) in siblings else 0
    below = notion.read_tree(block_id) if raw.get("has_children") else ()
    remembered = remember_blocks([reading.read_block(raw, below)])[0]
    return {**remembered, "after": siblings[place - 1] if place else "", "parent": parent}


def _undo_delete(wanted: DeleteBlocks, ctx: StepContext) -> None:
    lost: list[str] = []
    for number, each in enumerate(ctx.recall("before") or ()):
        if ctx.effect.was_begun(f"remove-{number:04d}"):
            notion = ctx.connect(Notion)
            name = f"undo-{number:04d}"
            lost += bring_back(notion, ctx.do_idempotently, ctx.create_if_absent, str(each["parent"]), [each], name)
    _say_lost(lost)


def _say_lost(lost: list[str]) -> None:
    if lost:
        raise Rejected("notion", f"all was put back but this: {'; '.join(lost)[:1000]}")


NOTION_APPEND_BLOCKS = StepKind(
    "notion.append_blocks",
    "Write content at the end of a page or block, or behind one of its blocks.",
    AppendBlocks,
    _append,
    Repeat.LOOK,
    undo=_undo_append,
    systems=("notion",),
    fills=("markdown",),
    core=True,
)
NOTION_REPLACE_CONTENT = StepKind(
    "notion.replace_content",
    "Replace the content of a page or block.",
    ReplaceContent,
    _replace,
    Repeat.LOOK,
    undo=_undo_replace,
    systems=("notion",),
    core=True,
)
NOTION_DELETE_BLOCKS = StepKind(
    "notion.delete_blocks",
    "Delete blocks of a page.",
    DeleteBlocks,
    _delete,
    Repeat.SAME_END,
    undo=_undo_delete,
    systems=("notion",),
    core=True,
)
