"""Which files of a repository a task is about: by its words, by what files define, and by what they need.

A rare word says more than a frequent one, a path or a symbol more than a word in the text (retrieval, section 3).
"""

from __future__ import annotations

import math
import re
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence

from shared.core.code.repo_map import RepoMap, text_of
from shared.core.code.repo_map_conventions import is_test

_WORD = re.compile(r"[^\W_]+")
_HUMP = re.compile(r"(?<=[a-z0-9])(?=[A-Z])")
_LONGEST = 40_000  # bytes of a file whose words are counted, from its beginning
_IN_PATH, _IN_SYMBOL, _IN_TEXT = 6.0, 4.0, 1.0
_NEIGHBOUR = 0.4  # of a file's weight goes to those it needs and those that need it
_ALWAYS = ("package.json", "pyproject.toml", "README.md")  # say what the project is
_COMMON = frozenset({"the", "and", "for", "that", "this", "with", "are", "from", "not", "have", "has", "one", "all"})


def relevant(repo_map: RepoMap, files: Mapping[str, bytes], task: str, named: Iterable[str] = ()) -> list[str]:
    """Return the text files in the order in which a task is about them, those about nothing of it left out.

    `named` are paths that the task is about for sure; they come first. Then what speaks of it, with its tests.
    """
    texts = {path: text for path, data in files.items() if (text := text_of(data[:_LONGEST])) is not None}
    wanted = set(_words(task))
    words = {path: Counter(_words(text)) for path, text in texts.items()}
    rare = _rarity(wanted, list(words.values()))
    weights = {path: _weight(path, repo_map, words[path], rare) for path in texts}
    spread = dict(weights)
    for path, weight in weights.items():
        facts = repo_map.files.get(path)
        for other in (*(facts.needs if facts else ()), *repo_map.needed_by(path)):
            if other in spread:
                spread[other] += _NEIGHBOUR * weight * (1.5 if is_test(other) else 1.0)
    first = [path for path in dict.fromkeys(named) if path in texts]
    sure = [path for path in _ALWAYS if path in texts and path not in first]
    best = max(spread.values(), default=0.0)
    rest = sorted((path for path in texts if spread[path] > 0.05 * best), key=lambda path: (-spread[path], path))
    return list(dict.fromkeys([*first, *sure, *rest]))


def _words(text: str) -> list[str]:
    found = [word.casefold() for piece in _WORD.findall(text) for word in _HUMP.split(piece)]
    return [_stem(word) for word in found if len(word) > 2 and word not in _COMMON]


def _stem(word: str) -> str:
    """Return a word without a plural's s, so that `price` finds `prices`."""
    return word[:-1] if len(word) > 3 and word.endswith("s") and not word.endswith("ss") else word


def _rarity(wanted: Iterable[str], words: Sequence[Mapping[str, int]]) -> dict[str, float]:
    total = len(words)
    return {word: math.log(1 + total / (1 + sum(1 for counted in words if word in counted))) for word in sorted(wanted)}


def _weight(path: str, repo_map: RepoMap, counted: Mapping[str, int], rare: Mapping[str, float]) -> float:
    facts = repo_map.files.get(path)
    in_path = set(_words(path.replace("/", " ")))
    in_symbols = set(_words(" ".join(facts.symbols))) if facts else set()
    weight = 0.0
    for word, value in rare.items():
        weight += _IN_PATH * value * (word in in_path) + _IN_SYMBOL * value * (word in in_symbols)
        weight += _IN_TEXT * value * math.log1p(counted.get(word, 0))
    return weight
