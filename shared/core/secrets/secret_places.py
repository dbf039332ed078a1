"""Where a secret stood: placeholders, which name its kind to models and to people inside, and the sign for all others.

What a model is told has `[[secret:kind:n]]`. What it makes is shown to strangers: there the sign stands instead, which
says nothing about the secret and is read the same in every language.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

SIGN = "•••"
_OPEN, _CLOSE = r"(?:\\?\[|&#91;|&#x5[bB];|&lbrack;|%5[bB])", r"(?:\\?\]|&#93;|&#x5[dD];|&rbrack;|%5[dD])"
PLACE = re.compile(  # also as Markdown, HTML and addresses write it
    rf"{_OPEN}{{2}}secret(?::|%3[aA])(?P<kind>[a-z-]{{1,40}})(?::|%3[aA])[0-9]{{1,6}}{_CLOSE}{{2}}"
)


def places_in(text: str) -> list[tuple[str, int]]:
    """Return the kind and the line, counted from 1, of each placeholder in a text."""
    if "secret" not in text:
        return []
    return [(match["kind"], text.count("\n", 0, match.start()) + 1) for match in PLACE.finditer(text)]


def hide_places(text: str) -> str:
    """Return the text with the sign where a placeholder stood."""
    return PLACE.sub(SIGN, text) if "secret" in text else text


def hide_places_in(value: Any) -> Any:
    """Return JSON-able data with the sign where placeholders stood, in all its texts."""
    if isinstance(value, str):
        return hide_places(value)
    if isinstance(value, Mapping):
        return {hide_places_in(name): hide_places_in(each) for name, each in value.items()}
    return [hide_places_in(each) for each in value] if isinstance(value, list | tuple) else value
