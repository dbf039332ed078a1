"""Passwords that people tell each other: in sentences, as answers to questions, behind a slash, as codes of doors.

And those that a program gives to a call by place, behind the name of a user. They have no sign of
their own, so the place must say it: a question, a heading, a word for a door, or the name of the call.
"""

from __future__ import annotations

import re
import sys
from collections.abc import Callable, Iterable, Iterator

from shared.core.secrets.secret_lines import DIGIT, Looked
from shared.core.secrets.secret_looks import (
    is_common_password,
    is_hex,
    is_mixed_password,
    is_password,
    is_strong_password,
    is_told_password,
    latin_part,
    stands_for_one,
    tells_of_tests,
)
from shared.core.secrets.secret_rules import CHOSEN, PARTS_OF_CHOSEN, Found

_ASKS = re.compile(rf"(?i)(?<![\w-])(?:{CHOSEN})(?![\w])[^\n?]{{0,80}}\?[^\n]{{0,20}}\n")
_ANSWER = re.compile(
    r"(?:[^\S\n]*\n)?[^\S\n]*(?:[\[(]?[0-9][0-9:. /-]{3,22}(?:[AaPp][Mm])?[\])]?[^\S\n]*(?:-[^\S\n]*)?)?"
    r"(?:[>*-]{1,2}[^\S\n]*)?(?:\**<?@?[\w.'-]{1,24}(?:[^\S\n][\w.'-]{1,24})?>?\**[^\S\n]?[:>][^\S\n]*)?"
    r"(?:(?:it'?s|its|is|sure|yes|yep|ja|klar|hier|here)[,:]?[^\S\n]+){0,3}[\"'`*]*([^\s\"'`*]{6,64})[\"'`*]*[^\S\n]*(?:\n|\Z)"
)
_SLASHED = re.compile(
    r"(?i)(?<![\w/.:@-])(?:admin|root|administrator|user|guest|gast|[\w.+-]{2,40}@[\w-]{2,40}\.[\w.-]{2,20})[`*]{0,2}"
    r"(?:/|[^\S\n]*[/|–—:-][^\S\n]+)[`*\"']{0,3}(?![`*\w.+-]+@[\w-]+\.[a-z])([^\s\"'`*/|,;<>]{8,64})[`*\"']{0,3}(?=[\s.,;:)|]|$)"
)
_NETWORK = re.compile(
    r"(?i)(?<![\w-])(?:wi-?fi|wlan|ssid|hotspot)[^\n/:]{0,40}:[^\S\n][^\n/:]{1,40}[^\S\n][/,|–-][^\S\n]([^\s\"'`*/|,;]{8,64})(?=[\s.,;)]|$)"
)
_UNDER = re.compile(
    rf"(?im)^[^\S\n]*[#>*-]{{0,6}}[^\S\n]?(?:[\w()/&.'’-]{{1,20}}[^\S\n]){{0,4}}[\w-]{{0,20}}?(?:{CHOSEN})(?!\w)(?:[^\S\n][\w()/&.'’-]{{1,20}}){{0,5}}[:*]{{0,3}}"
    r"(?<![.!?])[^\S\n]*\n\s{0,8}(?:[*-][^\S\n])?[`*]{0,3}([^\s\"'`*|,;(){}<>=]{8,40})[`*]{0,3}[^\S\n]*$"
)
_NAMED_BEFORE = re.compile(
    r"[`\"'“„*]{0,3}(?<![^\s`\"'“„*(])([^\s\"'`“”„*|,;(){}<>=]{8,64})[`\"'“”*]{0,3}[^\S\n](?:as|als|comme|como|come|is|ist|est|es)[^\S\n]"
    rf"(?:(?i:the|a|our|your|my|das|dein|euer|unser|mot|la|le|initial|new|neues|temporary|default|wi-?fi|wlan|admin)[^\S\n]){{0,3}}(?i:{CHOSEN})(?!\w)"
)
_CHANGED = re.compile(
    rf"(?i)(?<![a-z])(?:{CHOSEN})(?!\w)[^\n.:=(){{}}\"';]{{0,60}}?[^\S\n](?:auf|to|into|à|por|in)[^\S\n][`*\"“„]{{0,3}}([^\s\"'`“”„*|,;(){{}}<>=]{{8,64}})"
)
_ABOUT = (
    r"polic(?:y|ies)|length|länge|rule|regeln|must|muss|should|contain|require|hash|encod|algorith|format|version|expir|rotat|"
    r"field|manager|reset|page|form|error|fehler|reason|grund|min|max|last|hint|file|path|name|type|status|date|since|seit|until|bis"
)
_FOR = re.compile(
    rf"(?i)(?<![\w.-])(?:{CHOSEN})(?!\w)(?:[^\S\n](?!(?:{_ABOUT}))[\w/'’.-]{{1,24}}){{1,6}}[^\S\n]?[:：][^\S\n]"
    r"[`*“„]{0,3}([^\s\"'`“”„*|,;(){}<>=]{6,64})"
)
_WITH = re.compile(
    r"(?i)(?<!\w)(?:with|mit|avec|con|using)[^\S\n](?:the[^\S\n])?[`*“„]{0,3}([^\s\"'`“”„*|,;(){}<>=]{8,64})[^\n]{0,80}"
)
_HAS_CHOSEN = re.compile(rf"(?i)(?<![a-z])(?:{CHOSEN})(?![a-z])")
_DOOR = re.compile(
    r"(?i)(?<![\w-])(?:log-?in|log in|sign in|admin|root|user(?:name)?|benutzer\w*|account|konto|"
    r"zugang(?:sdaten)?|access|accès|acceso|"
    r"credentials|wi-?fi|wlan|ssid|password|passwort|kennwort|pwd?)(?![\w-])[^\n/]{0,80}?"
    r"[^\S\n]/[^\S\n]\**[`\"']?([^\s\"'`*/|,;]{6,64})[`\"']?\**(?=[\s.,;:)|]|$)"
)
_WEAK = re.compile(
    r"(?i)(?<![\w-])(?:(?:log ?-?in|logs in|sign in|einloggen|anmelden|connect|wi-?fi|wlan|admin|root|access|"
    r"zugang)(?![\w-])[^\n\"'=(){};:]{0,80}?"
    rf"[^\S\n](?:with|mit|avec|con|using)|(?:{CHOSEN})(?![\w-])(?:[^\S\n](?:is|ist|lautet|est|es))?)[^\S\n][`“„«*]{{0,3}}([^\s\"'`“”„«»*|,<>]{{6,64}})"
)
_CODE = re.compile(
    r"(?<![\w-])(?:(?i:(?:un-?lock|entsperr|zugangs|garage|locker|access|alarm|door|gate|safe|lock|"
    r"entry|entrance|key ?box|keypad|tresor|tür|tor|eingangs|schließfach)"
    r"[ -]?(?:code|pin|combination|kombination)|codes? (?:for|of) the (?:alarm|door|gate|safe|lock|keypad|"
    r"back door|front door)|"
    r"code (?:de l'alarme|de la porte|du portail)|(?:código|clave) de la (?:alarma|puerta))|"
    r"(?i:sim|card|karten)?[ -]?PIN)(?!\w)"
    r"(?:[^\S\n]+[^\s:=\d]{1,16}){0,6}?(?:[^\S\n]{0,2}[:=：][^\S\n]{0,2}|[^\S\n]+(?:is|ist|lautet|est|es)[^\S\n]+)"
    r"[*`\"']{0,3}([0-9]{4,10}|[0-9]{2}(?:[ -][0-9]{2}){1,3})(?![\w.:-]*[0-9])[*`\"']{0,3}"
)
_GIVEN_BY_PLACE = re.compile(
    r"\((?:[^()\"'\n]{1,60},\s?)?(?:[\"'][^\"'\n]{1,160}[\"'],\s{0,2}){1,2}[\"']([^\s\"']{6,120})[\"']"
)
_CALL = re.compile(  # the name before it
    r"(?:getConnection|mysqli?_connect|new\s(?:PDO|mysqli)|HTTPBasicAuth|HTTPDigestAuth|BasicAuth\w{0,60}|basic_?auth|"
    r"auth=|[Ll]ogin|[Nn]etworkCredential|UsernamePasswordCredentials?|PasswordAuthentication|Credentials(?:\.basic)?|"
    r"withBasicAuth|(?:simple_)?[Bb]ind(?:_s)?|sign_?[Ii]n|authenticate|setCredentials)\s?\Z"
)
_LONGEST_CALL = 80
_OF_DATABASE = re.compile(
    r"(?i)(?:identified(?:\s(?:with|via)\s[\"'`]?\w+[\"'`]?)?\s(?:by|using)(?:\spassword)?\s{1,4}|[^\w.]password\(\s?)"
    r"[\"'`]?([^\s\"'`;)]{6,120})"
)

_OF_DOORS = (
    *("login", "log in", "log-in", "logs in", "sign in", "einloggen", "anmelden", "connect", "wifi", "wi-fi", "wlan"),
    *("ssid", "hotspot", "admin", "root", "user", "guest", "gast", "@", "benutzer", "account", "konto", "zugang"),
    *("access", "accès", "acceso", "credentials", "code", "combination", "kombination", "código"),
)
_PARTS_OF_LINES = (*PARTS_OF_CHOSEN, *_OF_DOORS)
"""What one of is in every line that the patterns for lines find something in."""
_MAY_BE_ONE = re.compile(rf"{DIGIT}|[!#$%&?+^~§€£@](?=\S)")
"""What every value that a judge takes has: a digit, or a sign that is not its last letter."""
_HASHES = ("*", "$2", "$argon", "$6$", "$5$", "$y$")
Judge = Callable[[str, str], bool]
"""What says of a value, and of all that was matched, whether it is a password."""


def find_told(looked: Looked) -> Iterator[Found]:
    """Find what people tell, and what programs give by place."""
    text, lower = looked.text, looked.lower
    if _MAY_BE_ONE.search(text):
        yield from _find_in_lines(looked)
    if '("' in text or "('" in text or '", "' in text or "', '" in text:
        yield from _judge_matches(text, _find_by_place(text), _is_given)
    if "identified" in lower or "password(" in lower:
        yield from _find_chosen(text, _OF_DATABASE, _is_given)


def _find_in_lines(looked: Looked) -> Iterator[Found]:
    text = looked.text
    for start, end in looked.lines_with(PARTS_OF_CHOSEN):
        yield from _find_answers(text, start, end)
        below = _find_next_line_end(text, end)
        if _MAY_BE_ONE.search(text, end, below):
            yield from _find_chosen(text, _UNDER, _is_chosen, start, below)
    for start, end in looked.lines_with(_PARTS_OF_LINES):
        if _MAY_BE_ONE.search(text, start, end):
            yield from find_in_line(text, start, end)


def find_in_line(text: str, start: int, end: int) -> Iterator[Found]:
    """Find what one line tells: none of these patterns goes over the end of one, so that others need not be read."""
    for pattern, judge in _SENTENCES:
        yield from _find_chosen(text, pattern, judge, start, end)
    for match in _CODE.finditer(text, start, end):
        yield Found("password", *match.span(1))


def _find_chosen(
    text: str, pattern: re.Pattern[str], judge: Judge, begin: int = 0, close: int = sys.maxsize
) -> Iterator[Found]:
    yield from _judge_matches(text, pattern.finditer(text, begin, close), judge)


def _judge_matches(text: str, matches: Iterable[re.Match[str]], judge: Judge) -> Iterator[Found]:
    for match in matches:
        value = latin_part(match[1]).rstrip(".,;:?)")
        start, end = match.start(1), match.start(1) + len(value)
        if stands_for_one(value) or value.startswith(_HASHES) or not judge(value, match[0]):
            continue
        if not is_common_password(value) or not tells_of_tests(text, start, end):
            yield Found("password", start, end)


def _find_by_place(text: str) -> Iterator[re.Match[str]]:
    """Find what is given to a call that logs in; arguments are looked for first, because names begin everywhere."""
    match = _GIVEN_BY_PLACE.search(text)
    while match is not None:
        start = match.start()
        called = _CALL.search(text, max(0, start - _LONGEST_CALL), start) is not None
        if called:
            yield match
        match = _GIVEN_BY_PLACE.search(text, match.end() if called else start + 1)


def _is_given(value: str, sentence: str) -> bool:
    """Say whether a program gives it: there weak ones are those of tests."""
    return is_password(value) and not is_hex(value)


def _is_told(value: str, sentence: str) -> bool:
    return is_told_password(value)


def _is_weak(value: str, sentence: str) -> bool:
    return is_common_password(value) and is_told_password(value)


def _is_behind_slash(value: str, sentence: str) -> bool:
    """Say whether it is the second half of a pair like `admin / password`: words with a slash between them are not."""
    return _is_weak(value, sentence) or _is_chosen(value, sentence)


def _is_chosen(value: str, sentence: str) -> bool:
    """Say whether a person chose it as a password: large and small letters and digits, or a sign that no name has."""
    if not is_told_password(value):
        return False
    sizes = any(map(str.isupper, value)) and any(map(str.islower, value)) and any(map(str.isdigit, value))
    return is_strong_password(value) or is_mixed_password(value) or (sizes and "/" not in value and "_" not in value)


def _is_in_sentence(value: str, sentence: str) -> bool:
    """Say whether it follows a word like *with* where something in the sentence is a word for a password."""
    return _HAS_CHOSEN.search(sentence) is not None and (_is_chosen(value, sentence) or _is_weak(value, sentence))


_SENTENCES: tuple[tuple[re.Pattern[str], Judge], ...] = (
    (_WEAK, _is_weak),
    (_DOOR, _is_behind_slash),
    (_SLASHED, _is_behind_slash),
    (_NETWORK, _is_told),
    (_NAMED_BEFORE, _is_behind_slash),
    (_CHANGED, _is_behind_slash),
    (_FOR, _is_told),
    (_WITH, _is_in_sentence),
)


def _find_next_line_end(text: str, at: int) -> int:
    """Return the end of the next line that is not empty."""
    while text.startswith("\n", at):
        at += 1
    end = text.find("\n", at)
    return end if end >= 0 else len(text)


def _find_answers(text: str, start: int, end: int) -> Iterator[Found]:
    """Find what stands alone in the line behind a question for a password."""
    for asked in _ASKS.finditer(text, start, end + 1) if "?" in text[start:end] else ():
        match = _ANSWER.match(text, asked.end())
        if match is not None and is_told_password(match[1]) and not stands_for_one(match[1]):
            yield Found("password", *match.span(1))
