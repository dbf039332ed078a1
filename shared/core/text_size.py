"""How long a text is for the small vector model: words and marks, with what has no spaces counted by its letters."""

from __future__ import annotations

import re

_PIECE = re.compile(r"\w+|[^\w\s]")
_LONG = re.compile(r"\w{17,}", re.ASCII)  # no word: an address, a hash; every tokenizer cuts it into many pieces
_UNSPACED = re.compile("[\u2e80-\uffff\U00020000-\U0002fa1f]+")


def size_of(text: str) -> int:
    """Return the number of words and marks; of a long run of letters one per three, of CJK one per letter."""
    total = len(_PIECE.findall(text))
    if len(text) > 16:
        total += sum(len(run) // 3 - 1 for run in _LONG.findall(text))
    if not text.isascii():
        total += sum(len(run) - 1 for run in _UNSPACED.findall(text))
    return total
