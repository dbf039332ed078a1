"""Secrets as people jot them down: in groups of letters, before what they are for, or a message after their mention.

Here the shape of the note says it, so each pattern asks for a word like *password* or *root* in a fixed place, and for
a value with large and small letters and digits, or in even groups.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from shared.core.secrets.secret_lines import Looked
from shared.core.secrets.secret_looks import is_common_password, is_strong_password, stands_for_one, tells_of_tests
from shared.core.secrets.secret_rules import CHOSEN, HARMLESS, PARTS_OF_CHOSEN, Found

_GROUPS = re.compile(  # as vendors show what is to be typed from paper
    r"(?i)(?<![a-z])(?:app(?:lication)?[ -](?:specific )?(?:password|passwort|kennwort)|(?:recovery|backup|rescue|"
    r"unlock|"
    r"emergency|licen[cs]e|activation|product|bitlocker|wiederherstellungs)[ -]?(?:keys?|codes?|schlüssel|"
    r"phrase))(?![a-z])"
    r"[^\n]{0,100}?(?:[:=]|\bis\b|\bist\b|\bblanks\b)[^\S\n]{1,3}[`*\"'“]{0,3}"
    r"((?-i:[A-Z0-9]{4,6}(?:[ -][A-Z0-9]{4,6}){2,11}|[a-z]{4}(?:[ -][a-z]{4}){3}|"
    r"[A-Z][A-Z0-9]{3}(?:[ -][A-Z0-9]{4}){3}))"
    r"(?![\w-])"
)
_IN_QUOTES = re.compile(  # a phrase of several words, as radio networks and backups have
    r"(?i)(?<![a-z])(?:psk|passphrase|wpa[_-]?(?:key|pass\w*)|(?:restic|borg)_pass\w*)\s{0,3}[=:]\s{0,3}"
    r"(?:\"([^\"\n]{8,63})\"|'([^'\n]{8,63})')"
)
_FOR_WHAT = re.compile(
    r"(?m)^[^\S\n]*(?:[*-][^\S\n]+)?[`]?([^\s`|;,(){}<>]{8,64})[`]?[^\S\n]+(?:<-+|←|--?>?|–|—|#|//|=>)[^\S\n]*"
    rf"(?i:[^\n]{{0,40}}?(?<!\w)(?:root|admin|administrator|login|ssh|sudo|mysql|postgres|mariadb|ftp|sftp|vpn|"
    rf"wi-?fi|wlan|"
    rf"router|nas|{CHOSEN})(?!\w))"
)
_GATE = re.compile(
    r"(?<!\S)[\w.@+-]{2,40}[^\S\n]/[^\S\n][`*\"']{0,3}([^\s\"'`*|,;<>]{8,64})[`*\"']{0,3}(?=[\s.,;:)|]|$)"
)
_ALONE = re.compile(  # all that a line of a conversation says
    r"(?:[^\S\n]*(?:[\[(]?[0-9][0-9:. /-]{3,22}[\])]?[^\S\n]*)?(?:\**<?@?[\w.'-]{1,24}>?\**[^\S\n]?[:>][^\S\n]*)?)"
    r"[`*\"']{0,3}([^\s\"'`*|;,<>(){}\[\]]{8,64})[`*\"']{0,3}[^\S\n]*"
)
_MENTIONED = re.compile(rf"(?i)(?<![\w-])(?:{CHOSEN})(?![\w-])")
_MAX_LINES_AFTER = 6  # that are not empty
_TYPED = re.compile(  # words with a number between hyphens, as those who roll dice for them get
    rf"(?i)(?<![\w-])(?:{CHOSEN})(?![\w-])[^\n]{{0,60}}?(?:[:=]|\b(?:is|ist|est|es|enter|type|use|tippe?|gib|"
    rf"saisi\w*|escrib\w*|digit\w*))"
    r"[^\S\n]{1,3}[`*\"'“]{0,3}((?=[a-z-]*[0-9])[a-z0-9]{3,12}(?:-[a-z0-9]{2,12}){3,9})(?![\w-])"
)
_NO_NOTE = re.compile(
    r"(?i)://|^[/~.]|\.[a-z]{2,5}$|/\w+/|^v?\d+[.:]\d|@\w+\.|^\w+=$|^[\w-]+:$|^[A-Za-z]+\d{1,4}$|^(?-i:[A-Z][A-Z0-9_]*|[a-z]\w*(?:\.[\w-]+)+)="
)
_UUID = re.compile(r"[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-")
_WITH_WORDS = ("recovery", "backup", "rescue", "unlock", "emergency", "licen", "activation", "product", "bitlocker")
_OF_GROUPS = (*_WITH_WORDS, "app ", "app-", "application", "wiederherstellung")
_OF_QUOTES = ("psk", "passphrase", "wpa", "restic_pass", "borg_pass")
_OF_PLACES = (
    "root",
    "admin",
    "login",
    "ssh",
    "sudo",
    "sql",
    "postgres",
    "mariadb",
    "ftp",
    "vpn",
    "wifi",
    "wi-fi",
    "wlan",
)


def find_noted(looked: Looked) -> Iterator[Found]:
    """Find what people have jotted down."""
    text = looked.text
    for start, end in looked.lines_with(_OF_GROUPS):
        for match in _GROUPS.finditer(text, start, end):
            if not stands_for_one(match[1]) and len(set(match[1])) > 5:
                yield Found("password", *match.span(1))
    for start, end in looked.lines_with(_OF_QUOTES):
        for match in _IN_QUOTES.finditer(text, start, end):
            yield from _phrase(match)
    for start, end in looked.lines_with((*_OF_PLACES, "router", "nas", *PARTS_OF_CHOSEN)):
        for match in _FOR_WHAT.finditer(text, start, end):
            if _is_noted(match[1]) and not tells_of_tests(text, *match.span(1)):
                yield Found("password", *match.span(1))
    for start, end in looked.lines_with((" / ",)):
        for match in _GATE.finditer(text, start, end):
            if is_strong_password(match[1]) and not stands_for_one(match[1]):
                yield Found("password", *match.span(1))
    for start, end in looked.lines_with(PARTS_OF_CHOSEN):
        for match in _TYPED.finditer(text, start, end) if text.count("-", start, end) > 2 else ():
            if not stands_for_one(match[1]) and not _UUID.search(match[1]):
                yield Found("password", *match.span(1))
        if _MENTIONED.search(text, start, end):
            yield from _later(text, end)


def _phrase(match: re.Match[str]) -> Iterator[Found]:
    value = match[1] or match[2]
    if any(map(str.isdigit, value)) and not stands_for_one(value) and not HARMLESS.search(value):
        start, end = match.span(1 if match[1] else 2)
        yield Found("password", start, end)


def _later(text: str, at: int) -> Iterator[Found]:
    """Find what stands alone in one of the next lines: somebody has sent it after it was spoken of."""
    left = _MAX_LINES_AFTER
    while left and at < len(text):
        end = text.find("\n", at + 1)
        end = end if end >= 0 else len(text)
        left -= bool(text[at:end].strip())
        match = _ALONE.fullmatch(text, at + 1, end)
        if match is not None and _is_noted(match[1]) and not tells_of_tests(text, *match.span(1)):
            yield Found("password", *match.span(1))
            return
        at = end


def _is_noted(value: str) -> bool:
    """Say whether a word that stands alone can only be a password: sizes, digits and a sign, and no name of a file."""
    if _NO_NOTE.search(value) or HARMLESS.search(value) or stands_for_one(value) or is_common_password(value):
        return False
    sizes = any(map(str.isupper, value)) and any(map(str.islower, value)) and any(map(str.isdigit, value))
    return sizes and any(not letter.isalnum() for letter in value[1:])
