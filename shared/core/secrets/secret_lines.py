"""A text that several rules look at: its small letters, its long words, and where a word stands, found once.

Most of a text can hold no secret, and to see that costs less than to ask a rule.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from functools import cached_property

MIN_LONG = 15  # letters of a word that may be a key: no rule that asks for one takes fewer
_ROOT = 4  # letters: words that begin alike are found together
_SHORT = 500  # letters of a text in which a word is found at once
DIGIT = (
    r"[\d\u00b2\u00b3\u00b9\u1369-\u1371\u19da\u2070-\u2089\u2460-\u249b\u24ea-\u24ff\u2776-\u2793"
    r"\U00010a40-\U0001f10a]"
)
"""At least all that `str.isdigit` takes for one."""
_LOWER = {code: code + 32 for code in range(ord("A"), ord("Z") + 1)}


class Looked:
    """A text, and what is known of it by now."""

    def __init__(self, text: str) -> None:
        self.text = text
        self.is_long = len(text) > _SHORT  # else what is not in it is told from the rest at once
        self._places: dict[str, Sequence[int]] = {}

    @cached_property
    def lower(self) -> str:
        """Return the text in small letters, each in its place."""
        return lower_in_place(self.text)

    @cached_property
    def long_words(self) -> Sequence[tuple[int, int]]:
        """Return where the words begin and end, from white space to white space, that are long enough for a key."""
        found, at = [], 0
        for word in [each for each in self.text.split() if len(each) >= MIN_LONG]:
            at = self.text.find(word, at)
            found.append((at, at + len(word)))
            at += len(word)
        return found

    @cached_property
    def long_ones(self) -> str:
        """Return the long words alone, each a line: far less to look for something in."""
        return "\n".join(self.text[start:end] for start, end in self.long_words)

    def lines_with(self, words: Iterable[str]) -> Sequence[tuple[int, int]]:
        """Return where the lines begin and end in which one of the words is, in order; words are in small letters."""
        found = set[tuple[int, int]]()
        for word in words if self.is_long else [each for each in words if each in self.lower]:
            end = -1
            for at in self.places(word):
                if at > end:
                    end = self.lower.find("\n", at)
                    end = end if end >= 0 else len(self.lower)
                    found.add((self.lower.rfind("\n", 0, at) + 1, end))
        return sorted(found)

    def places(self, word: str) -> Sequence[int]:
        """Return where the word begins, also within another; it is in small letters."""
        found = self._places.get(word)
        if found is None:
            found = self._places[word] = self._find_word(word) if self.is_long or word in self.lower else ()
        return found

    def _find_word(self, word: str) -> Sequence[int]:
        lower = self.lower
        if self.is_long and len(word) > _ROOT:
            return [at for at in self.places(word[:_ROOT]) if lower.startswith(word, at)]
        found, at = [], lower.find(word)
        while at >= 0:
            found.append(at)
            at = lower.find(word, at + len(word))
        return found


def lower_in_place(text: str) -> str:
    """Return the text in small letters, each in its place: few have a small form of another length."""
    lower = text.lower()
    return lower if len(lower) == len(text) else text.translate(_LOWER)
