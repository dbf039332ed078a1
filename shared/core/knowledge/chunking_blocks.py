"""Blocks of a page as sections of text pieces, each with its path of titles."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace

from shared.core.knowledge.text_size import size_of
from shared.core.page import Block, Page, Span

_HEADINGS = {f"heading_{level}": level for level in range(1, 5)}
_LISTS = {"bulleted_list_item": "- ", "numbered_list_item": "1. ", "to_do": ""}
_OTHER_PAGES = frozenset({"child_page", "child_database"})  # their content is theirs, their title is ours
_INDENT = "  "
_LARGEST_HEAD, _LONGEST_HEAD = 96, 1000  # words and marks, letters: half of a chunk


@dataclass(frozen=True, slots=True)
class Piece:
    """Text that is not cut unless it is too long by itself. `head` are the column titles of the table it is from."""

    block: str
    text: str
    kind: str  # "text", "table", "code", "list", "row"
    head: str = ""
    table: str = ""

    def replace_text(self, text: str) -> Piece:
        return replace(self, text=text)


@dataclass(slots=True)
class Section:
    """Pieces below one heading or toggle. `merged` holds several, whose headings are pieces of their own."""

    path: tuple[str, ...]
    pieces: list[Piece] = field(default_factory=list)
    block: str = ""  # the heading's
    merged: bool = False

    @property
    def is_below_heading(self) -> bool:
        """Return whether it is not the beginning of the page, which has no heading."""
        return self.merged or bool(self.block)

    def size(self) -> int:
        """Return its length, as `text_size` counts."""
        heading = 0 if self.merged else size_of(self.path[-1])
        return heading + sum(size_of(piece.text) for piece in self.pieces)


def sections(page: Page, top: tuple[str, ...]) -> Iterator[Section]:
    """Yield the page's sections that have any content, in reading order; `top` is the path of the page itself."""
    values = [f"{name}: {value}" for name, value in page.properties.items() if value.strip()]
    if values:
        yield Section(top, [Piece(page.id, "\n".join([page.title, *values]), "row")])
    found = list(_split_sections(page.blocks, Section(top)))
    paths: set[tuple[str, ...]] = set()
    for section in found:
        if any(piece.text.strip() for piece in section.pieces):
            paths.update(section.path[:depth] for depth in range(len(section.path) + 1))
    for section in found:
        if any(piece.text.strip() for piece in section.pieces):
            yield section
        elif section.block and section.path not in paths:  # a heading with nothing below it: its words are all there is
            paths.add(section.path)
            yield Section(section.path[:-1], [Piece(section.block, section.path[-1], "text")], section.block, True)


def _split_sections(blocks: Sequence[Block], here: Section) -> Iterator[Section]:
    """Yield `here` and all sections that begin within these blocks, and go on with the text after them.

    A heading holds until the next of its level or above; a toggle holds what is in it, and no more.
    """
    open_at: list[tuple[int, str]] = []
    start, current = here.path, here
    for block in blocks:
        level = _HEADINGS.get(block.type, 0)
        if level:
            yield current
            open_at = [each for each in open_at if each[0] < level] + [(level, block.text.strip())]
            current = Section(start + tuple(title for _, title in open_at if title), block=block.id)
            if not block.text.strip():
                current.block = ""
            if block.children:
                yield from _split_sections(block.children, current)
                current = Section(current.path, block=current.block)
        elif block.type == "toggle" and block.text.strip() and block.children:
            yield current
            yield from _split_sections(block.children, Section((*current.path, block.text.strip()), block=block.id))
            current = Section(current.path, block=current.block)
        elif _is_container(block):
            inner = list(_split_sections(block.children, _append_own_text(current, block)))
            yield from inner[:-1]
            current = inner[-1] if inner[-1].path == current.path else Section(current.path, block=current.block)
            if current is not inner[-1]:
                yield inner[-1]
        else:
            current.pieces.extend(_pieces(block))
    yield current


def _is_container(block: Block) -> bool:
    return bool(block.children) and block.type not in _LISTS and block.type not in ("table", *_OTHER_PAGES)


def _append_own_text(current: Section, block: Block) -> Section:
    current.pieces.extend(_pieces(replace(block, children=())))
    return current


def _pieces(block: Block) -> Iterator[Piece]:
    if block.type == "table":
        yield from _rows(block)
    elif block.type in _LISTS:
        yield Piece(block.id, "\n".join(_item_lines(block, "")), "list")
    elif block.type == "code" and block.text.strip():
        caption = f"{block.caption}\n" if block.caption else ""
        yield Piece(block.id, f"{caption}```{block.language or ''}\n{block.text}\n```", "code")
    elif text := _line(block):
        yield Piece(block.id, text, "text")


def _rows(table: Block) -> Iterator[Piece]:
    rows = [(row.id, _row_text(row.cells)) for row in table.children if row.type == "table_row"]
    head = rows[0][1] if table.header_row and rows else ""
    if len(head) > _LONGEST_HEAD or size_of(head) > _LARGEST_HEAD:
        head = ""  # it is a row like any other: above each part it would be most of the text, many times over
    for number, (row, text) in enumerate(rows):
        if text and not (number == 0 and head and len(rows) > 1):  # the head stands above the first row anyway
            yield Piece(row, text, "table", head, table.id)


def _row_text(cells: Sequence[Sequence[Span]]) -> str:
    texts = ["".join(span.text for span in cell).strip().replace("\n", " ") for cell in cells]
    return " | ".join(texts) if any(texts) else ""


def _item_lines(block: Block, indent: str) -> Iterator[str]:
    """Yield the lines of a list item, and of all below it, indented."""
    mark = _LISTS.get(block.type, "")
    if block.type == "to_do":
        mark = "[x] " if block.checked else "[ ] "
    if block.type == "table":
        yield from (f"{indent}{_row_text(row.cells)}" for row in block.children)
        return
    if text := _line(block):
        yield f"{indent}{mark}{text}"
    if block.type not in _OTHER_PAGES:
        for child in block.children:
            yield from _item_lines(child, indent + _INDENT)


def _line(block: Block) -> str:
    """Return a block's own text: what it says, what it is called, where it leads."""
    parts = (block.text, block.name, block.caption, block.url or "" if not block.hosted else "")
    return " ".join(dict.fromkeys(part.strip() for part in parts if part.strip()))
