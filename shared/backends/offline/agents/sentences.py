"""Sentences, words and how much two texts have in common: what the rules are made of."""

from __future__ import annotations

import ast
import re
from collections import Counter
from collections.abc import Collection, Iterable, Sequence

_END = re.compile(r"(?<=[.!?。！？])[\s\u200b]+|\n+")
_WORD = re.compile(r"\w+")
_BULLET = re.compile(r"^\s*(?:[-*•–]|\d+[.)]|\[[ xX]\])\s+")
# Words that carry no subject, in the languages the offline model knows best.
_EMPTY = frozenset(
    """
    a an the and or of to is are was were be been in on at by for with from as it its this that these those
    we you i our your they he she do does did how what when where who which why can could will would should
    there has have had not no me my us if so about into than then der die das und ist für mit von zu im den
    dem ein eine auf wir uns wer wie wo wann le la les et est pour avec de des un une dans el los y es para
    con del que qué
    """.split()  # noqa: SIM905
)


def sentences(text: str) -> list[str]:
    """Return the sentences and lines of a text, without bullets and numbers before them."""
    found = (_BULLET.sub("", part).strip() for part in _END.split(text))
    return [part for part in found if part]


def words(text: str) -> list[str]:
    """Return the words that carry a subject, in small letters and without their commonest endings."""
    return [_stem(word) for word in (match[0].lower() for match in _WORD.finditer(text)) if word not in _EMPTY]


def _stem(word: str) -> str:
    for ending in ("ing", "ies", "es", "ed", "s"):
        if word.endswith(ending) and len(word) - len(ending) >= 3:
            return word[: -len(ending)]
    return word


def overlap(asked: Sequence[str], text: str) -> float:
    """Return which share of the asked words is in the text, from 0 to 1."""
    return share_of(asked, set(words(text)))


def share_of(asked: Sequence[str], vocabulary: Collection[str]) -> float:
    """Return which share of the asked words is among those there, from 0 to 1."""
    wanted = set(asked)
    return len(wanted.intersection(vocabulary)) / len(wanted) if wanted else 0.0


def choose_telling(parts: Sequence[str], room: int) -> list[str]:
    """Return the parts that say most of what all of them say, in their order, within so many words."""
    weights = Counter(word for part in parts for word in set(words(part)))

    def weight(number: int) -> float:
        spoken = words(parts[number])
        return sum(weights[word] for word in set(spoken)) / (len(spoken) + 5) + (0.5 if number == 0 else 0.0)

    kept: list[int] = []
    for number in sorted(range(len(parts)), key=lambda n: (-weight(n), n)):
        length = len(parts[number].split())
        if length <= room:
            kept.append(number)
            room -= length
    return [parts[number] for number in sorted(kept)]


def cut_words(text: str, words: int) -> str:
    """Return the beginning of a text, at most so many words."""
    parts = text.split()
    return " ".join(parts[:words]) + (" …" if len(parts) > words else "")


def distinct(items: Iterable[str]) -> list[str]:
    """Return the items without those that say the same again."""
    return list({item.casefold().strip(" .!"): item for item in reversed(list(items))}.values())[::-1]


def parse_python(code: str) -> ast.Module:
    """Return Python as a tree; raises SyntaxError for all that is none, also what is nested too deep to be read."""
    try:
        return ast.parse(code)
    except (ValueError, RecursionError, MemoryError) as error:
        raise SyntaxError(str(error) or "nested too deep") from error
