"""Texts as people compare them: case, spaces and the many shapes of dashes and quotation marks make no difference."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Sequence

_SHAPES = str.maketrans({
    **dict.fromkeys("‐‑‒–—−", "-"), **dict.fromkeys("’‘ʼ", "'"), **dict.fromkeys("“”„«»", '"'), "…": "...",
})  # fmt: skip


def plain(text: str) -> str:
    """Return the text as it is compared."""
    shaped = unicodedata.normalize("NFKC", text).translate(_SHAPES).casefold()
    return re.sub(r"\s*-\s*", "-", re.sub(r"\s+", " ", shaped)).strip()


def missing(wanted: Iterable[Sequence[str]], text: str) -> list[str]:
    """Return of each list of alternatives of which none is in the text its first."""
    shown = plain(text)
    return [words[0] for words in wanted if not any(plain(word) in shown for word in words)]


def find_words(unwanted: Iterable[str], text: str) -> list[str]:
    """Return those that stand in the text as words of their own: `rings` is not in `strings`."""
    shown = plain(text)
    return [word for word in unwanted if re.search(rf"(?<!\w){re.escape(plain(word))}(?!\w)", shown)]
