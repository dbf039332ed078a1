"""What a release review shows people on the page, kept to one container however often it is asked for."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from shared.core.approval.gates import RELEASE
from shared.core.approval.release_words import describe_question
from shared.core.errors import Missing, Rejected
from shared.core.page import Span
from shared.core.pages import marks
from shared.core.text.outgoing_text import hosts_of, plain, tame
from shared.integrations.notion.client.client import Notion
from shared.integrations.notion.content import blocks
from shared.integrations.notion.content.rich_text import split_text
from shared.steps._kind import StepContext

_SHOWN_DIFF = 12_000  # letters of the diff in the page; the run has all of it
_MAX_LINES = 90  # Notion takes 100 blocks side by side
_NOTHING = "Nothing is sent before somebody approves it."


def show_review(ctx: StepContext, output: Mapping[str, Any]) -> None:
    """Write into the plan on the page what is asked, in place of what was asked before."""
    container = str(ctx.output_of("notion.publish_plan").get("container", ""))
    if not ctx.run.trigger.page or not container:
        return
    notion = ctx.connect(Notion)
    binds, number = str(output["binds"]), 1
    try:
        while (known := ctx.effect.find_result(f"asked-{number}")) is not None and known["binds"] != binds:
            ctx.do_idempotently(f"gone-{number}", lambda block=str(known["block"]): _remove_block(notion, block))  # type: ignore[misc]
            number += 1
        mark = marks.mark(ctx.run_url, f"asked-{number}-{binds[:8]}")
        ctx.create_if_absent(
            f"asked-{number}",
            lambda: {"binds": binds, "block": notion.append(container, _blocks(ctx, output, mark))[0]},
            lambda: _find_block(notion, container, mark, binds),
        )
    except (Missing, Rejected):  # people may have taken the plan out of the page: they are asked elsewhere too
        return


def _find_block(notion: Notion, container: str, mark: str, binds: str) -> dict[str, Any] | None:
    for part in notion.children(container):
        if part["type"] == "toggle" and any((t.get("href") or "") == mark for t in part["toggle"]["rich_text"]):
            return {"binds": binds, "block": str(part["id"])}
    return None


def _remove_block(notion: Notion, block: str) -> dict[str, Any]:
    try:
        notion.delete_block(block)
    except Missing:  # somebody was faster
        return {"gone": block}
    return {"removed": block}


def _blocks(ctx: StepContext, output: Mapping[str, Any], mark: str) -> list[dict[str, Any]]:
    changes = plain(ctx.get_text(str(output["diff"])))
    shown = changes[:_SHOWN_DIFF] + ("\n… (the run has all of it)" if len(changes) > _SHOWN_DIFF else "")
    parts = [part for line in _preview_question(ctx, output) for part in split_text(line)]
    inside = [blocks.bulleted_list_item(part) for part in parts[:_MAX_LINES]]
    if len(parts) > _MAX_LINES:
        inside.append(blocks.bulleted_list_item("… and more: look at the run."))
    inside.append(blocks.toggle("The changes", [blocks.code(shown or "none", "diff")]))
    head = (Span("What leaves", bold=True, href=mark), Span(f": {output['stat']['files']} files. {_NOTHING}"))
    return tame([blocks.toggle(head, inside)], hosts_of(ctx.run_url))


def _preview_question(ctx: StepContext, output: Mapping[str, Any]) -> list[str]:
    """Return the lines that people are asked with on every channel, as they are once this step is done.

    Without what has been spent: that goes on while people think, and a write that was begun goes on as it began.
    """

    steps = tuple(replace(s, output=output) if s.id == ctx.step.id else s for s in ctx.run.steps)
    gate = f"{ctx.step.id.removesuffix('review')}{RELEASE}"
    return describe_question(replace(ctx.run, steps=steps), gate)[:-1]
