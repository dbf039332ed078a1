"""Where secrets stand in a text: keys by their vendor's prefix, private keys, tokens, passwords beside their names.

Each rule is asked only when a literal of it is in the text, and none goes back over what it has read, so that a long
page costs milliseconds (security, section 3). What is merely odd-looking is no secret: ids, hashes and addresses stay,
and so does what documentation writes in a secret's place.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from functools import lru_cache

from shared.core.secrets.secret_disguises import (
    Reading,
    close_up,
    decode_all,
    join_continued,
    join_lists,
    join_named_values,
    join_pieces,
    join_spelled,
    plain_letters,
    unescape,
    unseen_gone,
)
from shared.core.secrets.secret_lines import Looked
from shared.core.secrets.secret_looks import (
    is_common_password,
    is_key,
    is_mixed_password,
    is_of_firebase,
    is_password,
    is_random,
    is_strong_password,
    is_told_password,
    latin_part,
    stands_for_one,
    tells_of_tests,
)
from shared.core.secrets.secret_notes import find_noted
from shared.core.secrets.secret_pairs import find_pairs, pairs
from shared.core.secrets.secret_places import PLACE
from shared.core.secrets.secret_rules import (
    ABOUT,
    ASSIGNED,
    ELEMENT,
    GIVEN,
    HARMLESS,
    LABELLED,
    OPEN,
    PAIRED,
    SAID,
    TOLD_IN_SCRIPT,
    WORDS,
    Found,
    Rule,
    Rules,
)
from shared.core.secrets.secret_sentences import find_told
from shared.core.secrets.secret_tables import find_in_tables

_ESCAPED = re.compile(r"(?:\\[nrt]|\\u[0-9A-Fa-f]{4}|%[0-9A-Fa-f]{2})$")  # in JSON or an address: no letters of a word
_RESOURCE = re.compile(r"(?<![a-z])arn:[a-z-]+:\S*\Z")
_LINE = 100  # characters before a value that are looked at
_TRAIL = ".,;:?)]}'\""
_LONG_TEXT = 2000  # characters: the last few are remembered, because parts of prompts are told again and again
_BACKWARDS = ("[::-1]", "revers")
_QUOTES = {"«": "»", "“": "”", "„": "“", '"': '"', "'": "'"}
_LONGEST_QUOTED = 64
_SIGNS = re.compile(r"[;|<>(){}=\[\],\\]")  # those of programs, which a password between quotes may have
_USER = re.compile(r"://([^\s:/@]{0,80}):\Z")


def secrets_in(text: str, rules: Rules) -> Sequence[Found]:
    """Return the secrets of a text, in order, none within another; `rules` are those of keys known by their look."""
    return _in_long(text, rules) if len(text) >= _LONG_TEXT else _search(text, rules)


def apart(found: Iterable[Found]) -> tuple[Found, ...]:
    """Return what was found in order, none within another; what overlaps becomes one."""
    kept: list[Found] = []
    for each in sorted(found, key=lambda each: (each.start, -each.end)):
        if not kept or each.start >= kept[-1].end:
            kept.append(each)
        elif each.end > kept[-1].end:
            kept[-1] = Found(kept[-1].kind, kept[-1].start, each.end)
    return tuple(kept)


def _search(text: str, rules: Rules) -> Sequence[Found]:
    reading = unseen_gone(text)
    if reading is not None:
        return apart(Found(hit.kind, *reading.place(hit.start, hit.end)[:2]) for hit in _search(reading.text, rules))
    text = plain_letters(text)
    if "secret" in text:
        text = PLACE.sub(lambda place: "," * len(place[0]), text)
    looked = Looked(text)
    found = [*_plain(looked, rules), *_find_disguised(looked, rules)]
    return apart(each for each in found if not is_of_firebase(text, each.start, each.end))


_in_long = lru_cache(maxsize=16)(_search)


def secret_value(name: str, value: str) -> bool:
    """Say whether this is the value of a secret, by the name of its column or field."""
    return any(each.end > len(name) + 2 for each in _find_named(Looked(f"{name}: {value}")))


def _plain(looked: Looked, rules: Rules) -> Iterator[Found]:
    yield from _find_by_prefix(looked, rules)
    yield from _find_named(looked)
    yield from pairs(looked.text)
    yield from find_pairs(looked)
    yield from find_in_tables(looked)
    yield from find_told(looked)
    yield from find_noted(looked)


def _find_disguised(looked: Looked, rules: Rules) -> Iterator[Found]:
    """Find what is plain in another reading of the text only."""
    text, coded = looked.text, decode_all(looked)
    decoded = Looked(coded.text)
    for each in (*_find_by_prefix(decoded, rules), *_find_named(decoded), *pairs(decoded.text)) if decoded.text else ():
        yield Found("key", *coded.place(each.start, each.end)[:2])
    for reading in (join_pieces(text), unescape(text)):
        if reading is not None:
            yield from _find_across_seams(reading, _plain(Looked(reading.text), rules))
    if (reading := join_continued(text)) is not None:
        yield from _find_across_changes(reading, _plain(Looked(reading.text), rules))
        for each in pairs(reading.text):  # what a command is told may stand lines behind its name
            yield Found(each.kind, *reading.place(each.start, each.end)[:2])
    if (reading := close_up(text)) is not None:
        yield from _find_across_seams(reading, _find_by_prefix(Looked(reading.text), rules))
    if (reading := join_spelled(text)) is not None:
        yield from _find_labelled(reading)
    for reading in (join_lists(text), join_named_values(text)):
        if reading is not None:
            yield from _find_across_seams(reading, _find_by_prefix(Looked(reading.text), rules))
    if any(sign in text for sign in _BACKWARDS):
        for each in _find_by_prefix(Looked(text[::-1]), rules):
            yield Found(each.kind, len(text) - each.end, len(text) - each.start)


def _find_across_changes(reading: Reading, found: Iterable[Found]) -> Iterator[Found]:
    """Return what stands across a place that was changed."""
    for each in found:
        start, end, changed = reading.place(each.start, each.end)
        if changed:
            yield Found(each.kind, start, end)


def _find_labelled(reading: Reading) -> Iterator[Found]:
    """Return what stands as it is beside a word that became one only when its letters were put together."""
    for each in _find_named(Looked(reading.text)):
        start, end, changed = reading.place(each.start, each.end)
        if not changed:
            yield Found(each.kind, start, end)


def _find_across_seams(reading: Reading, found: Iterable[Found]) -> Iterator[Found]:
    """Return what stands across a place that was changed, and looks made by chance: words put together do not."""
    for each in found:
        start, end, changed = reading.place(each.start, each.end)
        value = reading.text[each.start : each.end]
        if changed and (is_random(value[-40:]) or is_strong_password(value) or "-----" in value):
            yield Found(each.kind, start, end)


def _find_by_prefix(looked: Looked, rules: Rules) -> Iterator[Found]:
    text, long_ones = looked.text, looked.long_ones
    for rule in rules.every if long_ones else rules.of_short_words:
        for literal in rule.literals:
            at = text.find(literal) if rule.short or literal in long_ones else -1
            while at >= 0:
                match = _match_around(rule, text, at)
                end = at + len(literal)
                if match is not None:
                    start, end = match.start(rule.pattern.groups), max(end, match.end())
                    if not _stands_for(rule, text, match):
                        yield Found(rule.kind, start, match.end(rule.pattern.groups))
                at = text.find(literal, end)


def _stands_for(rule: Rule, text: str, match: re.Match[str]) -> bool:
    """Say whether what a rule found is an example of its vendor, or a word in a secret's place."""
    value = match[rule.pattern.groups]
    if rule.kind == "private-key":
        return False
    if rule.kind == "password":
        user = _USER.search(text, match.start(), match.start(1))
        return is_common_password(value, user[1] if user else "") or stands_for_one(value)
    return stands_for_one(value)


def _match_around(rule: Rule, text: str, at: int) -> re.Match[str] | None:
    """Return the match around a literal, if it does not begin in the middle of a word."""
    for start in range(max(0, at - rule.back), at + 1):
        if _is_within_word(text, start):
            continue
        match = rule.pattern.match(text, start)
        if match is not None and match.end() > at:
            return match
    return None


def _is_within_word(text: str, at: int) -> bool:
    """Say whether a letter of a key stands before; scripts without spaces have none of these."""
    before = text[max(0, at - 6) : at]
    return before[-1:].isascii() and before[-1:].isalnum() and _ESCAPED.search(before) is None


def _find_named(looked: Looked) -> Iterator[Found]:
    """Find values beside a word that says secret: assigned to it, or told in a sentence."""
    text, lower = looked.text, looked.lower
    for word in WORDS if looked.is_long else [each for each in WORDS if each.text in lower]:
        for at in looked.places(word.text):
            end = at + len(word.text)
            follows = word.alone and text[end : end + 1].isalpha()
            if not follows and (word.before is None or word.before.search(lower[max(0, at - 12) : at])):
                yield from _find_values(text, end, word.chosen)


def _find_values(text: str, at: int, chosen: bool) -> Iterator[Found]:
    given = GIVEN.match(text, at)
    match = given or ELEMENT.match(text, at) or ASSIGNED.match(text, at)
    paired = match is None and (match := PAIRED.match(text, at)) is not None
    is_spoken = match is None and chosen
    if match is None and chosen:
        match = SAID.match(text, at) or TOLD_IN_SCRIPT.match(text, at)
    if match is None or ABOUT.match(text, at) or _is_in_a_name(text, at):
        return
    start = match.start(1)
    quoted = _to_the_quote(text, start)
    value = quoted or latin_part(match[1]).rstrip(_TRAIL)
    over_lines = given is None and "\n" in text[at:start]
    if stands_for_one(value) or (quoted and HARMLESS.search(quoted)):
        return
    if paired and chosen:
        plain = _SIGNS.sub("-", value)
        is_one = is_strong_password(plain) or is_mixed_password(plain)
    elif chosen:
        is_one = _is_chosen(text, start, _SIGNS.sub("-", value) if quoted else value, over_lines, is_spoken)
    else:
        is_one = is_key(value) and not _is_open(text, start)
    if is_one:
        yield Found("password" if chosen else "key", start, start + len(value))


def _to_the_quote(text: str, start: int) -> str:
    """Return what stands between quotes as one word, whatever signs are in it; "" where it is not so."""
    opens = start - 2 if text[start - 1 : start] in (" ", "\u00a0", "\u202f") else start - 1
    closing = _QUOTES.get(text[opens : opens + 1], "") if opens >= 0 else ""
    if not closing or (opens < start - 1 and closing != "»"):
        return ""
    end = text.find(closing, start, start + _LONGEST_QUOTED)
    value = text[start:end].strip() if end > start else ""
    return "" if any(letter.isspace() for letter in value) or latin_part(value) != value else value


def _is_chosen(text: str, start: int, value: str, over_lines: bool, is_spoken: bool) -> bool:
    """Say whether it is a password; a weak one is one where people tell it, and not in a program's settings."""
    if over_lines:
        return is_strong_password(value) or is_random(value)
    if is_spoken and not is_told_password(value):
        return False
    if is_password(value):
        return True
    line = text[max(0, start - _LINE) : start].rpartition("\n")[2]
    told_so = is_spoken or LABELLED.search(line) is not None
    return told_so and is_told_password(value) and not tells_of_tests(text, start, start + len(value))


def _is_in_a_name(text: str, at: int) -> bool:
    """Say whether the word stands within the name of a resource at a provider."""
    return _RESOURCE.search(text, max(0, at - _LINE), at) is not None


def _is_open(text: str, start: int) -> bool:
    """Say whether the name before a value says that it is no secret."""
    return OPEN.search(text, max(0, start - _LINE), start) is not None
