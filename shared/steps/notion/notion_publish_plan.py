"""notion.publish_plan: write the plan into the page, as to-dos that get checked while the run goes on."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from typing import Any

from shared.core.errors import Rejected
from shared.core.notify.progress import progress_of
from shared.core.page import Span
from shared.core.pages import marks
from shared.core.planning.plan import describe_in_full
from shared.core.planning.plan_words import describe_followed, explain_replanning, finding_lines, outlook_lines
from shared.core.planning.proposal import upgrade_proposal
from shared.core.run.replan import bare_name
from shared.core.run.run import Run, RunStatus, Step, StepStatus
from shared.core.text.outgoing_text import hosts_of, plain, tame
from shared.integrations.notion.client.client import Notion
from shared.integrations.notion.content import blocks
from shared.integrations.notion.content.rich_text import split_text
from shared.integrations.notion.content.writer import write_tree
from shared.steps._input import Input
from shared.steps._kind import Done, Repeat, StepContext, StepKind


class PublishPlan(Input):
    """Nothing to fill in: it writes the plan it belongs to."""


def _run(wanted: PublishPlan, ctx: StepContext) -> Done:
    notion, page = ctx.connect(Notion), ctx.run.trigger.page
    _remove_older(ctx, notion)
    steps = _list_planned_steps(ctx)
    written = tame([_plan_block(ctx, steps)], hosts_of(ctx.run_url))
    (container,) = write_tree(
        notion,
        lambda name, do, look: ctx.effect(name, do, repeat=Repeat.LOOK, look=look),
        page,
        written,
        name="plan",
    )
    parts = notion.children(container)
    todos = [str(part["id"]) for part in parts if part["type"] == "to_do"]
    ids = dict(zip((step.id for step in steps), todos, strict=True))
    progress = next((str(part["id"]) for part in parts if part["type"] == "callout"), "")
    shown = max(str(part["created_time"]) for part in parts)
    comment_ids = [str(comment["id"]) for comment in _comments(notion, page) if str(comment["created_time"]) >= shown]
    return Done({"container": container, "todos": ids, "progress": progress, "shown": shown, "said": comment_ids})


def _comments(notion: Notion, page: str) -> list[dict[str, Any]]:
    try:
        return notion.comments(page)
    except Rejected:  # we may not read them: then none of them decides anything either
        return []


def _list_planned_steps(ctx: StepContext) -> list[Step]:
    """Return the steps a person approves: everything of this plan behind the gate."""
    return [
        step
        for step in ctx.run.steps
        if not step.spec.gate and step.status == StepStatus.PENDING and step.id != ctx.step.id and not step.parent
    ]


def _plan_block(ctx: StepContext, steps: Sequence[Step]) -> dict[str, Any]:
    """Return the whole plan as one block: whatever a page or a model wrote in it is text and nothing else."""
    planned = ctx.output_of("plan.propose")
    target = marks.mark(ctx.run_url, f"plan-{ctx.step.id}")
    proposal = upgrade_proposal(json.loads(ctx.get_text(str(planned["proposal"]))))
    requirements = proposal["requirements"]
    by = plain(f" — by the {planned['model']} model. {planned['summary']}")
    progress = progress_of(_asking(ctx), ctx.run_url, [step.id for step in steps], ctx.settings)
    head = (Span("Plan", bold=True, href=target), Span(by[: blocks.MAX_UNITS]))
    inside = [
        blocks.callout(progress.spans, progress.icon, color=progress.color),
        *_build_outlook(ctx.run, planned),
        *(blocks.to_do(step.spec.title or step.spec.kind) for step in steps),
        *_build_folded_parts(proposal, planned, steps),
        blocks.toggle("What exactly is approved", _describe_in_full(steps)),
        blocks.toggle(
            f"Requirements read from this page ({len(requirements)})",
            [blocks.bulleted_list_item(line) for line in _lines(requirements)],
        ),
    ]
    return blocks.callout(head, "🗺️", inside)


def _asking(ctx: StepContext) -> Run:
    """Return the run as it is when people see the plan, and the same at each attempt: a write goes on as it began."""
    others = tuple(step for step in ctx.run.steps if step.id != ctx.step.id)
    return replace(ctx.run, status=RunStatus.AWAITING_APPROVAL, steps=others)


def _build_outlook(run: Run, planned: Mapping[str, Any]) -> list[dict[str, Any]]:
    """Return what people should know before they decide: what went wrong before, risk, cost, time, a second look."""
    lines = [*explain_replanning(run), *outlook_lines(planned)]
    return [
        *(blocks.paragraph(line) for line in lines),
        *(blocks.bulleted_list_item(line) for line in finding_lines(planned)),
    ]


def _build_folded_parts(
    proposal: Mapping[str, Any], planned: Mapping[str, Any], steps: Sequence[Step]
) -> list[dict[str, Any]]:
    """Return what stands folded beside the steps: assumptions, other ways, reasons, preferences that were followed."""
    other = [f"{each['title']}: {each['why_not']}" for each in proposal["alternatives"]]
    reasons = {str(each.get("id")): str(each.get("why", "")) for each in proposal["steps"]}
    why = [(step, reasons.get(bare_name(step.id), "")) for step in steps]
    folded = {
        "Assumptions": proposal["assumptions"],
        "Other ways that were considered": other,
        "Why each step": [f"{step.spec.title or step.spec.kind}: {reason}" for step, reason in why if reason],
        "Preferences of the team that this plan follows": describe_followed(planned),
    }
    return [_fold_lines(title, lines) for title, lines in folded.items() if lines]


def _fold_lines(title: str, lines: Sequence[str]) -> dict[str, Any]:
    parts = [part for line in lines for part in split_text(plain(" ".join(line.split())))]
    return blocks.toggle(f"{title} ({len(lines)})", [blocks.bulleted_list_item(part) for part in parts])


def _describe_in_full(steps: Sequence[Step]) -> list[dict[str, Any]]:
    """Return each step with all it is given: a title is what a model says of a step, this is what will be done."""
    lines = (plain(f"{number}. {describe_in_full(step.spec)}") for number, step in enumerate(steps, 1))
    return [blocks.bulleted_list_item(part) for line in lines for part in split_text(line)]


def _lines(requirements: Iterable[Mapping[str, Any]]) -> list[str]:
    """Return each requirement complete: what a person approves has no end that is not shown."""
    return [f"{each['id']}: {plain(' '.join(str(each['text']).split()))}" for each in requirements]


def _remove_older(ctx: StepContext, notion: Notion) -> None:
    """Take the plan of an earlier revision out of the page."""
    for step in ctx.run.steps:
        older = str(step.output.get("container", "")) if step.spec.kind == ctx.step.spec.kind else ""
        if older and step.id != ctx.step.id:
            ctx.effect(f"remove-{step.id}", lambda older=older: _remove_block(notion, older), repeat=Repeat.SAME_END)  # type: ignore[misc]


def _remove_block(notion: Notion, block: str) -> dict[str, Any]:
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
