"""A piece of a page: what is searched, embedded and shown as a source."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Chunk:
    """A piece of a page. `path` are the titles above it: of pages above, the page's own, and headings.

    The path is searched by words, but not embedded, so that renaming a page costs no vector.
    """

    id: str  # page, first block, and number within that block
    page: str
    text: str
    path: tuple[str, ...]
    position: int  # within the page
    block: str  # the first block it was made of, for a link
    key: str  # of the vector: hash of the text
    kind: str = "text"  # "text", "table", "code", "list", "row"
    edited_at: str = ""  # of the page
    url: str = ""  # of the page
