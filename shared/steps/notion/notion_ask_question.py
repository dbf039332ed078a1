"""notion.ask_question: ask people back in a comment on the page."""

from __future__ import annotations

from typing import Any

from pydantic import Field

from shared.core.page import Span
from shared.core.pages import marks
from shared.core.text.outgoing_text import hosts_of, plain
from shared.integrations.notion.client.client import Notion
from shared.steps._input import Input
from shared.steps._kind import Done, Repeat, StepContext, StepKind


class AskQuestion(Input):
    """What the planner wants to know."""

    question: str = Field(min_length=1, max_length=2000)


def _run(wanted: AskQuestion, ctx: StepContext) -> Done:
    notion, page = ctx.connect(Notion), ctx.run.trigger.page
    target = marks.mark(ctx.run_url, f"question-{ctx.step.id}")
    question = plain(wanted.question, hosts_of(ctx.run_url))
    asked = ctx.effect(
        "comment",
        lambda: {"comment": notion.comment(page, (Span("Question: ", href=target), Span(question)))["id"]},
        repeat=Repeat.LOOK,
        look=lambda: _find(notion, page, target),
    )
    return Done({"comment": asked["comment"]}, facts={"question": question})


def _find(notion: Notion, page: str, target: str) -> dict[str, Any] | None:
    for comment in notion.comments(page):
        if any((text.get("href") or "") == target for text in comment.get("rich_text", ())):
            return {"comment": str(comment["id"])}
    return None


NOTION_ASK_QUESTION = StepKind(
    "notion.ask_question",
    "Ask people back in a comment on the page.",
    AskQuestion,
    _run,
    Repeat.LOOK,
    systems=("notion",),
    needs_approval=False,
    plannable=False,
)
