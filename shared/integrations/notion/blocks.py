"""What we write to Notion: one builder per block type, and rich text within Notion's limits."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from typing import Any
from urllib.parse import urlsplit

from shared.core.page import Span

Json = dict[str, Any]
Text = str | Iterable[Span]

MAX_UNITS = 2000  # of one rich-text item; UTF-16 code units, because the server counts as JavaScript does
MAX_ITEMS = 100  # of any array
MAX_BLOCK_UNITS = 30_000  # our own: keeps the largest block, escaped to ASCII, well below the 500 KB of a request
MAX_URL = 2000

_STYLES = ("bold", "italic", "strikethrough", "underline", "code")
_LONE_SURROGATES = re.compile("[\ud800-\udfff]")


def units(text: str) -> int:
    """Return the length in UTF-16 code units."""
    return len(text) + sum(character > "\uffff" for character in text)


def pieces(text: str, limit: int = MAX_UNITS, *, at_spaces: bool = False) -> Iterator[str]:
    """Cut a text into pieces of at most `limit` UTF-16 units, never inside a character, or at a nearby space."""
    if 2 * len(text) <= limit:
        yield from (text,) if text else ()
        return
    start = used = space = index = 0
    while index < len(text):
        width = 2 if text[index] > "\uffff" else 1
        if used + width > limit:
            end = space if at_spaces and space > start + (index - start) // 2 else index
            yield text[start:end]
            start = index = end
            used = 0
            continue
        used += width
        index += 1
        if text[index - 1].isspace():
            space = index
    if start < len(text):
        yield text[start:]


def is_web_address(url: str) -> bool:
    """Say whether Notion takes this as a link or an image address."""
    if not 0 < units(url) <= MAX_URL or any(character.isspace() or not character.isprintable() for character in url):
        return False
    try:
        parts = urlsplit(url)
        host = parts.hostname or ""
    except ValueError:
        return False
    if parts.scheme == "mailto":
        return "@" in parts.path
    return parts.scheme in ("http", "https") and re.fullmatch(r"[^\s<>\"'\\^`{|}%@/]+", host) is not None


def _spans(text: Text) -> Iterator[Span]:
    for span in (Span(text),) if isinstance(text, str) else text:
        clean = _LONE_SURROGATES.sub("\ufffd", span.text)
        if clean:
            yield replace(span, text=clean)


def rich_text(text: Text) -> list[Json]:
    """Return rich-text items; a long run becomes several. The list itself may be longer than one block takes."""
    return [_item(span, part) for span in _spans(text) for part in pieces(span.text)]


def _item(span: Span, content: str) -> Json:
    link = {"url": span.href} if span.href and is_web_address(span.href) else None
    item: Json = {"type": "text", "text": {"content": content, "link": link}}
    styles = {name: True for name in _STYLES if getattr(span, name)}
    return item | ({"annotations": styles} if styles else {})


def split_text(text: Text) -> list[list[Span]]:
    """Cut a text into parts that each fit one block; always at least one part."""
    parts: list[list[Span]] = [[]]
    room, items = MAX_BLOCK_UNITS, MAX_ITEMS
    for span in _spans(text):
        for piece in pieces(span.text, MAX_UNITS, at_spaces=True):
            if units(piece) > room or items == 0:
                parts.append([])
                room, items = MAX_BLOCK_UNITS, MAX_ITEMS
            parts[-1].append(replace(span, text=piece))
            room, items = room - units(piece), items - 1
    return parts


def one_text(text: Text) -> list[Json]:
    """Return rich text for one block; raises ValueError when it needs several (see `split_text`)."""
    items = rich_text(text)
    if len(items) > MAX_ITEMS:
        raise ValueError(f"{len(items)} runs of text do not fit one block; split_text cuts them")
    return items


def block(kind: str, body: Json, children: Sequence[Json] = ()) -> Json:
    """Return a block of any type."""
    return {"object": "block", "type": kind, kind: body | ({"children": list(children)} if children else {})}


def paragraph(text: Text, children: Sequence[Json] = ()) -> Json:
    """Return a paragraph."""
    return block("paragraph", {"rich_text": one_text(text)}, children)


def heading(level: int, text: Text) -> Json:
    """Return a heading of level 1 to 4; deeper ones become 4."""
    return block(f"heading_{min(max(level, 1), 4)}", {"rich_text": one_text(text)})


def to_do(text: Text, checked: bool = False, children: Sequence[Json] = ()) -> Json:
    """Return a to-do."""
    return block("to_do", {"rich_text": one_text(text), "checked": checked}, children)


def bulleted(text: Text, children: Sequence[Json] = ()) -> Json:
    """Return an item of a bulleted list."""
    return block("bulleted_list_item", {"rich_text": one_text(text)}, children)


def numbered(text: Text, children: Sequence[Json] = ()) -> Json:
    """Return an item of a numbered list."""
    return block("numbered_list_item", {"rich_text": one_text(text)}, children)


def toggle(text: Text, children: Sequence[Json] = ()) -> Json:
    """Return a toggle."""
    return block("toggle", {"rich_text": one_text(text)}, children)


def quote(text: Text, children: Sequence[Json] = ()) -> Json:
    """Return a quote."""
    return block("quote", {"rich_text": one_text(text)}, children)


def callout(text: Text, emoji: str = "💡", children: Sequence[Json] = ()) -> Json:
    """Return a callout with an emoji."""
    icon = {"type": "emoji", "emoji": emoji}
    return block("callout", {"rich_text": one_text(text), "icon": icon}, children)


def code(text: Text, language: str = "plain text", caption: Text = "") -> Json:
    """Return a code block; an unknown language becomes plain text."""
    body: Json = {"rich_text": one_text(text), "language": notion_language(language)}
    return block("code", body | ({"caption": one_text(caption)} if caption else {}))


def divider() -> Json:
    """Return a divider."""
    return block("divider", {})


def table(rows: Sequence[Sequence[Text]], *, header_row: bool = False) -> Json:
    """Return a table; short rows are filled up. A table of more than 100 rows is for `Notion.append_tree`."""
    width = max((len(row) for row in rows), default=0)
    if not 1 <= width <= MAX_ITEMS:
        raise ValueError(f"a table of {width} columns cannot be written")
    body = {"table_width": width, "has_column_header": header_row, "has_row_header": False}
    return block("table", body, [_table_row(row, width) for row in rows])


def _table_row(row: Sequence[Text], width: int) -> Json:
    cells = [one_text(cell) for cell in row]
    return block("table_row", {"cells": cells + [[] for _ in range(width - len(cells))]})


def image(url: str, caption: Text = "") -> Json:
    """Return an image by its address on the web."""
    return _with_address("image", {"type": "external", "external": {"url": url}}, url, caption)


def bookmark(url: str, caption: Text = "") -> Json:
    """Return a bookmark."""
    return _with_address("bookmark", {"url": url}, url, caption)


def embed(url: str, caption: Text = "") -> Json:
    """Return an embedded page."""
    return _with_address("embed", {"url": url}, url, caption)


def _with_address(kind: str, body: Json, url: str, caption: Text) -> Json:
    if not is_web_address(url):
        raise ValueError(f"{url[:100]!r} is not an address on the web")
    return block(kind, body | ({"caption": one_text(caption)} if caption else {}))


def table_of_contents() -> Json:
    """Return a table of contents."""
    return block("table_of_contents", {})


def notion_language(name: str) -> str:
    """Return Notion's name of a programming language; `plain text` when Notion has none."""
    wanted = name.strip().lower()
    wanted = _ALIASES.get(wanted, wanted)
    return wanted if wanted in LANGUAGES else "plain text"


LANGUAGES = frozenset({
    "abap", "abc", "agda", "arduino", "ascii art", "assembly", "bash", "basic", "bnf", "c", "c#", "c++", "clojure",
    "coffeescript", "coq", "css", "dart", "dhall", "diff", "docker", "ebnf", "elixir", "elm", "erlang", "f#",
    "flow", "fortran", "gherkin", "glsl", "go", "graphql", "groovy", "haskell", "hcl", "html", "idris", "java",
    "javascript", "json", "julia", "kotlin", "latex", "less", "lisp", "livescript", "llvm ir", "lua", "makefile",
    "markdown", "markup", "matlab", "mathematica", "mermaid", "nix", "notion formula", "objective-c", "ocaml",
    "pascal", "perl", "php", "plain text", "powershell", "prolog", "protobuf", "purescript", "python", "r",
    "racket", "reason", "ruby", "rust", "sass", "scala", "scheme", "scss", "shell", "smalltalk", "solidity", "sql",
    "swift", "toml", "typescript", "vb.net", "verilog", "vhdl", "visual basic", "webassembly", "xml", "yaml",
    "java/c/c++/c#",
})  # fmt: skip

_ALIASES = {
    "py": "python", "python3": "python", "js": "javascript", "jsx": "javascript", "mjs": "javascript",
    "node": "javascript", "ts": "typescript", "tsx": "typescript", "sh": "shell", "zsh": "shell", "console": "shell",
    "shell-session": "shell", "shellscript": "shell", "yml": "yaml", "md": "markdown", "golang": "go", "rs": "rust",
    "rb": "ruby", "cs": "c#", "csharp": "c#", "cpp": "c++", "cxx": "c++", "cc": "c++", "h": "c", "hpp": "c++",
    "fs": "f#", "fsharp": "f#", "dockerfile": "docker", "tf": "hcl", "terraform": "hcl", "proto": "protobuf",
    "ps1": "powershell", "pwsh": "powershell", "kt": "kotlin", "objc": "objective-c", "objectivec": "objective-c",
    "tex": "latex", "patch": "diff", "gql": "graphql", "make": "makefile", "jsonc": "json", "json5": "json",
    "htm": "html", "svg": "xml", "vb": "vb.net", "wasm": "webassembly", "ex": "elixir", "exs": "elixir",
    "hs": "haskell", "pl": "perl", "asm": "assembly", "text": "plain text", "txt": "plain text",
    "plaintext": "plain text", "postgresql": "sql", "mysql": "sql", "psql": "sql", "sqlite": "sql",
}  # fmt: skip
