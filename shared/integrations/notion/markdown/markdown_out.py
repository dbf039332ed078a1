"""Blocks to Markdown that anybody's reader shows. `parse_blocks` makes the same blocks of it again."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping, Sequence

from shared.core.page import Block, Span
from shared.integrations.notion.markdown.inline_out import CELL, HEADING, LINE, PARAGRAPH, SUMMARY, inline_markdown
from shared.integrations.notion.markdown.markdown_rules import ALERTS

_LISTS = frozenset({"bulleted_list_item", "numbered_list_item", "to_do"})
_BACKTICKS = re.compile("`{3,}")
_DOLLARS = re.compile(r"^[ \t]*(\${2,})[ \t]*$", re.MULTILINE)
_ALERT_OF = {icon: name for name, icon in ALERTS.items()}


def to_markdown(blocks: Sequence[Block], *, title: str = "") -> str:
    """Return the blocks as Markdown; `title` becomes its first heading, as `parse_markdown` expects it.

    What Markdown can say comes back equal from `parse_blocks`: headings (folded ones as `<details>`), paragraphs and
    empty ones (`<br>`), lists, to-dos, quotes, callouts with an emoji, toggles, code, equations, tables, images,
    dividers; bold, italic, struck, underlined and code text, links, equations.

    What Markdown cannot say keeps its text: columns, tabs, synced blocks and children of paragraphs stand one after
    another; files, bookmarks, pages and databases become links; mentions their text. Left out are colours, widths,
    styles within code and captions, header columns, and lists that Notion makes itself (contents, breadcrumb). An empty
    header of a table reads back as none. What the API does not show is named in brackets.
    """
    lines = _all(blocks)
    if title:
        lines = [f"# {inline_markdown([Span(title)], HEADING)}", *([""] if lines else []), *lines]
    return "\n".join(lines) + "\n" if lines else ""


def _all(blocks: Iterable[Block]) -> list[str]:
    """Return the lines of siblings: an empty line between them, save between items of one list."""
    lines: list[str] = []
    before: Block | None = None
    number = 0
    for block in blocks:
        numbered = block.type == "numbered_list_item"
        goes_on = numbered and before is not None and before.type == block.type
        number = (number + 1 if goes_on else block.list_start_index or 1) if numbered else 0
        made = _numbered(block, number) if numbered else _block(block)
        if not made:
            continue
        if lines and not (before is not None and _tight(before, block)):
            lines.append("")
        lines += made
        before = block
    return lines


def _tight(before: Block, block: Block) -> bool:
    same = before.type == block.type or {before.type, block.type} <= {"bulleted_list_item", "to_do"}
    return block.type in _LISTS and same and all(child.type in _LISTS for child in before.children)


def _block(block: Block) -> list[str]:
    write = _WRITERS.get(block.type)
    if write is not None:
        return write(block)
    shown = f"[{block.block_type or block.type}: not shown by Notion's API]"
    own = [inline_markdown(block.spans)] if block.spans else [inline_markdown([Span(shown)])]
    return _one_by_one(own, block)


def _one_by_one(own: Sequence[str], block: Block) -> list[str]:
    """Return lines and then the children, for what Markdown cannot nest."""
    lines = [line for text in own for line in text.split("\n")]
    below = _all(block.children)
    return [*lines, *([""] if lines and below else []), *below]


def _paragraph(block: Block) -> list[str]:
    return _one_by_one([inline_markdown(block.spans) or "<br>"], block)


def _heading(block: Block) -> list[str]:
    level = int(block.type[-1])
    if block.is_toggleable or block.children:
        return _folded(f"<h{level}>{inline_markdown(block.spans, SUMMARY)}</h{level}>", block)
    return [f"{'#' * level} {inline_markdown(block.spans, HEADING)}".rstrip(" ")]


def _folded(summary: str, block: Block) -> list[str]:
    below = _all(block.children)
    return ["<details>", f"<summary>{summary}</summary>", "", *below, *([""] if below else []), "</details>"]


def _toggle(block: Block) -> list[str]:
    return _folded(inline_markdown(block.spans, SUMMARY), block)


def _numbered(block: Block, number: int) -> list[str]:
    return _item(f"{number}.", block)


def _item(marker: str, block: Block, box: str = "") -> list[str]:
    """Return a list item: the text beside the marker, all else below it as far to the right."""
    text = inline_markdown(block.spans, PARAGRAPH)
    below = _all(block.children)
    if not text and not box and block.children and block.children[0].type == "paragraph":
        text = "<br>"
    lines = f"{box} {text}".strip(" ").split("\n") if box or text else [""]
    tight = bool(block.children) and all(child.type in _LISTS for child in block.children)
    setext = tight and bool(lines[0]) and not block.children[0].spans  # a lone `-` below a text would underline it
    if below and lines != [""] and (not tight or setext):
        lines.append("")
    lines += below
    indent = " " * (len(marker) + 1)
    first = f"{marker} {lines[0]}".rstrip(" ")
    return [first, *((indent + line) if line else "" for line in lines[1:])]


def _to_do(block: Block) -> list[str]:
    return _item("-", block, "[x]" if block.checked else "[ ]")


def _quoted(head: Sequence[str], block: Block) -> list[str]:
    text = inline_markdown(block.spans)
    if not text and block.children and block.children[0].type == "paragraph":
        text = "<br>"
        head = [*head, ""] if head else []
    lines = [*head, *(text.split("\n") if text else [])]
    below = _all(block.children)
    lines += [*([""] if lines and below else []), *below]
    return [f"> {line}" if line else ">" for line in lines or [""]]


def _callout(block: Block) -> list[str]:
    """Return an alert: of GitHub's kinds where the icon is theirs, else with the emoji in the brackets."""
    icon = block.icon or {}
    emoji = str(icon.get("emoji") or "") if icon.get("type") == "emoji" else ""
    if icon and not emoji:
        emoji = ALERTS["NOTE"]
    return _quoted([f"[!{_ALERT_OF.get(emoji, emoji)}]"], block)


def _code(block: Block) -> list[str]:
    text = block.text
    fence = "`" * max([3, *(len(run) + 1 for run in _BACKTICKS.findall(text))])
    language = "" if block.language in (None, "plain text") else str(block.language).replace(" ", "-")
    caption = ["", *_block(Block("", "paragraph", block.caption_runs))] if block.caption else []
    return [f"{fence}{language}", *(text.split("\n") if text else []), fence, *caption]


def _equation(block: Block) -> list[str]:
    run = "$" * max([2, *(len(found) + 1 for found in _DOLLARS.findall(block.text))])
    return [run, *(block.text.split("\n") if block.text else []), run]


def _table(block: Block) -> list[str]:
    rows = [[inline_markdown(cell, CELL) for cell in row.cells] for row in block.children]
    width = max((len(row) for row in rows), default=0)
    if not width:
        return []
    if not block.header_row:
        rows.insert(0, [])
    padded = [row + [""] * (width - len(row)) for row in rows]
    padded.insert(1, ["---"] * width)
    return ["| " + " | ".join(row) + " |" for row in padded]


def _image(block: Block) -> list[str]:
    if not block.url:
        return _linked(block)
    runs = block.caption_runs
    href = runs[0].href if len(runs) == 1 else None
    alt = inline_markdown([Span(block.caption)], LINE)
    shown = f"![{alt}]({_address(block.url)})"
    return [f"[{shown}]({_address(href)})" if href else shown]


def _address(url: str) -> str:
    """Return an address as the target of a link."""
    return inline_markdown([Span("x", href=url)], LINE)[len("[x](") : -1]


def _linked(block: Block) -> list[str]:
    """Return a link to what lies elsewhere, under the name that people see."""
    target = block.url or _within_notion(block)
    name = block.text or block.caption or block.name or target or f"[{block.type}]"
    return _one_by_one([inline_markdown([Span(name, href=target or None)])], block)


def _within_notion(block: Block) -> str:
    target = block.target or (block.id if block.type in ("child_page", "child_database") else "")
    return f"https://www.notion.so/{target.replace('-', '')}" if target else ""


def _children(block: Block) -> list[str]:
    return _all(block.children)


_WRITERS: Mapping[str, Callable[[Block], list[str]]] = {
    "paragraph": _paragraph,
    **{f"heading_{level}": _heading for level in (1, 2, 3, 4)},
    "bulleted_list_item": lambda block: _item("-", block),
    "to_do": _to_do,
    "toggle": _toggle,
    "quote": lambda block: _quoted([], block),
    "callout": _callout,
    "code": _code,
    "equation": _equation,
    "divider": lambda block: ["---"],
    "table": _table,
    "image": _image,
    **dict.fromkeys(("video", "audio", "pdf", "file", "bookmark", "embed", "link_preview"), _linked),
    **dict.fromkeys(("child_page", "child_database", "link_to_page"), _linked),
    **dict.fromkeys(("column_list", "column", "tab", "synced_block"), _children),
    **dict.fromkeys(("table_of_contents", "breadcrumb"), lambda block: []),
}
