"""Cutting and choosing of texts for a prompt: at the end of a sentence where that wastes little, nothing twice."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator

Count = Callable[[str], float]

CUT_SIGN = "…"
NEAR = 0.8  # share of a passage's runs of three words that stand there already: it says nothing new
_SENTENCE = re.compile(r"(?<=[.!?。！？…])[\"'”’)\]]*\s+|\n+|(?<=[。！？])")
_WORDS = re.compile(r"\S+\s*")
_DENSE = 2  # letters of a text without spaces that are one token at least
_WASTE = 0.009  # of the room: what may stay free for the end of a sentence


def cut_end(text: str, room: float, count: Count) -> str:
    """Return the longest beginning of the text within `room` tokens, with a sign that it goes on; "" if nothing fits.

    It ends with a sentence or a line where that leaves almost no room free, otherwise with a word.
    """
    if room <= 0:
        return ""
    if count(text) <= room:
        return text
    room -= count(CUT_SIGN)
    whole, left = _fitting(_sentences(text), room, count)
    rest = text[len(whole) :]
    if left > max(2, _WASTE * room):
        words, left = _fitting((found[0] for found in _WORDS.finditer(rest)), left, count)
        if left > max(2, _WASTE * room):
            words += _letters(rest[len(words) :], left, count)
        whole += words
    whole = whole.rstrip()
    return f"{whole}{CUT_SIGN}" if whole else ""


def _letters(text: str, room: float, count: Count) -> str:
    """Return as much of a text without spaces as fits."""
    end = int(_DENSE * room)
    while end and count(text[:end]) > room:
        end = 3 * end // 4
    return text[:end]


def cut_start(text: str, room: float, count: Count) -> str:
    """Return the end of the text within `room` tokens, with a sign that something went before; "" if nothing fits.

    It begins with a line, unless one that is too long would leave half of the room free: then within that.
    """
    if room <= 0:
        return ""
    if count(text) <= room:
        return text
    room -= count(CUT_SIGN)
    kept, left = _fitting(reversed(text.splitlines(keepends=True)), room, count, joined=_reverse)
    if left > room / 2:
        before = text[: len(text) - len(kept)]
        words, left = _fitting(reversed(_WORDS.findall(before)), left, count, joined=_reverse)
        if left > room / 2:
            words = _letters(before[: len(before) - len(words)][::-1], left, count)[::-1] + words
        kept = words + kept
        return f"{CUT_SIGN} {kept}" if kept.strip() else ""
    return f"{CUT_SIGN}\n{kept}" if kept.strip() else ""


def _reverse(found: list[str]) -> str:
    return "".join(reversed(found))


def _sentences(text: str) -> Iterator[str]:
    at = 0
    for found in _SENTENCE.finditer(text):
        if found.end() > at:
            yield text[at : found.end()]
            at = found.end()
    if at < len(text):
        yield text[at:]


def _fitting(
    pieces: Iterator[str], room: float, count: Count, joined: Callable[[list[str]], str] = "".join
) -> tuple[str, float]:
    """Return as many pieces as fit, joined, and how many tokens are left."""
    taken: list[str] = []
    for piece in pieces:
        size = count(piece)
        if size > room:
            break
        taken.append(piece)
        room -= size
    return joined(taken), room


def threes(text: str) -> frozenset[tuple[str, ...]]:
    """Return the runs of three words of a text; of a shorter one all its words as one run."""
    words = re.findall(r"\w+", text.casefold())
    return frozenset(zip(words, words[1:], words[2:], strict=False)) or frozenset({tuple(words)} if words else ())


def repeats(text: str, shingles: frozenset[tuple[str, ...]] | set[tuple[str, ...]]) -> bool:
    """Say whether almost all of the text stands there already."""
    runs = threes(text)
    return bool(runs) and len(runs & shingles) > NEAR * len(runs)
