"""The inside of a Markdown paragraph: runs of text in their styles, and pictures."""

from __future__ import annotations

import html
import re
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

from markdown_it.tree import SyntaxTreeNode

from shared.core.page import Span
from shared.integrations.notion.content.rich_text import link_target
from shared.integrations.notion.markdown.markdown_rules import parser


@dataclass(frozen=True, slots=True)
class Picture:
    """A picture in the text; Notion shows it as a block of its own."""

    url: str
    alt: str
    href: str | None = None

    def to_plain(self) -> str:
        """Return what stands for a picture that has no address on the web."""
        if self.url.lower().startswith("data:"):
            return self.alt or "[image]"
        return f"{self.alt} ({self.url})" if self.alt else self.url


Found = Span | Picture

BREAK = re.compile(r"<br[ \t]*/?>", re.IGNORECASE)
_TAG = re.compile(r'<(/?)([a-z][a-z-]*)((?:\s+[\w-]+="[^"]*")*)\s*(/?)>', re.IGNORECASE)
_ATTRIBUTE = re.compile(r'([\w-]+)="([^"]*)"')

Style = Callable[[Span, Mapping[str, str]], Span]  # what a tag with these attributes makes of the style around it


def _style(name: str) -> Style:
    return lambda span, attributes: replace(span, **{name: True})  # type: ignore[arg-type]


HTML: Mapping[str, Style] = {
    **dict.fromkeys(("b", "strong"), _style("bold")),
    **dict.fromkeys(("i", "em"), _style("italic")),
    **dict.fromkeys(("s", "del"), _style("strikethrough")),
    **dict.fromkeys(("u", "ins"), _style("underline")),
    "code": _style("code"),
}


def inline_of(node: SyntaxTreeNode, tags: Mapping[str, Style] = HTML) -> list[Found]:
    """Return the runs and pictures of a paragraph, heading or cell; tags of no such name are text."""
    return [found for child in node.children for found in _walk(child, Span(""), tags)]


def parse_inline(text: str) -> list[Found]:
    """Return the runs and pictures of a text that stands alone."""
    return inline_of(SyntaxTreeNode(parser().parseInline(text)))


def _walk(node: SyntaxTreeNode, style: Span, tags: Mapping[str, Style]) -> Iterator[Found]:
    kind = node.type
    if kind == "softbreak":
        yield replace(style, text=" ")
    elif kind == "hardbreak":
        yield replace(style, text="\n")
    elif kind == "code_inline":
        yield replace(style, text=node.content, code=True)
    elif kind == "math_inline":
        yield replace(style, text=node.content, equation=True)
    elif kind == "image":
        yield Picture(str(node.attrs.get("src", "")), "".join(_texts(node)), style.href)
    elif kind in ("text", "html_inline", "text_special"):
        yield replace(style, text=node.content)
    elif kind == "link":
        yield from _link(node, style, tags)
    else:
        yield from _walk_styled(node.children, _apply_kind(kind, style), tags)


def _apply_kind(kind: str, style: Span) -> Span:
    if kind == "strong":
        return replace(style, bold=True)
    if kind == "em":
        return replace(style, italic=True)
    return replace(style, strikethrough=True) if kind == "s" else style


def _link(node: SyntaxTreeNode, style: Span, tags: Mapping[str, Style]) -> Iterator[Found]:
    """Yield a link; one that Notion cannot have keeps its target as text behind it, save to a place in the text."""
    href = str(node.attrs.get("href", ""))
    target = link_target(href)
    inner = replace(style, href=target) if target else style
    inside = [_linkable(each) for each in _walk_styled(node.children, inner, tags)]
    yield from inside
    if (
        href
        and not target
        and href[0] != "#"
        and "".join(each.text for each in inside if isinstance(each, Span)) != href
    ):
        yield replace(style, text=f" ({href})")


def _linkable(found: Found) -> Found:
    """Turn an equation within a link into text, because Notion links nothing but text."""
    if isinstance(found, Span) and found.equation and found.href:
        return replace(found, text=f"${found.text}$", equation=False)
    return found


def _walk_styled(nodes: Sequence[SyntaxTreeNode], style: Span, tags: Mapping[str, Style]) -> Iterator[Found]:
    """Walk neighbours; `<b>` and its like are styles from a tag to its end, and text where they have none."""
    pairs = _pairs(nodes, tags)
    around: list[Span] = []
    for at, node in enumerate(nodes):
        if _is_break(node):
            yield replace(style, text="\n")
        elif node.type == "softbreak" and any(map(_is_break, (*nodes[at - 1 : at], *nodes[at + 1 : at + 2]))):
            continue
        elif at not in pairs:
            yield from _walk(node, style, tags)
        elif (tag := pairs[at]) is None:
            style = around.pop()
        elif tag.group(4):  # a tag that is its own end
            yield _apply_tag(tag, replace(style, text="@"), tags)
        else:
            around.append(style)
            style = _apply_tag(tag, style, tags)


def _apply_tag(tag: re.Match[str], style: Span, tags: Mapping[str, Style]) -> Span:
    given = {name: html.unescape(value) for name, value in _ATTRIBUTE.findall(tag.group(3))}
    return tags[tag.group(2).lower()](style, given)


def _pairs(nodes: Sequence[SyntaxTreeNode], tags: Mapping[str, Style]) -> dict[int, re.Match[str] | None]:
    """Return the places of tags that have a partner or need none: the tag for a begin, None for an end."""
    found: dict[int, re.Match[str] | None] = {}
    waiting: list[tuple[str, int, re.Match[str]]] = []
    names: Counter[str] = Counter()
    for at, node in enumerate(nodes):
        tag = _TAG.fullmatch(node.content) if node.type == "html_inline" else None
        if tag is None or (name := tag.group(2).lower()) not in tags:
            continue
        if tag.group(4):
            found[at] = tag
        elif not tag.group(1):
            waiting.append((name, at, tag))
            names[name] += 1
        elif names[name]:
            while True:
                opened, begin, first = waiting.pop()
                names[opened] -= 1
                if opened == name:
                    break
            found[begin], found[at] = first, None
    return found


def _is_break(node: SyntaxTreeNode) -> bool:
    return node.type == "html_inline" and BREAK.fullmatch(node.content) is not None


def _texts(node: SyntaxTreeNode) -> Iterator[str]:
    for found in _walk_styled(node.children, Span(""), HTML):
        yield found.text if isinstance(found, Span) else found.alt


def plain(found: Sequence[Found]) -> list[Span]:
    """Return runs alone, where no picture can stand: its text, linked to it."""
    return merge_spans([each if isinstance(each, Span) else _link_picture(each) for each in found])


def _link_picture(picture: Picture) -> Span:
    return Span(picture.to_plain(), href=link_target(picture.url))


def merge_spans(spans: Sequence[Span]) -> list[Span]:
    """Join neighbours of the same style, so that a paragraph of many lines stays one run."""
    joined: list[list[Span]] = []
    for span in spans:
        if joined and not span.equation and replace(joined[-1][0], text="") == replace(span, text=""):
            joined[-1].append(span)
        elif span.text:
            joined.append([span])
    return [replace(group[0], text="".join(span.text for span in group)) for group in joined]


def strip_spans(spans: Sequence[Span], *, left: bool, right: bool) -> list[Span]:
    """Take the space away that stood between a text and a picture."""
    runs = merge_spans(spans)
    if left and runs and not runs[0].equation:
        runs[0] = replace(runs[0], text=runs[0].text.lstrip())
    if right and runs and not runs[-1].equation:
        runs[-1] = replace(runs[-1], text=runs[-1].text.rstrip())
    return [run for run in runs if run.text]
