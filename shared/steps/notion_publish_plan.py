"""notion.publish_plan: write the plan into the page, as to-dos that get checked while the run goes on."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from typing import Any

from shared.core import marks
from shared.core.page import Span
from shared.core.run import Step, StepStatus
from shared.integrations.notion import blocks
from shared.integrations.notion.client import Notion
from shared.steps._kind import Done, Input, Repeat, StepContext, StepKind

_CHUNK = 90  # list items per request; Notion takes 100


class PublishPlan(Input):
    """Nothing to fill in: it writes the plan it belongs to."""


def _run(wanted: PublishPlan, ctx: StepContext) -> Done:
    notion, page = ctx.connect(Notion), ctx.run.trigger.page
    _remove_older(ctx, notion)
    planned = ctx.output_of("plan.propose")
    steps = _planned_steps(ctx)
    target = marks.mark(ctx.run_url, f"plan-{ctx.step.id}")
    made = ctx.effect(
        "plan",
        lambda: {"block": notion.append(page, [_plan_block(planned, steps, target)])[0]},
        repeat=Repeat.LOOK,
        look=lambda: _find(notion, page, target),
    )
    container = str(made["block"])
    parts = notion.children(container)
    todos = [str(part["id"]) for part in parts if part["type"] == "to_do"]
    toggle = next(str(part["id"]) for part in parts if part["type"] == "toggle")
    _write_requirements(ctx, notion, toggle, str(planned["proposal"]))
    ids = dict(zip((step.id for step in steps), todos, strict=True))
    return Done({"container": container, "todos": ids})


def _planned_steps(ctx: StepContext) -> list[Step]:
    """Return the steps a person approves: everything of this plan behind the gate."""
    return [
        step
        for step in ctx.run.steps
        if not step.spec.gate and step.status == StepStatus.PENDING and step.id != ctx.step.id and not step.parent
    ]


def _plan_block(planned: Mapping[str, Any], steps: Iterable[Step], target: str) -> dict[str, Any]:
    head = (Span("Plan", bold=True, href=target), Span(f" — by the {planned['model']} model. {planned['summary']}"))
    inside = [blocks.to_do(step.spec.title or step.spec.kind) for step in steps]
    inside.append(blocks.toggle(f"Requirements read from this page ({planned['requirements']})"))
    inside.append(
        blocks.paragraph("Set the status to Approved to begin, or to Cancelled to stop. Edit the page to plan again.")
    )
    return blocks.callout(head, "🗺️", inside)


def _write_requirements(ctx: StepContext, notion: Notion, toggle: str, proposal: str) -> None:
    requirements = json.loads(ctx.get_text(proposal))["requirements"]
    for start in range(0, len(requirements), _CHUNK):
        items = [blocks.bulleted(_short(r)) for r in requirements[start : start + _CHUNK]]
        end = start + len(items)
        ctx.effect(
            f"requirements-{start}",
            lambda items=items: {"blocks": len(notion.append(toggle, items))},  # type: ignore[misc]
            repeat=Repeat.LOOK,
            look=lambda end=end: {"blocks": end} if len(notion.children(toggle)) >= end else None,  # type: ignore[misc]
        )


def _short(requirement: Mapping[str, Any]) -> str:
    text = " ".join(str(requirement["text"]).split())
    return f"{requirement['id']}: {text[:300]}{'…' if len(text) > 300 else ''}"


def _find(notion: Notion, page: str, target: str) -> dict[str, Any] | None:
    for child in notion.children(page):
        texts = (child.get(child["type"]) or {}).get("rich_text") or ()
        if any((text.get("href") or "") == target for text in texts):
            return {"block": str(child["id"])}
    return None


def _remove_older(ctx: StepContext, notion: Notion) -> None:
    """Take the plan of an earlier revision out of the page."""
    for step in ctx.run.steps:
        older = str(step.output.get("container", "")) if step.spec.kind == ctx.step.spec.kind else ""
        if older and step.id != ctx.step.id:
            ctx.effect(f"remove-{step.id}", lambda older=older: _removed(notion, older), repeat=Repeat.SAME_END)  # type: ignore[misc]


def _removed(notion: Notion, block: str) -> dict[str, Any]:
    notion.delete_block(block)
    return {"removed": block}


NOTION_PUBLISH_PLAN = StepKind(
    "notion.publish_plan",
    "Write the plan into the page.",
    PublishPlan,
    _run,
    Repeat.LOOK,
    systems=("notion",),
    needs_approval=False,
    plannable=False,
)
