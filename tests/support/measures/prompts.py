"""Reads a prompt as somebody who knows only its form: data stands between tags whose name no text within contains."""

from __future__ import annotations

import re

_OPENED = re.compile(r"<(data-[0-9a-f]{12}) part=\"([a-z]+)\" source=\"([^\"\n]*)\">\n")


def parts_of(prompt: str) -> list[tuple[str, str, str]]:
    """Return name, source and text of all data in a prompt, in order."""
    found = []
    for opened in _OPENED.finditer(prompt):
        end = prompt.index(f"\n</{opened[1]}>", opened.end() - 1)
        found.append((opened[2], opened[3], prompt[opened.end() : end]))
    return found


def part_of(prompt: str, name: str) -> str:
    """Return the text of the only part of that name; "" when there is none."""
    texts = [text for part, _, text in parts_of(prompt) if part == name]
    assert len(texts) <= 1
    return "".join(texts)


def instructions_of(prompt: str) -> str:
    """Return what of a prompt is not data."""
    return re.sub(r"(?s)<(data-[0-9a-f]{12}) part=.*?\n</\1>", "", prompt)
