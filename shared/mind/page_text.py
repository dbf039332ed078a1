"""A page as lines for a prompt: one for each block, with its id, so that an answer can say where something stands."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence

from shared.core.page import Block, Page, Span

_DEEPER = "  "
_NUMBERED = "numbered_list_item"


Marked = Callable[[Block], tuple[str, bool]]


def _label_by_id(block: Block) -> tuple[str, bool]:
    return block.id, True


def page_text(page: Page, marked: Marked = _label_by_id) -> str:
    """Return title, columns and blocks; what is below a block is indented, further lines of its text more so.

    It costs about a third of the tokens of the same page as JSON. `marked` gives what stands before a block, in square
    brackets, and whether its text stands here: its id, and always, unless somebody says otherwise.
    """
    head = [f"Title: {_collapse_line(page.title)}"]
    head += [f"{_collapse_line(name)}: {_collapse_line(value)}" for name, value in page.properties.items() if value]
    return "\n".join([*head, "", *_list_lines(page.blocks, "", marked)]).strip()


def _list_lines(blocks: Sequence[Block], indent: str, marked: Marked) -> Iterator[str]:
    number = 0
    for block in blocks:
        number = (number + 1 if number else block.list_start_index or 1) if block.type == _NUMBERED else 0
        yield from _lines(block, number, indent, marked)


def _lines(block: Block, number: int, indent: str, marked: Marked) -> Iterator[str]:
    mark, here = marked(block)
    first, *more = (block_text(block) if here else "").split("\n")
    yield f"{indent}{f'[{mark}] ' if mark else ''}{_kind(block, number)}{': ' if first else ''}{first}"
    for line in more:
        yield f"{indent}{_DEEPER}| {line}"
    yield from _list_lines(block.children, indent + _DEEPER, marked)


def _kind(block: Block, number: int) -> str:
    if number:  # other blocks speak of it
        return f"{block.type} ({number})"
    if block.type == "to_do":
        return f"to_do ({'done' if block.checked else 'open'})"
    return f"{block.type} ({block.language})" if block.language else block.type


def block_text(block: Block) -> str:
    """Return all that a block says in its own line."""
    cells = " | ".join(_collapse_line(_join_spans(cell)) for cell in block.cells)
    caption = f"({_join_spans(block.caption_runs)})" if block.caption_runs else ""
    return " ".join(text for text in (_join_spans(block.spans), cells, block.name, block.url or "", caption) if text)


def _join_spans(spans: Sequence[Span]) -> str:
    return "".join(
        f"{span.text} ({span.href})" if span.href and span.href != span.text else span.text for span in spans
    )


def _collapse_line(text: str) -> str:
    return " ".join(text.split())


def page_words(page: Page) -> str:
    """Return what people read on a page: title, texts and cells, without ids, types and columns."""
    cells = ("".join(span.text for span in cell) for block in page.walk() for cell in block.cells)
    return "\n".join([page.title, *(block.text for block in page.walk()), *cells])
