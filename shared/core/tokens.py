"""How many tokens a text may have, without asking anybody: an estimate on the high side of what providers count."""

from __future__ import annotations

import math
import re

_WORD = re.compile(r"\w+|[^\w\s]")
_LONG = 24  # letters and digits in one piece: an address, a hash, base64; tokenizers cut these into pairs
_MIXED = 5  # letters and digits in one longer piece: a part of an id or a hash
_ANSWERS_PART = 4  # of a window: what an answer may take of it at most
_PER_PIECE = 1.35  # tokens per word or mark: covers p95 of prose and tables (retrieval, section 9)


def estimated_tokens(text: str) -> int:
    """Return the estimate: 1.35 per word or mark, half a token per character of what is no word; CJK one each."""
    return math.ceil(token_weight(text))


def token_weight(text: str) -> float:
    """Return the estimate before it is rounded: the weights of the pieces of a text sum up to that of the whole."""
    pieces, dense = 0, 0.0
    for match in _WORD.finditer(text):
        piece = match[0]
        if len(piece) > _LONG or (len(piece) > _MIXED and not piece.isalpha() and not piece.isdigit()):
            dense += len(piece) / 2
        elif ord(piece[0]) >= 0x2E80:  # scripts written without spaces
            dense += len(piece)
        else:
            pieces += 1
    return _PER_PIECE * pieces + dense


def answer_room(window: int, wanted: int) -> int:
    """Return the tokens that may be kept free for an answer: a quarter of the window at most, so that the prompt
    of a small one (a server of one's own) still holds the question.
    """
    return min(wanted, max(1, window // _ANSWERS_PART))
