"""Two tokenizers of different families, learned here from mixed text, that stand for what providers count with."""

from __future__ import annotations

import re
from collections import Counter
from functools import cache
from itertools import pairwise

PROSE = (
    "The bakery on the corner opens on Saturday at eight. We bake rye bread, spelt rolls and apple cake; who comes"
    " before ten gets coffee for free. Please ask for the list of ingredients if you have an allergy! "
)
TABLE = "| Item | Price | Weight |\n|---|---|---|\n| Rye bread | 4.20 € | 750 g |\n| Apple cake | 3.10 € | 120 g |\n"
CODE = "def total(rows: list[Row]) -> int:\n    return sum(row.price * row.count for row in rows if row.count > 0)\n"
ADDRESS = "See https://shop.example/items/9f8e7d6c5b4a39281706f5e4d3c2b1a0?from=list&page=12 for more.\n"
CJK = "土曜日の朝八時に開店します。パンとケーキを焼きます。ご来店をお待ちしています。新しいお店です。"
EMOJI = "Open 🎉 now 🥐🍞 for all 👩‍👩‍👧‍👦 families ☀️ and friends 🎂!\n"
KINDS = (PROSE, TABLE, CODE, ADDRESS, CJK, EMOJI)


def mixed(size: int) -> str:
    """Return at least `size` characters of all kinds, in which no two paragraphs are equal."""
    found: list[str] = []
    number = total = 0
    while total < size:
        piece = f"{number}. " + KINDS[number % len(KINDS)]
        found.append(piece if piece.endswith("\n") else piece + "\n")
        number, total = number + 1, total + len(piece)
    return "".join(found)


class BytePairs:
    """Byte-pair encoding: bytes, and the pairs of them that were most frequent in what it learned from."""

    def __init__(self, text: str, merges: int) -> None:
        words = Counter(tuple(bytes([one]) for one in word.encode()) for word in _pieces(text))
        self._ranks: dict[tuple[bytes, bytes], int] = {}
        self._known: dict[str, int] = {}
        for rank in range(merges):
            pairs: Counter[tuple[bytes, bytes]] = Counter()
            for word, often in words.items():
                for pair in pairwise(word):
                    pairs[pair] += often
            if not pairs:
                break
            best = max(pairs, key=lambda pair: (pairs[pair], pair))
            self._ranks[best] = rank
            words = Counter({_merged(word, best): often for word, often in words.items()})

    def count(self, text: str) -> int:
        """Return the number of tokens."""
        return sum(self._of_word(word) for word in _pieces(text))

    def _of_word(self, word: str) -> int:
        if word not in self._known:
            parts = tuple(bytes([one]) for one in word.encode())
            while len(parts) > 1:
                ranked = [(self._ranks[p], p) for p in pairwise(parts) if p in self._ranks]
                if not ranked:
                    break
                parts = _merged(parts, min(ranked)[1])
            self._known[word] = len(parts)
        return self._known[word]


class WordPieces:
    """WordPiece: the longest piece that is known, from left to right; of what is not known each character."""

    def __init__(self, text: str, size: int) -> None:
        often: Counter[str] = Counter()
        for word in re.findall(r"\w+", text.lower()):
            for end in range(1, min(len(word), 10) + 1):
                often[word[:end]] += 1
                often[word[-end:]] += 1
        self._known = {piece for piece, _ in often.most_common(size)}

    def count(self, text: str) -> int:
        """Return the number of tokens."""
        total = 0
        for word in re.findall(r"\w+|[^\w\s]", text.lower()):
            at = 0
            while at < len(word):
                end = next(
                    (end for end in range(min(len(word), at + 12), at, -1) if word[at:end] in self._known), at + 1
                )
                at, total = end, total + 1
        return total


def _pieces(text: str) -> list[str]:
    return re.findall(r" ?\w+| ?[^\w\s]+|\s+", text)


def _merged(word: tuple[bytes, ...], pair: tuple[bytes, bytes]) -> tuple[bytes, ...]:
    found: list[bytes] = []
    at = 0
    while at < len(word):
        if word[at : at + 2] == pair:
            found.append(pair[0] + pair[1])
            at += 2
        else:
            found.append(word[at])
            at += 1
    return tuple(found)


@cache
def byte_pairs() -> BytePairs:
    """Return one with a small vocabulary: it counts more than our estimate of prose."""
    return BytePairs(PROSE + TABLE + CODE, 120)


@cache
def word_pieces() -> WordPieces:
    """Return one with a large vocabulary: it counts less."""
    return WordPieces(PROSE + TABLE + CODE, 3000)
