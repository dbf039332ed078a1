"""Pages for the offline planner, and what became of each in a word."""

from __future__ import annotations

from dataclasses import replace
from itertools import count
from typing import Any

from shared.app.planning.plan_proposal import Proposal
from shared.backends.offline.judging.understanding import understand
from shared.core.page import Block, Page, Span
from shared.integrations.notion.content.reading import read_written
from shared.integrations.notion.markdown.markdown import parse_markdown
from tests.unit.offline import pages
from tests.unit.offline.judging.held_out import ASK, REFUSE, SERVICE, SITE

REFUSED = {"program", "repair", "notion", "beyond"}


def page_of(text: str, *comments: tuple[str, str]) -> Page:
    """Return the page of a Markdown text, with comments of a type behind it."""
    made, numbers = parse_markdown(text, name="page"), count(1)

    def numbered(block: Block) -> Block:
        return replace(block, id=f"b{next(numbers)}", children=tuple(map(numbered, block.children)))

    said = tuple(Block(f"c{at}", kind, (Span(words),)) for at, (kind, words) in enumerate(comments))
    return Page("p", made.title, (*(numbered(read_written(raw)) for raw in made.blocks), *said), made.properties)


def outcome(page: Page) -> tuple[str, dict[str, Any]]:
    """Return what became of the page in a word, and the whole answer."""
    answer = pages.plan(page)
    Proposal.model_validate(answer)
    assert bool(answer["questions"]) == (not answer["steps"])
    if answer["steps"]:
        return {"static_site": SITE, "python_service": SERVICE}[answer["artifact"]], answer
    return (REFUSE if understand(page).judgement.taken_for in REFUSED else ASK), answer
