"""The page as the planner sees it: what people wrote, their comments, and nothing of our own."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from shared.core.marks import OUR_PROPERTIES, content_hash, of_people
from shared.core.page import Block, Page, Span, page_to_data
from shared.core.run import Run, RunStatus
from shared.integrations.notion.client import Notion
from shared.steps._kind import Connect


@dataclass(frozen=True, slots=True)
class PageView:
    """A page without what we wrote ourselves; people's comments are its last paragraphs."""

    page: Page
    content_hash: str

    @property
    def data(self) -> Mapping[str, Any]:
        """Return the page as JSON-able data."""
        return page_to_data(self.page)


def said_until(run: Run, now: datetime | None = None) -> datetime | None:
    """Return until when people's comments count as content: never, unless we have asked them something.

    A plan counts what was said before it was made; `now` is given while the run may be waiting for an answer.
    """
    if not any(step.spec.kind == "notion.ask_question" for step in run.steps):
        return None
    planned = [step.handed_at for step in run.steps if step.spec.lane == "plan" and step.handed_at]
    return now if now is not None and run.status == RunStatus.AWAITING_INPUT else max(planned)


def read_page_view(connect: Connect, page_id: str, *, answers_until: datetime | None) -> PageView:
    """Read the page, its blocks, and people's comments up to a time. Raises the errors of the integration."""
    notion = connect(Notion)
    page = notion.read_page(page_id)
    said = tuple(_comment(c) for c in _answers(notion, page_id, answers_until)) if answers_until else ()
    view = replace(
        page,
        blocks=of_people(page.blocks) + said,
        properties={k: v for k, v in page.properties.items() if k not in OUR_PROPERTIES},
    )
    return PageView(view, content_hash(view))


def _answers(notion: Notion, page_id: str, until: datetime) -> list[Mapping[str, Any]]:
    ours = str(notion.me()["id"])
    people = (comment for comment in notion.comments(page_id) if _author(comment) != ours)
    return [comment for comment in people if datetime.fromisoformat(str(comment["created_time"])) <= until]


def _author(comment: Mapping[str, Any]) -> str:
    return str((comment.get("created_by") or {}).get("id", ""))


def _comment(comment: Mapping[str, Any]) -> Block:
    text = "".join(str(part.get("plain_text", "")) for part in comment.get("rich_text", ()))
    return Block(id=str(comment["id"]), type="paragraph", spans=(Span(text),))
