"""How many tokens a text may have, without asking anybody: an estimate on the high side of what providers count."""

from __future__ import annotations

import math
import re
from functools import lru_cache

_PIECE = re.compile(  # what is usual in ASCII is counted alone, and the rest is looked at
    r"[A-Za-z]{1,24}+(?!\w)|[0-9]{1,24}+(?!\w)|[!-/:-@\[-^`{-~]|(\w+|[^\w\s])"
)
_LONG = 24  # letters and digits in one piece: an address, a hash, base64; tokenizers cut these into pairs
_MIXED = 5  # letters and digits in one longer piece: a part of an id or a hash
_ANSWERS_PART = 4  # of a window: what an answer may take of it at most
_LONG_TEXT = 2000  # characters: from here on it pays to remember the last few, of which one request is asked often
_PER_PIECE = 1.35  # tokens per word or mark: covers p95 of prose and tables (retrieval, section 9)


def estimate_tokens(text: str) -> int:
    """Return the estimate: 1.35 per word or mark, half a token per character of what is no word; CJK one each."""
    return math.ceil(_weight_of_long(text) if len(text) >= _LONG_TEXT else token_weight(text))


def token_weight(text: str) -> float:
    """Return the estimate before it is rounded: the weights of the pieces of a text sum up to that of the whole."""
    found = _PIECE.findall(text)
    pieces, dense = len(found), 0.0
    for piece in filter(None, found):
        if len(piece) > _LONG or (len(piece) > _MIXED and not piece.isalpha() and not piece.isdigit()):
            dense += len(piece) / 2
        elif ord(piece[0]) >= 0x2E80:  # scripts written without spaces
            dense += len(piece)
        else:
            continue
        pieces -= 1
    return _PER_PIECE * pieces + dense


_weight_of_long = lru_cache(maxsize=16)(token_weight)


def answer_room(window: int, wanted: int) -> int:
    """Return the tokens that may be kept free for an answer: a quarter of the window at most, so that the prompt
    of a small one (a server of one's own) still holds the question.
    """
    return min(wanted, max(1, window // _ANSWERS_PART))
