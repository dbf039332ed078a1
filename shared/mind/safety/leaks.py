"""Whether a secret stands in something that leaves: our own rules, and those of gitleaks on RE2 (security, section 3).

The rules of others are data (`leak_rules.json`, with their source, version and licence). RE2 reads in linear time, so
no text keeps us busy; a rule is asked only when one of its words is in the text, and compiled when it is asked first.
What the rule file allows by path, text or stop word stays allowed; a remark in the text that asks for it is not heard.
"""

from __future__ import annotations

import codecs
import json
import math
import re
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cache, lru_cache
from itertools import chain
from pathlib import Path
from typing import Any

from shared.core.secrets.secret_looks import is_common_password, is_of_firebase, stands_for_one
from shared.core.secrets.secret_rules import HARMLESS, OPEN, SEALED, Found
from shared.core.secrets.secrets_in_text import apart
from shared.integrations.secret_search import secrets_in

RULES_FILE = Path(__file__).with_name("leak_rules.json")
_GENERIC = "generic-api-key"  # the one rule that goes by the name alone
_OF_TESTS = re.compile(
    r"(?i)(?:^|/)(?:tests?|specs?|__tests__|examples?|fixtures?|samples?|testdata|mocks?)/"
    r"|(?:^|/)(?:test|conftest)[_.]|[._-](?:tests?|spec|example|sample|dist)(?:\.[a-z]{1,5})?$"
)
"""Paths of files in which a weak password is one of tests."""
_NO_LETTER = re.compile(r"[^a-z-]")
MIN_KNOWN = 8  # characters of a known secret: a shorter one would be found in ordinary words
# Parts of prompts, names of fields and files of a work tree are looked at again and again. Each length has a memory of
# its own: the many words of a page would push the few long texts out, and these are the ones that cost.
_WORDS_LONG, _WORDS_KEPT = 200, 4096
_TEXT_LONG, _TEXTS_KEPT = 10_000, 256
_LONG_KEPT = 16


@dataclass(frozen=True, slots=True)
class Leak:
    """A secret in what leaves: its kind, where it was found, and in which line, counted from 1; never its value."""

    kind: str
    where: str
    line: int

    def __str__(self) -> str:
        """Return what people are told."""
        return f"{self.kind.replace('-', ' ')} in {self.where}, line {self.line}"


def leaks(texts: Mapping[str, str | bytes], known: Iterable[str] = ()) -> list[Leak]:
    """Return the secrets of everything that is about to leave, by the name or path of each text, in order.

    `known` are values that are secret whatever they look like.
    """
    found, held = [], [value for value in known if len(value) >= MIN_KNOWN]
    for where, given in texts.items():
        text = given if isinstance(given, str) else read_text(given)
        found += [Leak(rule, where, 1) for rule in _match_file_name(where)]
        places = {(text.count("\n", 0, each.start) + 1, each.kind) for each in secrets_anywhere(text, where)}
        places |= {(text.count("\n", 0, text.find(value)) + 1, "known") for value in held if value in text}
        found += [Leak(kind, where, line) for line, kind in sorted(places)]
    return found


def read_text(content: bytes) -> str:
    """Return what a file says, whatever it is written in: UTF-8, UTF-16 where its mark says so, else byte by byte."""
    if content.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        return content.decode("utf-16", "replace")
    try:
        return content.decode("utf-8")
    except UnicodeDecodeError:
        return content.decode("latin-1")


def secrets_anywhere(text: str, path: str = "") -> Sequence[Found]:
    """Return the secrets of a text by all rules, in order, none within another; `path` is that of a file."""
    if len(text) < _WORDS_LONG:
        return _in_words(text, path)
    return (_in_text if len(text) < _TEXT_LONG else _in_long)(text, path)


def _look(text: str, path: str) -> Sequence[Found]:
    found: Iterable[Found] = chain(secrets_in(text), _theirs(text, path))
    if path and _OF_TESTS.search(path):
        found = (each for each in found if not is_common_password(text[each.start : each.end]))
    return apart(found)


_in_words = lru_cache(maxsize=_WORDS_KEPT)(_look)
_in_text = lru_cache(maxsize=_TEXTS_KEPT)(_look)
_in_long = lru_cache(maxsize=_LONG_KEPT)(_look)


class _Rule:
    """One rule of the file: compiled when it is asked first."""

    def __init__(self, read: Mapping[str, Any]) -> None:
        self.id = str(read["id"])
        self.kind = _NO_LETTER.sub("", self.id)[:40].strip("-")
        self.words = tuple(str(word).encode() for word in read.get("keywords", ()))
        self._entropy, self._group = float(read.get("entropy", 0)), int(read.get("secretGroup", 0))
        self._path, self._pattern = str(read.get("path", "")), str(read.get("regex", ""))
        self._allowed = tuple(_Allowed(each) for each in read.get("allowed", ()))

    def is_of_path(self, path: str) -> bool:
        """Say whether the rule is about files of that name."""
        return not self._path or _compile(self._path).search(path.encode()) is not None

    def is_name_alone(self) -> bool:
        """Say whether the file's name is all that the rule asks for."""
        return not self._pattern

    def found_in(self, text: bytes, path: str) -> Iterator[Found]:
        """Find what the rule's pattern says, if it is as random as the rule asks for, and not allowed."""
        for match in _compile(self._pattern).finditer(text) if self._pattern else ():
            groups = match.re.groups
            group = self._group or next((n for n in range(1, groups + 1) if match.group(n)), 0)
            secret = match.group(group)
            if self._entropy and _entropy(secret) <= self._entropy:
                continue
            start, end = match.span(group)
            line = text[text.rfind(b"\n", 0, match.start()) + 1 : _line_end(text, match.end())]
            value = text[start:end].decode("latin-1")
            if (
                stands_for_one(value)
                or SEALED.match(value)
                or (value.startswith("AIza") and is_of_firebase(text.decode("latin-1"), start, end))
                or (
                    self.id == _GENERIC
                    and (HARMLESS.search(value) or is_common_password(value) or _is_open(text, start))
                )
            ):
                continue
            if not any(each(secret, match.group(0), line, path) for each in (*self._allowed, _everywhere())):
                yield Found(self.kind, start, end)


class _Allowed:
    """What is no finding: by path, by a pattern on the secret, the match or its line, or by a word in the secret."""

    def __init__(self, read: Mapping[str, Any]) -> None:
        self._paths = tuple(map(str, read.get("paths", ())))
        self._patterns = tuple(map(str, read.get("regexes", ())))
        self._target = str(read.get("regexTarget", "secret"))
        self._words = tuple(str(word).lower().encode() for word in read.get("stopwords", ()))
        self._all = read.get("condition") == "AND"

    def __call__(self, secret: bytes, match: bytes, line: bytes, path: str) -> bool:
        looked_at = {"match": match, "line": line}.get(self._target, secret)
        small = secret.lower()
        asked: list[bool] = []
        if self._paths:
            asked.append(self.file(path))
        if self._patterns:
            asked.append(any(_compile(each).search(looked_at) for each in self._patterns))
        if self._words:
            asked.append(any(word in small for word in self._words))
        return bool(asked) and (all(asked) if self._all else any(asked))

    def file(self, path: str) -> bool:
        """Say whether a whole file is allowed by its path."""
        return bool(path) and any(_compile(each).search(path.encode()) for each in self._paths)


def _is_open(text: bytes, at: int) -> bool:
    """Say whether the name before a value says that it is no secret, or made to be published."""
    before = text[max(0, at - 80) : at].decode("latin-1")
    return before.endswith(" h1:") or OPEN.search(before) is not None


@cache
def _read() -> tuple[tuple[_Rule, ...], _Allowed]:
    read = json.loads(RULES_FILE.read_text(encoding="utf-8"))
    return tuple(_Rule(each) for each in read["rules"]), _Allowed(read["allowed"])


def _everywhere() -> _Allowed:
    return _read()[1]


def _options() -> Any:
    import re2  # type: ignore[import-untyped]  # loaded only where a text is looked at

    options = re2.Options()
    options.log_errors = False
    options.encoding = re2.Options.Encoding.LATIN1
    return options


@cache
def _compile(pattern: str) -> Any:
    """Return a pattern for bytes, which are letters of ASCII or stand for one letter of another kind each."""
    import re2

    return re2.compile(pattern.encode(), _options())


@cache
def _words() -> tuple[Any, tuple[tuple[int, ...], ...]]:
    """Return the words of all rules as one pattern, and for each word the numbers of its rules."""
    import re2

    rules, _ = _read()
    words = sorted({word for rule in rules for word in rule.words})
    together = re2.Set.SearchSet(_options())
    for word in words:
        together.Add(re2.escape(word))
    together.Compile()
    return together, tuple(tuple(at for at, rule in enumerate(rules) if word in rule.words) for word in words)


def _select_rules(small: bytes) -> list[int]:
    """Return the numbers of the rules with a word in the text, which is in small letters: all words in one reading."""
    together, rules_of = _words()
    return sorted({at for word in together.Match(small) or () for at in rules_of[word]})


def _theirs(text: str, path: str) -> Iterable[Found]:
    rules, everywhere = _read()
    letters = text.encode("latin-1", "replace")  # one byte for each letter: places in one are places in the other
    small = letters.lower()
    if everywhere.file(path):
        return []
    asked = (rules[at] for at in _select_rules(small) if rules[at].is_of_path(path))
    return list(chain.from_iterable(rule.found_in(letters, path) for rule in asked))


def _match_file_name(path: str) -> list[str]:
    """Return the rules that a file's name alone breaks."""
    return [rule.kind for rule in _read()[0] if rule.is_name_alone() and rule.is_of_path(path)]


def _line_end(text: bytes, at: int) -> int:
    end = text.find(b"\n", at)
    return len(text) if end < 0 else end


def _entropy(letters: bytes) -> float:
    size = len(letters)
    return -sum(often / size * math.log2(often / size) for often in Counter(letters).values())
