"""Read an idea from a Markdown file somebody wrote; refuse what is no text, with the way out."""

from __future__ import annotations

from collections.abc import Collection
from pathlib import Path

from shared.core.errors import ConfigError
from shared.integrations.notion.markdown.markdown import MarkdownPage, parse_markdown

MAX_BYTES = 2_000_000
_LONGEST_NAME = 80  # letters of a column's name
Idea = MarkdownPage


def read_idea(path: Path) -> Idea:
    """Return the idea in a file; raises ConfigError for a missing, huge or binary one."""
    try:
        with path.open("rb") as file:
            raw = file.read(MAX_BYTES + 1)
    except OSError as error:
        raise ConfigError(f"{path}: cannot be read ({error.strerror}); give the path of a Markdown file") from error
    if len(raw) > MAX_BYTES:
        raise ConfigError(f"{path}: more than {MAX_BYTES:,} bytes, the most an idea has. Split it into several pages.")
    try:
        text = raw.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise ConfigError(
            f"{path}: not UTF-8 text (byte {error.start}); save it as UTF-8 Markdown and try again"
        ) from error
    if "\x00" in text:
        raise ConfigError(f"{path}: contains NUL bytes, so it is not text; save it as UTF-8 Markdown and try again")
    return parse_markdown(text, name=path.stem.replace("-", " ").replace("_", " ").strip().capitalize())


def own_columns(idea: Idea, taken: Collection[str]) -> dict[str, str]:
    """Return the idea's properties by names that can be columns beside those that are `taken` (in lower case).

    Notion calls the column of a page's name `title`, whatever it is shown as, so no other can have that name.
    """
    used = {*taken, "title"}
    found: dict[str, str] = {}
    for name, value in idea.properties.items():
        short = name.replace(",", " ").strip()[:_LONGEST_NAME] or "Property"
        wanted = f"{short} (idea)" if short.lower() in used else short
        number = 2
        while wanted.lower() in used:
            wanted, number = f"{short} (idea {number})", number + 1
        used.add(wanted.lower())
        found[wanted] = value
    return found


def example_idea() -> Idea:
    """Return the idea of `demo` without a file."""
    return parse_markdown(EXAMPLE, name="Corner bakery")


EXAMPLE = """---
Owner: Mira
Due: 2026-12-01
---
# Corner bakery opens on Saturday

We open the bakery on the corner of Mill Lane on Saturday, 5 December, at 7 in the morning.
The site tells the neighbourhood what we bake, when, and how to order.

## What we bake

- Sourdough, every day
- Rye with caraway, Tuesdays and Fridays
- Seeded rolls
  - sesame
  - poppy

## Prices

| Loaf | Small | Large |
| --- | --- | --- |
| Sourdough | 3.20 | 5.80 |
| Rye with caraway | 3.60 | 6.40 |

## Before we open

- [x] Oven inspected
- [ ] Sign painted
- [ ] Flour for the first week

> Bread is the warmest, kindest of words.

Order by mail: [orders](mailto:orders@bakery.example).
"""
