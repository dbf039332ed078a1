"""A page into chunks that follow its structure: what is searched, embedded and shown as a source.

Pieces of one section are packed up to SIZE words and marks; no chunk crosses a heading. Small sections beside each
other under one heading become one chunk. A table's header stands above each of its parts, code is cut only where a
block alone is too long, lists between items of the first level. Sizes and rules: retrieval, 5.1 and 5.2. All of it
takes time in proportion to the page's length.
"""

from __future__ import annotations

import hashlib
import re
import unicodedata
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from itertools import accumulate

from shared.core.knowledge.chunk import Chunk
from shared.core.knowledge.chunking_blocks import Piece, Section, sections
from shared.core.knowledge.text_size import size_of
from shared.core.page import Page

CUTTER = 1  # version: pages cut by an older one are cut again, and only texts that differ are embedded again
SIZE = 192  # words and marks; the small model reads 256 word-pieces, which are up to a third more than these
_SMALL = SIZE // 2
_AT_ONCE = 16 * SIZE  # letters of one word that are halved together

_SENTENCE = re.compile(r"(?<=[.!?。！？])\s+|(?<=[。！？])|\n+")


def cut(page: Page, *, path_above: Sequence[str] = ()) -> list[Chunk]:
    """Return the page's chunks in reading order; a page without content gets one, of its title.

    `path_above` are the titles of the pages above, outermost first; the page's own and its headings follow in `path`.
    """
    top = (*path_above, page.title)
    drafts = [draft for group in _groups(sections(page, top)) for draft in _pack_chunks(group)]
    if not drafts:
        drafts = [_Draft(top, [Piece(page.id, page.title, "text")])]
    counted: dict[str, int] = {}
    chunks = []
    for position, draft in enumerate(drafts):
        block = draft.pieces[0].block
        number = counted[block] = counted.get(block, -1) + 1
        kinds = {piece.kind for piece in draft.pieces}
        kind = kinds.pop() if len(kinds) == 1 else "text"
        text = _storable(draft.text())
        chunks.append(
            Chunk(
                id=f"{page.id}:{block}:{number}",
                page=page.id,
                text=text,
                path=tuple(_storable(title) for title in draft.path),
                position=position,
                block=block,
                key=vector_key(text),
                kind=kind,
                edited_at=page.edited_at,
                url=page.url,
            )
        )
    return chunks


def vector_key(text: str) -> str:
    """Return what a text's vector is kept under: the hash of its content, however its letters are composed."""
    lines = (line.rstrip() for line in unicodedata.normalize("NFC", text).splitlines())
    return hashlib.sha256("\n".join(lines).strip().encode("utf-8", "surrogatepass")).hexdigest()


def _storable(text: str) -> str:
    """Return the text with what no database takes, half of a surrogate pair, made a question mark."""
    return text.encode("utf-8", "replace").decode()


@dataclass(slots=True)
class _Draft:
    path: tuple[str, ...]
    pieces: list[Piece] = field(default_factory=list)

    def text(self) -> str:
        lines: list[str] = []
        table = ""
        for piece in self.pieces:
            if piece.head and piece.table != table and piece.text != piece.head:
                lines.append(piece.head)
            table = piece.table
            lines.append(piece.text)
        return "\n".join(lines)


def _groups(found: Iterable[Section]) -> Iterator[Section]:
    """Yield sections, with small ones beside each other under one heading put together."""
    waiting: Section | None = None
    for section in found:
        if waiting is not None and _belong_together(waiting, section):
            waiting = Section(section.path[:-1], [*_prepend_heading(waiting), *_prepend_heading(section)], merged=True)
            continue
        if waiting is not None:
            yield waiting
        waiting = section
    if waiting is not None:
        yield waiting


def _belong_together(section: Section, next_: Section) -> bool:
    parent = section.path if section.merged else section.path[:-1]
    if not (section.is_below_heading and next_.is_below_heading) or next_.path[:-1] != parent:
        return False
    sizes = section.size(), next_.size()
    return min(sizes) < _SMALL and sum(sizes) <= SIZE


def _prepend_heading(section: Section) -> list[Piece]:
    """Return a section's pieces, its own heading among them: put together, the path no longer tells it."""
    if section.merged:
        return section.pieces
    return [Piece(section.block, section.path[-1], "text"), *section.pieces]


def _pack_chunks(section: Section) -> Iterator[_Draft]:
    draft, size = _Draft(section.path), 0
    for piece in (part for whole in section.pieces for part in _parts(whole)):
        needed = size_of(piece.text)
        new_table = bool(piece.head) and (not draft.pieces or draft.pieces[-1].table != piece.table)
        head = size_of(piece.head) if new_table else 0
        if draft.pieces and size + needed + head > SIZE:
            yield draft
            draft, size = _Draft(section.path), 0
            head = size_of(piece.head)
        draft.pieces.append(piece)
        size += needed + head
    if draft.pieces:
        yield draft


def _parts(piece: Piece) -> Iterator[Piece]:
    """Yield the piece, cut where it is too long: at lines, at ends of sentences, and at last anywhere."""
    room = max(SIZE - size_of(piece.head), SIZE // 3)
    if size_of(piece.text) <= room:
        yield piece
        return
    units = piece.text.split("\n") if piece.kind in ("code", "list") else _SENTENCE.split(piece.text)
    joint = "\n" if piece.kind in ("code", "list") else " "
    kept: list[str] = []
    size = 0
    for unit in (part for whole in units if whole for part in _hard_cut(whole, room)):
        needed = size_of(unit)
        if kept and size + needed > room:
            yield piece.replace_text(joint.join(kept))
            kept, size = [], 0
        kept.append(unit)
        size += needed
    if kept:
        yield piece.replace_text(joint.join(kept))


def _hard_cut(text: str, room: int) -> Iterator[str]:
    """Yield the text, halved until each part has room: between words, and within one that is too long by itself.

    Each word is measured once, and a long one by parts of bounded length: a block may have megabytes.
    """
    if size_of(text) <= room:
        yield text
        return
    words = text.split()
    ends = [0, *accumulate(map(size_of, words))]  # a size is the sum of its words' sizes
    waiting = [(0, len(words))]
    while waiting:
        start, end = waiting.pop()
        if ends[end] - ends[start] <= room:
            yield " ".join(words[start:end])
        elif end - start == 1:
            number = -(-len(words[start]) // _AT_ONCE)
            for part in _equal_parts(words[start], number):
                yield from _halve_word(part, room)
        else:
            middle = start + (end - start) // 2
            waiting += [(middle, end), (start, middle)]


def _halve_word(word: str, room: int) -> Iterator[str]:
    if size_of(word) <= room:
        yield word
        return
    for half in _equal_parts(word, 2):
        yield from _halve_word(half, room)


def _equal_parts(word: str, number: int) -> Iterator[str]:
    for at in range(number):
        yield word[len(word) * at // number : len(word) * (at + 1) // number]
