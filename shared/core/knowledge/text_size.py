"""How long a text is for the small vector model: words and marks, with what has no spaces counted by its letters."""

from __future__ import annotations

import re

_PIECE = re.compile(r"\w+|[^\w\s]")
_LONG = re.compile("[^\\W\u2e80-\uffff\U00020000-\U0002fa1f]{17,}")  # an address, a hash: cut into many pieces
_BLANK = re.compile(r"\s{64,}")  # weighs nothing for a model, but a document of the store holds it
_UNSPACED = re.compile("[\u2e80-\uffff\U00020000-\U0002fa1f]+")


def size_of(text: str) -> int:
    """Return the number of words and marks; of a long run of letters one per three, of CJK one per letter."""
    total = len(_PIECE.findall(text))
    if len(text) > 16:
        total += sum(len(run) // 3 - 1 for run in _LONG.findall(text))
        total += sum(len(run) // 16 for run in _BLANK.findall(text))
    if not text.isascii():
        total += sum(len(run) - 1 for run in _UNSPACED.findall(text))
    return total
