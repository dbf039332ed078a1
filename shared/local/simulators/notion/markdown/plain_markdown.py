"""A little Markdown, line by line: what a person types into the page for people becomes blocks."""

import re
from typing import Any

Json = dict[str, Any]

_LINES = (
    (re.compile(r"#### (.*)"), "heading_4"),
    (re.compile(r"### (.*)"), "heading_3"),
    (re.compile(r"## (.*)"), "heading_2"),
    (re.compile(r"# (.*)"), "heading_1"),
    (re.compile(r"[-*] \[ \] (.*)"), "to_do"),
    (re.compile(r"[-*] \[[xX]\] (.*)"), "done"),
    (re.compile(r"[-*] (.*)"), "bulleted_list_item"),
    (re.compile(r"\d+\. (.*)"), "numbered_list_item"),
    (re.compile(r"> (.*)"), "quote"),
)


def blocks_of(text: str) -> list[Json]:
    """Return blocks in the shape a create call takes; a fence of three backticks holds code."""
    blocks: list[Json] = []
    lines = iter(text.replace("\r\n", "\n").split("\n"))
    for line in lines:
        if line.startswith("```"):
            code = []
            for inner in lines:
                if inner.startswith("```"):
                    break
                code.append(inner)
            blocks.append(_block("code", "\n".join(code), language="plain text"))
        elif line.strip() == "---":
            blocks.append({"type": "divider", "divider": {}})
        elif line.strip():
            blocks.append(_line(line.strip()))
    return blocks


def _line(line: str) -> Json:
    for pattern, kind in _LINES:
        found = pattern.fullmatch(line)
        if found and kind == "done":
            return _block("to_do", found[1], checked=True)
        if found:
            return _block(kind, found[1])
    return _block("paragraph", line)


def _block(kind: str, text: str, **fields: Any) -> Json:
    pieces = [text[start : start + 1000] for start in range(0, len(text), 1000)]
    return {"type": kind, kind: {"rich_text": [{"text": {"content": piece}} for piece in pieces], **fields}}
