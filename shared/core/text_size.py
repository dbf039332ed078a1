"""How long a text is for the small vector model: words and marks, with what has no spaces counted by its letters."""

from __future__ import annotations

import re

_PIECE = re.compile(r"\w+|[^\w\s]")
_LONG = 16  # letters and digits in one piece: no word, and cut into many pieces by every tokenizer


def size_of(text: str) -> int:
    """Return the number of words and marks; of a long run of letters one per three, of CJK one per letter."""
    total = 0
    for match in _PIECE.finditer(text):
        piece = match[0]
        if ord(piece[0]) >= 0x2E80:
            total += len(piece)
        elif len(piece) > _LONG:
            total += len(piece) // 3
        else:
            total += 1
    return total
