"""Texts as the numbers a BERT model reads: lower-cased words, cut into the longest pieces its vocabulary knows.

The rules are those of the model's own tokenizer (BertTokenizer, `do_lower_case`): control characters go, accents go,
every mark and every Chinese character stands alone, and a word that cannot be put together is one unknown piece.
"""

from __future__ import annotations

import unicodedata
from functools import lru_cache
from pathlib import Path

_LONGEST = 100  # letters of a word; a longer one is unknown, as in the original
_CJK = ((0x4E00, 0x9FFF), (0x3400, 0x4DBF), (0xF900, 0xFAFF), (0x20000, 0x2CEAF), (0x2F800, 0x2FA1F))


class WordPieces:
    """One vocabulary. `limit` is how many pieces the model reads, its two marks included; the rest is left out."""

    def __init__(self, vocabulary: Path, limit: int) -> None:
        lines = vocabulary.read_text(encoding="utf-8").split("\n")
        self._numbers = {piece: number for number, piece in enumerate(lines) if piece}
        self._first, self._last = self._numbers["[CLS]"], self._numbers["[SEP]"]
        self._unknown = self._numbers["[UNK]"]
        self._limit = limit
        self._of_word = lru_cache(maxsize=50_000)(self._cut_word)

    def numbers(self, text: str) -> list[int]:
        """Return the text's numbers between the model's marks for beginning and end."""
        room = self._limit - 2
        found: list[int] = []
        for word in _words(text):
            found.extend(self._of_word(word))
            if len(found) >= room:
                break
        return [self._first, *found[:room], self._last]

    def _cut_word(self, word: str) -> tuple[int, ...]:
        if len(word) > _LONGEST:
            return (self._unknown,)
        pieces, start = [], 0
        while start < len(word):
            mark = "##" if start else ""
            for end in range(len(word), start, -1):
                number = self._numbers.get(mark + word[start:end])
                if number is not None:
                    pieces.append(number)
                    start = end
                    break
            else:
                return (self._unknown,)
        return tuple(pieces)


def _words(text: str) -> list[str]:
    if text.isascii():
        lowered = text.lower()
    else:
        one_by_one = "".join(letter.lower() for letter in text)  # a word's end changes no letter, as in the original
        plain = unicodedata.normalize("NFD", one_by_one)
        lowered = "".join(letter for letter in plain if unicodedata.category(letter) != "Mn")
    spaced = []
    for letter in lowered:
        if letter.isalnum() and letter.isascii():
            spaced.append(letter)
        elif letter.isspace():
            spaced.append(" ")
        elif _is_mark(letter) or _is_cjk(letter):
            spaced.append(f" {letter} ")
        elif letter != "\ufffd" and not unicodedata.category(letter).startswith("C"):
            spaced.append(letter)
    return "".join(spaced).split()


def _is_mark(letter: str) -> bool:
    if letter.isascii():
        return not letter.isalnum() and letter.isprintable()
    return unicodedata.category(letter).startswith("P")


def _is_cjk(letter: str) -> bool:
    return any(low <= ord(letter) <= high for low, high in _CJK)
