"""Notion blocks as semantic, escaped HTML; each block with content carries the id of the requirement it fulfils."""

from __future__ import annotations

import unicodedata
from collections import defaultdict, deque
from collections.abc import Callable, Iterable, Sequence
from dataclasses import replace
from html import escape
from itertools import groupby

from shared.backends.offline.naming import Unique, slug
from shared.backends.offline.page_blocks import (
    Requirement,
    clean,
    heading_level,
    is_blank,
    link_label,
    read_own_words,
    requirement_text,
    safe_href,
)
from shared.core.page import Block, Page, Span

REL = 'rel="noopener noreferrer nofollow"'
_LISTS = {"bulleted_list_item": "ul", "numbered_list_item": "ol", "to_do": 'ul class="tasks"'}


class Marks:
    """Gives each block the requirement of the plan it stands for; what fits no block is left over."""

    def __init__(self, page: Page, requirements: Iterable[Requirement]) -> None:
        counts: dict[tuple[str, str], int] = defaultdict(int)
        for block in page.walk():
            counts[block.id, requirement_text(block)] += 1
        self._waiting: dict[tuple[str, str], deque[str]] = defaultdict(deque)
        self.left_over: list[Requirement] = []
        for requirement in requirements:
            key = (requirement.block, requirement.text)
            if counts[key] > len(self._waiting[key]):
                self._waiting[key].append(requirement.id)
            else:
                self.left_over.append(requirement)

    def attribute(self, block: Block) -> str:
        """Return ` data-req="…"` for the block's element, or nothing."""
        waiting = self._waiting.get((block.id, requirement_text(block)))
        return mark(waiting.popleft()) if waiting else ""


def mark(requirement: str) -> str:
    """Return the attribute that says which requirement an element fulfils."""
    return f' data-req="{escape(requirement)}"'


def spans_html(spans: Iterable[Span]) -> str:
    """Return styled text as HTML. Everything in it is escaped; an address that is not safe is no link."""
    return "".join(_span_html(span) for span in spans)


def _span_html(span: Span) -> str:
    html = text_html(span.text)
    if not html:
        return ""
    styles = (
        (span.code, "code"),
        (span.bold, "strong"),
        (span.italic, "em"),
        (span.strikethrough, "s"),
        (span.underline, "u"),
    )
    for wanted, tag in styles:
        html = f"<{tag}>{html}</{tag}>" if wanted else html
    href = safe_href(span.href)
    return f'<a href="{escape(href)}" {REL}>{html}</a>' if href else html


def text_html(text: str) -> str:
    """Return text as HTML, with its line ends."""
    return escape(clean(text)).replace("\n", "<br>\n")


class Writer:
    """Writes the blocks of one HTML page. Keeps the outline: headings below the h1, none of them skipping a level."""

    def __init__(self, marks: Marks) -> None:
        self._marks = marks
        self._above: list[int] = []  # the Notion levels of the headings we are under
        self._ids = Unique("main", "top", "contents", "plan", "endpoints")
        self.outline: list[tuple[int, str, str]] = []  # level, id, text
        self._writers: dict[str, Callable[[Block], str]] = {
            "quote": self._quote,
            "callout": self._callout,
            "code": self._code,
            "equation": self._equation,
            "toggle": self._toggle,
            "table": self._table,
            "table_row": self._lone_row,
            "column_list": lambda block: self._container(block, ' class="columns"'),
            "column": lambda block: self._container(block, ""),
            "divider": lambda block: "<hr>\n" + self._paragraph(block),
        }

    def blocks(self, blocks: Sequence[Block]) -> str:
        """Return sibling blocks; neighbours of one kind of list become one list."""
        parts = []
        for kind, group in groupby(blocks, key=lambda block: block.type if block.type in _LISTS else ""):
            siblings = list(group)
            parts.append(self._list(kind, siblings) if kind else "".join(map(self._block, siblings)))
        return "".join(parts)

    def _block(self, block: Block) -> str:
        if heading_level(block):
            return self._heading(block)
        if block.type in self._writers:
            return self._writers[block.type](block)
        return self._link(block) if block.url and not is_blank(block.url) else self._paragraph(block)

    def _words(self, block: Block) -> str:
        """Return the block's own text; where there is none, its caption or the name of its link."""
        if not is_blank(clean(block.text)):
            return spans_html(block.spans)
        return text_html(read_own_words(block))

    def _paragraph(self, block: Block) -> str:
        words = read_own_words(block)
        own = f"<p{self._marks.attribute(block)}{_dir(block)}>{self._words(block)}{self._caption(block)}</p>\n"
        inner = self.blocks(block.children)
        return (own if words else "") + (f'<div class="below">\n{inner}</div>\n' if inner and words else inner)

    def _caption(self, block: Block) -> str:
        shown = not is_blank(clean(block.caption)) and not is_blank(clean(block.text))
        return f' <span class="caption">{text_html(block.caption)}</span>' if shown else ""

    def _heading(self, block: Block) -> str:
        if not read_own_words(block):
            return self.blocks(block.children)
        self._above = [level for level in self._above if level < heading_level(block)] + [heading_level(block)]
        level = min(len(self._above) + 1, 6)
        anchor = self._ids.name(slug(read_own_words(block)) or "section")
        self.outline.append((level, anchor, read_own_words(block)))
        attribute = self._marks.attribute(block)
        own = f'<h{level}{attribute} id="{anchor}"{_dir(block)}>{self._words(block)}{self._caption(block)}</h{level}>'
        inner = self.blocks(block.children)
        if inner:
            return f"<details open>\n<summary>{own}</summary>\n{inner}</details>\n"
        return own + "\n"

    def _list(self, kind: str, items: list[Block]) -> str:
        tag = _LISTS[kind]
        return f"<{tag}>\n{''.join(map(self._item, items))}</{tag.split()[0]}>\n"

    def _item(self, block: Block) -> str:
        attribute = self._marks.attribute(block)
        words = self._words(block) + self._caption(block)
        if block.type == "to_do":
            state = " checked" if block.checked else ""
            words = f'<label><input type="checkbox" disabled{state}> <span>{words}</span></label>'
        inner = self.blocks(block.children)
        return f"<li{attribute}{_dir(block)}>{words}\n{inner}</li>\n"

    def _quote(self, block: Block) -> str:
        attribute = self._marks.attribute(block)
        own = f"<p>{self._words(block)}{self._caption(block)}</p>\n" if read_own_words(block) else ""
        return f"<blockquote{attribute}{_dir(block)}>\n{own}{self.blocks(block.children)}</blockquote>\n"

    def _callout(self, block: Block) -> str:
        attribute = self._marks.attribute(block)
        own = f"<p>{self._words(block)}{self._caption(block)}</p>\n" if read_own_words(block) else ""
        return f'<aside class="callout"{attribute}{_dir(block)}>\n{own}{self.blocks(block.children)}</aside>\n'

    def _code(self, block: Block) -> str:
        if is_blank(clean(block.text)):
            return self._paragraph(block)
        language = slug(block.language or "")
        kind = f' class="language-{language}"' if language else ""
        caption = "" if is_blank(clean(block.caption)) else f"<figcaption>{text_html(block.caption)}</figcaption>\n"
        code = f'<pre tabindex="0" dir="ltr"><code{kind}>{escape(clean(block.text))}</code></pre>\n'
        attribute = self._marks.attribute(block)
        return f'<figure class="code"{attribute}>\n{code}{caption}</figure>\n{self.blocks(block.children)}'

    def _equation(self, block: Block) -> str:
        if is_blank(clean(block.text)):
            return self._paragraph(block)
        words = f"<code>{text_html(block.text)}</code>{self._caption(block)}"
        own = f'<p class="equation"{self._marks.attribute(block)} dir="ltr">{words}</p>\n'
        return own + self.blocks(block.children)

    def _toggle(self, block: Block) -> str:
        attribute = self._marks.attribute(block)
        words = (self._words(block) + self._caption(block)) or "…"
        inner = self.blocks(block.children)
        return f"<details{attribute}{_dir(block)}>\n<summary>{words}</summary>\n{inner}</details>\n"

    def _table(self, block: Block) -> str:
        rows = [row for row in block.children if row.type == "table_row"]
        rest = [inner for child in block.children for inner in (child.children if child in rows else (child,))]
        width = max((len(row.cells) for row in rows), default=0)
        head = "".join(self._row(row, width, head=True) for row in rows[: int(block.header_row)])
        body = "".join(self._row(row, width) for row in rows[int(block.header_row) :])
        head = f"<thead>\n{head}</thead>\n" if head else ""
        own = (
            f"<caption{self._marks.attribute(block)}>{self._words(block)}{self._caption(block)}</caption>\n"
            if read_own_words(block)
            else ""
        )
        table = f"<table>\n{own}{head}<tbody>\n{body}</tbody>\n</table>\n" if width or own else ""
        return (f'<div class="scroll" tabindex="0">\n{table}</div>\n' if table else "") + self.blocks(rest)

    def _row(self, row: Block, width: int, *, head: bool = False) -> str:
        tag = 'th scope="col"' if head else "td"
        cells = [*row.cells, *[()] * (width - len(row.cells))]
        html = "".join(f"<{tag}{dir_auto(_text(cell))}>{_cell_html(cell)}</{tag[:2]}>\n" for cell in cells)
        return f"<tr{self._marks.attribute(row)}>\n{html}</tr>\n"

    def _lone_row(self, block: Block) -> str:
        return self._table(Block(f"{block.id}/table", "table", children=(block,)))

    def _link(self, block: Block) -> str:
        attribute = self._marks.attribute(block)
        words = spans_html(Span(span.text) for span in block.spans) if not is_blank(clean(block.text)) else ""
        words = (words + self._caption(block)) or text_html(block.caption if has_caption(block) else link_label(block))
        href = safe_href(block.url)
        label = f'<a href="{escape(href)}" {REL}>{words}</a>' if href else words
        own = f'<p class="link {slug(block.type)}"{attribute}{_dir(block)}>{label}</p>\n'
        return own + self.blocks(block.children)

    def _container(self, block: Block, attributes: str) -> str:
        own = self._paragraph(replace(block, type="paragraph", children=())) if read_own_words(block) else ""
        return f"<div{attributes}>\n{own}{self.blocks(block.children)}</div>\n"


def _cell_html(cell: Sequence[Span]) -> str:
    return "" if is_blank(clean(_text(cell))) else spans_html(cell)


def _text(cell: Sequence[Span]) -> str:
    return "".join(span.text for span in cell)


def _dir(block: Block) -> str:
    return dir_auto(read_own_words(block))


def dir_auto(text: str) -> str:
    """Return ` dir="auto"`, for text that has a direction: figures alone keep to the side of the page's language."""
    return ' dir="auto"' if any(unicodedata.bidirectional(char) in ("L", "R", "AL") for char in text) else ""


def has_caption(block: Block) -> bool:
    """Return True when somebody wrote a caption."""
    return not is_blank(clean(block.caption))
