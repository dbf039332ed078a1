"""What people have changed on a page since a plan was made of it, in words: a line for each change."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, datetime
from difflib import SequenceMatcher
from typing import TYPE_CHECKING, Any

from shared.core.run.acts import EDITED
from shared.core.run.run import Run
from shared.core.text.outgoing_text import plain

if TYPE_CHECKING:  # who only says what was changed loads no pages
    from shared.core.page import Block, Page

MAX_LINES = 8
MAX_LINE = 160  # letters of a line of the page
TO_BUILD = (
    "Comment “build it” to have this built too: a new plan is made, and what is done is kept. Approving leaves it out."
)


def changes_between(before: Page, after: Page) -> tuple[str, ...]:
    """Return what was added, removed and changed, in the order of the page; never () for pages that differ."""
    old, new = list(_lines(before)), list(_lines(after))
    compared = SequenceMatcher(None, old, new, autojunk=False).get_opcodes()
    found = [
        line for tag, a, b, c, d in compared if tag != "equal" for line in _describe_replacement(old[a:b], new[c:d])
    ]
    more = len(found) - MAX_LINES
    shown = found[:MAX_LINES] if more <= 1 else found[: MAX_LINES - 1]
    rest = [f"and {len(found) - len(shown)} more changes"] if len(found) > len(shown) else []
    return (*shown, *rest) or ("its form alone, not its words",)


def find_planned_hash(run: Run) -> str:
    """Return the hash of the content that the present plan was made from."""
    for step in reversed(run.steps):
        if step.spec.kind == "plan.propose" and step.output:
            return str(step.output.get("page_hash", ""))
    return ""


def find_known_hash(run: Run) -> str:
    """Return the hash of the content that people were told about last: as it was planned, or changed since."""
    return str((run.facts.get(EDITED) or {}).get("hash") or find_planned_hash(run))


def describe_edits(run: Run) -> list[str]:
    """Return what was changed on the page since the plan and is not in the work; [] when nothing was."""
    edited: Mapping[str, Any] = run.facts.get(EDITED) or {}
    if not edited:
        return []
    left = f" {edited['left']} approved without it." if edited.get("left") else ""
    head = f"Not in it: the page was changed {describe_edit_time(run)} by {edited.get('by') or 'somebody'}.{left}"
    return [plain(head), *(plain(f"  {line}") for line in edited.get("changes", ()))]


def describe_edit_time(run: Run) -> str:
    """Return when the page was changed, as “at 14:05 UTC” of the day it was changed on; "" when it was not."""
    edited = run.facts.get(EDITED)
    return f"on {datetime.fromisoformat(edited['at']).astimezone(UTC):%d %b at %H:%M} UTC" if edited else ""


def _describe_replacement(old: Sequence[str], new: Sequence[str]) -> list[str]:
    """Return a replaced passage line by line: as changed where lines stand for each other, else removed and added."""
    pairs = min(len(old), len(new))
    lines = [f"changed: “{_cut(a)}” to “{_cut(b)}”" for a, b in zip(old[:pairs], new[:pairs], strict=True)]
    lines += [f"removed: “{_cut(each)}”" for each in old[pairs:]]
    return lines + [f"added: “{_cut(each)}”" for each in new[pairs:]]


def _cut(line: str) -> str:
    return line if len(line) <= MAX_LINE else f"{line[:MAX_LINE]} …"


def _lines(page: Page) -> Iterator[str]:
    yield page.title
    yield from (f"{name}: {value}" for name, value in page.properties.items() if value)
    for block in page.blocks:
        yield from _list_block_lines(block)


def _list_block_lines(block: Block) -> Iterator[str]:
    cells = " | ".join("".join(span.text for span in cell) for cell in block.cells)
    done = {True: "[x] ", False: "[ ] "}.get(bool(block.checked), "") if block.type == "to_do" else ""
    words = " ".join(" ".join(part for part in (block.text, cells, block.url or "") if part).split())
    if words or done:
        yield f"{done}{words}"
    for child in block.children:
        yield from _list_block_lines(child)
