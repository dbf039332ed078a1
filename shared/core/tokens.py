"""How many tokens a text may have, without asking anybody: an estimate on the high side of what providers count."""

from __future__ import annotations

import math
import re

_WORD = re.compile(r"\w+|[^\w\s]")
_LONG = 24  # letters and digits in one piece: an address, a hash, base64; tokenizers cut these into pairs
_PER_PIECE = 1.35  # tokens per word or mark: covers p95 of prose and tables (retrieval, section 9)


def estimated_tokens(text: str) -> int:
    """Return the estimate: 1.35 per word or mark, half a token per character of what is no word; CJK one each."""
    pieces, dense = 0, 0.0
    for match in _WORD.finditer(text):
        piece = match[0]
        if len(piece) > _LONG:
            dense += len(piece) / 2
        elif ord(piece[0]) >= 0x2E80:  # scripts written without spaces
            dense += len(piece)
        else:
            pieces += 1
    return math.ceil(_PER_PIECE * pieces + dense)
