"""Where secrets stand in a text: keys by their vendor's prefix, private keys, tokens, passwords beside their names.

Each rule is asked only when a literal of it is in the text, and none goes back over what it has read, so that a long
page costs milliseconds (security, section 3). What is merely odd-looking is no secret: ids, hashes and addresses stay.
"""

from __future__ import annotations

import binascii
import math
import re
from bisect import bisect_right
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache

from shared.core.secret_rules import ASSIGNED, HARMLESS, RULES, SAID, WORDS, Rule

_WIDE = {code: code - 0xFEE0 for code in range(0xFF01, 0xFF5F)}  # letters of full width, each for one of ASCII
_PLACE = re.compile(r"(?:\[|\\\[){2}secret:[a-z-]{1,40}:[0-9]{1,6}(?:\]|\\\]){2}")  # where one stood, in Markdown too
_WIDE_LETTER = re.compile("[\uff01-\uff5e]")
_SPACE = r"(?:\s|\\[nrt])"
_SEAM = re.compile(  # between two pieces of one text in a program, or in JSON that holds a program
    rf"\\?[\"'](?:{_SPACE}{{1,20}}+|\s{{0,3}}[+.\\]{_SPACE}{{0,20}}+)\\?[\"']"
)
_LOWER = {code: code + 32 for code in range(ord("A"), ord("Z") + 1)}
_CODED = re.compile(  # base64, also in lines, behind a name, or as a part of an address
    r"(?<![A-Za-z0-9+/_-])[A-Za-z0-9+/_-]{24,}+(?:(?:\n|\\n)[ \t|]{0,12}[A-Za-z0-9+/_-]{2,}+)*+"
)
_LINES = re.compile(r"(?:\n|\\n)[ \t|]*")
_COMMON = str.maketrans("-_", "+/")
_ESCAPED = re.compile(r"(?:\\[nrt]|\\u[0-9A-Fa-f]{4}|%[0-9A-Fa-f]{2})$")  # in JSON or an address: no letters of a word
_TRAIL = ".,;:?)]}'\""
_LEAST_ENTROPY = 3.0  # bits per character of a key: words of a language are below, when they are long
_LEAST_KEY, _LEAST_PASSWORD = 12, 6
_LONG_TEXT = 2000  # characters: the last few are remembered, because parts of prompts are told again and again


@dataclass(frozen=True, slots=True)
class Found:
    """A secret in a text: its kind, and where it stands."""

    kind: str
    start: int
    end: int


def secrets_in(text: str) -> Sequence[Found]:
    """Return the secrets of a text, in order, none within another."""
    return _in_long(text) if len(text) >= _LONG_TEXT else _search(text)


def _search(text: str) -> Sequence[Found]:
    if _WIDE_LETTER.search(text):
        text = text.translate(_WIDE)
    text = _PLACE.sub(lambda place: "," * len(place[0]), text)
    found = sorted([*_plain(text), *_split(text), *_coded(text)], key=lambda each: (each.start, -each.end))
    apart: list[Found] = []
    for each in found:
        if not apart or each.start >= apart[-1].end:
            apart.append(each)
        elif each.end > apart[-1].end:
            apart[-1] = Found(apart[-1].kind, apart[-1].start, each.end)
    return tuple(apart)


_in_long = lru_cache(maxsize=16)(_search)


def secret_value(name: str, value: str) -> bool:
    """Say whether this is the value of a secret, by the name of its column or field."""
    return any(each.end > len(name) + 2 for each in _named(f"{name}: {value}"))


def _plain(text: str) -> Iterator[Found]:
    yield from _by_prefix(text)
    yield from _named(text)


def _by_prefix(text: str) -> Iterator[Found]:
    for rule in RULES:
        for literal in rule.literals:
            at = text.find(literal)
            while at >= 0:
                match = _around(rule, text, at)
                end = at + len(literal)
                if match is not None:
                    yield Found(rule.kind, match.start(rule.pattern.groups), match.end(rule.pattern.groups))
                    end = max(end, match.end())
                at = text.find(literal, end)


def _around(rule: Rule, text: str, at: int) -> re.Match[str] | None:
    """Return the match around a literal, if it does not begin in the middle of a word."""
    for start in range(max(0, at - rule.back), at + 1):
        if _within_a_word(text, start):
            continue
        match = rule.pattern.match(text, start)
        if match is not None and match.end() > at:
            return match
    return None


def _within_a_word(text: str, at: int) -> bool:
    """Say whether a letter of a key stands before; scripts without spaces have none of these."""
    before = text[max(0, at - 6) : at]
    return before[-1:].isascii() and before[-1:].isalnum() and _ESCAPED.search(before) is None


def _named(text: str) -> Iterator[Found]:
    """Find values beside a word that says secret: assigned to it, in the next cell, or told in a sentence."""
    lower = text.lower()
    if len(lower) != len(text):  # few letters have a small form of another length
        lower = text.translate(_LOWER)
    for word in WORDS:
        at = lower.find(word.text)
        while at >= 0:
            end = at + len(word.text)
            follows = word.alone and text[end : end + 1].isalpha()
            if not follows and (word.before is None or word.before.search(lower[max(0, at - 12) : at])):
                yield from _beside(text, end, word.chosen)
            at = lower.find(word.text, end)


def _beside(text: str, at: int, chosen: bool) -> Iterator[Found]:
    match = ASSIGNED.match(text, at) or (SAID.match(text, at) if chosen else None)
    if match is not None:
        value = match[1].rstrip(_TRAIL)
        if _is_password(value) if chosen else _is_key(value):
            yield Found("password" if chosen else "key", match.start(1), match.start(1) + len(value))


def _is_password(value: str) -> bool:
    """Say whether a word is one that people use as a password only: letters with digits or signs among them."""
    if len(value) < _LEAST_PASSWORD or HARMLESS.search(value):
        return False
    letters, digits = any(map(str.isalpha, value)), any(map(str.isdigit, value))
    signs = sum(not letter.isalnum() for letter in value[:-1])
    return (letters and digits) or (letters and signs > 0 and not value.replace("-", "").replace("_", "").isalpha())


def _is_key(value: str) -> bool:
    if len(value) < _LEAST_KEY or HARMLESS.search(value):
        return False
    if not any(map(str.isdigit, value)) or not any(map(str.isalpha, value)):
        return False
    return _entropy(value) >= _LEAST_ENTROPY


def _entropy(text: str) -> float:
    size = len(text)
    return -sum(often / size * math.log2(often / size) for often in Counter(text).values())


def _split(text: str) -> Iterator[Found]:
    """Find keys that are put together from pieces of text in a program."""
    seams = [match.span() for match in _SEAM.finditer(text)]
    if not seams:
        return
    pieces, starts, at, size = [], [0], 0, 0
    shifts = [0]
    for start, end in seams:
        pieces.append(text[at:start])
        size, at = size + start - at, end
        starts.append(size)
        shifts.append(end - size)
    for each in _by_prefix("".join([*pieces, text[at:]])):
        first, last = bisect_right(starts, each.start) - 1, bisect_right(starts, each.end - 1) - 1
        if first != last:
            yield Found(each.kind, each.start + shifts[first], each.end + shifts[last])


def _coded(text: str) -> Iterator[Found]:
    """Find keys in base64, decoded once."""
    found: list[tuple[int, int]] = []
    starts, told, size = [], [], 0
    for match in _CODED.finditer(text):
        letters = _LINES.sub("", match[0])
        if letters.islower() or letters.isupper():  # ids and hashes
            continue
        for plain in _decoded(letters.translate(_COMMON)):
            found.append(match.span())
            starts.append(size)
            told.append(plain)
            size += len(plain) + 1
    whole = "\n".join(told)
    for each in (*_by_prefix(whole), *_named(whole)):
        yield Found("key", *found[bisect_right(starts, each.start) - 1])


def _decoded(letters: str) -> Iterator[str]:
    """Return what the letters say, wherever in them the base64 begins."""
    for shift in range(4):
        rest = letters[shift:]
        rest = rest[: len(rest) - (len(rest) % 4 == 1)]
        yield binascii.a2b_base64(rest + "=" * (-len(rest) % 4)).decode("latin-1").replace("\n", " ")
