"""The inside of a Markdown paragraph: runs of text in their styles, and pictures."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

from markdown_it import MarkdownIt
from markdown_it.tree import SyntaxTreeNode

from shared.core.page import Span


@dataclass(frozen=True, slots=True)
class Picture:
    """A picture in the text; Notion shows it as a block of its own."""

    url: str
    alt: str

    def as_text(self) -> str:
        """Return what stands for a picture that has no address on the web."""
        if self.url.lower().startswith("data:"):
            return self.alt or "[image]"
        return f"{self.alt} ({self.url})" if self.alt else self.url


class Inline:
    """Walks the inline part of a node."""

    @staticmethod
    def of(node: SyntaxTreeNode) -> list[Span | Picture]:
        """Return the runs and pictures of a paragraph, heading or cell."""
        return [found for child in node.children for found in _walk(child, Span(""))]

    @staticmethod
    def parse(parser: MarkdownIt, text: str) -> list[Span | Picture]:
        """Return the runs and pictures of a text that stands alone."""
        return Inline.of(SyntaxTreeNode(parser.parseInline(" ".join(text.split()))))


def _walk(node: SyntaxTreeNode, style: Span) -> Iterator[Span | Picture]:
    kind = node.type
    if kind == "softbreak":
        yield replace(style, text=" ")
    elif kind == "hardbreak":
        yield replace(style, text="\n")
    elif kind == "code_inline":
        yield replace(style, text=node.content, code=True)
    elif kind == "image":
        yield Picture(str(node.attrs.get("src", "")), "".join(_texts(node)))
    elif kind in ("text", "html_inline", "text_special"):
        yield replace(style, text=node.content)
    else:
        if kind == "link":
            style = replace(style, href=str(node.attrs.get("href", "")) or None)
        elif kind in ("strong", "em", "s"):
            style = _styled(style, kind)
        for child in node.children:
            yield from _walk(child, style)


def _styled(style: Span, kind: str) -> Span:
    if kind == "strong":
        return replace(style, bold=True)
    return replace(style, italic=True) if kind == "em" else replace(style, strikethrough=True)


def _texts(node: SyntaxTreeNode) -> Iterator[str]:
    for child in node.children:
        for found in _walk(child, Span("")):
            yield found.text if isinstance(found, Span) else found.alt


def plain(found: Sequence[Span | Picture]) -> list[Span]:
    """Return runs alone, where no picture can stand: its text, linked to it."""
    return merged(
        [each if isinstance(each, Span) else Span(each.as_text(), href=each.url or None) for each in found], strip=True
    )


def merged(spans: Sequence[Span], *, strip: bool = False) -> list[Span]:
    """Join neighbours of the same style, so that a paragraph of many lines stays one run."""
    joined: list[list[Span]] = []
    for span in spans:
        if joined and replace(joined[-1][0], text="") == replace(span, text=""):
            joined[-1].append(span)
        elif span.text:
            joined.append([span])
    runs = [replace(group[0], text="".join(span.text for span in group)) for group in joined]
    if strip and runs:
        runs[0] = replace(runs[0], text=runs[0].text.lstrip())
        runs[-1] = replace(runs[-1], text=runs[-1].text.rstrip())
    return [run for run in runs if run.text]
