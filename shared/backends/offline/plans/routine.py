"""The plan of a routine: one step of Notion's for each to-do on its page."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from typing import Any

from shared.backends.offline.naming import project_name
from shared.backends.offline.page_blocks import read_own_words, shorten, site_title
from shared.core.page import Block, Page, page_from_data

MAX_TODOS = 100
_TITLE = 60
_SAID = re.compile(r"(comment|write|note|new page|create page)\s*:\s*(\S.*)", re.IGNORECASE | re.DOTALL)
_EXPLAINED = (
    "Each to-do on the page becomes a task in Tasks. “Comment: …” comments on the page, “Write: …” adds a paragraph to"
    " it, “New page: …” makes a page below it."
)


def make_routine_plan(data: Mapping[str, Any]) -> dict[str, Any]:
    """Return the steps of `data["page"]`, from the step kinds and databases there are; a question where it has none."""
    page = page_from_data(data["page"])
    kinds, places = frozenset(data.get("kinds", ())), data.get("places") or {}
    todos = {words: block for block in page.walk() if block.type == "to_do" and (words := read_own_words(block))}
    title = f"‘{shorten(site_title(page), _TITLE)}’"
    if not todos:
        return _answer(page, question=f"{title} has no to-dos, so I do not know what to do. {_EXPLAINED}")
    if len(todos) > MAX_TODOS:
        return _answer(page, question=f"{title} has {len(todos)} to-dos; one routine takes {MAX_TODOS}.")
    steps, cannot = [], []
    for number, words in enumerate(todos, 1):
        step = _step(words, page.id, kinds, places)
        if step is None:
            cannot.append(words)
        else:
            steps.append({"id": f"todo-{number}", "why": "It is on the page.", "depends_on": [], **step})
    if cannot:
        names = "; ".join(f"“{shorten(words, _TITLE)}”" for words in cannot[:3])
        return _answer(page, question=f"I have no step for {names}. {_EXPLAINED} Which of these is meant?")
    return _answer(page, todos=todos, steps=steps)


def _step(words: str, page: str, kinds: frozenset[str], places: Mapping[str, Any]) -> dict[str, Any] | None:
    command = _SAID.fullmatch(words)
    if command:
        build = _VERBS[command[1].casefold()]
        step = build(command[2], page)
    elif places.get("tasks"):
        step = _task(words, places)
    else:
        step = _build_append(f"- [ ] {words}", page)
    return step if step["kind"] in kinds else None


def _task(words: str, places: Mapping[str, Any]) -> dict[str, Any]:
    columns = places["tasks"]["columns"]
    values = {"Name": words, "Status": "To do", "Due": places.get("today", "")}
    properties = {columns[name]: value for name, value in values.items() if value and name in columns}
    given = {"data_source": places["tasks"]["data_source"], "properties": properties}
    return {"kind": "notion.create_page", "title": f"Put “{shorten(words, _TITLE)}” into Tasks", "input": given}


def _comment(text: str, page: str) -> dict[str, Any]:
    given = {"page": page, "text": text}
    return {"kind": "notion.comment", "title": f"Comment “{shorten(text, _TITLE)}”", "input": given}


def _build_append(text: str, page: str) -> dict[str, Any]:
    given = {"page": page, "markdown": text}
    return {"kind": "notion.append_blocks", "title": f"Write “{shorten(text, _TITLE)}”", "input": given}


def _page_below(text: str, page: str) -> dict[str, Any]:
    given = {"page": page, "title": text}
    return {"kind": "notion.create_page", "title": f"Make the page “{shorten(text, _TITLE)}”", "input": given}


_VERBS: Mapping[str, Callable[[str, str], dict[str, Any]]] = {
    "comment": _comment,
    "write": _build_append,
    "note": _build_append,
    "new page": _page_below,
    "create page": _page_below,
}


def _answer(
    page: Page,
    *,
    question: str = "",
    todos: Mapping[str, Block] | None = None,
    steps: list[dict[str, Any]] | None = None,
) -> dict[str, Any]:
    asked, title = (todos or {}).items(), shorten(site_title(page), _TITLE)
    count = len(steps or ())
    summary = f"{count} thing{'' if count == 1 else 's'} to do, one step each." if steps else ""
    return {
        "analysis": {"asked": summary or title, "missing": [question] if question else [], "risk": "low"},
        "questions": [question] if question else [],
        "assumptions": [_EXPLAINED] if steps else [],
        "alternatives": [],
        "followed": [],
        "summary": summary,
        "artifact": "routine",
        "name": project_name(page.title or site_title(page), page.id, ""),
        "requirements": [
            {"id": f"R{number}", "text": words[:19_000], "block": block.id, "source": block.type}
            for number, (words, block) in enumerate(asked, 1)
        ],
        "steps": steps or [],
    }
