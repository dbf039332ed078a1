"""Ids of Notion: in one form, and as they stand in addresses and texts."""

from __future__ import annotations

import re
from collections.abc import Iterator

_ID = re.compile(r"(?<![0-9a-f])[0-9a-f]{32}(?![0-9a-f])|[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}")
_AT_END = re.compile(r"(?:[0-9a-f]{32}|[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12})$")


def normal_id(id: str) -> str:
    """Return an id as Notion returns it: lower case, with dashes."""
    bare = id.replace("-", "").lower()
    return "-".join((bare[:8], bare[8:12], bare[12:16], bare[16:20], bare[20:])) if len(bare) == 32 else id


def ids_in(text: str) -> Iterator[str]:
    """Return every id that stands in a text, as Notion returns it."""
    yield from (normal_id(found) for found in _ID.findall(text.lower()))


def id_named(given: str) -> str:
    """Return the id that is given, or that an address leads to, the page around a block; "" for anything else."""
    found = _AT_END.search(given.strip().lower().partition("#")[0].partition("?")[0].rstrip("/"))
    return normal_id(found[0]) if found else ""
