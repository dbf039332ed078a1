"""A small workspace of a bakery, with questions whose answers stand in it word for word."""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import cache
from pathlib import Path

from shared.core.page import Block, Page, Span

_FOLDER = Path(__file__).resolve().parents[2] / "fixtures" / "workspace"
_MARKS = {"# ": "heading_1", "- [x] ": "to_do", "- [ ] ": "to_do", "- ": "bulleted_list_item", "> ": "toggle"}


@dataclass(frozen=True, slots=True)
class Question:
    """What is asked, what of a page answers it, and for a follow-up what was asked before."""

    kind: str
    text: str
    evidence: tuple[str, ...]
    before: str = ""


@cache
def workspace_pages() -> tuple[Page, ...]:
    """Return the pages."""
    found = []
    for number, part in enumerate((_FOLDER / "pages.md").read_text(encoding="utf-8").split("== ")[1:]):
        title, _, body = part.partition("\n")
        found.append(Page(f"page-{number:02d}", title.strip(), tuple(_blocks(body.splitlines(), f"page-{number:02d}"))))
    return tuple(found)


@cache
def workspace_questions() -> tuple[Question, ...]:
    """Return the questions; of a table's cells the bars between them are part of the evidence."""
    found = []
    for line in (_FOLDER / "questions.txt").read_text(encoding="utf-8").splitlines():
        kind, text, rest = line.split(" | ", 2)
        before = ""
        if kind == "followup":
            rest, before = rest.rsplit(" | ", 1)
        found.append(Question(kind, text, tuple(rest.split(" ;; ")), before))
    return tuple(found)


def _blocks(lines: list[str], page: str) -> list[Block]:
    blocks: list[Block] = []
    code: list[str] | None = None
    for number, line in enumerate(lines):
        name = f"{page}-{number}"
        if line.startswith("```"):
            if code is not None:
                blocks.append(Block(name, "code", (Span("\n".join(code)),), language="shell"))
            code = [] if code is None else None
        elif code is not None:
            code.append(line)
        elif line.startswith("| "):
            _add_row(blocks, name, line)
        elif line.startswith("  "):
            below = Block(name, "paragraph", (Span(line.strip()),))
            blocks[-1] = replace(blocks[-1], children=(*blocks[-1].children, below))
        else:
            mark = next((mark for mark in _MARKS if line.startswith(mark)), "")
            blocks.append(Block(name, _MARKS.get(mark, "paragraph"), (Span(line.removeprefix(mark)),)))
    return blocks


def _add_row(blocks: list[Block], name: str, line: str) -> None:
    cells = tuple((Span(cell.strip()),) for cell in line.strip(" |").split(" | "))
    row = Block(name, "table_row", cells=cells)
    if blocks and blocks[-1].type == "table":
        blocks[-1] = replace(blocks[-1], children=(*blocks[-1].children, row))
    else:
        blocks.append(Block(f"{name}-table", "table", children=(row,), header_row=True))
