"""The Markdown we read: CommonMark with tables, strikethrough, tasks, alerts and equations, as GitHub has them."""

from __future__ import annotations

import re
from functools import cache

from markdown_it import MarkdownIt
from markdown_it.rules_block import StateBlock, reference
from markdown_it.rules_core import StateCore
from markdown_it.rules_inline import StateInline

from shared.integrations.notion.content.rich_text import MAX_EXPRESSION, units

DEEPEST = 60  # markdown-it drops what is nested deeper; such a text is taken line by line instead

# GitHub's alerts, and the icon each has in Notion. Any other icon stands in the brackets itself.
ALERTS = {"NOTE": "ℹ️", "TIP": "💡", "IMPORTANT": "❗", "WARNING": "⚠️", "CAUTION": "🛑", "NONE": ""}

_BOX = re.compile(r"\[([ xX])\](?:\s+|$)")
_ALERT = re.compile(r"\[!([^\]\[\s]{1,40})\][ \t]*(?:\n|$)")
_TICKS = re.compile(r"\$(`+)")
_DOLLARS = re.compile(r"\${2,}")
_FARTHEST = MAX_EXPRESSION + 40  # an end is looked for so far, because it would be searched for from every start
_MAX_LINES = 1000
_MAX_LINES_BEGUN = 50  # of an equation that begins beside its `$$`


class _Parser(MarkdownIt):
    """Addresses stay as they were typed: what comes back is compared with what was written."""

    def normalizeLink(self, url: str) -> str:  # noqa: N802
        return url

    def normalizeLinkText(self, link: str) -> str:  # noqa: N802
        return link


@cache
def parser() -> MarkdownIt:
    """Return the parser; it is safe to share."""
    made = _Parser("commonmark", {"maxNesting": DEEPEST}).enable(["table", "strikethrough"])
    made.block.ruler.before(
        "fence", "math_block", _math_block, {"alt": ["paragraph", "reference", "blockquote", "list"]}
    )
    made.block.ruler.at("reference", _reference)
    made.inline.ruler.before("escape", "math_inline", _math_inline)
    made.core.ruler.after("block", "marks", _marks)
    return made


def _reference(state: StateBlock, start: int, end: int, silent: bool) -> bool:
    """Leave footnotes as text: they would vanish as definitions of a link."""
    at = state.bMarks[start] + state.tShift[start]
    return not state.src.startswith("[^", at) and reference(state, start, end, silent)


def _marks(state: StateCore) -> None:
    """Take the box of a task and the name of an alert from the text, as long as escapes in it can be seen."""
    tokens = state.tokens
    for holder, opened, text in zip(tokens, tokens[1:], tokens[2:], strict=False):
        if text.type != "inline" or opened.type != "paragraph_open":
            continue
        if holder.type == "list_item_open" and (box := _BOX.match(text.content)):
            holder.meta["checked"] = box.group(1) in "xX"
            text.content = text.content[box.end() :]
        elif holder.type == "blockquote_open" and (alert := _ALERT.match(text.content)):
            name = alert.group(1)
            if name.isascii() and name.upper() not in ALERTS:
                continue
            holder.meta["icon"] = ALERTS.get(name.upper(), name)
            text.content = text.content[alert.end() :]


def _math_inline(state: StateInline, silent: bool) -> bool:
    """Take `$x$` where no word touches it, and $`x`$ anywhere. Prices and shell variables stay text."""
    source, start = state.src, state.pos
    if source[start] != "$":
        return False
    found = _parse_tick_math(source, start) or _parse_dollar_math(source, start)
    if found is None:
        return False
    expression, end = found
    if not expression.strip() or units(expression) > MAX_EXPRESSION:
        return False
    if not silent:
        state.push("math_inline", "math", 0).content = expression
    state.pos = end
    return True


def _parse_tick_math(source: str, start: int) -> tuple[str, int] | None:
    opened = _TICKS.match(source, start)
    if opened is None:
        return None
    at = source.find(opened.group(1) + "$", opened.end(), opened.end() + _FARTHEST)
    if at < 0 or source[at - 1] == "`":
        return None
    inner = source[opened.end() : at].replace("\n", " ")
    if inner.startswith(" ") and inner.endswith(" ") and inner.strip():
        inner = inner[1:-1]
    return inner, at + len(opened.group(1)) + 1


def _parse_dollar_math(source: str, start: int) -> tuple[str, int] | None:
    before = source[start - 1] if start else " "
    if before.isalnum() or before == "$" or source[start + 1 : start + 2] in ("", " ", "\t", "\n", "$"):
        return None
    at, end = start + 1, min(len(source), start + 1 + _FARTHEST)
    while at < end and source[at] not in "$\n":
        at += 2 if source[at] == "\\" else 1
    if at >= end or source[at] != "$" or source[at - 1].isspace():
        return None
    after = source[at + 1 : at + 2]
    return None if after == "$" or after.isalnum() else (source[start + 1 : at], at + 1)


def _math_block(state: StateBlock, start: int, end: int, silent: bool) -> bool:
    """Take `$$` … `$$`, on one line or on several. Without its end it is text."""
    if state.is_code_block(start):
        return False
    at = state.bMarks[start] + state.tShift[start]
    opened = _DOLLARS.match(state.src, at)
    if opened is None:
        return False
    run, rest = opened.group(0), state.src[opened.end() : state.eMarks[start]].strip()
    if rest.endswith(run) and rest[: -len(run)].strip():
        found: tuple[str, int] | None = (rest[: -len(run)].strip(), start + 1)
    else:
        found = None if "$" in rest else _math_lines(state, start, end, run, rest)
    if found is None:
        return False
    if not silent:
        token = state.push("math_block", "math", 0)
        token.content, token.map = found[0], [start, found[1]]
        state.line = found[1]
    return True


def _math_lines(state: StateBlock, start: int, end: int, run: str, rest: str) -> tuple[str, int] | None:
    for line in range(start + 1, min(end, start + (_MAX_LINES_BEGUN if rest else _MAX_LINES))):
        at = state.bMarks[line] + state.tShift[line]
        text = state.src[at : state.eMarks[line]].rstrip()
        if text and state.sCount[line] < state.blkIndent:
            return None
        if text == run or (rest and text.endswith(run)):
            inner = state.getLines(start + 1, line, state.sCount[start], False).removesuffix("\n")
            if rest:
                last = text.removesuffix(run).rstrip()
                inner = "\n".join(filter(None, (rest, inner, last)))
            return inner, line + 1
    return None
